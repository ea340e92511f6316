/** Durations as Go writes them (`1h30m`, `200ms`): what every duration argument of Alloy takes. */

const units: Record<string, bigint> = {
  ns: 1n, us: 1_000n, 'µs': 1_000n, 'μs': 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n,
}
const limit = 1n << 63n

/** Nanoseconds of a duration as `time.ParseDuration` reads it; throws a `SyntaxError` with Go's words. */
export function parseDurationNanos(text: string): bigint {
  const fail = (reason: string): never => { throw new SyntaxError(`time: ${reason} ${JSON.stringify(text)}`) }
  const negative = text.startsWith('-')
  let rest = text.replace(/^[+-]/, '')
  if (rest === '0') return 0n
  if (rest === '') fail('invalid duration')
  let total = 0n
  while (rest !== '') {
    const [, whole, fraction] = /^(\d*)(?:\.(\d*))?/.exec(rest)!
    if (whole === '' && (fraction ?? '') === '') fail('invalid duration')
    rest = rest.slice(whole!.length + (fraction === undefined ? 0 : fraction.length + 1))
    const unit = /^[^.\d]*/.exec(rest)![0]
    if (unit === '') fail('missing unit in duration')
    const scale = Object.hasOwn(units, unit) ? units[unit]! : fail(`unknown unit ${JSON.stringify(unit)} in duration`)
    rest = rest.slice(unit.length)
    total += BigInt(whole || '0') * scale + fractionOf(fraction ?? '', scale)
    if (total > limit) fail('invalid duration')
  }
  if (!negative && total === limit) fail('invalid duration')
  return negative ? -total : total
}

/** Digits past what 64 bits hold are dropped, like Go does. */
function fractionOf(digits: string, scale: bigint): bigint {
  const used = digits.slice(0, 18)
  return used === '' ? 0n : BigInt(used) * scale / 10n ** BigInt(used.length)
}

/** Milliseconds of a Go duration, fractions included; throws like `parseDurationNanos`. */
export function parseDuration(text: string): number {
  return Number(parseDurationNanos(text)) / 1e6
}

/** A duration of nanoseconds as Go's `String` writes it: `1h0m0s`, `1.5s`, `100ms`, `0s`. */
export function formatDurationNanos(nanos: bigint): string {
  if (nanos === 0n) return '0s'
  const magnitude = nanos < 0n ? -nanos : nanos
  const sign = nanos < 0n ? '-' : ''
  if (magnitude < units.s!) {
    const unit = magnitude < units.us! ? 'ns' : magnitude < units.ms! ? 'µs' : 'ms'
    return `${sign}${decimal(magnitude, units[unit]!)}${unit}`
  }
  const seconds = `${decimal(magnitude % units.m!, units.s!)}s`
  const minutes = magnitude / units.m!
  if (minutes === 0n) return sign + seconds
  const hours = minutes / 60n
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`
}

/** A duration of milliseconds as Go writes it. */
export function formatDuration(ms: number): string {
  return formatDurationNanos(BigInt(Math.round(ms * 1e6)))
}

function decimal(value: bigint, scale: bigint): string {
  const fraction = String(value % scale).padStart(String(scale).length - 1, '0').replace(/0+$/, '')
  return `${value / scale}${scale === 1n || fraction === '' ? '' : `.${fraction}`}`
}
