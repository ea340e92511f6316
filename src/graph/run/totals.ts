/** Sums of the collector's own metrics: what an isolate has counted, what a page of the store holds, what /metrics shows. Plain data. */

import type { Metric, MetricType } from '../../components/contract/metrics.ts'

/** The values of one set of labels. */
export interface Series {
  /** Values of the family's labels, in their order. */
  readonly labels: readonly string[]
  /** A counter's or gauge's one value; a histogram's sum, and how many values each bucket got (not cumulated; the last has no bound). */
  readonly values: number[]
}

export interface Family {
  readonly type: MetricType
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
  /** By the labels' values. */
  readonly series: Map<string, Series>
}

/** Families by name. */
export type Totals = Map<string, Family>

/** The labels that every series of a component has. */
export const ownLabels = ['component_id', 'component_path'] as const

/**
 * Values of the labels of a component's series: `a/b/loki.write.c` is `loki.write.c` in the module `/a/b`, as Alloy labels it, and
 * those of the metric's own labels follow.
 */
export function componentLabels(metric: Metric | undefined, id: string, labels: Readonly<Record<string, string>> = {}): string[] {
  const slash = id.lastIndexOf('/')
  const values = metric?.labels.map(label => (label === metric.completed ? `${labels[label]}/${id}` : labels[label] ?? '')) ?? []
  return [id.slice(slash + 1), `/${id.slice(0, Math.max(0, slash))}`, ...values]
}

/** Series of one family before further label values, which senders may choose (tenants), are counted together. */
const maxSeries = 1_000
/** What stands in place of the values of labels then. */
const others = 'other'

/** The series of `metric` with `labels` (the component's own first), made where there is none. */
export function seriesIn(totals: Totals, metric: Metric, labels: readonly string[]): Series {
  let family = totals.get(metric.name)
  if (family === undefined) {
    const { type, help, buckets } = metric
    family = { type, help, labels: [...ownLabels, ...metric.labels], series: new Map(), ...(buckets !== undefined && { buckets }) }
    totals.set(metric.name, family)
  }
  return seriesOf(family, labels)
}

function seriesOf(family: Family, labels: readonly string[]): Series {
  const key = labels.join('\u0000')
  const known = family.series.get(key)
  if (known !== undefined) return known
  if (family.series.size >= maxSeries && labels.some((value, i) => i >= ownLabels.length && value !== others)) {
    return seriesOf(family, labels.map((value, i) => (i < ownLabels.length ? value : others)))
  }
  const made: Series = { labels, values: new Array<number>(family.type === 'histogram' ? 2 + (family.buckets ?? []).length : 1).fill(0) }
  family.series.set(key, made)
  return made
}

/** Notes that a histogram got `value`. */
export function observeIn({ values }: Series, { buckets = [] }: Metric, value: number): void {
  const bucket = buckets.findIndex(bound => value <= bound)
  values[0]! += value
  values[bucket < 0 ? values.length - 1 : bucket + 1]! += 1
}

const joined: Readonly<Record<MetricType, (a: number, b: number) => number>> = { counter: (a, b) => a + b, histogram: (a, b) => a + b, gauge: Math.max }

/** Adds `more` to `sum`, which is changed: counters and histograms are summed, of gauges the highest stands. */
export function addTotals(sum: Totals, more: Totals): void {
  for (const [name, from] of more) {
    let into = sum.get(name)
    // Another version may have counted under the same name what cannot be summed with this; its labels and buckets are other ones.
    if (into === undefined || !alike(into, from)) sum.set(name, into = { ...from, series: new Map() })
    for (const { labels, values } of from.series.values()) {
      const there = seriesOf(into, labels).values
      values.forEach((value, i) => { there[i] = joined[from.type](there[i]!, value) })
    }
  }
}

/** Takes `less` off `totals`, which is changed in place: series keep their identity. */
export function subtractTotals(totals: Totals, less: Totals): void {
  for (const [name, from] of less) {
    const into = totals.get(name)
    if (into === undefined || from.type === 'gauge' || !alike(into, from)) continue
    for (const { labels, values } of from.series.values()) {
      const there = seriesOf(into, labels).values
      values.forEach((value, i) => { there[i]! -= value })
    }
  }
}

const alike = (a: Family, b: Family) =>
  a.type === b.type && String(a.labels) === String(b.labels) && String(a.buckets ?? []) === String(b.buckets ?? [])

/** As JSON takes it; see FORMAT.md. */
export type TotalsJson = Readonly<Record<string, Omit<Family, 'series'> & { readonly series: readonly (readonly [readonly string[], readonly number[]])[] }>>

export const totalsToJson = (totals: Totals): TotalsJson =>
  Object.fromEntries([...totals].map(([name, family]) => [name, { ...family, series: [...family.series.values()].map(({ labels, values }) => [labels, values]) }]))

export const totalsFromJson = (json: TotalsJson): Totals =>
  new Map(Object.entries(json).map(([name, { series, ...family }]) =>
    [name, { ...family, series: new Map(series.map(([labels, values]) => [labels.join('\u0000'), { labels, values: [...values] }])) }]))
