/** Lengths of time as Go writes them. */

/** Nanoseconds of each unit. */
const units: Readonly<Record<string, number>> = { ns: 1, us: 1e3, 'µs': 1e3, 'μs': 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

/** Milliseconds of a duration such as `1h30m`, `-1.5s`, `+5s`, `.5m` or `0`, or undefined when it is none (Go's time.ParseDuration). */
export function parseDuration(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1
  const rest = text.replace(/^[-+]/, '')
  if (rest === '0') return 0
  const parts = [...rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(part => part[0]).join('') !== rest) return undefined
  let nanoseconds = 0
  for (const [, amount, unit] of parts) nanoseconds += Number(amount) * units[unit!]!
  // Go counts in an int64 of nanoseconds: about 292 years.
  return nanoseconds > 2 ** 63 ? undefined : (sign * nanoseconds) / 1e6
}

/** A duration as Go prints it: `1h30m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s'
  const sign = milliseconds < 0 ? '-' : ''
  const ns = Math.round(Math.abs(milliseconds) * 1e6)
  if (ns < 1e9) {
    const unit = ns < 1e3 ? 'ns' : ns < 1e6 ? 'µs' : 'ms'
    return `${sign}${ns / units[unit]!}${unit}`
  }
  const hours = Math.floor(ns / units.h!)
  const minutes = Math.floor((ns % units.h!) / units.m!)
  const seconds = (ns % units.m!) / 1e9
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`
}
