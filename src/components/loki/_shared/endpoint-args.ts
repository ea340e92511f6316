/** The arguments of loki.write. */

import { block, boolean, byteSize, duration, integer, map, string, type Decoded, type Fields } from '../../contract/schema.ts'
import { promHttpClient } from '../../../transport/client-args.ts'

const queue = {
  /** How many bytes would wait. */
  capacity: byteSize({ default: '10MiB' }),
  /** The fewest shards. */
  min_shards: integer({ default: 1 }),
  /** How long sending what waits may take at the end. */
  drain_timeout: duration({ default: '15s' }),
  /** Whether senders wait while the queue is full. */
  block_on_overflow: boolean({ default: true }),
} satisfies Fields

const queueDefaults = JSON.stringify({ capacity: 10 * 1024 * 1024, min_shards: 1, drain_timeout: 15_000, block_on_overflow: true })

export const endpointArgs = {
  /** Where entries are sent. */
  url: string({ required: true, means: 'destination' }),
  /** A name for the endpoint. */
  name: string({ default: '' }),
  /** How long an entry would wait for others to be sent with. */
  batch_wait: duration({ default: '1s', inert: 'Entries are sent at once; what waits in the durable queue is joined when it is drained.' }),
  /** The most bytes of log lines in one request; more are sent in several, one after the other. */
  batch_size: byteSize({ default: '1MiB' }),
  /** How long a request may take. */
  remote_timeout: duration({ default: '10s', means: 'answer-time' }),
  /** Further headers of every request. */
  headers: map(string({ required: true }), { default: {} }),
  /** The wait before the first retry; each further one is twice as long. */
  min_backoff_period: duration({ default: '500ms' }),
  /** The longest wait between retries. */
  max_backoff_period: duration({ default: '5m' }),
  /** How often a request is sent at most before its entries are dropped, where this is written out; 0 is no limit, and so is leaving it out. */
  max_backoff_retries: integer({ min: 0, implied: 10 }),
  /** The tenant of entries that name none. */
  tenant_id: string({ default: '' }),
  /** Whether a request that the destination answers with 429 is tried again. */
  retry_on_http_429: boolean({ default: true }),
  ...promHttpClient(),
  /** How entries would wait to be sent. */
  queue_config: block(queue, {
    gate: 'experimental', gateWhen: value => JSON.stringify(value) !== queueDefaults,
    inert: 'What waits is kept in a durable queue, not in memory; it is sent in as many lanes as it fills.',
  }),
} satisfies Fields
export type EndpointArgs = Decoded<typeof endpointArgs>

const read = 'The queue is read as soon as something is put into it.'

export const walArgs = {
  /** Whether entries go by the durable queue first. */
  enabled: boolean({ default: false }),
  /** How long entries may wait for their endpoint; older ones are dropped, and counted. */
  max_segment_age: duration({ default: '1h' }),
  /** How often the log would be read at least. */
  min_read_frequency: duration({ default: '250ms', inert: read }),
  /** How often the log would be read at most. */
  max_read_frequency: duration({ default: '1s', inert: read }),
  /** How long sending what waits may take at the end. */
  drain_timeout: duration({ default: '15s', inert: 'What is not sent at the end stands in the queue, and is sent by whoever runs next.' }),
} satisfies Fields
