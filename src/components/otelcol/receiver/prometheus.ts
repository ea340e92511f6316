import { prometheusToOtlp } from '../../../telemetry/convert/prometheus-to-otlp.ts'
import { toOutput, type PrometheusConsumer } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { permanent } from '../../contract/errors.ts'
import { args, otlpOutput } from '../../contract/schema.ts'
import { received } from '../_shared/accounting.ts'
import { debugMetrics } from '../_shared/debug-metrics.ts'

/** Turns Prometheus series into OTLP metrics. Without metadata, every series becomes a gauge. */
export default defineComponent({
  name: 'otelcol.receiver.prometheus',
  stability: 'generally-available',
  args: args({
    /** Where the metrics go. */
    output: otlpOutput(),
    /** Alloy's own metrics of this component. */
    debug_metrics: debugMetrics(),
  }),
  exports: { receiver: 'storage.Appendable' },
  build({ output }) {
    const receiver: PrometheusConsumer = {
      async consume(batch, call) {
        const { batch: metrics, losses: { homeless, damaged, incomplete } } = prometheusToOtlp(batch)
        if (incomplete > 0) call.log('warn', 'points of histograms or summaries were dropped because their count was not in the same request', { count: incomplete })
        if (metrics.bytes.length > 0) await received('prometheus', metrics, call, toOutput(output, metrics, call))
        // Said last, so that the others are safe by then.
        const problems = [
          homeless > 0 && `no metric name, job or instance: ${homeless} (OTLP needs them; add the labels, for instance by prometheus.relabel)`,
          damaged > 0 && `native histograms whose buckets cannot be read: ${damaged}`,
        ].filter(problem => problem !== false)
        if (problems.length > 0) throw permanent(`samples were refused: ${problems.join('; ')}`, { rejected: homeless + damaged })
      },
    }
    return { exports: { receiver } }
  },
})
