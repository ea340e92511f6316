import { debugMetrics } from '../_shared/debug-metrics.ts'
import { checkUrl, httpClient, httpClientFields, type Send } from '../_shared/http-client.ts'
import { checkQueue, sendingQueue } from '../_shared/queue.ts'
import { retryOnFailure, retryPolicy } from '../_shared/retry.ts'
import { utf8 } from '../../../lib/bytes.ts'
import type { OtlpBatch, OtlpSignal } from '../../../telemetry/batch.ts'
import { countItems, splitOtlp } from '../../../telemetry/otlp.ts'
import { shown, type RetryPolicy } from '../../../transport/deliver.ts'
import { WireError } from '../../../wire/error.ts'
import { otlpProtoToJson } from '../../../wire/otlp-json.ts'
import { decodeExportResponse, type OtlpEncoding } from '../../../wire/otlp-response.ts'
import type { Call } from '../../contract/call.ts'
import type { OtlpConsumer } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { ArgumentError, ConsumeError, permanent } from '../../contract/errors.ts'
import { args, block, string } from '../../contract/schema.ts'

/** Sends traces, metrics and logs as OTLP over HTTP. */
export default defineComponent({
  name: 'otelcol.exporter.otlphttp',
  stability: 'generally-available',
  args: args({
    /** Where to send, and how. */
    client: block(httpClientFields, { required: true }),
    /** What may wait when the destination cannot take it. */
    sending_queue: sendingQueue(),
    /** How to repeat what failed. */
    retry_on_failure: retryOnFailure(),
    /** Alloy's own metrics of this component. */
    debug_metrics: debugMetrics(),
    /** The whole address for traces; `client.endpoint` and `/v1/traces` without it. */
    traces_endpoint: string({ default: '' }),
    /** The whole address for metrics; `client.endpoint` and `/v1/metrics` without it. */
    metrics_endpoint: string({ default: '' }),
    /** The whole address for logs; `client.endpoint` and `/v1/logs` without it. */
    logs_endpoint: string({ default: '' }),
    /** How to encode what is sent: `proto` or `json`. */
    encoding: string({ default: 'proto' }),
  }),
  exports: { input: 'otelcol.Consumer' },
  build({ client, sending_queue, retry_on_failure, encoding, ...endpoints }) {
    checkQueue(sending_queue)
    if (encoding !== 'proto' && encoding !== 'json') {
      throw new ArgumentError(['encoding'], `invalid encoding type ${encoding}`, { hint: 'use "proto" or "json"' })
    }
    const urls = addresses(client.endpoint, { traces: endpoints.traces_endpoint, metrics: endpoints.metrics_endpoint, logs: endpoints.logs_endpoint })
    const exporter: Exporter = { urls, encoding, send: httpClient(client, ['client']), retry: retryPolicy(retry_on_failure) }
    const input: OtlpConsumer = { consume: (batch, call) => exportBatch(exporter, batch, call) }
    return { exports: { input } }
  },
})

interface Exporter {
  readonly urls: Readonly<Record<OtlpSignal, string | undefined>>
  readonly encoding: OtlpEncoding
  readonly send: Send
  readonly retry: RetryPolicy
}

/** Where each signal goes; undefined for one without an address. */
function addresses(endpoint: string, own: Readonly<Record<OtlpSignal, string>>): Exporter['urls'] {
  if (endpoint === '' && Object.values(own).every(url => url === '')) {
    throw new ArgumentError(['client', 'endpoint'], 'at least one endpoint must be specified')
  }
  const base = endpoint === '' ? undefined : checkUrl(endpoint, ['client', 'endpoint']).replace(/\/$/, '')
  const address = (signal: OtlpSignal) => (own[signal] !== '' ? checkUrl(own[signal], [`${signal}_endpoint`]) : base && `${base}/v1/${signal}`)
  return { traces: address('traces'), metrics: address('metrics'), logs: address('logs') }
}

/** The collector's list; every other refusal is for good. */
const retryableStatus = (status: number) => status === 429 || (status >= 502 && status <= 504)
const tooLarge = 413

async function exportBatch(exporter: Exporter, batch: OtlpBatch, call: Call): Promise<void> {
  const { encoding, retry } = exporter
  const url = exporter.urls[batch.signal]
  if (url === undefined) throw permanent(`there is no address for ${batch.signal}: set client.endpoint or ${batch.signal}_endpoint`, { status: 500 })
  const body = encoding === 'proto' ? batch.bytes : utf8(otlpProtoToJson(batch.bytes, batch.signal))
  const contentType = encoding === 'proto' ? 'application/x-protobuf' : 'application/json'
  const answer = await exporter.send({ url, contentType, body, retry, retryableStatus, settles: status => status === tooLarge }, call)
  if (answer.status === tooLarge) return exportHalves(exporter, url, batch, call)
  logPartialSuccess(answer, url, batch, call)
}

/** A batch that is too large goes in two; the one item that is too large by itself is refused for good, and costs no other. */
async function exportHalves(exporter: Exporter, url: string, batch: OtlpBatch, call: Call): Promise<void> {
  const items = countItems(batch)
  if (items <= 1) throw permanent(`${shown(url)} answered 413: a single item of ${batch.bytes.length} bytes is too large for it`, { rejected: items })
  const refusals: ConsumeError[] = []
  for (const half of splitOtlp(batch, { maxItems: Math.ceil(items / 2) })) {
    try {
      await exportBatch(exporter, half, call)
    } catch (error) {
      // Anything that may succeed later makes the sender come again with the whole.
      if (!(error instanceof ConsumeError) || error.kind !== 'permanent') throw error
      refusals.push(new ConsumeError('permanent', error.message, { status: error.status, rejected: error.rejected ?? countItems(half), cause: error }))
    }
  }
  if (refusals.length === 0) return
  const rejected = refusals.reduce((sum, refusal) => sum + refusal.rejected!, 0)
  throw permanent(refusals[0]!.message, { status: refusals[0]!.status, rejected, cause: refusals })
}

/** What the destination dropped of a batch that it accepted is only logged: sending it again could not help. */
function logPartialSuccess({ headers, body }: Awaited<ReturnType<Send>>, url: string, { signal }: OtlpBatch, call: Call): void {
  const type = (headers.get('content-type') ?? '').split(';')[0]!.trim()
  const encoding: OtlpEncoding | undefined = type === 'application/x-protobuf' ? 'proto' : type === 'application/json' ? 'json' : undefined
  if (encoding === undefined) return
  try {
    const partial = decodeExportResponse(body, signal, encoding)
    const dropped = { traces: 'dropped_spans', metrics: 'dropped_data_points', logs: 'dropped_log_records' }[signal]
    if (partial !== undefined) call.log('warn', 'Partial success response', { url: shown(url), message: partial.errorMessage, [dropped]: partial.rejected })
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    // The data has arrived; an answer that cannot be read is no reason to send it twice.
    call.log('warn', 'the destination accepted the data, but its answer cannot be read', { url: shown(url), err: error.message })
  }
}
