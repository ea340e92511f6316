/** Durations as Prometheus writes them in labels (`1m30s`, `1d`): whole numbers of units, the largest first. */

import { quoteGo } from '../../../../lib/go-quote.ts'

const units = [
  ['y', 31_536_000_000, true], ['w', 604_800_000, true], ['d', 86_400_000, false], ['h', 3_600_000, false],
  ['m', 60_000, false], ['s', 1000, false], ['ms', 1, false],
] as const

/** Go holds a duration in 63 bits of nanoseconds. */
const limitMs = 2 ** 63 / 1e6

/** Milliseconds of a duration; throws a SyntaxError with Prometheus' words. */
export function parsePrometheusDuration(text: string): number {
  if (text === '0') return 0
  if (text === '') throw new SyntaxError('empty duration string')
  const invalid = () => new SyntaxError(`not a valid duration string: ${quoteGo(text)}`)
  let total = 0
  let last = -1
  let at = 0
  const part = /(\d+)([^\d]+)/y
  while (at < text.length) {
    part.lastIndex = at
    const found = part.exec(text)
    if (found === null) throw invalid()
    const [whole, count, name] = found
    const unit = units.findIndex(([own]) => own === name)
    if (unit < 0) throw new SyntaxError(`unknown unit ${quoteGo(name!)} in duration ${quoteGo(text)}`)
    if (unit <= last) throw invalid()
    last = unit
    total += Number(count) * units[unit]![1]
    if (total > limitMs) throw new SyntaxError('duration out of range')
    at += whole.length
  }
  return total
}

/** A duration of milliseconds; years and weeks only where they are all of it. */
export function formatPrometheusDuration(ms: number): string {
  let rest = Math.trunc(ms)
  if (rest === 0) return '0s'
  let out = ''
  for (const [name, size, exact] of units) {
    if (exact && rest % size !== 0) continue
    const count = Math.floor(rest / size)
    if (count === 0) continue
    out += `${count}${name}`
    rest -= count * size
  }
  return out
}
