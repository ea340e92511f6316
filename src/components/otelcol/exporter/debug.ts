import { debugMetrics } from '../_shared/debug-metrics.ts'
import { detailedText } from '../_shared/debug-detailed.ts'
import { normalText } from '../_shared/debug-normal.ts'
import { sampler } from '../_shared/log-sampler.ts'
import type { OtlpBatch } from '../../../telemetry/batch.ts'
import { countItems, readOtlp } from '../../../telemetry/otlp.ts'
import type { OtlpConsumer } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { args, boolean, integer, list, string } from '../../contract/schema.ts'

/** What each verbosity writes below the summary. */
const texts: Readonly<Record<string, (batch: OtlpBatch) => string>> = { basic: () => '', normal: normalText, detailed: detailedText }

/** Writes what it gets to the log, for looking at it; the text is that of the collector's debug exporter. */
export default defineComponent({
  name: 'otelcol.exporter.debug',
  stability: 'experimental',
  args: args({
    /** How much to write: `basic` (counts), `normal` (a line an item) or `detailed` (everything). */
    verbosity: string({ default: 'basic' }),
    /** How many equal messages to write in every second. */
    sampling_initial: integer({ default: 2 }),
    /** Of those that follow in the same second, every how manieth to write; 0 for none. */
    sampling_thereafter: integer({ default: 1 }),
    /** Whether to write to the collector's own log; otherwise it is plain text. */
    use_internal_logger: boolean({ default: true }),
    /** Where plain text goes. */
    output_paths: list(string({ required: true }), {
      default: ['stdout'],
      inert: 'Plain text goes to the platform\'s output, and nowhere else.',
      inertWhen: paths => (paths as string[]).some(path => path !== 'stdout'),
    }),
    /** Alloy's own metrics of this component. */
    debug_metrics: debugMetrics(),
  }),
  exports: { input: 'otelcol.Consumer' },
  build({ verbosity, sampling_initial, sampling_thereafter, use_internal_logger }) {
    const text = texts[verbosity.toLowerCase()]
    if (text === undefined) {
      throw new ArgumentError(['verbosity'], `invalid verbosity ${JSON.stringify(verbosity)}`, {
        hint: `known are ${Object.keys(texts).join(', ')}`,
      })
    }

    const passes = sampler(sampling_initial, sampling_thereafter)
    const input: OtlpConsumer = {
      async consume(batch, call) {
        const write = (message: string, fields?: Readonly<Record<string, number>>) => {
          if (!passes(message, call.now())) return
          if (use_internal_logger) call.log('info', message, fields)
          else call.print(fields === undefined ? message : `${message}\t${spaced(fields)}`)
        }
        const title = `${batch.signal[0]!.toUpperCase()}${batch.signal.slice(1)}`
        write(title, summary(batch))
        const body = text(batch)
        if (body !== '') write(body)
      },
    }
    return { exports: { input } }
  },
})

/** JSON with a space after every colon and comma. */
const spaced = (fields: Readonly<Record<string, number>>) => `{${Object.entries(fields).map(([name, count]) => `"${name}": ${count}`).join(', ')}}`

/** The counts of the first line, under the collector's names. */
function summary(batch: OtlpBatch): Record<string, number> {
  let resources = 0
  let metrics = 0
  readOtlp(batch, { resource: () => void resources++, ...(batch.signal === 'metrics' && { metric: () => void metrics++ }) })
  const items = countItems(batch)
  switch (batch.signal) {
    case 'traces': return { 'resource spans': resources, spans: items }
    case 'metrics': return { 'resource metrics': resources, metrics, 'data points': items }
    case 'logs': return { 'resource logs': resources, 'log records': items }
  }
}
