import { countItems } from '../../../telemetry/count.ts'
import { processed } from '../_shared/accounting.ts'
import { debugMetrics } from '../_shared/debug-metrics.ts'
import { toOutput, type OtlpConsumer } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { ArgumentError, retryable } from '../../contract/errors.ts'
import { memoryLimiterAccepted, memoryLimiterRefused } from '../../contract/metrics.ts'
import { args, byteSize, duration, integer, otlpOutput, type Decoded } from '../../contract/schema.ts'

/** What percentages are of: the memory of a Worker, the smallest of the platforms. */
const memoryBytes = 128 * 1024 * 1024

/** The collector's name of the type. */
const processor = 'memory_limiter'

const limitFields = {
  /** How often Alloy looks at its memory; here every batch is counted as it comes and goes. */
  check_interval: duration({ required: true }),
  /** The most bytes of batches to have on their way downstream at once. */
  limit: byteSize({ default: '0B' }),
  /** The part of `limit` to keep free for what is about to come; a fifth of it unless written. */
  spike_limit: byteSize({ default: '0B' }),
  /** `limit` as a percentage of 128 MiB. */
  limit_percentage: integer({ default: 0 }),
  /** `spike_limit` as a percentage of 128 MiB. */
  spike_limit_percentage: integer({ default: 0 }),
}

/** Refuses data while too much of it is under way already. */
export default defineComponent({
  name: 'otelcol.processor.memory_limiter',
  stability: 'generally-available',
  args: args({
    ...limitFields,
    /** Where the data goes. */
    output: otlpOutput(),
    /** Alloy's own metrics of this component. */
    debug_metrics: debugMetrics(),
  }),
  exports: { input: 'otelcol.Consumer' },
  build({ output, ...limits }) {
    const allowed = allowedBytes(limits)
    let underWay = 0
    const input: OtlpConsumer = {
      async consume(batch, call) {
        const { length } = batch.bytes
        // A batch that comes alone always passes: refused, it could only come again as large as it is.
        if (underWay > 0 && underWay + length > allowed) {
          call.count(memoryLimiterRefused[batch.signal], countItems(batch), { processor })
          throw retryable('data refused due to high memory usage')
        }
        call.count(memoryLimiterAccepted[batch.signal], countItems(batch), { processor })
        processed(processor, batch, batch, call)
        underWay += length
        try {
          await toOutput(output, batch, call)
        } finally {
          underWay -= length
        }
      },
    }
    return { exports: { input } }
  },
})

/** The soft limit: what may be under way before data is refused. Throws ArgumentError, in Alloy's words. */
function allowedBytes({ check_interval, limit, spike_limit, limit_percentage, spike_limit_percentage }: Decoded<typeof limitFields>): number {
  const refuse = (name: string, message: string): never => { throw new ArgumentError([name], message) }
  if (check_interval <= 0) refuse('check_interval', 'check_interval must be greater than zero')
  if (limit > 0 && limit_percentage > 0) refuse('limit_percentage', 'either limit or limit_percentage must be set, but not both')
  if (limit > 0) {
    if (spike_limit >= limit) refuse('spike_limit', 'spike_limit must be less than limit')
    return limit - (spike_limit > 0 ? spike_limit : Math.floor(limit / 5))
  }
  if (limit_percentage <= 0) refuse('limit', 'either limit or limit_percentage must be set to greater than zero')
  if (limit_percentage > 100 || spike_limit_percentage <= 0 || spike_limit_percentage > 100) {
    refuse('spike_limit_percentage', 'limit_percentage and spike_limit_percentage must be greater than 0 and and less or equal than 100')
  }
  if (spike_limit_percentage >= limit_percentage) {
    refuse('spike_limit_percentage', 'spike_limit_percentage must be less than limit_percentage')
  }
  return Math.floor((memoryBytes * (limit_percentage - spike_limit_percentage)) / 100)
}
