/** The `sending_queue` block of otelcol exporters. */

import type { QueueBounds } from '../../../state/kinds.ts'
import { mostLanes } from '../../../transport/destination.ts'
import type { QueueUnit } from './accounting.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { anything, block, boolean, duration, integer, string, type Decoded } from '../../contract/schema.ts'

/** What `queue_size` may count, and the bound that it sets. */
const sizers = { requests: 'batches', items: 'items', bytes: 'bytes' } as const
/** Where no size is written. */
const defaultBytes = 256 * 1024 * 1024
const isSizer = (name: string): name is keyof typeof sizers => Object.hasOwn(sizers, name)

const batchFields = {
  /** The longest time that a batch waits to fill. */
  flush_timeout: duration({ default: '200ms', inert: 'What waits is sent when the queue is drained, which begins at once.' }),
  /** The size from which a batch is sent. */
  min_size: integer({ default: 2000, inert: 'What waits is joined as far as it goes when the queue is drained.' }),
  /** The size at which a batch is divided; 0 for never. */
  max_size: integer({ default: 3000 }),
  /** What sizes count: `items` or `bytes`. */
  sizer: string({ default: 'items' }),
}

const fields = {
  /**
   * Whether batches may wait in a durable queue. Written out as `true`, every batch goes by the queue and is acknowledged from there;
   * without it only those do that the destination cannot take. With `false` there is no queue.
   */
  enabled: boolean({ implied: true }),
  /** How many requests are under way at once when the queue is drained; at most six are. */
  num_consumers: integer({ default: 10, min: 1 }),
  /** How much the queue may hold, in what `sizer` counts; 256 MiB where nothing is written. */
  queue_size: integer({ implied: 1000 }),
  /** Whether a full queue makes senders wait. */
  block_on_overflow: boolean({ default: false, inert: 'Nothing may wait for room here: a sender is told at once to come again.' }),
  /** What `queue_size` counts: `requests`, `items` or `bytes`. */
  sizer: string({ default: 'requests' }),
  /** Whether senders wait until their batch has left the queue. */
  wait_for_result: boolean({
    default: false, inert: 'A batch is acknowledged when it is delivered or durable.', inertWhen: value => value === true,
  }),
  /** Where the queue keeps what it holds. */
  storage: anything({ inert: 'Durable state is the platform\'s; no storage component is needed for it.' }),
  /** Joins what waits in the queue. */
  batch: block(batchFields),
}

/** The queue in front of a destination. */
export const sendingQueue = () => block(fields, { defaults: true })

/** What the block means for a destination: `maxItems` is the most of one request, 0 for any number. */
export interface QueueSettings {
  readonly mode: 'through' | 'queued' | 'direct'
  readonly bounds: Partial<QueueBounds>
  readonly lanes: number
  readonly maxItems: number
  readonly size: QueueUnit
}

/** Reads the block. Throws ArgumentError for a queue that could not hold anything, in Alloy's words. */
export function queueSettings(queue: Decoded<typeof fields>): QueueSettings {
  const { enabled, queue_size, sizer, batch, num_consumers } = queue
  const maxItems = batch?.sizer === 'items' ? batch.max_size : 0
  if (enabled === false) return { mode: 'direct', bounds: {}, lanes: 1, maxItems, size: { unit: 'bytes', capacity: 0 } }
  check(queue)
  const size: QueueUnit = queue_size === undefined || !isSizer(sizer) ? { unit: 'bytes', capacity: defaultBytes } : { unit: sizers[sizer], capacity: queue_size }
  return { mode: enabled === true ? 'queued' : 'through', bounds: { [size.unit]: size.capacity }, lanes: Math.min(num_consumers, mostLanes), maxItems, size }
}

function check({ queue_size = 1000, sizer, batch }: Decoded<typeof fields>): void {
  const refuse = (name: string, message: string): never => { throw new ArgumentError(['sending_queue', ...name.split('.')], message) }
  if (queue_size <= 0) refuse('queue_size', 'queue_size must be greater than zero')
  if (!isSizer(sizer)) refuse('sizer', `invalid sizer: ${sizer}`)
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
