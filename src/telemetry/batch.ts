/**
 * What flows between components: three kinds of immutable batch, each the bytes of its ecosystem's own message. Counting, reading
 * and rewriting work on those bytes (see otlp.ts, prometheus.ts, loki.ts beside this file); whatever a pipeline does not read is
 * never decoded.
 */

/** The three OTLP signals that Alloy's otelcol components carry. */
export type OtlpSignal = 'traces' | 'metrics' | 'logs'

/** An OTLP Export{Trace,Metrics,Logs}ServiceRequest in protobuf: repeated Resource{Spans,Metrics,Logs} in field 1. */
export interface OtlpBatch {
  readonly kind: 'otlp'
  readonly signal: OtlpSignal
  readonly bytes: Uint8Array
}

/** A prometheus.WriteRequest (remote-write 1.0) in protobuf, uncompressed: timeseries in field 1, metadata in field 3. */
export interface PrometheusBatch {
  readonly kind: 'prometheus'
  readonly bytes: Uint8Array
}

/** A logproto.PushRequest in protobuf, uncompressed: streams in field 1, each with its labels as text `{a="b"}` and its entries. */
export interface LokiBatch {
  readonly kind: 'loki'
  readonly bytes: Uint8Array
}

export type Batch = OtlpBatch | PrometheusBatch | LokiBatch
