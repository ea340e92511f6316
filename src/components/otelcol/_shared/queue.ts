/** The `sending_queue` block of otelcol exporters. */

import { ArgumentError } from '../../contract/errors.ts'
import { anything, block, boolean, duration, integer, string, type Decoded } from '../../contract/schema.ts'

const through = 'A batch is sent while its sender waits for the outcome, and the sender keeps it until then; no queue is kept yet.'
const sizers = ['requests', 'items', 'bytes'] as const

const batchFields = {
  /** The longest time that a batch waits to fill. */
  flush_timeout: duration({ default: '200ms' }),
  /** The size from which a batch is sent. */
  min_size: integer({ default: 2000 }),
  /** The size at which a batch is divided; 0 for never. */
  max_size: integer({ default: 3000 }),
  /** What sizes count: `items` or `bytes`. */
  sizer: string({ default: 'items' }),
}

const fields = {
  /** Whether batches may wait in a queue. */
  enabled: boolean({ default: true }),
  /** How many batches leave the queue at once. */
  num_consumers: integer({ default: 10, inert: through }),
  /** How much the queue may hold, in what `sizer` counts. */
  queue_size: integer({ default: 1000, inert: through }),
  /** Whether a full queue makes senders wait. */
  block_on_overflow: boolean({ default: false, inert: 'Nothing may wait for room here: a sender is told at once to come again.' }),
  /** What `queue_size` counts: `requests`, `items` or `bytes`. */
  sizer: string({ default: 'requests', inert: through }),
  /** Whether senders wait until their batch has left the queue, as they always do here. */
  wait_for_result: boolean({ default: false, inert: 'Senders always wait for the outcome here.' }),
  /** Where the queue keeps what it holds. */
  storage: anything({ inert: 'Durable state is the platform\'s; no storage component is needed for it.' }),
  /** Joins what waits in the queue. */
  batch: block(batchFields, { inert: through }),
}

/** The queue in front of a destination. */
export const sendingQueue = () => block(fields, { defaults: true })

/** Throws ArgumentError for a queue that could not hold anything, in Alloy's words. */
export function checkQueue(queue: Decoded<typeof fields>): void {
  const refuse = (name: string, message: string): never => { throw new ArgumentError(['sending_queue', ...name.split('.')], message) }
  const { enabled, queue_size, sizer, batch } = queue
  if (!enabled) return
  if (queue_size <= 0) refuse('queue_size', 'queue_size must be greater than zero')
  if (!(sizers as readonly string[]).includes(sizer)) refuse('sizer', `invalid sizer: ${sizer}`)
  if (batch === undefined) return
  if (batch.sizer === sizer && batch.min_size > queue_size) {
    refuse('batch.min_size', '`min_size` must be less than or equal to `queue_size`')
  }
  if (batch.sizer !== 'items' && batch.sizer !== 'bytes') refuse('batch.sizer', '`batch` supports only `items` or `bytes` sizer')
  if (batch.flush_timeout <= 0) refuse('batch.flush_timeout', '`flush_timeout` must be positive')
  if (batch.min_size < 0) refuse('batch.min_size', '`min_size` must be non-negative')
  if (batch.max_size < 0) refuse('batch.max_size', '`max_size` must be non-negative')
  if (batch.max_size > 0 && batch.max_size < batch.min_size) {
    refuse('batch.max_size', '`max_size` must be greater or equal to `min_size`')
  }
}
