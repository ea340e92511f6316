import { lineFormats, otlpToLoki } from '../../../telemetry/convert/otlp-to-loki.ts'
import { fanOut, type OtlpConsumer } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { args, receivers } from '../../contract/schema.ts'

/** Turns OTLP log records into Loki entries. Other signals end here. */
export default defineComponent({
  name: 'otelcol.exporter.loki',
  stability: 'generally-available',
  args: args({
    /** Where the entries go. */
    forward_to: receivers('loki.LogsReceiver'),
  }),
  exports: { input: 'otelcol.Consumer' },
  build({ forward_to }) {
    const input: OtlpConsumer = {
      async consume(batch, call) {
        if (batch.signal !== 'logs') return
        const { batch: entries, losses } = otlpToLoki(batch, call.now())
        for (const [format, count] of losses) {
          call.log('error', 'log records were dropped because no such format is known', { format, count, known: lineFormats.join(', ') })
        }
        if (entries.bytes.length > 0) await fanOut(forward_to, entries, call)
      },
    }
    return { exports: { input } }
  },
})
