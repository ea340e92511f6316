/** OTLP batches of tests, written as the objects of their JSON form. */

import type { OtlpBatch, OtlpSignal } from '../../../src/telemetry/batch.ts'
import { otlpBatch } from '../../../src/telemetry/otlp.ts'
import { otlpJsonToProto, otlpProtoToJson } from '../../../src/wire/otlp-json.ts'

export const batchOf = (signal: OtlpSignal, json: unknown): OtlpBatch => otlpBatch(signal, otlpJsonToProto(JSON.stringify(json), signal))
export const objectOf = (batch: OtlpBatch): unknown => JSON.parse(otlpProtoToJson(batch.bytes, batch.signal))

/** A batch of spans with these names, each with a span id of its own. */
export const spans = (...names: string[]): OtlpBatch => batchOf('traces', spansJson(...names))
export const spansJson = (...names: string[]) => ({
  resourceSpans: [{ scopeSpans: [{ spans: names.map((name, index) => ({ name, traceId: '0102030405060708090a0b0c0d0e0f10', spanId: (index + 1).toString(16).padStart(16, '0') })) }] }],
})

/** The names of a batch's spans. */
export const namesOf = (batch: OtlpBatch): string[] =>
  (objectOf(batch) as { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] }).resourceSpans.flatMap(r => r.scopeSpans).flatMap(s => s.spans).map(span => span.name)
