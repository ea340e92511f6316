/** What the ranges of an exposition hold: text with escapes, floats as Go reads them, and bytes as messages show them. */
import { text, utf8 } from '../lib/bytes.ts'
import { formatFloat } from '../lib/go-format.ts'
import { quoteGo } from '../lib/go-quote.ts'

/** Bytes of input that a message shows at most. */
const SHOWN = 1024
const powersOfTen = Array.from({ length: 23 }, (_, i) => 10 ** i)

/** What ParseFloat has to say of a text that it refuses. */
export type FloatProblem = 'invalid syntax' | 'value out of range'

/**
 * Reads `bytes[from, to)` as Go's strconv.ParseFloat does: decimal, with or without sign, fraction and exponent, `Inf` and `NaN` in
 * any case; Infinity for what is out of range too (see `floatProblem`), undefined for what is no float. Hexadecimal has no place in
 * samples: it needs an exponent in `p`, which Prometheus refuses.
 */
export function parseFloat(bytes: Uint8Array, from: number, to: number): number | undefined {
  let pos = from
  const sign = bytes[pos]
  if (sign === 0x2d || sign === 0x2b) pos++
  // Up to 15 digits and a power of ten up to 22 are exact as doubles, so that one operation rounds once.
  let mantissa = 0
  let digits = 0
  let scale = 0
  let point = false
  for (; pos < to; pos++) {
    const byte = bytes[pos]!
    if (byte === 0x2e && !point) {
      point = true
      continue
    }
    const digit = byte - 0x30
    if (digit < 0 || digit > 9) break
    mantissa = mantissa * 10 + digit
    digits++
    if (point) scale--
  }
  if (digits === 0 || digits > 15) return parseUnusual(bytes, from, to)
  if (pos < to) {
    const exponent = smallExponent(bytes, pos, to)
    if (exponent === undefined) return parseUnusual(bytes, from, to)
    scale += exponent
  }
  if (scale < -22 || scale > 22) return parseUnusual(bytes, from, to)
  const value = scale < 0 ? mantissa / powersOfTen[-scale]! : mantissa * powersOfTen[scale]!
  return sign === 0x2d ? -value : value
}

/** An exponent of one or two digits, which is what programs print. */
function smallExponent(bytes: Uint8Array, from: number, to: number): number | undefined {
  if ((bytes[from]! | 0x20) !== 0x65) return undefined
  const sign = bytes[from + 1]
  const start = sign === 0x2d || sign === 0x2b ? from + 2 : from + 1
  if (start >= to || to - start > 2) return undefined
  let value = 0
  for (let pos = start; pos < to; pos++) {
    const digit = bytes[pos]! - 0x30
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return sign === 0x2d ? -value : value
}

const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i
const infinity = /^[+-]?inf(?:inity)?$/i

function parseUnusual(bytes: Uint8Array, from: number, to: number): number | undefined {
  const word = text(bytes.subarray(from, to))
  if (decimal.test(word)) return Number(word)
  if (infinity.test(word)) return word.startsWith('-') ? -Infinity : Infinity
  return /^nan$/i.test(word) ? NaN : undefined
}

/** Why ParseFloat refuses the bytes before `to`, for which `parseFloat` gave `value`; undefined when it takes it. */
export function floatProblem(bytes: Uint8Array, to: number, value: number | undefined): FloatProblem | undefined {
  if (value === undefined) return 'invalid syntax'
  // Only a name of infinity ends in f or y.
  if (Math.abs(value) === Infinity && bytes[to - 1]! <= 0x39) return 'value out of range'
  return undefined
}

const hexadecimal = /^([+-]?)0x(?=[0-9a-f.])((?:_?[0-9a-f])*)(?:\.([0-9a-f]*(?:_[0-9a-f]+)*))?p([+-]?\d+(?:_\d+)*)$/i

/** A float in a label, where Go's hexadecimal floats and underscores may stand; undefined when it is none or out of range. */
function parseLabelFloat(value: string): number | undefined {
  const plain = value.replace(/(?<=\d)_(?=\d)/g, '')
  if (decimal.test(plain) || infinity.test(plain) || /^nan$/i.test(plain)) {
    const bytes = utf8(plain)
    const float = parseFloat(bytes, 0, bytes.length)
    return floatProblem(bytes, bytes.length, float) === undefined ? float : undefined
  }
  const match = value.length <= 64 ? hexadecimal.exec(value) : null
  if (match === null) return undefined
  const [, sign, whole, fraction = '', exponent] = match.map(part => part?.replaceAll('_', '') ?? '')
  if (`${whole}${fraction}` === '' || `${whole}${fraction}`.length > 13) return undefined
  const float = Number.parseInt(`${whole}${fraction}`, 16) * 2 ** (Number(exponent) - 4 * fraction.length)
  return Math.abs(float) === Infinity ? undefined : sign === '-' ? -float : float
}

/** The value of an `le` or `quantile` label as OpenMetrics writes floats (`1` becomes `1.0`); other text as it is. */
export function canonicalFloat(value: string): string {
  const float = parseLabelFloat(value)
  if (float === undefined) return value
  const written = formatFloat(float)
  return /[.eN]|Inf/.test(written) ? written : `${written}.0`
}

const replacements: Readonly<Record<string, string>> = { '\\\\': '\\', '\\n': '\n', '\\"': '"' }

/** A name, value or OpenMetrics help text without its escapes; a backslash before anything else stays. */
export const unescapeLabel = (value: string): string =>
  value.includes('\\') ? value.replace(/\\[\\n"]/g, pair => replacements[pair]!) : value

/** A help text of the classic format without its escapes: there, quotes have none. */
export const unescapeHelp = (value: string): string =>
  value.includes('\\') ? value.replace(/\\[\\n]/g, pair => replacements[pair]!) : value

/** The length of the UTF-8 sequence at `pos`, 0 when it is none by Go's rules (no surrogates, none too long). */
function sequence(bytes: Uint8Array, pos: number, to: number): number {
  const first = bytes[pos]!
  if (first < 0x80) return 1
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (length === 0 || pos + length > to) return 0
  const second = bytes[pos + 1]!
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  for (let i = 2; i < length; i++) if ((bytes[pos + i]! & 0xc0) !== 0x80) return 0
  return length
}

/** Whether `bytes[from, to)` is UTF-8. */
export function isUtf8(bytes: Uint8Array, from: number, to: number): boolean {
  let pos = from
  while (pos < to) {
    const length = sequence(bytes, pos, to)
    if (length === 0) return false
    pos += length
  }
  return true
}

/** `bytes[from, to)` as Go's `%q` writes them, cut where they are long. */
export function quoteBytes(bytes: Uint8Array, from: number, to: number): string {
  let end = Math.min(to, from + SHOWN)
  // Not within a character.
  for (let i = 0; i < 3 && end < to && (bytes[end]! & 0xc0) === 0x80; i++) end--
  let out = ''
  let valid = from
  const flush = (until: number) => {
    if (until > valid) out += quoteGo(text(bytes.subarray(valid, until))).slice(1, -1)
  }
  for (let pos = from; pos < end;) {
    const length = sequence(bytes, pos, end)
    if (length === 0) {
      flush(pos)
      out += `\\x${bytes[pos]!.toString(16).padStart(2, '0')}`
      valid = pos + 1
    }
    pos += length || 1
  }
  flush(end)
  return `"${out}${end < to ? '...' : ''}"`
}
