import type { PrometheusConsumer } from '../contract/consume.ts'
import { defineComponent } from '../contract/define.ts'
import { args, string } from '../contract/schema.ts'
import { expose } from './_shared/exposition.ts'

/** Writes metrics to standard output, in the text format that Prometheus exposes. */
export default defineComponent({
  name: 'prometheus.echo',
  stability: 'generally-available',
  args: args({
    /** The format: `text` or `openmetrics`. */
    format: string({ default: 'text' }),
  }),
  exports: { receiver: 'storage.Appendable' },
  build({ format }) {
    const receiver: PrometheusConsumer = {
      async consume(batch, call) {
        const known = format === 'openmetrics' || format === 'text' || format === ''
        if (!known) call.log('warn', 'unknown format, using text', { format })
        const text = expose(batch, format === 'openmetrics' ? 'openmetrics' : 'text')
        if (text !== '') call.print(text.replace(/\n$/, ''))
      },
    }
    return { exports: { receiver } }
  },
})
