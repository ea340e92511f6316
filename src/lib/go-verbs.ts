/** The verbs of Go's `fmt` for single values, with all flags. */
import { exponentText, formatExponential, formatFixed, formatFloat } from './go-format.ts'
import { quote } from './go-text.ts'

/** What stands between the percent sign and the verb. */
export interface Flags {
  minus: boolean
  plus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  width: number | undefined
  precision: number | undefined
  /** `%#v`, where the flag means another thing. */
  sharpV: boolean
}

const encoder = new TextEncoder()
/** Orders strings by their UTF-8 bytes. */
export function byBytes(left: string, right: string): number {
  const [a, b] = [encoder.encode(left), encoder.encode(right)]
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

/** Fills up to the width, on the side that the flags say. */
export function pad(text: string, { width, minus, zero }: Flags): string {
  const missing = (width ?? 0) - [...text].length
  if (missing <= 0) return text
  return minus ? text + ' '.repeat(missing) : (zero ? '0' : ' ').repeat(missing) + text
}

const bases: Record<string, number> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 }

/** An integer by any of its verbs, or undefined for a verb that it has not. */
export function formatInteger(value: bigint, verb: string, flags: Flags, unsigned: boolean): string | undefined {
  if (verb === 'c' || verb === 'q' || verb === 'U') return formatCharacter(value, verb, flags)
  const base = verb === 'v' && flags.sharpV && unsigned ? 16 : bases[verb]
  if (base === undefined) return undefined
  const negative = value < 0n
  let digits = (negative ? -value : value).toString(base)
  if (verb === 'X') digits = digits.toUpperCase()
  const signText = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  if (flags.precision !== undefined) {
    if (flags.precision === 0 && value === 0n) return ' '.repeat(flags.width ?? 0)
    digits = digits.padStart(flags.precision, '0')
  } else if (flags.zero && !flags.minus && flags.width !== undefined) {
    digits = digits.padStart(flags.width - signText.length, '0')
  }
  if (flags.sharp || (verb === 'v' && base === 16)) {
    if (base === 2) digits = `0b${digits}`
    else if (base === 8 && !digits.startsWith('0')) digits = `0${digits}`
    else if (base === 16) digits = (verb === 'X' ? '0X' : '0x') + digits
  }
  if (verb === 'O') digits = `0o${digits}`
  return pad(signText + digits, { ...flags, zero: false })
}

function formatCharacter(value: bigint, verb: string, flags: Flags): string {
  const valid = value >= 0n && value <= 0x10ffffn && (value < 0xd800n || value > 0xdfffn)
  const char = valid ? String.fromCodePoint(Number(value)) : '�'
  if (verb === 'c') return pad(char, flags)
  if (verb === 'q') {
    const text = flags.plus ? quoteAscii(char) : quote(char)
    return pad(`'${char === '\'' ? '\\\'' : char === '"' ? '"' : text.slice(1, -1)}'`, flags)
  }
  const unsigned = BigInt.asUintN(64, value)
  const code = `U+${unsigned.toString(16).toUpperCase().padStart(Math.max(4, flags.precision ?? 0), '0')}`
  const shown = flags.sharp && valid && !quote(char).includes('\\') ? ` '${char}'` : ''
  return pad(code + shown, { ...flags, zero: false })
}

/** A string by any of its verbs, or undefined for a verb that it has not. */
export function formatText(value: string, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v': return formatText(value, flags.sharpV ? 'q' : 's', { ...flags, sharp: false })
    case 's': return pad(truncate(value, flags), flags)
    case 'q': {
      const text = truncate(value, flags)
      // Go prefers backticks where it is asked to and where they change nothing.
      if (flags.sharp && !/[\p{Cc}`\u007f\ufeff]/u.test(text.replaceAll('\t', ''))) return pad(`\`${text}\``, flags)
      return pad(flags.plus ? quoteAscii(text) : quote(text), flags)
    }
    case 'x':
    case 'X': return formatBytes(encoder.encode(value), verb, flags)
    default: return undefined
  }
}

function truncate(text: string, { precision }: Flags): string {
  return precision === undefined ? text : [...text].slice(0, precision).join('')
}

function quoteAscii(text: string): string {
  return quote(text).replace(/[\u0080-\uffff]|[\ud800-\udbff][\udc00-\udfff]/gu, char => {
    const code = char.codePointAt(0)!
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
  })
}

function formatBytes(bytes: Uint8Array, verb: 'x' | 'X', flags: Flags): string {
  const shown = flags.precision === undefined ? bytes : bytes.subarray(0, flags.precision)
  const pairs = Array.from(shown, byte => byte.toString(16).padStart(2, '0'))
  if (pairs.length === 0) return pad('', flags)
  const prefix = flags.sharp ? '0x' : ''
  const text = flags.space ? pairs.map(pair => prefix + pair).join(' ') : prefix + pairs.join('')
  return pad(verb === 'X' ? text.toUpperCase() : text, flags)
}

/** A float by any of its verbs, or undefined for a verb that it has not. */
export function formatNumber(value: number, verb: string, flags: Flags): string | undefined {
  const text = floatText(value, verb, flags)
  if (text === undefined) return undefined
  const finite = Number.isFinite(value)
  let unsigned = text.replace(/^[+-]/, '')
  if (flags.sharp && finite && verb !== 'b') unsigned = keepZeros(unsigned, verb, flags)
  const negative = text.startsWith('-')
  const signText = negative ? '-' : flags.plus || (text.startsWith('+') && !flags.space) ? '+' : flags.space ? ' ' : ''
  if (!finite) {
    const shown = Number.isNaN(value) && !flags.plus && !flags.space ? unsigned : (signText === '' ? '' : signText) + unsigned
    return pad(!Number.isNaN(value) && !flags.plus && !flags.space && !negative ? `+${unsigned}` : shown, { ...flags, zero: false })
  }
  if (flags.zero && !flags.minus && flags.width !== undefined) return signText + unsigned.padStart(flags.width - signText.length, '0')
  return pad(signText + unsigned, flags)
}

/** The digits of a float for a verb; a sign only where it is negative or infinite. */
function floatText(value: number, verb: string, { precision }: Flags): string | undefined {
  if (!'vgGfFeEbxX'.includes(verb)) return undefined
  if (!Number.isFinite(value)) return formatFixed(value)
  switch (verb) {
    case 'f':
    case 'F': return exactFixed(value, precision ?? 6)
    case 'e': return exponential(value, precision ?? 6)
    case 'E': return exponential(value, precision ?? 6).toUpperCase()
    case 'G': return general(value, precision).toUpperCase()
    case 'b': return minus(value) + binaryFloat(value)
    case 'x': return minus(value) + hexFloat(value, precision)
    case 'X': return minus(value) + hexFloat(value, precision).toUpperCase()
    default: return general(value, precision)
  }
}

const minus = (value: number) => value < 0 || Object.is(value, -0) ? '-' : ''

/**
 * JavaScript rounds what lies exactly between two numbers up, Go to the even one. `digits` was rounded so; `rest` is what follows in
 * a longer expansion.
 */
function tiesToEven(digits: string, rest: string): string {
  const last = digits.at(-1)!
  return /^50*$/.test(rest) && '13579'.includes(last) ? digits.slice(0, -1) + String(Number(last) - 1) : digits
}

/** Digits that are looked at to find out whether a number lies exactly between two. */
const beyond = 40

/** `toFixed` rounds exactly, but gives an exponent from 1e21 on and at most 100 digits. */
function exactFixed(value: number, precision: number): string {
  const magnitude = Math.abs(value)
  const digits = Math.min(precision, 100)
  const longer = magnitude < 1e21 && digits + beyond <= 100 ? magnitude.toFixed(digits + beyond) : ''
  const text = magnitude < 1e21 ? tiesToEven(magnitude.toFixed(digits), longer.slice(-beyond)) : BigInt(magnitude).toString() + (digits > 0 ? `.${'0'.repeat(digits)}` : '')
  return minus(value) + text + '0'.repeat(precision - digits)
}

function exponential(value: number, precision: number): string {
  const { mantissa, exponent } = scientific(value, precision)
  return `${minus(value)}${mantissa}${exponentText(exponent)}`
}

/** A mantissa with `precision` digits after the point, and the exponent. */
function scientific(value: number, precision: number): { mantissa: string; exponent: number } {
  const digits = Math.min(precision, 100)
  const [mantissa, exponent] = Math.abs(value).toExponential(digits).split('e')
  const longer = digits + beyond <= 100 ? Math.abs(value).toExponential(digits + beyond).split('e')[0]!.slice(-beyond) : ''
  return { mantissa: tiesToEven(mantissa!, longer), exponent: Number(exponent) }
}

function general(value: number, precision: number | undefined): string {
  if (precision === undefined) return formatFloat(value)
  const wanted = Math.max(1, Math.min(precision, 100))
  const { mantissa, exponent } = scientific(value, wanted - 1)
  const digits = mantissa.replace('.', '').replace(/0+$/, '')
  // Fewer digits than asked for count as those that there are, as long as they reach the decimal point.
  const limit = precision > digits.length && digits.length >= exponent + 1 ? digits.length : wanted
  const rounded = Number(`${minus(value)}${mantissa}e${exponent}`)
  return exponent < -4 || exponent >= limit ? formatExponential(rounded) : formatFixed(rounded)
}

/** The bits of a positive float: its mantissa as an integer of 53 bits, and the power of two that scales it. */
function decompose(value: number): { mantissa: bigint; exponent: number } {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const all = bits.getBigUint64(0)
  const power = Number((all >> 52n) & 0x7ffn)
  const fraction = all & 0xfffffffffffffn
  return power === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: power - 1075 }
}

function binaryFloat(value: number): string {
  const { mantissa, exponent } = decompose(value)
  return `${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`
}

/** `0x1.8p+01`: one digit before the point, and as many after it as are wanted (half to even) or needed. */
function hexFloat(value: number, precision: number | undefined): string {
  let { mantissa, exponent } = decompose(value)
  while (mantissa !== 0n && mantissa < 1n << 52n) {
    mantissa <<= 1n
    exponent--
  }
  if (precision !== undefined && precision < 13) {
    const drop = BigInt(52 - 4 * precision)
    const half = 1n << (drop - 1n)
    const rest = mantissa & ((1n << drop) - 1n)
    mantissa >>= drop
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++
    mantissa <<= drop
    if (mantissa >= 1n << 53n) {
      mantissa >>= 1n
      exponent++
    }
  }
  const power = mantissa === 0n ? 0 : exponent + 52
  const digits = (mantissa & 0xfffffffffffffn).toString(16).padStart(13, '0')
  const shown = precision === undefined ? digits.replace(/0+$/, '') : digits.slice(0, precision).padEnd(precision, '0')
  const sign = power < 0 ? '-' : '+'
  return `0x${mantissa >> 52n}${shown === '' ? '' : `.${shown}`}p${sign}${String(Math.abs(power)).padStart(2, '0')}`
}

/** The `#` flag: a decimal point always, and for `%g` the zeros up to the precision. */
function keepZeros(text: string, verb: string, { precision }: Flags): string {
  const hex = verb === 'x' || verb === 'X'
  const [, mantissa, tail] = (hex ? /^(0[xX][^pP]*)(.*)$/ : /^([^eE]*)(.*)$/).exec(text)!
  let digits = 'vgGx'.includes(verb) ? precision ?? 6 : 0
  digits -= mantissa!.replace('.', '').replace(/^0+/, '').length
  if (mantissa === '0') digits--
  return `${mantissa!}${mantissa!.includes('.') ? '' : '.'}${'0'.repeat(Math.max(0, digits))}${tail!}`
}
