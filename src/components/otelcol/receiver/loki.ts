import { lokiToOtlp } from '../../../telemetry/convert/loki-to-otlp.ts'
import { toOutput, type LokiConsumer } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { args, otlpOutput } from '../../contract/schema.ts'

/** Turns Loki entries into OTLP log records. */
export default defineComponent({
  name: 'otelcol.receiver.loki',
  stability: 'generally-available',
  args: args({
    /** Where the records go. */
    output: otlpOutput(),
  }),
  exports: { receiver: 'loki.LogsReceiver' },
  build({ output }) {
    const receiver: LokiConsumer = {
      async consume(batch, call) {
        const records = lokiToOtlp(batch, call.now())
        if (records.bytes.length > 0) await toOutput(output, records, call)
      },
    }
    return { exports: { receiver } }
  },
})
