/** One destination of prometheus.remote_write. */

import type { Call } from '../../contract/call.ts'
import type { PrometheusConsumer } from '../../contract/consume.ts'
import { ArgumentError } from '../../contract/errors.ts'
import {
  droppedItems, remoteBatchSeconds, remoteBytes, remoteSamples, remoteSamplesDropped, remoteSamplesFailed, remoteSamplesPending, remoteSamplesRetried,
} from '../../contract/metrics.ts'
import type { PrometheusBatch } from '../../../telemetry/batch.ts'
import { countItems } from '../../../telemetry/count.ts'
import { mergeLabels, type Labels } from '../../../telemetry/labels.ts'
import { partition } from '../../../telemetry/partition.ts'
import { LabelCache, mapLabels, prometheusBatch, splitPrometheus, stripPrometheus } from '../../../telemetry/prometheus.ts'
import { httpUrl, present, sendableHeader, type Path } from '../../../transport/arguments.ts'
import { httpClient, setCredentials } from '../../../transport/client.ts'
import { deliver, shorter, shown } from '../../../transport/deliver.ts'
import { destination, mostLanes, type Destination } from '../../../transport/destination.ts'
import type { RetryPolicy } from '../../../transport/retry.ts'
import { rulesAt } from '../../../transport/rule-args.ts'
import { signer } from '../../../transport/sigv4.ts'
import { identify, userAgent } from '../../../transport/user-agent.ts'
import { encodeRemoteWrite2 } from '../../../wire/remote-write-2-encode.ts'
import { encodeSnappy } from '../../../wire/snappy.ts'
import { azureTokens } from './azuread.ts'
import { v2Message, type Message } from './messages.ts'
import type { EndpointArgs } from './remote-args.ts'
import { showPrometheus } from './show.ts'
import { keepTimes } from './times.ts'

/** How an endpoint is told from others, and how its samples wait. */
export interface EndpointQueue {
  readonly name: string
  readonly mode: 'through' | 'queued'
  /** How long samples may wait; 0 for as long as there is room. */
  readonly maxAgeMs: number
}

/** The endpoint whose arguments stand at `path`: its consumer, and its destination. Throws ArgumentError for what cannot work. */
export function remoteWriteEndpoint(
  args: EndpointArgs, external: Labels, { name, mode, maxAgeMs }: EndpointQueue, path: Path,
): { consumer: PrometheusConsumer; target: Destination<PrometheusBatch> } {
  const { remote_timeout, queue_config: queue } = args
  const address = httpUrl(args.url, [...path, 'url'])
  const prepare = preparation(args, external, path)
  const headersFor = headerSource(args, address.basic, path)
  const sign = args.sigv4 === undefined ? undefined : signer(args.sigv4, [...path, 'sigv4'])
  const encode = encoders[args.protobuf_message]
  const retry: RetryPolicy = {
    enabled: true, initialMs: queue.min_backoff, maxMs: queue.max_backoff, multiplier: 2, jitter: 0, maxElapsedMs: maxAgeMs,
  }
  const retryableStatus = (status: number) => status >= 500 || (status === 429 && queue.retry_on_http_429)
  const young = ageLimit(args)

  const labels = { remote_name: name, url: shown(address.url) }
  /** Counts what the configuration wants left out. */
  const leftOut = (samples: number, reason: string, call: Call) => {
    if (samples <= 0) return
    call.count(remoteSamplesDropped, samples, { ...labels, reason })
    call.count(droppedItems, samples, { reason })
  }
  const sent = (request: PrometheusBatch, part: PrometheusBatch, bytes: number, call: Call): 'sent' => {
    const samples = countItems(part)
    call.count(remoteSamples, samples, labels)
    call.count(remoteBytes, bytes, labels)
    leftOut(countItems(request) - samples, 'too_old', call)
    return 'sent'
  }

  const target = destination<PrometheusBatch>({
    name,
    shown: shown(address.url),
    mode,
    retry,
    lanes: Math.max(1, Math.min(queue.max_shards, mostLanes)),
    items: countItems,
    requests: batch => splitPrometheus(batch, { maxSamples: queue.max_samples_per_send }),
    partition,
    halve: request => splitPrometheus(request, { maxSamples: Math.ceil(countItems(request) / 2) }),
    note: () => ({}),
    restore: prometheusBatch,
    show: showPrometheus,
    async send(request, _note, call, attempt) {
      const part = young(request, call)
      if (part.bytes.length === 0) return sent(request, part, 0, call)
      const body = encodeSnappy(encode(part))
      const headers = await headersFor(call)
      await sign?.(address.url, headers, body, call)
      const answer = await deliver(call, {
        url: address.url, body, headers, timeoutMs: shorter(remote_timeout, attempt.timeoutMs), attempt: attempt.number, retryableStatus, redirect: headersFor.redirect,
      })
      return answer === 'too large' ? answer : sent(request, part, body.length, call)
    },
    observe({ kind, items, seconds = 0, reason }, call) {
      if (kind === 'sent') call.observe(remoteBatchSeconds, seconds, labels)
      if (kind === 'failed') call.count(remoteSamplesRetried, items, labels)
      if (kind === 'refused' || kind === 'dropped') {
        if (reason === 'too old') call.count(remoteSamplesDropped, items, { ...labels, reason: 'too_old' })
        else call.count(remoteSamplesFailed, items, labels)
      }
    },
    readings: depth => [{ metric: remoteSamplesPending, value: depth.items, labels }],
  })
  const consumer: PrometheusConsumer = {
    async consume(batch, call) {
      const ready = prepare(batch)
      if (ready.bytes.length > 0) await target.consume([ready], call)
      if (ready !== batch) leftOut(countItems(batch) - countItems(ready), 'dropped_series', call)
    },
  }
  return { consumer, target }
}

/** What the labels and samples of a batch go through before they are sent, in Prometheus' order. */
function preparation(args: EndpointArgs, external: Labels, path: Path): (batch: PrometheusBatch) => PrometheusBatch {
  const { send_exemplars, send_native_histograms, metadata_config } = args
  const rules = rulesAt(args.write_relabel_config, [...path, 'write_relabel_config'])
  const untouched = rules.rules.length === 0 && external.length === 0
  const cache = new LabelCache()
  const strip = { exemplars: !send_exemplars, histograms: !send_native_histograms, metadata: !metadata_config.send }
  return (batch) => {
    // What a series says itself wins over the external labels, and rules see both.
    const labelled = untouched ? batch : mapLabels(batch, labels => rules.relabel(mergeLabels(external, labels)), cache)
    return stripPrometheus(labelled, strip)
  }
}

/** Takes out samples that are too old at the time when they are sent. */
function ageLimit({ name, queue_config: { sample_age_limit } }: EndpointArgs): (batch: PrometheusBatch, call: Call) => PrometheusBatch {
  if (sample_age_limit === 0) return batch => batch
  return (batch, call) => {
    const oldest = call.now() - sample_age_limit
    const { batch: young, dropped } = keepTimes(batch, timestamp => timestamp >= oldest)
    if (dropped > 0) call.log('warn', 'samples are older than sample_age_limit and are not sent', { samples: dropped, endpoint: name })
    return young
  }
}

type HeaderSource = ((call: Call) => Promise<Headers>) & { redirect: 'follow' | 'manual' }

/** Headers of every request: the user's, credentials, who we are, and last the protocol's own, which nothing may replace. */
function headerSource(args: EndpointArgs, basic: string | undefined, path: Path): HeaderSource {
  const { sigv4, azuread, google_iam } = args
  const client = httpClient(args, path, { sigv4, azuread, google_iam })
  if (google_iam !== undefined) {
    throw new ArgumentError([...path, 'google_iam'], 'credentials of Google Cloud are not possible yet', { hint: 'use oauth2 or a bearer_token_file' })
  }
  const azure = azuread === undefined ? undefined : azureTokens(azuread, [...path, 'azuread'])
  for (const [name, value] of Object.entries(args.headers)) sendableHeader(name, value, [...path, 'headers', name])
  const source = async (call: Call) => {
    const headers = new Headers({ 'user-agent': userAgent, ...(present(basic) && { authorization: basic! }) })
    for (const [name, value] of Object.entries(args.headers)) headers.set(name, value)
    await client.authorize(headers, call)
    if (azure !== undefined) setCredentials(headers, await azure(call))
    await identify(headers, call)
    for (const [name, value] of protocolHeaders[args.protobuf_message]) headers.set(name, value)
    return headers
  }
  return Object.assign(source, { redirect: client.redirect })
}

const protocolHeaders: Record<Message, [string, string][]> = {
  'prometheus.WriteRequest': [
    ['content-type', 'application/x-protobuf'], ['content-encoding', 'snappy'], ['x-prometheus-remote-write-version', '0.1.0'],
  ],
  'io.prometheus.write.v2.Request': [
    ['content-type', `application/x-protobuf;proto=${v2Message}`], ['content-encoding', 'snappy'], ['x-prometheus-remote-write-version', '2.0.0'],
  ],
}

const encoders: Record<Message, (batch: PrometheusBatch) => Uint8Array> = {
  'prometheus.WriteRequest': batch => batch.bytes,
  'io.prometheus.write.v2.Request': batch => encodeRemoteWrite2(batch.bytes),
}
