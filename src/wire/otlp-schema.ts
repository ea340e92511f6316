/**
 * OTLP as one table: every message with the JSON name, number and type of its fields, after the public protocol definition (1.x).
 * The JSON codec, the decoder and the TypeScript types of decoded messages are all read off it.
 */

import type { Attribute, AttributeValue } from './otlp-value.ts'

/** What each scalar type becomes once decoded. Ids are bytes whose JSON form is hexadecimal; 64-bit integers are bigints. */
export interface Scalars {
  string: string
  bool: boolean
  bytes: Uint8Array
  id: Uint8Array
  enum: number
  int32: number
  sint32: number
  uint32: number
  fixed32: number
  double: number
  int64: bigint
  uint64: bigint
  fixed64: bigint
  sfixed64: bigint
  /** common.AnyValue */
  value: AttributeValue
  /** common.KeyValue */
  attribute: Attribute
}

export type Label = 'one' | 'maybe' | 'many'
export interface FieldShape {
  readonly number: number
  readonly type: string
  readonly label: Label
}

/** A field that has a default when absent. */
const one = <const T extends string>(number: number, type: T) => ({ number, type, label: 'one' }) as const
/** A field whose absence means something: `optional`, or a member of a oneof. */
const maybe = <const T extends string>(number: number, type: T) => ({ number, type, label: 'maybe' }) as const
const many = <const T extends string>(number: number, type: T) => ({ number, type, label: 'many' }) as const

const resource = one(1, 'Resource')
const scope = one(1, 'InstrumentationScope')
const schemaUrl = one(3, 'string')
const dropped = (number: number) => one(number, 'uint32')
const attributes = (number: number) => many(number, 'attribute')
const pointTimes = { startTimeUnixNano: one(2, 'fixed64'), timeUnixNano: one(3, 'fixed64') }

export const schema = {
  ExportTraceServiceRequest: { resourceSpans: many(1, 'ResourceSpans') },
  ResourceSpans: { resource, scopeSpans: many(2, 'ScopeSpans'), schemaUrl },
  ScopeSpans: { scope, spans: many(2, 'Span'), schemaUrl },
  Span: {
    traceId: one(1, 'id'),
    spanId: one(2, 'id'),
    traceState: one(3, 'string'),
    parentSpanId: one(4, 'id'),
    flags: one(16, 'fixed32'),
    name: one(5, 'string'),
    kind: one(6, 'enum'),
    startTimeUnixNano: one(7, 'fixed64'),
    endTimeUnixNano: one(8, 'fixed64'),
    attributes: attributes(9),
    droppedAttributesCount: dropped(10),
    events: many(11, 'Event'),
    droppedEventsCount: dropped(12),
    links: many(13, 'Link'),
    droppedLinksCount: dropped(14),
    status: one(15, 'SpanStatus'),
  },
  Event: { timeUnixNano: one(1, 'fixed64'), name: one(2, 'string'), attributes: attributes(3), droppedAttributesCount: dropped(4) },
  Link: {
    traceId: one(1, 'id'),
    spanId: one(2, 'id'),
    traceState: one(3, 'string'),
    attributes: attributes(4),
    droppedAttributesCount: dropped(5),
    flags: one(6, 'fixed32'),
  },
  SpanStatus: { message: one(2, 'string'), code: one(3, 'enum') },

  ExportMetricsServiceRequest: { resourceMetrics: many(1, 'ResourceMetrics') },
  ResourceMetrics: { resource, scopeMetrics: many(2, 'ScopeMetrics'), schemaUrl },
  ScopeMetrics: { scope, metrics: many(2, 'Metric'), schemaUrl },
  Metric: {
    name: one(1, 'string'),
    description: one(2, 'string'),
    unit: one(3, 'string'),
    gauge: maybe(5, 'Gauge'),
    sum: maybe(7, 'Sum'),
    histogram: maybe(9, 'Histogram'),
    exponentialHistogram: maybe(10, 'ExponentialHistogram'),
    summary: maybe(11, 'Summary'),
    metadata: attributes(12),
  },
  Gauge: { dataPoints: many(1, 'NumberDataPoint') },
  Sum: { dataPoints: many(1, 'NumberDataPoint'), aggregationTemporality: one(2, 'enum'), isMonotonic: one(3, 'bool') },
  Histogram: { dataPoints: many(1, 'HistogramDataPoint'), aggregationTemporality: one(2, 'enum') },
  ExponentialHistogram: { dataPoints: many(1, 'ExponentialHistogramDataPoint'), aggregationTemporality: one(2, 'enum') },
  Summary: { dataPoints: many(1, 'SummaryDataPoint') },
  NumberDataPoint: {
    attributes: attributes(7),
    ...pointTimes,
    asDouble: maybe(4, 'double'),
    asInt: maybe(6, 'sfixed64'),
    exemplars: many(5, 'Exemplar'),
    flags: one(8, 'uint32'),
  },
  HistogramDataPoint: {
    attributes: attributes(9),
    ...pointTimes,
    count: one(4, 'fixed64'),
    sum: maybe(5, 'double'),
    bucketCounts: many(6, 'fixed64'),
    explicitBounds: many(7, 'double'),
    exemplars: many(8, 'Exemplar'),
    flags: one(10, 'uint32'),
    min: maybe(11, 'double'),
    max: maybe(12, 'double'),
  },
  ExponentialHistogramDataPoint: {
    attributes: attributes(1),
    ...pointTimes,
    count: one(4, 'fixed64'),
    sum: maybe(5, 'double'),
    scale: one(6, 'sint32'),
    zeroCount: one(7, 'fixed64'),
    positive: one(8, 'Buckets'),
    negative: one(9, 'Buckets'),
    flags: one(10, 'uint32'),
    exemplars: many(11, 'Exemplar'),
    min: maybe(12, 'double'),
    max: maybe(13, 'double'),
    zeroThreshold: one(14, 'double'),
  },
  Buckets: { offset: one(1, 'sint32'), bucketCounts: many(2, 'uint64') },
  SummaryDataPoint: {
    attributes: attributes(7),
    ...pointTimes,
    count: one(4, 'fixed64'),
    sum: one(5, 'double'),
    quantileValues: many(6, 'ValueAtQuantile'),
    flags: one(8, 'uint32'),
  },
  ValueAtQuantile: { quantile: one(1, 'double'), value: one(2, 'double') },
  Exemplar: {
    filteredAttributes: attributes(7),
    timeUnixNano: one(2, 'fixed64'),
    asDouble: maybe(3, 'double'),
    asInt: maybe(6, 'sfixed64'),
    spanId: one(4, 'id'),
    traceId: one(5, 'id'),
  },

  ExportLogsServiceRequest: { resourceLogs: many(1, 'ResourceLogs') },
  ResourceLogs: { resource, scopeLogs: many(2, 'ScopeLogs'), schemaUrl },
  ScopeLogs: { scope, logRecords: many(2, 'LogRecord'), schemaUrl },
  LogRecord: {
    timeUnixNano: one(1, 'fixed64'),
    observedTimeUnixNano: one(11, 'fixed64'),
    severityNumber: one(2, 'enum'),
    severityText: one(3, 'string'),
    body: one(5, 'value'),
    attributes: attributes(6),
    droppedAttributesCount: dropped(7),
    flags: one(8, 'fixed32'),
    traceId: one(9, 'id'),
    spanId: one(10, 'id'),
    eventName: one(12, 'string'),
  },

  Resource: { attributes: attributes(1), droppedAttributesCount: dropped(2), entityRefs: many(3, 'EntityRef') },
  EntityRef: {
    schemaUrl: one(1, 'string'),
    type: one(2, 'string'),
    idKeys: many(3, 'string'),
    descriptionKeys: many(4, 'string'),
  },
  InstrumentationScope: {
    name: one(1, 'string'),
    version: one(2, 'string'),
    attributes: attributes(3),
    droppedAttributesCount: dropped(4),
  },

  ExportTraceServiceResponse: { partialSuccess: maybe(1, 'TracePartialSuccess') },
  ExportMetricsServiceResponse: { partialSuccess: maybe(1, 'MetricsPartialSuccess') },
  ExportLogsServiceResponse: { partialSuccess: maybe(1, 'LogsPartialSuccess') },
  TracePartialSuccess: { rejectedSpans: one(1, 'int64'), errorMessage: one(2, 'string') },
  MetricsPartialSuccess: { rejectedDataPoints: one(1, 'int64'), errorMessage: one(2, 'string') },
  LogsPartialSuccess: { rejectedLogRecords: one(1, 'int64'), errorMessage: one(2, 'string') },
  /** google.rpc.Status, without its details. */
  Status: { code: one(1, 'int32'), message: one(2, 'string') },
} as const

export type Schema = typeof schema
export type MessageName = keyof Schema

type Single<T> = T extends keyof Scalars ? Scalars[T] : T extends MessageName ? Decoded<T> : never
type FieldValue<F> = F extends { label: infer L; type: infer T }
  ? L extends 'many' ? Single<T>[] : L extends 'maybe' ? Single<T> | undefined : Single<T>
  : never

/** A decoded message: every field is there, with its default where the bytes have none; `maybe` fields are undefined then. */
export type Decoded<M extends MessageName> = { -readonly [K in keyof Schema[M]]: FieldValue<Schema[M][K]> }

/** The shapes behind the types `value` and `attribute`, for what works on bytes: field names as JSON has them. */
export const valueShapes = {
  value: {
    stringValue: maybe(1, 'string'),
    boolValue: maybe(2, 'bool'),
    intValue: maybe(3, 'int64'),
    doubleValue: maybe(4, 'double'),
    arrayValue: maybe(5, 'array'),
    kvlistValue: maybe(6, 'map'),
    bytesValue: maybe(7, 'bytes'),
  },
  array: { values: many(1, 'value') },
  map: { values: many(1, 'attribute') },
  attribute: { key: one(1, 'string'), value: one(2, 'value') },
} as const

/** The names of enum values, by the field that holds them. Senders should send numbers; the collector takes names too. */
export const enumNames: Readonly<Record<string, { readonly prefix: string; readonly names: readonly string[] }>> = {
  kind: { prefix: 'SPAN_KIND_', names: ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] },
  code: { prefix: 'STATUS_CODE_', names: ['UNSET', 'OK', 'ERROR'] },
  aggregationTemporality: { prefix: 'AGGREGATION_TEMPORALITY_', names: ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'] },
  severityNumber: {
    prefix: 'SEVERITY_NUMBER_',
    names: ['UNSPECIFIED', ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap(level => [level, `${level}2`, `${level}3`, `${level}4`])],
  },
}

/** The request message of each signal. */
export const requests = {
  traces: 'ExportTraceServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
} as const satisfies Record<string, MessageName>

export type Signal = keyof typeof requests

/** Bytes of an id by its field's name: a trace id has 16, a span id 8; none at all stands for "no id". */
export const idLength = (field: string): number => (field === 'traceId' ? 16 : 8)
