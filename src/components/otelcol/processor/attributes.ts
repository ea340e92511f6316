import { actionFields, compileAction, type Step } from '../_shared/attribute-actions.ts'
import { processed } from '../_shared/accounting.ts'
import { debugMetrics } from '../_shared/debug-metrics.ts'
import { selectItems } from '../_shared/select.ts'
import { matchFields } from '../_shared/match.ts'
import { toOutput, type OtlpConsumer } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { args, block, blocks, otlpOutput } from '../../contract/schema.ts'

/** Changes the attributes of spans, data points and log records. */
export default defineComponent({
  name: 'otelcol.processor.attributes',
  stability: 'generally-available',
  args: args({
    /** What data has to be like to be changed. */
    include: block(matchFields),
    /** What data must not be like to be changed; asked after `include`. */
    exclude: block(matchFields),
    /** One change; they are made in their order. */
    action: blocks(actionFields),
    /** Where the data goes, changed or not. */
    output: otlpOutput(),
    /** Alloy's own metrics of this component. */
    debug_metrics: debugMetrics(),
  }),
  exports: { input: 'otelcol.Consumer' },
  build({ include, exclude, action, output }) {
    const actions = action.map(compileAction)
    const edit = selectItems(include, exclude, output)
    const input: OtlpConsumer = {
      async consume(batch, call) {
        const steps = actions.flatMap<Step>(make => make(call.client) ?? [])
        const changed = steps.length === 0 ? batch : edit(batch, item => { for (const step of steps) step(item) })
        processed('attributes', batch, changed, call)
        await toOutput(output, changed, call)
      },
    }
    return { exports: { input } }
  },
})
