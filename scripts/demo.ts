/**
 * `npm run demo [-- --url=http://HOST:PORT --seconds=N]`: a made-up shop that sends to a running Sluice with the clients people use: spans,
 * metrics and log records by the OpenTelemetry SDK, log lines by pino-loki, samples by prometheus-remote-write. Exit 1 when something is refused.
 */

import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { SeverityNumber } from '@opentelemetry/api-logs'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import pino from 'pino'
import { pinoLoki } from 'pino-loki'
import { pushTimeseries } from 'prometheus-remote-write'

const { values } = parseArgs({ options: { url: { type: 'string', default: 'http://127.0.0.1:12345' }, seconds: { type: 'string', default: '10' } } })
const url = values.url.replace(/\/+$/, '')
const seconds = Number(values.seconds)
if (!URL.canParse(url) || !(seconds > 0)) fail(`--url takes an address and --seconds a positive number; not ${values.url} and ${values.seconds}`)

await fetch(`${url}/-/ready`).then(answer => answer.arrayBuffer(), () => {
  fail(`Nothing listens on ${url}. Start Sluice in another terminal (npm start), or say where it is with --url.`)
})

const sent = { spans: 0, points: 0, records: 0, lines: 0, samples: 0 }
const refused: string[] = []

/** Counts what an exporter got across, and keeps what it did not. */
function watched<E extends { export(items: never, done: (result: { code: number; error?: Error }) => void): void }>(exporter: E, what: keyof typeof sent, count: (items: never) => number): E {
  const original = exporter.export.bind(exporter)
  exporter.export = (items, done) => {
    original(items, result => {
      if (result.code === 0) sent[what] += count(items)
      else refused.push(`${what}: ${result.error?.message ?? 'not accepted'}`)
      done(result)
    })
  }
  return exporter
}
const length = (items: readonly unknown[]) => items.length
const points = ({ scopeMetrics }: { scopeMetrics: { metrics: { dataPoints: unknown[] }[] }[] }) =>
  scopeMetrics.flatMap(scope => scope.metrics).reduce((sum, metric) => sum + metric.dataPoints.length, 0)

const resource = resourceFromAttributes({ 'service.name': 'demo-shop', 'service.version': '1.0.0' })
const gzip = 'gzip' as never
const spanExporter = watched(new OTLPTraceExporter({ url: `${url}/v1/traces`, compression: gzip }), 'spans', length as never)
const metricExporter = watched(new OTLPMetricExporter({ url: `${url}/v1/metrics`, compression: gzip }), 'points', points as never)
const recordExporter = watched(new OTLPLogExporter({ url: `${url}/v1/logs` }), 'records', length as never)
const traces = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(spanExporter, { scheduledDelayMillis: 1_000 })] })
const metrics = new MeterProvider({ resource, readers: [new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 1_000, exportTimeoutMillis: 900 })] })
const logs = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter: recordExporter, scheduledDelayMillis: 1_000 })] })

const tracer = traces.getTracer('demo')
const orders = metrics.getMeter('demo').createCounter('demo.orders', { unit: '{order}' })
const duration = metrics.getMeter('demo').createHistogram('demo.order.duration', { unit: 's' })
const logger = logs.getLogger('demo')
// pino-loki tells nobody how it went, so its requests are watched on their way.
const directly = globalThis.fetch
globalThis.fetch = async (to, init) => {
  const answer = await directly(to, init)
  if (to instanceof URL && to.pathname.endsWith('/push') && !answer.ok) refused.push(`lines: ${answer.status} ${await answer.clone().text()}`)
  return answer
}
const loki = pinoLoki({ host: url, labels: { app: 'demo-shop' }, batching: { interval: 1 }, silenceErrors: true })
const lines = pino({ base: { hostname: 'demo' } }, loki)

/** One order: a span with a child, a metric of each kind, a log record, a log line. */
function order(n: number): void {
  const article = ['tea', 'coffee', 'cake'][n % 3]!
  const failed = n % 10 === 9
  const span = tracer.startSpan(`POST /orders`, { kind: SpanKind.SERVER, attributes: { 'demo.article': article, 'http.request.header.authorization': 'Bearer to-be-deleted' } }, ROOT_CONTEXT)
  const inside = trace.setSpan(ROOT_CONTEXT, span)
  tracer.startSpan('INSERT orders', { kind: SpanKind.CLIENT }, inside).end()
  span.setStatus(failed ? { code: SpanStatusCode.ERROR, message: 'sold out' } : { code: SpanStatusCode.OK })
  span.end()
  orders.add(1, { 'demo.article': article })
  duration.record(0.01 * (n % 7), { 'demo.article': article })
  logger.emit({ body: `order ${n} of ${article}`, severityNumber: failed ? SeverityNumber.ERROR : SeverityNumber.INFO, severityText: failed ? 'ERROR' : 'INFO', context: inside })
  lines[failed ? 'error' : 'info']({ meta: { trace_id: span.spanContext().traceId } }, `order ${n} of ${article}`)
  sent.lines++
}

async function samples(n: number): Promise<void> {
  const labels = { job: 'demo', instance: 'demo-1' }
  const series = [['demo_queue_length', n % 5], ['demo_orders_total', n * 10], ['go_gc_cycles_total', n]] as const
  const result = await pushTimeseries(
    series.map(([name, value]) => ({ labels: { __name__: name, ...labels }, samples: [{ value, timestamp: Date.now() }] })),
    { url: `${url}/api/v1/metrics/write`, fetch: (to, init) => fetch(to, init as RequestInit) },
  )
  if (result.status >= 200 && result.status < 300) sent.samples += series.length
  else refused.push(`samples: ${result.status} ${result.errorMessage ?? ''}`)
}

console.log(`Sending ten orders a second to ${url} for ${seconds} s:
  spans and metrics   OTLP protobuf, gzip     POST /v1/traces, /v1/metrics          (OpenTelemetry SDK)
  log records         OTLP JSON               POST /v1/logs                         (OpenTelemetry SDK)
  log lines           Loki push, JSON         POST /loki/api/v1/push                (pino-loki)
  samples             remote-write, snappy    POST /api/v1/metrics/write            (prometheus-remote-write)`)

const end = Date.now() + seconds * 1000
for (let n = 0; Date.now() < end && refused.length === 0; n++) {
  order(n)
  if (n % 10 === 0) await samples(n / 10)
  await wait(100)
}
loki.end()
await Promise.all([traces.shutdown(), metrics.shutdown(), logs.shutdown(), once(loki, 'close')])

if (refused.length > 0) fail(`Not everything was accepted:\n  ${[...new Set(refused)].join('\n  ')}`)
console.log(`Sent ${Object.entries(sent).map(([what, count]) => `${count} ${what}`).join(', ')}. Sluice's terminal shows what arrived; ${url}/ shows its components.`)

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
