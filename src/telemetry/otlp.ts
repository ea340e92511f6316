/**
 * OTLP batches: counting, merging, splitting, checking, reading and rewriting them as the bytes they are.
 *
 *     const out = editOtlp(batch, item => {
 *       if (item.get('http.route') === '/health') item.drop()
 *       item.delete('user.email')
 *       item.set('retries', 3n)                 // a bigint is an integer, a number is a double
 *       if (item.signal === 'traces') item.name = item.name.toLowerCase()
 *     })
 */

import { decode } from '../wire/otlp-decode.ts'
import { type Encodable, encode } from '../wire/otlp-encode.ts'
import { type Decoded, type MessageName } from '../wire/otlp-schema.ts'
import { LENGTH, Reader, tag } from '../wire/reader.ts'
import type { OtlpBatch, OtlpSignal } from './batch.ts'

export { countItems, isEmpty } from './otlp/count.ts'
export { type OtlpEdits, editOtlp, editResources, readOtlp } from './otlp/rewrite.ts'
export { type SplitOptions, mergeOtlp, splitOtlp } from './otlp/split.ts'
export { validateOtlp } from './otlp/validate.ts'
export { type DecodedPoint, type MetricType, MetricView, PointView, metricKinds } from './otlp/metric-views.ts'
export { type ItemView, RecordView, ResourceView, ScopeView, SpanView, View } from './otlp/views.ts'
export { type Attribute, type AttributeMap, type AttributeValue, isMap } from '../wire/otlp-value.ts'
export type { Decoded } from '../wire/otlp-schema.ts'
export type { Encodable } from '../wire/otlp-encode.ts'

/** A batch of `bytes` as they came, not checked: see validateOtlp. */
export const otlpBatch = (signal: OtlpSignal, bytes: Uint8Array): OtlpBatch => ({ kind: 'otlp', signal, bytes })

/** A batch of resources given as objects; what is left out has its default. */
export const encodeOtlp = {
  traces: (resourceSpans: readonly Encodable<'ResourceSpans'>[]) => otlpBatch('traces', encode('ExportTraceServiceRequest', { resourceSpans })),
  metrics: (resourceMetrics: readonly Encodable<'ResourceMetrics'>[]) => otlpBatch('metrics', encode('ExportMetricsServiceRequest', { resourceMetrics })),
  logs: (resourceLogs: readonly Encodable<'ResourceLogs'>[]) => otlpBatch('logs', encode('ExportLogsServiceRequest', { resourceLogs })),
} as const satisfies Record<OtlpSignal, unknown>

const RESOURCE = tag(1, LENGTH)

/** The resources of a batch as whole objects, one at a time: for what prints or converts everything. Throws WireError. */
function* decodeResources<M extends MessageName>(batch: OtlpBatch, signal: OtlpSignal, name: M): Generator<Decoded<M>> {
  if (batch.signal !== signal) throw new TypeError(`a batch of ${batch.signal} cannot be decoded as ${signal}`)
  const r = new Reader(batch.bytes, 0, batch.bytes.length, `OTLP ${signal}`)
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === RESOURCE) yield decode(name, batch.bytes, r.from, r.to)
  }
}

export const decodeTraces = (batch: OtlpBatch) => decodeResources(batch, 'traces', 'ResourceSpans')
export const decodeMetrics = (batch: OtlpBatch) => decodeResources(batch, 'metrics', 'ResourceMetrics')
export const decodeLogs = (batch: OtlpBatch) => decodeResources(batch, 'logs', 'ResourceLogs')
