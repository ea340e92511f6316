import { defineComponent } from '../../contract/define.ts'
import { args } from '../../contract/schema.ts'
import { exporterExports, exporterTarget, fixedPage } from '../_shared/exporter/target.ts'

/** Exposes the collector's own metrics: what `/metrics` shows, of all its isolates. */
export default defineComponent({
  name: 'prometheus.exporter.self',
  stability: 'generally-available',
  args: args({}),
  exports: exporterExports,
  build: (_args, _state, { id }) => ({
    exports: { targets: [exporterTarget(id)] },
    pages: fixedPage(call => call.ask(new Request('http://alloy.internal:12345/metrics'))),
  }),
})
