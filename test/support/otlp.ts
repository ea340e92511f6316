/** OTLP messages by protobufjs, the other implementation that tests compare with and benches run against; and sample data. */
import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'
import type { OtlpBatch, OtlpSignal } from '../../src/telemetry/batch.ts'

export const proto = protobuf.parse(readFileSync(new URL('proto/otlp.proto', import.meta.url), 'utf8')).root
proto.resolveAll()

export const requestTypes = {
  traces: proto.lookupType('ExportTraceServiceRequest'),
  metrics: proto.lookupType('ExportMetricsServiceRequest'),
  logs: proto.lookupType('ExportLogsServiceRequest'),
} as const

export type Plain = Record<string, unknown>

/** A batch of a request written as protobufjs' own JSON objects. */
export const encodeOtlp = (signal: OtlpSignal, request: Plain): OtlpBatch => {
  const type = requestTypes[signal]
  return { kind: 'otlp', signal, bytes: Uint8Array.from(type.encode(type.fromObject(request)).finish()) }
}

/** A batch as plain objects: 64-bit integers as text, bytes as base64. */
export const decodeOtlp = ({ signal, bytes }: OtlpBatch): Plain => {
  const type = requestTypes[signal]
  return type.toObject(type.decode(bytes), { longs: String, bytes: String })
}

/** Attributes of an object: text, integers (bigint), doubles, booleans. */
export const attributes = (values: Record<string, string | number | bigint | boolean>): Plain[] =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value }
      : typeof value === 'bigint' ? { intValue: value.toString() }
        : typeof value === 'boolean' ? { boolValue: value } : { doubleValue: value },
  }))

const bytesOf = (length: number, seed: number) => Buffer.from(Array.from({ length }, (_, i) => (seed * 31 + i * 7 + 1) % 256)).toString('base64')
const time = (i: number) => (1_700_000_000_000_000_000n + BigInt(i) * 1_000_003n).toString()

/** A span of about 370 bytes with eight attributes, as an instrumented HTTP server sends it. */
export const sampleSpan = (i: number): Plain => ({
  traceId: bytesOf(16, i), spanId: bytesOf(8, i), parentSpanId: bytesOf(8, i + 1), name: `GET /api/v1/items/${i % 7}`, kind: 2,
  startTimeUnixNano: time(i), endTimeUnixNano: time(i + 5),
  attributes: attributes({
    'http.request.method': i % 2 === 0 ? 'GET' : 'POST', 'http.response.status_code': BigInt(i % 10 === 0 ? 500 : 200),
    'url.path': `/api/v1/items/${i}`, 'server.address': 'shop.example.com', 'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64)',
    'network.protocol.version': '1.1', 'client.address': `10.0.${i % 256}.7`, 'app.sampled': true,
  }),
  ...(i % 10 === 0 && {
    events: [{ timeUnixNano: time(i + 2), name: 'exception', attributes: attributes({ 'exception.type': 'IOError' }) }],
    links: [{ traceId: bytesOf(16, i + 9), spanId: bytesOf(8, i + 9), traceState: 'a=b' }],
    status: { code: 2, message: 'boom' },
  }),
})

/** A log record with a line as its body and six attributes. */
export const sampleRecord = (i: number): Plain => ({
  timeUnixNano: time(i), observedTimeUnixNano: time(i + 1), severityNumber: i % 3 === 0 ? 17 : 9, severityText: i % 3 === 0 ? 'ERROR' : 'INFO',
  body: { stringValue: `10.0.0.${i % 256} - "GET /api/v1/items/${i}" 200 1532 "curl/8.0"` },
  attributes: attributes({
    'log.file.name': 'access.log', 'http.request.method': i % 2 === 0 ? 'GET' : 'POST', 'http.response.status_code': 200n,
    'k8s.pod.name': `web-${i % 5}`, 'k8s.namespace.name': 'shop', 'app.ratio': 0.25 * (i % 4),
  }),
  flags: 1, traceId: bytesOf(16, i), spanId: bytesOf(8, i),
})

/** A point of a gauge or sum with five attributes. */
export const samplePoint = (i: number): Plain => ({
  startTimeUnixNano: time(0), timeUnixNano: time(i), ...(i % 2 === 0 ? { asInt: String(i) } : { asDouble: i / 3 }),
  attributes: attributes({
    'http.request.method': i % 2 === 0 ? 'GET' : 'POST', 'http.route': `/api/v1/items/${i % 40}`, 'http.response.status_code': 200n,
    'server.address': 'shop.example.com', 'k8s.pod.name': `web-${i % 5}`,
  }),
})

const resource = (i: number): Plain => ({
  attributes: attributes({ 'service.name': `shop-${i}`, 'service.version': '1.4.2', 'host.name': 'node-17', 'deployment.environment': 'prod' }),
})
const scope: Plain = { name: 'io.example.http', version: '2.1.0' }
const range = (length: number) => Array.from({ length }, (_, i) => i)

/** A batch of `items` like those above, spread over `resources` resources with two scopes each where there is enough. */
export function sampleBatch(signal: OtlpSignal, items: number, resources = 1): OtlpBatch {
  const share = (of: readonly number[], parts: number, k: number) => of.filter(i => i % parts === k)
  const scopes = items > 1 && resources > 1 ? 2 : 1
  const group = (make: (ids: readonly number[]) => Plain) => range(Math.max(1, resources)).map(r => {
    const ids = share(range(items), resources, r)
    return range(scopes).map(s => make(ids.filter((_, n) => n % scopes === s)))
  })
  if (signal === 'traces') {
    return encodeOtlp(signal, { resourceSpans: group(ids => ({ scope, spans: ids.map(sampleSpan) }))
      .map((scopeSpans, r) => ({ resource: resource(r), scopeSpans, schemaUrl: 'https://opentelemetry.io/schemas/1.26.0' })) })
  }
  if (signal === 'logs') {
    return encodeOtlp(signal, { resourceLogs: group(ids => ({ scope, logRecords: ids.map(sampleRecord) }))
      .map((scopeLogs, r) => ({ resource: resource(r), scopeLogs })) })
  }
  const metrics = (ids: readonly number[]) => [
    { name: 'http.server.requests', unit: '1', sum: { dataPoints: ids.filter(i => i % 2 === 0).map(samplePoint), aggregationTemporality: 2, isMonotonic: true } },
    { name: 'queue.length', description: 'Jobs waiting', unit: '{job}', gauge: { dataPoints: ids.filter(i => i % 2 === 1).map(samplePoint) } },
  ].filter(metric => (metric.sum ?? metric.gauge).dataPoints.length > 0)
  return encodeOtlp(signal, { resourceMetrics: group(ids => ({ scope, metrics: metrics(ids) }))
    .map((scopeMetrics, r) => ({ resource: resource(r), scopeMetrics })) })
}

/** One metric of each of the five kinds, with every field set. */
export const everyMetric: Plain = {
  resourceMetrics: [{
    resource: { ...resource(0), droppedAttributesCount: 1, entityRefs: [{ schemaUrl: 'u', type: 'service', idKeys: ['service.name'], descriptionKeys: ['service.version'] }] },
    scopeMetrics: [{
      scope: { ...scope, attributes: attributes({ level: 'x' }), droppedAttributesCount: 2 },
      metrics: [
        { name: 'gauge', description: 'd', unit: 'By', gauge: { dataPoints: [{ ...samplePoint(1), flags: 1 }] }, metadata: attributes({ origin: 'm' }) },
        { name: 'sum', sum: { dataPoints: [{ ...samplePoint(2), asInt: '-9223372036854775808', exemplars: [{
          filteredAttributes: attributes({ a: 'b' }), timeUnixNano: time(4), asInt: '-5', spanId: bytesOf(8, 3), traceId: bytesOf(16, 3),
        }] }], aggregationTemporality: 1, isMonotonic: true } },
        { name: 'histogram', histogram: { aggregationTemporality: 2, dataPoints: [{
          attributes: attributes({ a: 'b' }), startTimeUnixNano: time(0), timeUnixNano: '18446744073709551615', count: '6', sum: 0, bucketCounts: ['1', '2', '3'],
          explicitBounds: [0.5, 10], exemplars: [{ asDouble: 2.5, timeUnixNano: time(1) }], flags: 1, min: -1, max: 12.5,
        }] } },
        { name: 'exponential', exponentialHistogram: { aggregationTemporality: 1, dataPoints: [{
          attributes: attributes({ a: 'b' }), startTimeUnixNano: time(0), timeUnixNano: time(1), count: '9', sum: 3.5, scale: -3, zeroCount: '2',
          positive: { offset: -4, bucketCounts: ['1', '0', '9007199254740993'] }, negative: { offset: 2, bucketCounts: ['3'] }, flags: 1,
          exemplars: [{ asDouble: 1, timeUnixNano: time(1) }], min: 0, max: 9, zeroThreshold: 0.001,
        }] } },
        { name: 'summary', summary: { dataPoints: [{
          attributes: attributes({ a: 'b' }), startTimeUnixNano: time(0), timeUnixNano: time(1), count: '4', sum: 8.25,
          quantileValues: [{ quantile: 0.5, value: 2 }, { quantile: 0.99, value: 7 }], flags: 0,
        }] } },
        { name: 'empty' },
      ],
      schemaUrl: 'scope-url',
    }],
    schemaUrl: 'resource-url',
  }],
}

/** Values of every kind, nested. */
export const everyValue: Plain[] = [
  ...attributes({ string: 'é', int: -42n, double: 1.5, bool: false }),
  { key: 'bytes', value: { bytesValue: bytesOf(5, 1) } },
  { key: 'array', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '9223372036854775807' }, {}] } } },
  { key: 'map', value: { kvlistValue: { values: [{ key: 'inner', value: { boolValue: true } }] } } },
  { key: 'none', value: {} },
]
