/** The `retry_on_failure` block of otelcol exporters. */

import type { RetryPolicy } from '../../../transport/retry.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { block, boolean, duration, number, type Decoded } from '../../contract/schema.ts'

const fields = {
  /** Whether to send again what failed and may succeed later. */
  enabled: boolean({ default: true }),
  /** The wait before the first repetition. */
  initial_interval: duration({ default: '5s' }),
  /** The share by which each wait is spread, up and down. */
  randomization_factor: number({ default: 0.5 }),
  /** What each wait is multiplied by to get the next. */
  multiplier: number({ default: 1.5 }),
  /** The longest wait. */
  max_interval: duration({ default: '30s' }),
  /** How long a batch may wait to be delivered, where this is written out; 0 for ever. Without it the bounds of the queue decide. */
  max_elapsed_time: duration({ implied: '5m' }),
}

/** How an exporter repeats what failed. */
export const retryOnFailure = () => block(fields, { defaults: true })

/** The block as the delivery wants it. Throws ArgumentError where it cannot work. */
export function retryPolicy(args: Decoded<typeof fields>): RetryPolicy {
  if (args.multiplier <= 1) throw new ArgumentError(['retry_on_failure', 'multiplier'], 'multiplier must be greater than 1.0')
  if (args.randomization_factor < 0) {
    throw new ArgumentError(['retry_on_failure', 'randomization_factor'], 'randomization_factor must be greater or equal to 0')
  }
  return {
    enabled: args.enabled,
    initialMs: args.initial_interval,
    maxMs: args.max_interval,
    multiplier: args.multiplier,
    jitter: args.randomization_factor,
    maxElapsedMs: args.max_elapsed_time ?? 0,
  }
}
