/** One destination of loki.write. */

import type { Call } from '../../contract/call.ts'
import type { LokiConsumer } from '../../contract/consume.ts'
import { joinFailures, permanent } from '../../contract/errors.ts'
import type { LokiBatch } from '../../../telemetry/batch.ts'
import type { Labels } from '../../../telemetry/labels.ts'
import { StreamCache, addStreamLabels, compactLoki, countEntries, groupByTenant, splitLoki, streamsOf, writeLoki } from '../../../telemetry/loki.ts'
import { httpUrl, isHeaderValue, sendableHeader, type Path } from '../../../transport/arguments.ts'
import { httpClient } from '../../../transport/client.ts'
import { deliver, type RetryPolicy } from '../../../transport/deliver.ts'
import { sendInOrder } from '../../../transport/in-order.ts'
import { identify, userAgent } from '../../../transport/user-agent.ts'
import { encodeSnappy } from '../../../wire/snappy.ts'
import type { EndpointArgs } from './endpoint-args.ts'

/** A consumer that sends to the endpoint whose arguments stand at `path`; throws ArgumentError for what cannot work. */
export function lokiEndpoint(args: EndpointArgs, external: Labels, maxStreams: number, path: Path): LokiConsumer {
  const { url, basic } = httpUrl(args.url, [...path, 'url'])
  const client = httpClient(args, path)
  for (const [name, value] of Object.entries(args.headers)) sendableHeader(name, value, [...path, 'headers', name])
  sendableHeader('x-scope-orgid', args.tenant_id, [...path, 'tenant_id'])
  const retry = retryPolicy(args)
  const retryableStatus = (status: number) => status >= 500 || (status === 429 && args.retry_on_http_429)
  const cache = new StreamCache()

  const headersFor = async (tenant: string, call: Call) => {
    const headers = new Headers({ 'user-agent': userAgent, 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' })
    if (tenant !== '') headers.set('x-scope-orgid', tenant)
    // Built-in headers stay, as in Alloy; credentials are not among them.
    for (const [name, value] of Object.entries(args.headers)) if (!headers.has(name)) headers.set(name, value)
    if (basic !== undefined && !headers.has('authorization')) headers.set('authorization', basic)
    await client.authorize(headers, call)
    await identify(headers, call)
    return headers
  }

  const sendTenant = async (tenant: string, batch: LokiBatch, call: Call) => {
    if (!isHeaderValue(tenant)) throw permanent(`no header can carry the tenant ${JSON.stringify(tenant)}`, { rejected: countEntries(batch) })
    const headers = await headersFor(tenant, call)
    await sendInOrder(splitLoki(compactLoki(batch), { maxBytes: args.batch_size }), countEntries, async (part) => {
      const body = encodeSnappy(limitStreams(part, maxStreams, call).bytes)
      await deliver(call, { url, body, headers, timeoutMs: args.remote_timeout, retry, retryableStatus, redirect: client.redirect })
    })
  }

  return {
    async consume(batch, call) {
      const tenants = groupByTenant(addStreamLabels(batch, external, { cache }))
      const parts = [...tenants].filter(([, part]) => part.bytes.length > 0)
      const outcomes = await Promise.allSettled(parts.map(([tenant, part]) => sendTenant(tenant === '' ? args.tenant_id : tenant, part, call)))
      const failures = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
      const nameless = countEntries(batch) - parts.reduce((sum, [, part]) => sum + countEntries(part), 0)
      if (nameless > 0) failures.push(permanent(`${nameless} entries have no labels, which Loki does not take`, { rejected: nameless }))
      if (failures.length > 0) throw joinFailures(failures)
    },
  }
}

/** Waits between `min` and twice that, doubling, as Alloy spreads them. */
function retryPolicy({ min_backoff_period, max_backoff_period, max_backoff_retries }: EndpointArgs): RetryPolicy {
  return {
    enabled: true, initialMs: 1.5 * min_backoff_period, maxMs: max_backoff_period, multiplier: 2, jitter: 1 / 3, maxElapsedMs: 0,
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
