/**
 * Go's `fmt.Sprintf` over plain values: flags, width, precision, argument indexes, and its notes about verbs and arguments that do not
 * fit (`%!d(string=x)`), which users see in their labels and so must be the same.
 */
import { byBytes, type Flags, formatInteger, formatNumber, formatText, pad } from './go-verbs.ts'

/** Values as Go sees them: `bigint` is int (uint64 above it), `number` float64, null nil, arrays and records `any` slices and maps. */
export type GoValue = null | boolean | bigint | number | string | readonly GoValue[] | { readonly [key: string]: GoValue }

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
  if (verb === 'T') return formatText(goType(value), 's', flags)!
  if (value === null) return verb === 'v' ? pad('<nil>', flags) : `%!${verb}(<nil>)`
  if (verb === 'p' || verb === 'w') return badVerb(value, verb, flags)
  return formatValue(value, verb, flags)
}

function badVerb(value: GoValue, verb: string, flags: Flags): string {
  return `%!${verb}(${goType(value)}=${formatValue(value, 'v', flags)})`
}

function formatValue(value: GoValue, verb: string, flags: Flags): string {
  switch (typeof value) {
    case 'boolean': return verb === 't' || verb === 'v' ? pad(String(value), flags) : badVerb(value, verb, flags)
    case 'bigint': return formatInteger(value, verb, flags, goType(value) === 'uint64') ?? badVerb(value, verb, flags)
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
