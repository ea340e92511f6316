/** Metrics and their data points as views. */

import type { Decoded } from '../../wire/otlp-schema.ts'
import { FIXED64, LENGTH, VARINT, tag } from '../../wire/reader.ts'
import { Fields } from './fields.ts'
import { Item, type ResourceView, type ScopeView, View, put } from './views.ts'

const s = (field: number) => tag(field, LENGTH)
const v = (field: number) => tag(field, VARINT)
const f = (field: number) => tag(field, FIXED64)

/** The five kinds of metric: where their data lies in Metric, what their points are called, and where those keep attributes. */
export const metricKinds = [
  { type: 'gauge', tag: s(5), point: 'NumberDataPoint', attributes: s(7), flags: v(8) },
  { type: 'sum', tag: s(7), point: 'NumberDataPoint', attributes: s(7), flags: v(8) },
  { type: 'histogram', tag: s(9), point: 'HistogramDataPoint', attributes: s(9), flags: v(10) },
  { type: 'exponentialHistogram', tag: s(10), point: 'ExponentialHistogramDataPoint', attributes: s(1), flags: v(10) },
  { type: 'summary', tag: s(11), point: 'SummaryDataPoint', attributes: s(7), flags: v(8) },
] as const
export type MetricKind = (typeof metricKinds)[number]
export type MetricType = MetricKind['type']
const dataTags: ReadonlySet<number> = new Set(metricKinds.map(kind => kind.tag))

/** A metric: what its points share. `get`, `set` and the like work on the metric's `metadata`. */
export class MetricView extends View {
  /** @internal */
  kind: MetricKind | undefined
  /** @internal The content of the metric's data: aggregation temporality, monotonicity, points. */
  dataFrom = 0
  /** @internal */
  dataTo = 0

  constructor(format: string) {
    super(new Fields(format, s(12), dataTags))
  }

  get name(): string { return this.fields.string(s(1)) }
  set name(name: string) { this.fields.put(s(1), put.string(name)) }
  get description(): string { return this.fields.string(s(2)) }
  set description(description: string) { this.fields.put(s(2), put.string(description)) }
  get unit(): string { return this.fields.string(s(3)) }
  set unit(unit: string) { this.fields.put(s(3), put.string(unit)) }

  /** Undefined for a metric without data. */
  get type(): MetricType | undefined { return this.kind?.type }

  /** 1 delta, 2 cumulative; 0 where unset, and for gauges and summaries. */
  get aggregationTemporality(): number { return this.data?.uint32(v(2)) ?? 0 }
  /** Of a sum; false for the other kinds. */
  get isMonotonic(): boolean { return this.data?.bool(v(3)) ?? false }

  private get data(): Fields | undefined {
    if (this.kind === undefined || this.kind.type === 'gauge' || this.kind.type === 'summary') return undefined
    const fields = new Fields('OTLP metrics', 0, pointsTag)
    fields.reset(this.fields.bytes, this.dataFrom, this.dataTo)
    return fields
  }
}
const pointsTag: ReadonlySet<number> = new Set([s(1)])

/** A data point of any of the five kinds, which `metric.type` tells. */
export class PointView extends Item {
  readonly signal = 'metrics'
  readonly metric: MetricView

  constructor(format: string, resource: ResourceView, scope: ScopeView, metric: MetricView) {
    super(new Fields(format, s(7)), resource, scope)
    this.metric = metric
  }

  get startTimeUnixNano(): bigint { return this.fields.fixed64(f(2)) }
  set startTimeUnixNano(time: bigint) { this.fields.put(f(2), put.fixed64(time)) }
  get timeUnixNano(): bigint { return this.fields.fixed64(f(3)) }
  set timeUnixNano(time: bigint) { this.fields.put(f(3), put.fixed64(time)) }
  get flags(): number { return this.fields.uint32(this.kind.flags) }
  set flags(flags: number) { this.fields.put(this.kind.flags, put.varint(flags)) }

  /** The value of a gauge's or sum's point: bigint for an integer, number for a double; undefined where there is none. */
  get value(): number | bigint | undefined {
    if (this.kind.point !== 'NumberDataPoint') return undefined
    if (this.fields.has(f(6))) return BigInt.asIntN(64, this.fields.fixed64(f(6)))
    return this.fields.double(f(4))
  }

  set value(value: number | bigint) {
    if (this.kind.point !== 'NumberDataPoint') throw new TypeError(`a ${this.kind.type} point has no single value`)
    this.fields.remove(f(typeof value === 'bigint' ? 4 : 6))
    if (typeof value === 'bigint') this.fields.put(f(6), put.fixed64(value))
    else this.fields.put(f(4), put.double(value))
  }

  /** The point as an object of its kind. */
  decode(): DecodedPoint {
    const { kind } = this
    return { ...this.decoded(kind.point), type: kind.type } as DecodedPoint
  }

  private get kind(): MetricKind {
    return this.metric.kind!
  }
}

/** A decoded data point, told apart by `type`. */
export type DecodedPoint = { [K in MetricKind as K['type']]: Decoded<K['point']> & { type: K['type'] } }[MetricType]
