/** What clients send and destinations read, by other libraries than ours: protobufjs, snappyjs, zlib. */

import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import protobuf from 'protobufjs'
import { encodeOtlp, proto as otlpProto, requestTypes, type Plain } from '../support/otlp.ts'
import type { OtlpSignal } from '../../src/telemetry/batch.ts'

const snappy = createRequire(import.meta.url)('snappyjs') as { compress(bytes: Uint8Array): Uint8Array; uncompress(bytes: Uint8Array): Uint8Array }

const { root } = protobuf.parse(`syntax = "proto3";
  message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }
  message MetricMetadata { int32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
  message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
  message Label { string name = 1; string value = 2; }
  message Sample { double value = 1; int64 timestamp = 2; }

  message PushRequest { repeated Stream streams = 1; }
  message Stream { string labels = 1; repeated Entry entries = 2; }
  message Entry { Timestamp timestamp = 1; string line = 2; repeated Label structuredMetadata = 3; }
  message Timestamp { int64 seconds = 1; int32 nanos = 2; }
  message Status { int32 code = 1; string message = 2; }`)

const encode = (name: string, plain: Plain) => {
  const type = root.lookupType(name)
  return Uint8Array.from(type.encode(type.fromObject(plain)).finish())
}
const decode = (name: string, bytes: Uint8Array) => {
  const type = root.lookupType(name)
  return type.toObject(type.decode(bytes), { longs: String })
}

export const gzip = (bytes: Uint8Array | string): Uint8Array => Uint8Array.from(gzipSync(bytes))
/** As `cat` joins two files. */
export const gzipMembers = (text: string): Uint8Array => Uint8Array.from([...gzip(text.slice(0, 20)), ...gzip(text.slice(20))])
export const snap = (bytes: Uint8Array): Uint8Array => Uint8Array.from(snappy.compress(bytes))

// --- OTLP ---------------------------------------------------------------------------------------------------------------------

export const otlp = (signal: OtlpSignal, plain: Plain): Uint8Array => encodeOtlp(signal, plain).bytes
export const readOtlp = (signal: OtlpSignal, bytes: Uint8Array): Plain => {
  const type = requestTypes[signal]
  return type.toObject(type.decode(bytes), { longs: String, bytes: String })
}
export const readStatus = (bytes: Uint8Array): Plain => decode('Status', bytes)
export const readTraceResponse = (bytes: Uint8Array): Plain => {
  const type = otlpProto.lookupType('ExportTraceServiceResponse')
  return type.toObject(type.decode(bytes), { longs: String })
}

/** A request of one span called `name`. */
export const spanRequest = (name: string): Plain => ({
  resourceSpans: [{
    resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
    scopeSpans: [{ spans: [{
      traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2), name, kind: 2, startTimeUnixNano: '1700000000000000000', endTimeUnixNano: '1700000001000000000',
      attributes: [{ key: 'http.route', value: { stringValue: '/items' } }],
    }] }],
  }],
})

/** The same as JSON, where ids are hexadecimal. */
export const spanJson = (name: string): string => JSON.stringify({
  resourceSpans: [{
    resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
    scopeSpans: [{ spans: [{
      traceId: '01'.repeat(16), spanId: '02'.repeat(8), name, kind: 2, startTimeUnixNano: '1700000000000000000', endTimeUnixNano: '1700000001000000000',
      attributes: [{ key: 'http.route', value: { stringValue: '/items' } }],
    }] }],
  }],
})

/** A request of one point of the gauge `name`. */
export const metricRequest = (name: string): Plain => ({
  resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name, gauge: { dataPoints: [{ timeUnixNano: '1700000000000000000', asDouble: 1.5 }] } }] }] }],
})

/** A request of one log record. */
export const logRequest = (text: string): Plain => ({
  resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '1700000000000000000', body: { stringValue: text } }] }] }],
})

/** Names of the spans in a request, with their attributes as `key=value`. */
export function spansOf(bytes: Uint8Array): { name: string; attributes: string[] }[] {
  const { resourceSpans = [] } = readOtlp('traces', bytes) as { resourceSpans?: { scopeSpans: { spans: { name: string; attributes: { key: string; value: { stringValue: string } }[] }[] }[] }[] }
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map(({ name, attributes = [] }) => ({ name, attributes: attributes.map(({ key, value }) => `${key}=${value.stringValue}`) }))
}

// --- Prometheus -----------------------------------------------------------------------------------------------------------------

export interface Series {
  readonly labels: Readonly<Record<string, string>>
  /** Value and milliseconds. */
  readonly samples: readonly (readonly [value: number, timestamp: number])[]
}

const labelList = (labels: Readonly<Record<string, string>>) => Object.entries(labels).map(([name, value]) => ({ name, value }))

/** A remote-write 1.0 body, before snappy. Labels are sent in the order given. */
export const writeRequest = (series: readonly Series[]): Uint8Array => encode('WriteRequest', {
  timeseries: series.map(({ labels, samples }) => ({ labels: labelList(labels), samples: samples.map(([value, timestamp]) => ({ value, timestamp })) })),
})

/** The series of a remote-write body as it arrived at a destination. */
export function seriesOf(body: Uint8Array): Series[] {
  const { timeseries = [] } = decode('WriteRequest', snappy.uncompress(body)) as
    { timeseries?: { labels: { name: string; value: string }[]; samples?: { value: number; timestamp: string }[] }[] }
  return timeseries.map(({ labels, samples = [] }) => ({
    labels: Object.fromEntries(labels.map(({ name, value = '' }) => [name, value])),
    samples: samples.map(({ value = 0, timestamp }) => [value, Number(timestamp)] as const),
  }))
}

// --- Loki -----------------------------------------------------------------------------------------------------------------------

export interface LogStream {
  /** `{job="x"}` */
  readonly labels: string
  readonly lines: readonly string[]
}

/** A Loki push body in protobuf, before snappy. */
export const pushRequest = (streams: readonly LogStream[]): Uint8Array => encode('PushRequest', {
  streams: streams.map(({ labels, lines }) => ({ labels, entries: lines.map((line, index) => ({ timestamp: { seconds: '1700000000', nanos: index }, line })) })),
})

/** A Loki push body in JSON. */
export const pushJson = (labels: Readonly<Record<string, string>>, lines: readonly string[]): string =>
  JSON.stringify({ streams: [{ stream: labels, values: lines.map((line, index) => [`${1_700_000_000_000_000_000n + BigInt(index)}`, line]) }] })

/** The streams of a push body as it arrived at a destination. */
export function streamsOf(body: Uint8Array): LogStream[] {
  const { streams = [] } = decode('PushRequest', snappy.uncompress(body)) as { streams?: { labels: string; entries?: { line: string }[] }[] }
  return streams.map(({ labels, entries = [] }) => ({ labels, lines: entries.map(({ line }) => line) }))
}
