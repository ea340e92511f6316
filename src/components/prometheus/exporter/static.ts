import { defineComponent } from '../../contract/define.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { args, string } from '../../contract/schema.ts'
import { utf8 } from '../../../lib/bytes.ts'
import { isLegacyMetricName } from '../../../telemetry/labels.ts'
import { WireError } from '../../../wire/error.ts'
import { ExpositionReader } from '../../../wire/exposition.ts'
import { exporterExports, exporterTarget, fixedPage, textPage } from '../_shared/exporter/target.ts'

/** Exposes metrics that are written in the configuration. */
export default defineComponent({
  name: 'prometheus.exporter.static',
  stability: 'experimental',
  args: args({
    /** The metrics, in Prometheus' text format. */
    text: string({ required: true }),
  }),
  exports: exporterExports,
  build({ text }, _state, { id }) {
    check(text)
    return { exports: { targets: [exporterTarget(id)] }, pages: fixedPage(async () => textPage(text)) }
  },
})

/** Throws ArgumentError for what a scrape would refuse. */
function check(text: string): void {
  try {
    const reader = new ExpositionReader(utf8(text), 'text')
    for (let entry = reader.next(); entry !== 'end'; entry = reader.next()) {
      if (entry !== 'comment' && !isLegacyMetricName(reader.name())) {
        throw new ArgumentError(['text'], `failed to parse prom text: ${JSON.stringify(reader.name())} is not a metric name`)
      }
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    throw new ArgumentError(['text'], `failed to parse prom text: ${error.message}`, { cause: error })
  }
}
