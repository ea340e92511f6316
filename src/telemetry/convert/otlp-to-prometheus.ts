/**
 * OTLP metrics to Prometheus series, by the rules of OpenTelemetry's compatibility page as Alloy applies them:
 *
 *     gauge, sum that may fall -> gauge        sum that only grows -> counter, with exemplars
 *     histogram -> _bucket, _sum, _count       (or one native histogram with custom buckets)
 *     summary -> quantiles, _sum, _count       exponential histogram -> native histogram
 *     resource -> job, instance, target_info   scope -> otel_scope_info
 *
 * What is counted anew for each report (delta) has no place in Prometheus and is left out.
 */

import { hex } from '../../lib/bytes.ts'
import { formatFixed } from '../../lib/go-format.ts'
import type { Decoded } from '../../wire/otlp-schema.ts'
import { LENGTH, tag } from '../../wire/reader.ts'
import type { MetricType } from '../../wire/remote-write.ts'
import type { OtlpBatch, PrometheusBatch } from '../batch.ts'
import type { Label } from '../labels.ts'
import { readOtlp, type DecodedPoint, type MetricView, type PointView, type ResourceView, type ScopeView, type View } from '../otlp.ts'
import { LabelNames, collectorMetrics, metricName } from './names.ts'
import { emptied, ofExplicit, ofExponential, type NativeHistogram } from './native-histogram.ts'
import { SeriesStore, seriesKey, type Series } from './series-store.ts'
import { valueText } from './value-text.ts'

export interface OtlpToPrometheusOptions {
  /** Whether each resource becomes a `target_info` series. */
  readonly targetInfo: boolean
  /** Whether `target_info` keeps the attributes that `job` and `instance` are made of. */
  readonly identifyingAttributes: boolean
  /** Whether each scope becomes an `otel_scope_info` series. */
  readonly scopeInfo: boolean
  /** Whether names get their unit and type as suffixes. */
  readonly suffixes: boolean
  /** Whether every series gets the attributes of its resource. */
  readonly resourceLabels: boolean
  /** Whether type, help and unit go along. */
  readonly metadata: boolean
  /** Whether histograms with explicit bounds become native ones with custom buckets. */
  readonly customBuckets: boolean
  /** Whether a counter begins with a zero at its start time, and which starts have been told already. */
  readonly starts?: StartCache
}

/** What could not be converted. */
export interface ConversionLosses {
  /** Metrics left out because each point counts only what is new since the last one. */
  delta: number
  /** Metrics left out because nothing of their name can stay. */
  nameless: number
  /** Points of histograms that no native histogram can hold. */
  histograms: number
}

/** The start times that series have begun with, so that none is told twice; what is forgotten is told again. */
export class StartCache {
  private readonly known = new Map<string, bigint>()
  private readonly limit: number

  constructor(limit = 100_000) {
    this.limit = limit
  }

  /** Whether `start` is news for the series. */
  isNew(series: Series, start: bigint): boolean {
    const key = seriesKey(series.labels)
    const last = this.known.get(key)
    if (last !== undefined && start <= last) return false
    if (this.known.size >= this.limit) this.known.clear()
    this.known.set(key, start)
    return true
  }
}

const NO_RECORDED_VALUE = 1
const CUMULATIVE = 2
const EXEMPLARS = tag(5, LENGTH)

const identifying: ReadonlySet<string> = new Set(['service.name', 'service.namespace', 'service.instance.id'])
const millis = (ns: bigint): number => Number(BigInt.asIntN(64, ns) / 1_000_000n)

/** Converts a batch of metrics; `now` (milliseconds) is the time of what describes targets and scopes. Throws WireError. */
export function otlpToPrometheus(
  batch: OtlpBatch, options: OtlpToPrometheusOptions, now: number,
): { batch: PrometheusBatch; losses: ConversionLosses } {
  const conversion = new Conversion(options, now)
  readOtlp(batch, {
    resource: resource => conversion.resource(resource),
    scope: scope => conversion.scope(scope),
    metric: metric => conversion.metric(metric),
    item: item => {
      if (item.signal === 'metrics') conversion.point(item)
    },
  })
  return { batch: conversion.store.batch(), losses: conversion.losses }
}

/** The walk over one batch: what is known of the resource, scope and metric that it is in. */
class Conversion {
  readonly store = new SeriesStore()
  readonly losses: ConversionLosses = { delta: 0, nameless: 0, histograms: 0 }
  private readonly options: OtlpToPrometheusOptions
  private readonly now: number
  private readonly names = new LabelNames()
  /** `job` and `instance`. */
  private target: Label[] = []
  private resourceLabels: Label[] = []
  /** The metric's name; undefined while it is left out. */
  private name: string | undefined
  private isCounter = false

  constructor(options: OtlpToPrometheusOptions, now: number) {
    this.options = options
    this.now = now
  }

  resource(resource: ResourceView): void {
    const text = (key: string) => {
      const value = resource.get(key)
      return value === undefined ? undefined : valueText(value)
    }
    const name = text('service.name')
    const namespace = text('service.namespace')
    const job = name === undefined ? '' : namespace === undefined ? name : `${namespace}/${name}`
    this.target = [['job', job], ['instance', text('service.instance.id') ?? '']]
    const { targetInfo, resourceLabels, identifyingAttributes } = this.options
    this.resourceLabels = resourceLabels ? this.labels(resource) : []
    if (!targetInfo) return
    const labels = this.labels(resource, key => identifyingAttributes || !identifying.has(key))
    this.info('target_info', 'Target metadata', [...this.target, ...labels])
  }

  scope(scope: ScopeView): void {
    if (!this.options.scopeInfo) return
    this.info('otel_scope_info', '', [
      ...this.target, ['otel_scope_name', scope.name], ['otel_scope_version', scope.version], ...this.labels(scope),
    ])
  }

  private info(name: string, help: string, labels: Label[]): void {
    this.store.series([...labels, ['__name__', name]]).sample(1, this.now)
    this.describe('gauge', name, help, '')
  }

  metric(metric: MetricView): void {
    this.name = undefined
    const { type } = metric
    if (type === undefined) return
    const counts = type !== 'gauge' && type !== 'summary'
    if (counts && metric.aggregationTemporality !== CUMULATIVE) return void this.losses.delta++
    this.isCounter = metric.isMonotonic
    const kind = type === 'sum' ? (this.isCounter ? 'counter' : 'gauge') : type === 'exponentialHistogram' ? 'histogram' : type
    const named = { name: metric.name, unit: metric.unit, type: this.isCounter ? 'counter' : type === 'gauge' ? 'gauge' : 'other' } as const
    const name = metricName(named, { ...collectorMetrics, suffixes: this.options.suffixes })
    if (name === '') return void this.losses.nameless++
    this.name = name
    this.describe(kind, name, metric.description, metric.unit)
  }

  private describe(type: MetricType, family: string, help: string, unit: string): void {
    if (this.options.metadata) this.store.describe({ type, family, help, unit })
  }

  point(point: PointView): void {
    if (this.name === undefined) return
    const labels = [...this.target, ...this.labels(point), ...this.resourceLabels]
    const { type } = point.metric
    if (type === 'gauge' || type === 'sum') return this.number(point, labels)
    const decoded = point.decode()
    if (decoded.type === 'summary') this.summary(decoded, labels)
    else if (decoded.type === 'exponentialHistogram') this.native(decoded, ofExponential(decoded), labels)
    else if (decoded.type === 'histogram') {
      if (this.options.customBuckets) this.native(decoded, ofExplicit(decoded), labels)
      else this.histogram(decoded, labels)
    }
  }

  /** A series of this metric; what is given last is what it has, so no attribute can pass for a name or a bucket. */
  private series(suffix: string, labels: readonly Label[], ...more: Label[]): Series {
    return this.store.series([...labels, ...more, ['__name__', this.name! + suffix]])
  }

  private number(point: PointView, labels: readonly Label[]): void {
    const series = this.series('', labels)
    const at = millis(point.timeUnixNano)
    if (this.isCounter) {
      this.start(series, point)
      if (point.fields.has(EXEMPLARS)) {
        const decoded = point.decode()
        if ('asInt' in decoded) for (const exemplar of inTime(decoded.exemplars)) addExemplar(series, exemplar)
      }
    }
    series.sample((point.flags & NO_RECORDED_VALUE) === 0 ? Number(point.value ?? 0) : undefined, at)
  }

  /** What a sample of a point is: its value, or that its series has ended. */
  private add(series: Series, point: Timed, value: number): void {
    series.sample((point.flags & NO_RECORDED_VALUE) === 0 ? value : undefined, millis(point.timeUnixNano))
  }

  private start(series: Series, { startTimeUnixNano: start, timeUnixNano: time }: Timed): void {
    const { starts } = this.options
    if (starts === undefined || start === 0n || start >= time || !starts.isNew(series, start)) return
    series.sample(0, millis(start))
  }

  private cumulative(series: Series, point: Timed, value: number): void {
    this.start(series, point)
    this.add(series, point, value)
  }

  private summary(point: Decoded<'SummaryDataPoint'>, labels: readonly Label[]): void {
    this.cumulative(this.series('_sum', labels), point, point.sum)
    this.cumulative(this.series('_count', labels), point, Number(point.count))
    for (const { quantile, value } of point.quantileValues) this.add(this.series('', labels, ['quantile', formatFixed(quantile)]), point, value)
  }

  private histogram(point: Decoded<'HistogramDataPoint'>, labels: readonly Label[]): void {
    if (point.sum !== undefined) this.cumulative(this.series('_sum', labels), point, point.sum)
    const count = Number(point.count)
    this.cumulative(this.series('_count', labels), point, count)
    const bounds = point.explicitBounds.slice(0, point.bucketCounts.length).map((bound, i) => ({ bound, count: point.bucketCounts[i]! }))
    const buckets = bounds.sort((a, b) => a.bound - b.bound)
    let total = 0n
    const series = buckets.map(({ bound, count: inBucket }) => {
      total += inBucket
      const bucket = this.series('_bucket', labels, ['le', formatFixed(bound)])
      this.cumulative(bucket, point, Number(total))
      return bucket
    })
    const rest = this.series('_bucket', labels, ['le', '+Inf'])
    this.cumulative(rest, point, count)
    for (const exemplar of inTime(point.exemplars)) {
      // A value on a bound goes to the bucket above it, as Alloy has it.
      const at = buckets.findIndex(({ bound }) => exemplarValue(exemplar) < bound)
      addExemplar(series[at] ?? rest, exemplar)
    }
  }

  private native(
    point: DecodedPoint & { type: 'histogram' | 'exponentialHistogram' }, histogram: NativeHistogram | undefined, labels: readonly Label[],
  ): void {
    if (histogram === undefined) return void this.losses.histograms++
    const series = this.series('', labels)
    const { starts } = this.options
    const { startTimeUnixNano: start, timeUnixNano: time } = point
    if (starts !== undefined && start !== 0n && start < time && starts.isNew(series, start)) series.histogram(emptied(histogram, millis(start)))
    series.histogram(histogram)
    for (const exemplar of inTime(point.exemplars)) addExemplar(series, exemplar)
  }

  private labels(view: View, wanted: (key: string) => boolean = () => true): Label[] {
    const labels: Label[] = []
    for (const [key, value] of view.entries()) if (key !== '' && wanted(key)) labels.push([this.names.of(key), valueText(value)])
    return labels
  }
}

interface Timed {
  readonly flags: number
  readonly startTimeUnixNano: bigint
  readonly timeUnixNano: bigint
}

/** In the order of their nanoseconds, of which Prometheus keeps only the milliseconds. */
const inTime = (exemplars: Decoded<'Exemplar'>[]): Decoded<'Exemplar'>[] => exemplars.sort((a, b) => Number(a.timeUnixNano - b.timeUnixNano))

const exemplarValue = ({ asDouble, asInt }: Decoded<'Exemplar'>): number => asDouble ?? Number(asInt ?? 0n)

function addExemplar(series: Series, exemplar: Decoded<'Exemplar'>): void {
  const { spanId, traceId, timeUnixNano } = exemplar
  const labels: Label[] = []
  if (spanId.some(byte => byte !== 0)) labels.push(['span_id', hex(spanId)])
  if (traceId.some(byte => byte !== 0)) labels.push(['trace_id', hex(traceId)])
  series.exemplar({ labels, value: exemplarValue(exemplar), timestamp: millis(timeUnixNano) })
}
