/** Telemetry made by the OpenTelemetry SDK, with every field that its API can set, and its exporters. */

import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, ValueType, createTraceState, trace, type SpanContext } from '@opentelemetry/api'
import { SeverityNumber } from '@opentelemetry/api-logs'
import { OTLPLogExporter as LogsJson } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as LogsProto } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter as MetricsJson } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as MetricsProto } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as TracesJson } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as TracesProto } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor, type ReadableLogRecord } from '@opentelemetry/sdk-logs'
import {
  AggregationTemporality, AggregationType, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader, type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import type { OtlpSignal } from '../../../src/telemetry/batch.ts'

export type Encoding = 'proto' | 'json'
export type Compression = 'none' | 'gzip'

/** What the SDK hands to an exporter, of each signal. */
export interface Telemetry {
  readonly traces: ReadableSpan[]
  readonly metrics: ResourceMetrics[]
  readonly logs: ReadableLogRecord[]
}

const resource = resourceFromAttributes({
  'service.name': 'checkout', 'service.version': '1.4.2', 'host.cpus': 2, 'host.load': 0.25, 'host.virtual': true,
  'process.command_args': ['node', '--enable-source-maps', 'server.js'],
}, { schemaUrl: 'https://opentelemetry.io/schemas/1.37.0' })

/** What the collector is told to delete, and never may. */
export const secretKey = 'http.request.header.authorization'

/** All types of attribute there are, at their edges. */
const everyType = {
  text: 'plain', unicode: 'żółć 🦊 \u0000 "quoted"', empty: '', zero: 0, negative: -42, safe: Number.MAX_SAFE_INTEGER, tiny: 5e-324, double: -0.1,
  yes: true, no: false, texts: ['a', '', 'ü'], integers: [1, -2, 3], doubles: [0.5, -1.25], booleans: [true, false], none: [] as string[],
}

export async function makeTelemetry(): Promise<Telemetry> {
  return { traces: makeSpans(), metrics: await makeMetrics(), logs: makeLogs() }
}

function makeSpans(): ReadableSpan[] {
  const memory = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [new SimpleSpanProcessor(memory)],
    spanLimits: { attributeCountLimit: 18, eventCountLimit: 3, linkCountLimit: 2, attributePerEventCountLimit: 2, attributePerLinkCountLimit: 1 },
  })
  const tracer = provider.getTracer('checkout.http', '2.1.0', { schemaUrl: 'https://opentelemetry.io/schemas/1.30.0' })
  const remote: SpanContext = {
    traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: TraceFlags.SAMPLED, isRemote: true,
    traceState: createTraceState('vendor=t61rcWkgMzE,other=00f067aa0ba902b7'),
  }
  const links = [1, 2, 3].map(n => ({ context: { ...remote, spanId: `00f067aa0ba902b${n}` }, attributes: { n, dropped: true } }))
  const parent = tracer.startSpan('POST /checkout', { kind: SpanKind.SERVER, attributes: { ...everyType, [secretKey]: 'Bearer abc' }, links },
    trace.setSpanContext(ROOT_CONTEXT, remote))
  const here = trace.setSpan(ROOT_CONTEXT, parent)
  for (const [name, kind] of [['SELECT cart', SpanKind.CLIENT], ['publish', SpanKind.PRODUCER], ['receive', SpanKind.CONSUMER], ['price', SpanKind.INTERNAL]] as const) {
    const child = tracer.startSpan(name, { kind, attributes: { 'db.system': 'postgresql', collector: 'not yet' } }, here)
    child.setStatus({ code: SpanStatusCode.OK })
    child.end()
  }
  for (const n of [1, 2, 3, 4]) parent.addEvent(`step ${n}`, { n, text: 'x', dropped: true }, [1_700_000_000 + n, 123_456_789])
  parent.recordException(new TypeError('no such article'))
  parent.setStatus({ code: SpanStatusCode.ERROR, message: 'no such article: ß' })
  parent.end()
  // A second scope, a root of its own, nothing set.
  provider.getTracer('worker').startSpan('tick', { root: true, startTime: [1_700_000_000, 1] }).end([1_700_000_000, 999_999_999])
  return memory.getFinishedSpans()
}

async function makeMetrics(): Promise<ResourceMetrics[]> {
  const collected: ResourceMetrics[] = []
  for (const temporality of [AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA]) {
    const memory = new InMemoryMetricExporter(temporality)
    const provider = new MeterProvider({
      resource,
      readers: [new PeriodicExportingMetricReader({ exporter: memory, exportIntervalMillis: 3_600_000 })],
      views: [{ instrumentName: 'payload.size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 40 } } }],
    })
    record(provider)
    await provider.forceFlush()
    collected.push(...memory.getMetrics())
    await provider.shutdown()
  }
  return collected
}

function record(provider: MeterProvider): void {
  const meter = provider.getMeter('checkout.metrics', '0.1.0', { schemaUrl: 'https://opentelemetry.io/schemas/1.30.0' })
  const requests = meter.createCounter('requests', { description: 'Requests served', unit: '{request}', valueType: ValueType.INT })
  const queue = meter.createUpDownCounter('queue.length', { valueType: ValueType.INT })
  const temperature = meter.createGauge('temperature', { unit: 'Cel' })
  const duration = meter.createHistogram('request.duration', { unit: 's', advice: { explicitBucketBoundaries: [0.1, 1, 10] } })
  const size = meter.createHistogram('payload.size', { unit: 'By' })
  for (let n = 0; n < 20; n++) {
    const route = { 'http.route': `/items/${n % 3}`, [secretKey]: 'Basic abc' }
    requests.add(n, route)
    queue.add(n % 2 === 0 ? 5 : -7, { ...everyType, collector: 'not yet' })
    temperature.record(-3.5 * n, route)
    duration.record(0.07 * n * n, route)
    // Zero has a bucket of its own.
    size.record(n === 7 ? 0 : 1.5 ** n, { part: n % 2 })
  }
  meter.createObservableCounter('cpu.time', { unit: 's' }).addCallback(result => { result.observe(12.75, { state: 'user' }) })
  meter.createObservableGauge('threads', { valueType: ValueType.INT }).addCallback(result => { result.observe(11) })
  provider.getMeter('second').createCounter('alone').add(1.5)
}

function makeLogs(): ReadableLogRecord[] {
  const memory = new InMemoryLogRecordExporter()
  const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter: memory })], logRecordLimits: { attributeCountLimit: 18 } })
  const logger = provider.getLogger('checkout.log', '3.0.0', { schemaUrl: 'https://opentelemetry.io/schemas/1.30.0' })
  const context = trace.setSpanContext(ROOT_CONTEXT, { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: TraceFlags.SAMPLED })
  const bodies = ['a line', '', 17, -0.5, true, ['a', 1, false, null], { text: 'nested', list: [{ deep: { er: 1 } }], bytes: Uint8Array.of(0, 255, 10) }, Uint8Array.of(1, 2, 254)]
  bodies.forEach((body, n) => {
    logger.emit({
      body, severityNumber: n === 0 ? SeverityNumber.FATAL4 : SeverityNumber.INFO, severityText: n % 2 === 0 ? 'INFO' : 'note', context,
      timestamp: [1_700_000_000 + n, 987_654_321], observedTimestamp: [1_700_000_001, n],
      attributes: { ...everyType, [secretKey]: 'Bearer abc', nested: { map: { of: ['maps', 1] }, bytes: Uint8Array.of(9) } },
      eventName: n === 1 ? 'checkout.started' : '',
    })
  })
  logger.emit({ severityNumber: SeverityNumber.WARN, body: 'no context, no time', attributes: { collector: 'not yet' } })
  provider.getLogger('bare').emit({})
  return memory.getFinishedLogRecords()
}

/** Sends each signal by the SDK's own exporter and resolves once the other side has answered well. */
export async function sendTelemetry(telemetry: Telemetry, encoding: Encoding, compression: Compression, urls: Readonly<Record<OtlpSignal, string>>): Promise<void> {
  const config = (url: string) => ({ url, compression: compression as never, timeoutMillis: 10_000 })
  const [Traces, Metrics, Logs] = encoding === 'proto' ? [TracesProto, MetricsProto, LogsProto] as const : [TracesJson, MetricsJson, LogsJson] as const
  await sendAll(new Traces(config(urls.traces)), [telemetry.traces])
  await sendAll(new Metrics(config(urls.metrics)), telemetry.metrics)
  await sendAll(new Logs(config(urls.logs)), [telemetry.logs])
}

interface Exporter<T> {
  export(items: T, done: (result: { code: number; error?: Error }) => void): void
  shutdown(): Promise<void>
}

async function sendAll<T>(exporter: Exporter<T>, requests: readonly T[]): Promise<void> {
  for (const items of requests) {
    await new Promise<void>((resolve, reject) => {
      exporter.export(items, ({ code, error }) => {
        if (code === 0) resolve()
        else reject(error ?? new Error('the exporter failed'))
      })
    })
  }
  await exporter.shutdown()
}
