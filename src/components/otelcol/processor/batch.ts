import { debugMetrics } from '../_shared/debug-metrics.ts'
import { splitOtlp } from '../../../telemetry/otlp.ts'
import { nobody, type Call, type Client } from '../../contract/call.ts'
import { toOutput, type OtlpConsumer } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { args, duration, integer, list, otlpOutput, string } from '../../contract/schema.ts'

const notHeld = 'Nothing is held here: small batches wait in the durable queue of their exporter, where small writes are cheap, and are joined when it is drained.'

/**
 * Divides batches that are too large, and has small ones joined: by the durable queue of the exporter that they come to, on platforms
 * whose store holds small writes cheaply. It holds none itself: an isolate may hold data only while its sender waits.
 */
export default defineComponent({
  name: 'otelcol.processor.batch',
  stability: 'generally-available',
  args: args({
    /** The longest time that data waits for its batch to fill. */
    timeout: duration({ default: '200ms', min: 0, inert: notHeld }),
    /** How many spans, data points or log records make a batch; fewer are joined with others. 0 sends everything at once. */
    send_batch_size: integer({ default: 2000, min: 0 }),
    /** The most spans, data points or log records a batch may have; larger ones are divided. 0 for any number. */
    send_batch_max_size: integer({ default: 3000, min: 0 }),
    /** The request headers that stay known downstream; all others are forgotten here. */
    metadata_keys: list(string({ required: true }), { default: [] }),
    /** How many combinations of `metadata_keys` to keep apart. */
    metadata_cardinality_limit: integer({ default: 1000, min: 0, inert: 'Batches of different senders are never joined, so there is nothing to limit.' }),
    /** Where the data goes. */
    output: otlpOutput(),
    /** Alloy's own metrics of this component. */
    debug_metrics: debugMetrics(),
  }),
  exports: { input: 'otelcol.Consumer' },
  build({ timeout, send_batch_size, send_batch_max_size: maxItems, metadata_keys, output }) {
    if (maxItems > 0 && maxItems < send_batch_size) {
      throw new ArgumentError(['send_batch_max_size'], 'send_batch_max_size must be greater or equal to send_batch_size when not 0')
    }
    const keys = metadata_keys.map(key => key.toLowerCase())
    const repeated = keys.find((key, index) => keys.indexOf(key) !== index)
    if (repeated !== undefined) {
      throw new ArgumentError(['metadata_keys'], `duplicate entry in metadata_keys: ${JSON.stringify(repeated)} (case-insensitive)`)
    }
    const input: OtlpConsumer = {
      async consume(batch, call) {
        const next: Call = call.from(remembered(call.client, keys))
        // In order, so that a sender who comes again after a failure repeats as little as possible of what was there before.
        for (const part of maxItems === 0 ? [batch] : splitOtlp(batch, { maxItems })) await toOutput(output, part, next)
      },
    }
    return { exports: { input }, ...(send_batch_size > 0 && timeout > 0 && { gather: { items: send_batch_size, most: maxItems } }) }
  },
})

/** What the collector's batches still know of their senders: the headers asked for. */
function remembered({ metadata }: Client, keys: readonly string[]): Client {
  const kept = keys.flatMap(key => (metadata[key] === undefined ? [] : [[key, metadata[key]] as const]))
  return kept.length === 0 ? nobody : { ...nobody, metadata: Object.fromEntries(kept) }
}
