/** Targets: from the labels that discovery found to what is scraped, when, and under which labels. */

import { hex, utf8 } from '../../../../lib/bytes.ts'
import { quoteGo } from '../../../../lib/go-quote.ts'
import { md5 } from '../../../../lib/md5.ts'
import { labelsOf, type Labels } from '../../../../telemetry/labels.ts'
import { formatPrometheusDuration, parsePrometheusDuration } from './duration.ts'

/** Labels by name, in any order. */
export type LabelMap = Readonly<Record<string, string>>

/** What a scrape job says about all its targets; a target's own labels say otherwise. */
export interface TargetDefaults {
  readonly job: string
  readonly scheme: string
  readonly metricsPath: string
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly params: Readonly<Record<string, readonly string[]>>
  readonly nhcb: boolean
  readonly classicHistograms: boolean
  readonly nativeHistograms: boolean
}

export interface Target {
  /** Labels before `__meta_` ones were taken away, with the job's defaults. */
  readonly discovered: LabelMap
  /** Every label that is left, those with two underscores too. */
  readonly all: LabelMap
  /** The labels that its series get. */
  readonly labels: Labels
  readonly url: string
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Names the series that it writes: 32 hexadecimal digits of its labels and address, the same wherever and whenever it is scraped. */
  readonly key: string
  readonly nhcb: boolean
  readonly classicHistograms: boolean
  readonly nativeHistograms: boolean
}

const flags = {
  __convert_classic_histograms_to_nhcb__: 'convert classic histograms to nhcb',
  __always_scrape_classic_histograms__: 'always scrape classic histograms',
  __scrape_native_histograms__: 'scrape native histograms',
}

/** The labels of a target with what the job adds, before anything is checked. */
export function discoveredLabels(given: LabelMap, job: TargetDefaults): Record<string, string> {
  // Empty labels are none.
  const labels: Record<string, string> = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
  const defaults: Record<string, string> = {
    job: job.job,
    __scrape_interval__: formatPrometheusDuration(job.intervalMs),
    __scrape_timeout__: formatPrometheusDuration(job.timeoutMs),
    __metrics_path__: job.metricsPath,
    __scheme__: job.scheme,
    __convert_classic_histograms_to_nhcb__: String(job.nhcb),
    __always_scrape_classic_histograms__: String(job.classicHistograms),
    __scrape_native_histograms__: String(job.nativeHistograms),
  }
  for (const [name, [first]] of Object.entries(job.params)) if (first !== undefined) defaults[`__param_${name}`] = first
  for (const [name, value] of Object.entries(defaults)) if (value !== '') labels[name] ??= value
  return labels
}

/** A target of these labels, or why it is none, in Prometheus' words. */
export function populateTarget(given: LabelMap, job: TargetDefaults): Target | { readonly problem: string } {
  const discovered = discoveredLabels(given, job)
  const address = discovered['__address__'] ?? ''
  if (address === '') return { problem: 'no address' }
  if (address.includes('/')) return { problem: `${quoteGo(address)} is not a valid hostname` }
  const times = timesOf(discovered)
  if (typeof times === 'string') return { problem: times }
  for (const [name, what] of Object.entries(flags)) {
    const value = discovered[name] ?? ''
    if (value !== '' && parseBool(value) === undefined) return { problem: `error parsing ${what}: strconv.ParseBool: parsing ${quoteGo(value)}: invalid syntax` }
  }
  const all: Record<string, string> = Object.fromEntries(Object.entries(discovered).filter(([name]) => !name.startsWith('__meta_')))
  all['instance'] ??= address
  for (const [name, value] of Object.entries(all)) {
    if (/\p{Surrogate}/u.test(value)) return { problem: `invalid label value for ${quoteGo(name)}: ${quoteGo(value)}` }
  }
  const url = urlOf(all, job.params)
  if (url === undefined) return { problem: `${quoteGo(`${all['__scheme__']}://${address}`)} is not a valid address` }
  const labels = labelsOf(Object.entries(all).filter(([name]) => !name.startsWith('__')))
  return {
    discovered, all, labels, url, ...times,
    key: hex(md5(utf8(`${labels.map(([name, value]) => `${name}\u{10ffff}${value}\u{10ffff}`).join('')}${url}`))),
    nhcb: parseBool(all['__convert_classic_histograms_to_nhcb__'] ?? '') ?? job.nhcb,
    classicHistograms: parseBool(all['__always_scrape_classic_histograms__'] ?? '') ?? job.classicHistograms,
    nativeHistograms: parseBool(all['__scrape_native_histograms__'] ?? '') ?? job.nativeHistograms,
  }
}

function timesOf(labels: LabelMap): { intervalMs: number; timeoutMs: number } | string {
  const [interval, timeout] = [labels['__scrape_interval__'] ?? '', labels['__scrape_timeout__'] ?? '']
  const parsed: number[] = []
  for (const [what, text] of [['interval', interval], ['timeout', timeout]] as const) {
    try {
      parsed.push(parsePrometheusDuration(text))
    } catch (error) {
      return `error parsing scrape ${what}: ${(error as Error).message}`
    }
    if (parsed.at(-1) === 0) return `scrape ${what} cannot be 0`
  }
  const [intervalMs = 0, timeoutMs = 0] = parsed
  if (timeoutMs > intervalMs) return `scrape timeout cannot be greater than scrape interval (${quoteGo(timeout)} > ${quoteGo(interval)})`
  return { intervalMs, timeoutMs }
}

/** Go's strconv.ParseBool. */
function parseBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true
  return ['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text) ? false : undefined
}

const parameter = '__param_'

function urlOf(labels: LabelMap, params: TargetDefaults['params']): string | undefined {
  const base = `${labels['__scheme__']}://${labels['__address__']}`
  // What would lead elsewhere than the address says is none: a user's name, a query.
  if (!URL.canParse(base) || /[@?#\\\s]/.test(labels['__address__']!)) return undefined
  const url = new URL(base)
  if (!/^https?:$/.test(url.protocol)) return undefined
  url.pathname = labels['__metrics_path__'] ?? ''
  const query = new Map(Object.entries(params).map(([name, values]) => [name, [...values]]))
  for (const [name, value] of Object.entries(labels)) {
    if (!name.startsWith(parameter)) continue
    const key = name.slice(parameter.length)
    query.set(key, [value, ...(query.get(key) ?? []).slice(1)])
  }
  for (const [name, values] of [...query].sort(([a], [b]) => (a < b ? -1 : 1))) for (const value of values) url.searchParams.append(name, value)
  return url.href
}

/**
 * When the target is due, as milliseconds after the beginning of each interval: always the same for a target and a seed, and spread
 * over the interval from target to target.
 */
export function offsetOf({ key, intervalMs }: Pick<Target, 'key' | 'intervalMs'>, seed: number): number {
  // 48 bits are exact, and far more than there are milliseconds in an interval.
  return (Number.parseInt(key.slice(0, 12), 16) + seed) % Math.max(1, Math.floor(intervalMs))
}

/** The latest time at or before `nowMs` at which the target is due. */
export function latestDue(target: Pick<Target, 'key' | 'intervalMs'>, seed: number, nowMs: number): number {
  const interval = Math.max(1, Math.floor(target.intervalMs))
  const offset = offsetOf(target, seed)
  return Math.floor((nowMs - offset) / interval) * interval + offset
}

/** The first time at or after `fromMs` at which the target is due. */
export const nextDue = (target: Pick<Target, 'key' | 'intervalMs'>, seed: number, fromMs: number): number =>
  latestDue(target, seed, fromMs - 1) + Math.max(1, Math.floor(target.intervalMs))
