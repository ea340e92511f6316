/** Numbers in JSON text, exactly: 64-bit integers as two words, doubles without a string in between where that is exact. */

/** The words of the integer read last, as two's complement. */
export interface Words {
  lo: number
  hi: number
}

const BILLION = 1_000_000_000
const WORD = 0x1_0000_0000
const powersOfTen = Array.from({ length: 23 }, (_, i) => 10 ** i)

/**
 * Reads `bytes[from, to)` as a decimal integer of at most 64 bits into `words`; false when it is none, or (with `signed` as given)
 * outside the type's range. `1.0` and `1e3` count as integers, as JSON has only one kind of number.
 */
export function parseInteger(bytes: Uint8Array, from: number, to: number, signed: boolean, words: Words): boolean {
  const negative = bytes[from] === 0x2d
  let pos = negative ? from + 1 : from
  const digits = to - pos
  if (digits < 1 || digits > 20) return parseUnusual(bytes, from, to, signed, words)
  // Nine digits below, up to eleven above: each part is exact in a double.
  const cut = to - 9
  let high = 0
  let low = 0
  for (; pos < cut; pos++) {
    const digit = bytes[pos]! - 0x30
    if (digit < 0 || digit > 9) return parseUnusual(bytes, from, to, signed, words)
    high = high * 10 + digit
  }
  for (; pos < to; pos++) {
    const digit = bytes[pos]! - 0x30
    if (digit < 0 || digit > 9) return parseUnusual(bytes, from, to, signed, words)
    low = low * 10 + digit
  }
  // high * 10^9 + low, the product taken in two halves of high.
  const lower = (high % 65_536) * BILLION + low
  const upper = Math.floor(high / 65_536) * BILLION
  const sum = (upper % 65_536) * 65_536 + lower
  return store(sum % WORD, Math.floor(upper / 65_536) + Math.floor(sum / WORD), negative, signed, words)
}

function store(lo: number, hi: number, negative: boolean, signed: boolean, words: Words): boolean {
  if (hi >= WORD) return false
  if (!negative) {
    if (signed && hi >= 0x8000_0000) return false
    words.lo = lo
    words.hi = hi
    return true
  }
  if (!signed) {
    words.lo = words.hi = 0
    return lo === 0 && hi === 0
  }
  if (hi > 0x8000_0000 || (hi === 0x8000_0000 && lo > 0)) return false
  words.lo = -lo >>> 0
  words.hi = ~hi + (lo === 0 ? 1 : 0) >>> 0
  return true
}

function parseUnusual(bytes: Uint8Array, from: number, to: number, signed: boolean, words: Words): boolean {
  const text = ascii(bytes, from, to)
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text)
  if (match === null) return false
  const [, sign, whole, fraction = '', exponent = '0'] = match
  const shift = Number(exponent)
  const digits = `${whole}${fraction}`
  const point = whole!.length + shift
  if (point > 400 || /[1-9]/.test(digits.slice(Math.max(0, point)))) return false
  const value = BigInt(point <= 0 ? '0' : digits.slice(0, point).padEnd(point, '0'))
  if (value >> 64n !== 0n) return false
  return store(Number(value & 0xffff_ffffn), Number(value >> 32n), sign === '-', signed, words)
}

/** Reads `bytes[from, to)` as a double; NaN when it is no number. */
export function parseDouble(bytes: Uint8Array, from: number, to: number): number {
  const negative = bytes[from] === 0x2d
  let mantissa = 0
  let point = -1
  const start = negative ? from + 1 : from
  // Up to 15 digits, and a power of ten up to 22, are exact as doubles; so their quotient is rounded only once.
  if (to - start > 16) return parseText(bytes, from, to)
  for (let pos = start; pos < to; pos++) {
    const byte = bytes[pos]!
    if (byte === 0x2e && point < 0) {
      point = pos
      continue
    }
    const digit = byte - 0x30
    if (digit < 0 || digit > 9) return parseText(bytes, from, to)
    mantissa = mantissa * 10 + digit
  }
  if (point < 0 ? to - start > 15 || to === start : point === start || point === to - 1) return parseText(bytes, from, to)
  const value = point < 0 ? mantissa : mantissa / powersOfTen[to - point - 1]!
  return negative ? -value : value
}

function parseText(bytes: Uint8Array, from: number, to: number): number {
  const text = ascii(bytes, from, to)
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : NaN
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let pos = from; pos < to && text.length < 1000; pos++) text += String.fromCharCode(bytes[pos]!)
  return text
}
