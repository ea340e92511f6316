/** Series that make one OTLP metric: which family a name belongs to, and the points that come together from its series. */

import type { MetricMetadata, MetricType } from '../../wire/remote-write.ts'
import type { Label } from '../labels.ts'
import type { Exemplar, Sample } from '../prometheus.ts'
import type { NativeHistogram } from './native-histogram.ts'
import { seriesKey } from './series-store.ts'

/** The kinds of OTLP metric that families become. */
export type FamilyKind = 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary'

/** One OTLP point to be; which of its parts are used depends on the kind. */
export interface FamilyPoint {
  /** Labels that become attributes. */
  readonly attributes: readonly Label[]
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  /** Seconds since the epoch at which the count began, 0 where that is not known. */
  started: number
  value: number
  /** Whether the series ends here. */
  stale: boolean
  sum: number | undefined
  count: number | undefined
  /** Upper bounds of buckets or quantiles, with the value of each. */
  readonly bounds: { readonly at: number; readonly value: number }[]
  native: NativeHistogram | undefined
  readonly exemplars: Exemplar[]
}

/** Where a series belongs: the family's key and what is known of it, and which part of a point it is. */
export interface Place {
  readonly key: string
  readonly name: string
  readonly kind: FamilyKind
  readonly metadata: MetricMetadata
  readonly part: 'value' | 'sum' | 'count' | 'bound' | 'created'
}

/** What every scrape adds, of which the type is known without being told. */
const builtIn = new Map<string, MetricMetadata>(([
  ['up', '', 'The scraping was successful'],
  ['scrape_duration_seconds', 'seconds', 'Duration of the scrape'],
  ['scrape_samples_scraped', '', 'The number of samples the target exposed'],
  ['scrape_series_added', '', 'The approximate number of new series in this scrape'],
  ['scrape_samples_post_metric_relabeling', '', 'The number of samples remaining after metric relabeling was applied'],
] as const).map(([family, unit, help]) => [family, { type: 'gauge', family, help, unit }]))

const kinds: Readonly<Record<MetricType, FamilyKind | undefined>> = {
  unknown: 'gauge', counter: 'sum', gauge: 'gauge', histogram: 'histogram', summary: 'summary', info: 'sum', stateset: 'sum',
  // OTLP has no such thing: each of its series stands alone.
  gaugehistogram: undefined,
}

const endings = ['_bucket', '_count', '_sum', '_total', '_info', '_created'] as const

/** The place of a series by its name and by what is known of metrics; `custom` tells of a native histogram whether its bounds are listed. */
export function placeOf(name: string, known: ReadonlyMap<string, MetricMetadata>, native: 'custom' | 'exponential' | undefined): Place {
  const ending = endings.find(one => name.endsWith(one) && name !== one)
  const base = ending === undefined ? name : name.slice(0, -ending.length)
  const exact = builtIn.get(name) ?? known.get(name)
  const inherited = known.get(base) ?? (ending === '_created' ? known.get(`${base}_total`) : undefined)
  const metadata = exact ?? (isMany(inherited) ? inherited : { type: 'unknown', family: name, help: '', unit: '' } as const)
  if (native !== undefined) {
    // A native histogram is one whatever else is said of it.
    const kind = native === 'custom' ? 'histogram' : 'exponentialHistogram'
    return { key: `${kind} ${name}`, name, kind, metadata: { ...metadata, type: 'histogram' }, part: 'value' }
  }
  const kind = kinds[metadata.type] ?? 'gauge'
  if (kind === 'gauge') return { key: `gauge ${name}`, name, kind: 'gauge', metadata, part: 'value' }
  const created = ending === '_created' && exact === undefined
  if (kind === 'sum') {
    return { key: `sum ${exact === undefined ? base : name.replace(/_total$/, '')}`, name, kind, metadata, part: created ? 'created' : 'value' }
  }
  const part = created ? 'created' : exact !== undefined ? 'bound' : ending === '_sum' ? 'sum' : ending === '_count' ? 'count' : 'bound'
  return { key: `${kind} ${exact === undefined ? base : name}`, name: exact === undefined ? base : name, kind, metadata, part }
}

/** Whether a family has series of other names than its own. */
const isMany = (metadata: MetricMetadata | undefined): metadata is MetricMetadata => metadata !== undefined && (kinds[metadata.type] ?? 'gauge') !== 'gauge'

/** The points of one metric. */
export class Family {
  name: string
  readonly kind: FamilyKind
  readonly metadata: MetricMetadata
  private readonly byKey = new Map<string, FamilyPoint>()
  private readonly latest = new Map<string, FamilyPoint>()
  private readonly starts = new Map<string, number>()

  constructor({ name, kind, metadata }: Place) {
    this.name = name
    this.kind = kind
    this.metadata = metadata
  }

  /** Adds a sample as the part of its point that `place` says; `bound` is what `le` or `quantile` of its series says. */
  add({ part, name }: Place, attributes: readonly Label[], { value, timestamp, stale }: Sample, bound: number): void {
    if (part === 'created') return void this.starts.set(seriesKey(attributes), value)
    // The start of a counter may come before the counter, whose own name counts.
    this.name = name
    const point = this.point(attributes, timestamp)
    if (stale) point.stale = true
    if (part === 'value') point.value = value
    else if (part === 'bound') point.bounds.push({ at: bound, value })
    else point[part] = value
  }

  addNative(attributes: readonly Label[], histogram: NativeHistogram): void {
    const point = this.point(attributes, histogram.timestamp)
    point.native = histogram
    point.stale = histogram.stale
  }

  /** An exemplar goes with the newest point of its series. */
  addExemplar(attributes: readonly Label[], exemplar: Exemplar): void {
    this.latest.get(seriesKey(attributes))?.exemplars.push(exemplar)
  }

  points(): FamilyPoint[] {
    for (const point of this.byKey.values()) point.started = this.starts.get(seriesKey(point.attributes)) ?? 0
    return [...this.byKey.values()]
  }

  private point(attributes: readonly Label[], timestamp: number): FamilyPoint {
    const series = seriesKey(attributes)
    const key = `${timestamp} ${series}`
    let point = this.byKey.get(key)
    if (point === undefined) {
      point = { attributes, timestamp, started: 0, value: 0, stale: false, sum: undefined, count: undefined, bounds: [], native: undefined, exemplars: [] }
      this.byKey.set(key, point)
    }
    const latest = this.latest.get(series)
    if (latest === undefined || latest.timestamp <= timestamp) this.latest.set(series, point)
    return point
  }
}
