/** Text as Go's `fmt` writes it, where Alloy's messages and output show it. */

/** Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

const shortEscapes: Record<string, string> = {
  '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\', '"': '\\"',
}

const hex = (code: number, width: number) => code.toString(16).padStart(width, '0')

/** `text` in double quotes with Go's escapes (`%q`): what is printable stays, a lone surrogate shows as the replacement character. */
export function quote(text: string): string {
  if (/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(text)) return `"${text}"`
  let out = '"'
  for (const char of text) out += escapeChar(char)
  return `${out}"`
}

function escapeChar(char: string): string {
  const short = shortEscapes[char]
  if (short !== undefined) return short
  if (printable.test(char)) return char
  const code = char.codePointAt(0)!
  if (code < 0x80) return `\\x${hex(code, 2)}`
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`
  if (code >= 0xd800 && code < 0xe000) return '�'
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
}

/** A code point as Go's `%#U`: `U+0040 '@'`, without the quoted character where that is not printable. */
export function describeChar(code: number): string {
  const name = `U+${hex(code, 4).toUpperCase()}`
  const char = code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
  return printable.test(char) ? `${name} '${char}'` : name
}
