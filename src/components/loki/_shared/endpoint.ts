/** One destination of loki.write. */

import type { Call } from '../../contract/call.ts'
import type { LokiConsumer } from '../../contract/consume.ts'
import { ConsumeError, joinFailures, permanent } from '../../contract/errors.ts'
import {
  droppedItems, lokiBatchRetries, lokiDroppedBytes, lokiDroppedEntries, lokiRequestSeconds, lokiSentBytes, lokiSentEntries,
} from '../../contract/metrics.ts'
import { countItems } from '../../../telemetry/count.ts'
import type { LokiBatch } from '../../../telemetry/batch.ts'
import type { Labels } from '../../../telemetry/labels.ts'
import { StreamCache, addStreamLabels, compactLoki, countEntries, groupByTenant, lokiBatch, splitLoki, streamsOf, writeLoki } from '../../../telemetry/loki.ts'
import { partition } from '../../../telemetry/partition.ts'
import { httpUrl, isHeaderValue, sendableHeader, type Path } from '../../../transport/arguments.ts'
import { httpClient } from '../../../transport/client.ts'
import { deliver, shorter, shown } from '../../../transport/deliver.ts'
import { destination, mostLanes, type Destination } from '../../../transport/destination.ts'
import type { RetryPolicy } from '../../../transport/retry.ts'
import { identify, userAgent } from '../../../transport/user-agent.ts'
import { encodeSnappy } from '../../../wire/snappy.ts'
import type { EndpointArgs } from './endpoint-args.ts'
import { showLoki } from './show.ts'

/** How an endpoint is told from others, and how its entries wait. */
export interface EndpointQueue {
  readonly name: string
  readonly mode: 'through' | 'queued'
  /** How long entries may wait; 0 for as long as there is room. */
  readonly maxAgeMs: number
}

/** The endpoint whose arguments stand at `path`: its consumer, and its destination. Throws ArgumentError for what cannot work. */
export function lokiEndpoint(
  args: EndpointArgs, external: Labels, maxStreams: number, { name, mode, maxAgeMs }: EndpointQueue, path: Path,
): { consumer: LokiConsumer; target: Destination<LokiBatch> } {
  const { url, basic } = httpUrl(args.url, [...path, 'url'])
  const client = httpClient(args, path)
  for (const [header, value] of Object.entries(args.headers)) sendableHeader(header, value, [...path, 'headers', header])
  sendableHeader('x-scope-orgid', args.tenant_id, [...path, 'tenant_id'])
  const retryableStatus = (status: number) => status >= 500 || (status === 429 && args.retry_on_http_429)
  const cache = new StreamCache()
  const { host } = new URL(url)

  const headersFor = async (tenant: string, call: Call) => {
    const headers = new Headers({ 'user-agent': userAgent, 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' })
    if (tenant !== '') headers.set('x-scope-orgid', tenant)
    // Built-in headers stay, as in Alloy; credentials are not among them.
    for (const [header, value] of Object.entries(args.headers)) if (!headers.has(header)) headers.set(header, value)
    if (basic !== undefined && !headers.has('authorization')) headers.set('authorization', basic)
    await client.authorize(headers, call)
    await identify(headers, call)
    return headers
  }

  const target = destination<Tenanted>({
    name,
    shown: shown(url),
    mode,
    retry: retryPolicy(args, maxAgeMs),
    lanes: mostLanes,
    items: countItems,
    requests: batch => splitLoki(compactLoki(batch), { maxBytes: args.batch_size }).map(part => ({ ...part, tenant: batch.tenant })),
    partition,
    halve: request => halves(request).map(part => ({ ...part, tenant: request.tenant })),
    note: ({ tenant }) => (tenant === '' ? {} : { tenant }),
    restore: (bytes, { tenant = '' }) => ({ ...lokiBatch(bytes), tenant }),
    show: showLoki,
    async send(request, _note, call, attempt) {
      if (!isHeaderValue(request.tenant)) throw permanent(`no header can carry the tenant ${JSON.stringify(request.tenant)}`, { rejected: countEntries(request) })
      const headers = await headersFor(request.tenant, call)
      const kept = limitStreams(request, maxStreams, call)
      const body = encodeSnappy(kept.bytes)
      const began = call.now()
      const answer = await deliver(call, {
        url, body, headers, timeoutMs: shorter(args.remote_timeout, attempt.timeoutMs), attempt: attempt.number, retryableStatus, redirect: client.redirect,
      })
      if (answer === 'too large') return answer
      const labels = { host, tenant: request.tenant }
      const entries = countItems(kept)
      const limited = countItems(request) - entries
      call.observe(lokiRequestSeconds, Math.max(0, call.now() - began) / 1000, { ...labels, status_code: String(answer.status) })
      call.count(lokiSentEntries, entries, labels)
      call.count(lokiSentBytes, body.length, labels)
      if (limited > 0) {
        call.count(lokiDroppedEntries, limited, { ...labels, reason: 'stream_limited' })
        call.count(droppedItems, limited, { reason: 'stream_limited' })
      }
      return 'sent'
    },
    observe({ kind, items, bytes, reason, note: { tenant = '' } }, call) {
      const labels = { host, tenant }
      if (kind === 'failed') call.count(lokiBatchRetries, 1, labels)
      if (kind !== 'refused' && kind !== 'dropped') return
      const dropped = { ...labels, reason: reason === 'too old' ? 'too_old' : 'ingester_error' }
      call.count(lokiDroppedEntries, items, dropped)
      call.count(lokiDroppedBytes, bytes, dropped)
    },
  })

  const consumer: LokiConsumer = {
    async consume(batch, call) {
      const tenants = groupByTenant(addStreamLabels(batch, external, { cache }))
      const parts = [...tenants].filter(([, part]) => part.bytes.length > 0).map(([tenant, part]) => ({ ...part, tenant: tenant === '' ? args.tenant_id : tenant }))
      const nameless = countEntries(batch) - parts.reduce((sum, part) => sum + countEntries(part), 0)
      const failures: unknown[] = []
      if (parts.length > 0) await target.consume(parts, call).catch((error: unknown) => failures.push(error))
      if (nameless > 0) failures.push(permanent(`${nameless} entries have no labels, which Loki does not take`, { rejected: nameless }))
      if (failures.length > 0) throw failures.length === 1 || !failures.every(error => error instanceof ConsumeError) ? failures[0] : joinFailures(failures)
    },
  }
  return { consumer, target }
}

/** Entries of one tenant; the empty one names none. */
type Tenanted = LokiBatch & { readonly tenant: string }

/** A request in two or so, by the bytes of its lines, or else by its streams. */
function halves(request: LokiBatch): LokiBatch[] {
  const parts = splitLoki(request, { maxBytes: Math.ceil(request.bytes.length / 2) })
  return parts.length > 1 ? parts : partition(request, 2)
}

/** Waits between `min` and twice that, doubling, as Alloy spreads them. */
function retryPolicy({ min_backoff_period, max_backoff_period, max_backoff_retries = 0 }: EndpointArgs, maxElapsedMs: number): RetryPolicy {
  return {
    enabled: true, initialMs: 1.5 * min_backoff_period, maxMs: max_backoff_period, multiplier: 2, jitter: 1 / 3, maxElapsedMs,
    ...(max_backoff_retries > 0 && { maxAttempts: max_backoff_retries }),
  }
}

/** The first `most` streams of a request; entries of others are dropped, which is what `max_streams` asks for, and counted. */
function limitStreams(batch: LokiBatch, most: number, call: Call): LokiBatch {
  if (most === 0) return batch
  const streams = [...streamsOf(batch)]
  if (streams.length <= most) return batch
  const kept = writeLoki(streams.slice(0, most).map(stream => ({ labels: stream.labelText, entries: stream.entries() })))
  call.log('error', 'entries are dropped: max_streams is exceeded', {
    entries: countEntries(batch) - countEntries(kept), streams: streams.length, limit: most, stream: streams[most]!.labelText,
  })
  return kept
}
