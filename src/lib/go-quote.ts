/** Strings in quotes as Go's strconv writes and reads them: Loki's stream labels are made of them. */

import { text } from './bytes.ts'

export { quote as quoteGo } from './go-text.ts'

const letters: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\' }

/** What went wrong in a quoted string, and where (an offset into the text that was scanned). */
export interface QuoteProblem {
  readonly problem: string
  readonly at: number
}

/**
 * Reads the string that begins with the quote at `start` (`"` or `'` with escapes, or a raw one in backquotes), and says where it
 * ends. Bytes written as `\xhh` or `\nnn` are taken together as UTF-8.
 */
export function scanQuoted(source: string, start: number): { readonly value: string; readonly end: number } | QuoteProblem {
  const quote = source[start]!
  if (quote === '`') {
    const end = source.indexOf('`', start + 1)
    return end < 0 ? { problem: 'the string has no closing backquote', at: start } : { value: source.slice(start + 1, end), end: end + 1 }
  }
  let value = ''
  let bytes: number[] = []
  let at = start + 1
  const flush = () => {
    if (bytes.length > 0) value += text(Uint8Array.from(bytes))
    bytes = []
  }
  for (;;) {
    const char = source[at]
    if (char === undefined || char === '\n') return { problem: `the string has no closing ${quote}`, at: start }
    if (char === quote) break
    if (char !== '\\') {
      flush()
      value += char
      at++
      continue
    }
    const escape = readEscape(source, at, quote)
    if (escape === undefined) return { problem: `invalid escape ${source.slice(at, at + 2)} in a string`, at }
    if (escape.byte) bytes.push(escape.code)
    else {
      flush()
      value += String.fromCodePoint(escape.code)
    }
    at = escape.end
  }
  flush()
  return { value, end: at + 1 }
}

function readEscape(source: string, at: number, quote: string): { code: number; byte: boolean; end: number } | undefined {
  const letter = source[at + 1] ?? ''
  if (letter === quote) return { code: quote.charCodeAt(0), byte: false, end: at + 2 }
  const simple = letters[letter]
  if (simple !== undefined) return { code: simple.charCodeAt(0), byte: false, end: at + 2 }
  const digits = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/.exec(source.slice(at + 1, at + 10))
  if (digits === null) return undefined
  const [whole, byte, short, long, octal] = digits
  const code = octal === undefined ? Number.parseInt((byte ?? short ?? long)!, 16) : Number.parseInt(octal, 8)
  const isByte = byte !== undefined || octal !== undefined
  if (isByte ? code > 0xff : code > 0x10_ffff || (code >= 0xd800 && code < 0xe000)) return undefined
  return { code, byte: isByte, end: at + 1 + whole.length }
}
