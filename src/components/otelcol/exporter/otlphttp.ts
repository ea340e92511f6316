import { exported } from '../_shared/accounting.ts'
import { debugMetrics } from '../_shared/debug-metrics.ts'
import { checkUrl, httpClient, httpClientFields, type Send } from '../_shared/http-client.ts'
import { queueSettings, sendingQueue } from '../_shared/queue.ts'
import { retryOnFailure, retryPolicy } from '../_shared/retry.ts'
import { utf8 } from '../../../lib/bytes.ts'
import type { OtlpBatch, OtlpSignal } from '../../../telemetry/batch.ts'
import { countItems, otlpBatch, splitOtlp } from '../../../telemetry/otlp.ts'
import { partition } from '../../../telemetry/partition.ts'
import { shown, type Answer } from '../../../transport/deliver.ts'
import { destination, destinationState, type Attempt, type Destination, type Note } from '../../../transport/destination.ts'
import { WireError } from '../../../wire/error.ts'
import { otlpProtoToJson } from '../../../wire/otlp-json.ts'
import { decodeExportResponse, type OtlpEncoding } from '../../../wire/otlp-response.ts'
import { nobody, type Call, type Client } from '../../contract/call.ts'
import type { OtlpConsumer } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { ArgumentError, permanent } from '../../contract/errors.ts'
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
  state: destinationState,
  build({ client, sending_queue, retry_on_failure, encoding, ...endpoints }) {
    const queue = queueSettings(sending_queue)
    const retry = retryPolicy(retry_on_failure)
    if (encoding !== 'proto' && encoding !== 'json') {
      throw new ArgumentError(['encoding'], `invalid encoding type ${encoding}`, { hint: 'use "proto" or "json"' })
    }
    const urls = addresses(client.endpoint, { traces: endpoints.traces_endpoint, metrics: endpoints.metrics_endpoint, logs: endpoints.logs_endpoint })
    const send = httpClient(client, ['client'])
    const withClient = client.auth !== undefined
    // Without retries nothing would be gained by keeping what failed; its sender has it.
    const mode = retry.enabled ? queue.mode : 'direct'
    const to = (signal: OtlpSignal) => urls[signal] === undefined ? undefined : destination<OtlpBatch>({
      name: signal,
      shown: shown(urls[signal]),
      mode,
      bounds: queue.bounds,
      retry,
      lanes: queue.lanes,
      items: countItems,
      unordered: signal === 'traces',
      requests(batch, call) {
        const maxItems = queue.maxItems || call.gather?.most
        return maxItems ? splitOtlp(batch, { maxItems }) : [batch]
      },
      partition,
      halve: request => splitOtlp(request, { maxItems: Math.ceil(countItems(request) / 2) }),
      note: (_batch, call) => (withClient ? clientNote(call.client) : {}),
      secretNotes: ['client'],
      restore: bytes => otlpBatch(signal, bytes),
      show: (batch, most) => JSON.parse(otlpProtoToJson((splitOtlp(batch, { maxItems: most })[0] ?? batch).bytes, signal)) as unknown,
      ...exported('otlp_http', signal, mode, queue.size),
      send: (request, note, call, attempt) => sendOnce({ url: urls[signal]!, encoding, send }, request, call.from(noted(note, call.client)), attempt),
    })
    const destinations = { traces: to('traces'), metrics: to('metrics'), logs: to('logs') }
    const input: OtlpConsumer = {
      async consume(batch, call) {
        const target = destinations[batch.signal]
        if (target === undefined) throw permanent(`there is no address for ${batch.signal}: set client.endpoint or ${batch.signal}_endpoint`, { status: 500 })
        await target.consume([batch], call)
      },
    }
    return { exports: { input }, drains: Object.values(destinations).flatMap((target: Destination<OtlpBatch> | undefined) => target?.drain ?? []) }
  },
})

/** What the credentials of a request that waited may be made of: its sender's headers. */
function clientNote({ metadata }: Client): Note {
  return Object.keys(metadata).length === 0 ? {} : { client: JSON.stringify(metadata) }
}

const noted = ({ client }: Note, present: Client): Client =>
  (client === undefined ? present : { ...nobody, metadata: JSON.parse(client) as Client['metadata'] })

/** Where each signal goes; undefined for one without an address. */
function addresses(endpoint: string, own: Readonly<Record<OtlpSignal, string>>): Readonly<Record<OtlpSignal, string | undefined>> {
  if (endpoint === '' && Object.values(own).every(url => url === '')) {
    throw new ArgumentError(['client', 'endpoint'], 'at least one endpoint must be specified')
  }
  const base = endpoint === '' ? undefined : checkUrl(endpoint, ['client', 'endpoint']).replace(/\/$/, '')
  const address = (signal: OtlpSignal) => (own[signal] !== '' ? checkUrl(own[signal], [`${signal}_endpoint`]) : base && `${base}/v1/${signal}`)
  return { traces: address('traces'), metrics: address('metrics'), logs: address('logs') }
}

/** The collector's list; every other refusal is for good. */
const retryableStatus = (status: number) => status === 429 || (status >= 502 && status <= 504)

interface Way {
  readonly url: string
  readonly encoding: OtlpEncoding
  readonly send: Send
}

async function sendOnce({ url, encoding, send }: Way, batch: OtlpBatch, call: Call, attempt: Attempt): Promise<'sent' | 'too large'> {
  const body = encoding === 'proto' ? batch.bytes : utf8(otlpProtoToJson(batch.bytes, batch.signal))
  const contentType = encoding === 'proto' ? 'application/x-protobuf' : 'application/json'
  const answer = await send({ url, contentType, body, attempt, retryableStatus }, call)
  if (answer === 'too large') return answer
  logPartialSuccess(answer, url, batch, call)
  return 'sent'
}

/** What the destination dropped of a batch that it accepted is only logged: sending it again could not help. */
function logPartialSuccess({ headers, body }: Exclude<Answer, 'too large'>, url: string, { signal }: OtlpBatch, call: Call): void {
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
