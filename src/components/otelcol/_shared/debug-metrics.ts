/** The `debug_metrics` block that every otelcol component accepts. */

import { block, boolean, string } from '../../contract/schema.ts'

/** Settings of Alloy's own metrics, which are counted once for the whole graph here. */
export const debugMetrics = () => block({
  /** Whether to leave out metrics that could become many series. */
  disable_high_cardinality_metrics: boolean({ default: true }),
  /** How much Alloy records about itself. */
  level: string({ default: 'detailed', oneOf: ['none', 'basic', 'normal', 'detailed'] }),
}, { inert: 'Throughput is counted the same way for every component; the block changes nothing.' })
