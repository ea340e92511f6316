/**
 * Go's `fmt.Sprintf` over plain values: flags, width, precision, argument indexes, and its notes about verbs and arguments that do not
 * fit (`%!d(string=x)`), which users see in their labels and so must be the same.
 */
import { exponentText, formatExponential, formatFixed, formatFloat } from './go-format.ts'
import { quote } from './go-text.ts'

/** Values as Go sees them: `bigint` is int (uint64 above it), `number` float64, null nil, arrays and records `any` slices and maps. */
export type GoValue = null | boolean | bigint | number | string | readonly GoValue[] | { readonly [key: string]: GoValue }

interface Flags {
  minus: boolean
  plus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  width: number | undefined
  precision: number | undefined
  /** `%#v` and `%+v`, where the flags mean another thing. */
  sharpV: boolean
}

const largest = 1_000_000

/** Formats like `fmt.Sprintf`; never throws. */
export function sprintf(format: string, args: readonly GoValue[]): string {
  let out = ''
  let at = 0
  let argument = 0
  let reordered = false

  /** `[n]`; whether a well-formed one stood here. */
  const index = (): 'none' | 'good' | 'bad' => {
    if (format[at] !== '[') return 'none'
    reordered = true
    const match = /^\[(\d+)\]/.exec(format.slice(at, at + 12))
    if (match === null) {
      const close = format.indexOf(']', at)
      at = close === -1 ? at + 1 : close + 1
      return 'bad'
    }
    at += match[0].length
    const wanted = Number(match[1]) - 1
    if (wanted < 0 || wanted >= args.length) return 'bad'
    argument = wanted
    return 'good'
  }
  const digits = (): number | undefined => {
    const start = at
    while (format[at]! >= '0' && format[at]! <= '9') at++
    const value = Number(format.slice(start, at))
    return start === at || value > largest ? undefined : value
  }
  /** The next argument as a number, for `*`. */
  const star = (): number | undefined => {
    at++
    const value = args[argument]
    if (argument < args.length) argument++
    return typeof value === 'bigint' && value >= -largest && value <= largest ? Number(value) : undefined
  }

  while (at < format.length) {
    const percent = format.indexOf('%', at)
    if (percent === -1) {
      out += format.slice(at)
      break
    }
    out += format.slice(at, percent)
    at = percent + 1
    const flags: Flags = {
      minus: false, plus: false, sharp: false, space: false, zero: false, width: undefined, precision: undefined, sharpV: false,
    }
    for (let name = flagNames[format[at]!]; name !== undefined; name = flagNames[format[++at]!]) flags[name] = true

    let found = index()
    let good = found !== 'bad'
    if (format[at] === '*') {
      flags.width = star()
      if (flags.width === undefined) out += '%!(BADWIDTH)'
      else if (flags.width < 0) Object.assign(flags, { width: -flags.width, minus: true, zero: false })
      found = 'none'
    } else {
      flags.width = digits()
      if (found === 'good' && flags.width !== undefined) good = false
    }
    if (format[at] === '.' && at + 1 < format.length) {
      at++
      if (found === 'good') good = false
      found = index()
      if (found === 'bad') good = false
      if (format[at] === '*') {
        const precision = star()
        flags.precision = precision !== undefined && precision >= 0 ? precision : undefined
        if (flags.precision === undefined) out += '%!(BADPREC)'
        found = 'none'
      } else {
        flags.precision = digits() ?? 0
      }
    }
    if (found === 'none' && index() === 'bad') good = false
    if (at >= format.length) {
      out += '%!(NOVERB)'
      break
    }
    const verb = String.fromCodePoint(format.codePointAt(at)!)
    at += verb.length
    if (verb === '%') out += '%'
    else if (!good) out += `%!${verb}(BADINDEX)`
    else if (argument >= args.length) out += `%!${verb}(MISSING)`
    else {
      if (verb === 'v' || verb === 'w') Object.assign(flags, { sharpV: flags.sharp, sharp: false, plus: false })
      out += formatArgument(args[argument++]!, verb, flags)
    }
  }
  if (!reordered && argument < args.length) {
    const rest = args.slice(argument).map(value => value === null ? '<nil>' : `${goType(value)}=${formatArgument(value, 'v', plain)}`)
    out += `%!(EXTRA ${rest.join(', ')})`
  }
  return out
}

const flagNames: Record<string, 'sharp' | 'zero' | 'plus' | 'minus' | 'space' | undefined> = {
  '#': 'sharp', '0': 'zero', '+': 'plus', '-': 'minus', ' ': 'space',
}
const plain: Flags = {
  minus: false, plus: false, sharp: false, space: false, zero: false, width: undefined, precision: undefined, sharpV: false,
}

/** The name of a value's type in Go. */
export function goType(value: GoValue): string {
  switch (typeof value) {
    case 'bigint': return value > 2n ** 63n - 1n ? 'uint64' : 'int'
    case 'number': return 'float64'
    case 'string': return 'string'
    case 'boolean': return 'bool'
    default: return value === null ? '<nil>' : Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'
  }
}

function formatArgument(value: GoValue, verb: string, flags: Flags): string {
  if (verb === 'T') return pad(goType(value), flags)
  if (value === null) return verb === 'v' ? pad('<nil>', flags) : `%!${verb}(<nil>)`
  if (verb === 'p') return badVerb(value, verb, flags)
  return formatValue(value, verb, flags)
}

function badVerb(value: GoValue, verb: string, flags: Flags): string {
  return `%!${verb}(${goType(value)}=${formatValue(value, 'v', flags)})`
}

function formatValue(value: GoValue, verb: string, flags: Flags): string {
  switch (typeof value) {
    case 'boolean': return verb === 't' || verb === 'v' ? pad(String(value), flags) : badVerb(value, verb, flags)
    case 'bigint': return formatInteger(value, verb, flags) ?? badVerb(value, verb, flags)
    case 'number': return formatNumber(value, verb, flags) ?? badVerb(value, verb, flags)
    case 'string': return formatText(value, verb, flags) ?? badVerb(value, verb, flags)
    default:
  }
  const inner = (element: GoValue) => element === null
    ? (flags.sharpV ? 'interface {}(nil)' : '<nil>')
    : formatValue(element, verb, flags)
  if (Array.isArray(value)) {
    const elements = (value as readonly GoValue[]).map(inner)
    return flags.sharpV ? `[]interface {}{${elements.join(', ')}}` : `[${elements.join(' ')}]`
  }
  const record = value as { readonly [key: string]: GoValue }
  const entries = Object.keys(record).sort(byBytes).map(key => `${formatValue(key, verb, flags)}:${inner(record[key]!)}`)
  return flags.sharpV ? `map[string]interface {}{${entries.join(', ')}}` : `map[${entries.join(' ')}]`
}

const encoder = new TextEncoder()
function byBytes(left: string, right: string): number {
  const [a, b] = [encoder.encode(left), encoder.encode(right)]
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

function pad(text: string, { width, minus, zero }: Flags): string {
  const missing = (width ?? 0) - [...text].length
  if (missing <= 0) return text
  return minus ? text + ' '.repeat(missing) : (zero ? '0' : ' ').repeat(missing) + text
}

const bases: Record<string, number> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 }

function formatInteger(value: bigint, verb: string, flags: Flags): string | undefined {
  if (verb === 'c' || verb === 'q' || verb === 'U') return formatCharacter(value, verb, flags)
  const base = verb === 'v' && flags.sharpV && goType(value) === 'uint64' ? 16 : bases[verb]
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

function formatText(value: string, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v': return flags.sharpV ? pad(quote(value), flags) : formatText(value, 's', flags)
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

function formatNumber(value: number, verb: string, flags: Flags): string | undefined {
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
  if (!'vgGfFeE'.includes(verb)) return undefined
  if (!Number.isFinite(value)) return formatFixed(value)
  switch (verb) {
    case 'f':
    case 'F': return exactFixed(value, precision ?? 6)
    case 'e': return exponential(value, precision ?? 6)
    case 'E': return exponential(value, precision ?? 6).toUpperCase()
    case 'G': return general(value, precision).toUpperCase()
    default: return general(value, precision)
  }
}

const minus = (value: number) => value < 0 || Object.is(value, -0) ? '-' : ''

/** `toFixed` rounds exactly, but gives an exponent from 1e21 on and at most 100 digits. */
function exactFixed(value: number, precision: number): string {
  const magnitude = Math.abs(value)
  const digits = Math.min(precision, 100)
  const text = magnitude < 1e21 ? magnitude.toFixed(digits) : BigInt(magnitude).toString() + (digits > 0 ? `.${'0'.repeat(digits)}` : '')
  return minus(value) + text + '0'.repeat(precision - digits)
}

function exponential(value: number, precision: number): string {
  const [mantissa, exponent] = Math.abs(value).toExponential(Math.min(precision, 100)).split('e')
  return `${minus(value)}${mantissa!}${exponentText(Number(exponent))}`
}

function general(value: number, precision: number | undefined): string {
  if (precision === undefined) return formatFloat(value)
  const wanted = Math.max(1, Math.min(precision, 100))
  const [mantissa, power] = Math.abs(value).toExponential(wanted - 1).split('e')
  const digits = mantissa!.replace('.', '').replace(/0+$/, '')
  const exponent = Number(power)
  // Fewer digits than asked for count as those that there are, as long as they reach the decimal point.
  const limit = precision > digits.length && digits.length >= exponent + 1 ? digits.length : wanted
  const rounded = Number(`${minus(value)}${mantissa!}e${power!}`)
  return exponent < -4 || exponent >= limit ? formatExponential(rounded) : formatFixed(rounded)
}

/** The `#` flag: a decimal point always, and for `%g` the zeros up to the precision. */
function keepZeros(text: string, verb: string, { precision }: Flags): string {
  const [, mantissa, tail] = /^([^eE]*)(.*)$/.exec(text)!
  let digits = 'vgG'.includes(verb) ? precision ?? 6 : 0
  digits -= mantissa!.replace('.', '').replace(/^0+/, '').length
  if (mantissa === '0') digits--
  return `${mantissa!}${mantissa!.includes('.') ? '' : '.'}${'0'.repeat(Math.max(0, digits))}${tail!}`
}
