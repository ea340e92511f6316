import { StartCache, otlpToPrometheus, type OtlpToPrometheusOptions } from '../../../telemetry/convert/otlp-to-prometheus.ts'
import { fanOut, type OtlpConsumer } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { args, boolean, duration, receivers } from '../../contract/schema.ts'

/** Turns OTLP metrics into Prometheus series. Other signals end here. */
export default defineComponent({
  name: 'otelcol.exporter.prometheus',
  stability: 'generally-available',
  args: args({
    /** Where the series go. */
    forward_to: receivers('storage.Appendable'),
    /** Whether each resource becomes a `target_info` series. */
    include_target_info: boolean({ default: true }),
    /** Whether each instrumentation scope becomes an `otel_scope_info` series. */
    include_scope_info: boolean({ default: false }),
    /** Whether series would name their scope. */
    include_scope_labels: boolean({ default: true, inert: 'As in Alloy, whose converter never gets it, series have no labels of their scope.' }),
    /** How often series would be forgotten that have not been seen for five minutes. */
    gc_frequency: duration({ default: '5m', inert: 'No series are remembered from one request to the next.' }),
    /** Whether names get their unit and type as suffixes (`_seconds`, `_total`). */
    add_metric_suffixes: boolean({ default: true }),
    /** Whether every series gets the attributes of its resource as labels. */
    resource_to_telemetry_conversion: boolean({ default: false }),
    /** Whether type, description and unit of metrics go along. */
    honor_metadata: boolean({ default: false }),
    /** Whether histograms with explicit bounds become native histograms with custom buckets. */
    convert_classic_histograms_to_nhcb: boolean({ default: false, gate: 'experimental', gateWhen: value => value === true }),
    /** Whether `target_info` keeps `service.name`, `service.namespace` and `service.instance.id` beside `job` and `instance`. */
    keep_identifying_resource_attributes: boolean({ default: false }),
    /** Whether counters, histograms and summaries begin with a zero at their start time. */
    start_timestamp_zero_ingestion: boolean({ default: false, gate: 'experimental', gateWhen: value => value === true }),
  }),
  exports: { input: 'otelcol.Consumer' },
  build(settings) {
    if (settings.gc_frequency === 0) throw new ArgumentError(['gc_frequency'], 'gc_frequency must be greater than 0')
    const options: OtlpToPrometheusOptions = {
      targetInfo: settings.include_target_info,
      identifyingAttributes: settings.keep_identifying_resource_attributes,
      scopeInfo: settings.include_scope_info,
      suffixes: settings.add_metric_suffixes,
      resourceLabels: settings.resource_to_telemetry_conversion,
      metadata: settings.honor_metadata,
      customBuckets: settings.convert_classic_histograms_to_nhcb,
      ...(settings.start_timestamp_zero_ingestion && { starts: new StartCache() }),
    }
    const input: OtlpConsumer = {
      async consume(batch, call) {
        if (batch.signal !== 'metrics') return
        const { batch: series, losses } = otlpToPrometheus(batch, options, call.now())
        for (const [loss, { level, message }] of lossMessages) {
          if (losses[loss] > 0) call.log(level, message, { count: losses[loss] })
        }
        if (series.bytes.length > 0) await fanOut(settings.forward_to, series, call)
      },
    }
    return { exports: { input } }
  },
})

const lossMessages = [
  ['delta', { level: 'warn', message: 'metrics of delta temporality were dropped, since Prometheus needs cumulative ones' }],
  ['nameless', { level: 'warn', message: 'metrics were dropped because nothing of their name can stay in Prometheus' }],
  ['histograms', { level: 'error', message: 'histogram points were dropped because no native histogram can hold them: '
    + 'their scale is below -4, or their bounds and counts do not fit together' }],
] as const
