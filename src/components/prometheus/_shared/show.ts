/** Batches of samples as people read them. */

import { formatFloat } from '../../../lib/go-format.ts'
import type { PrometheusBatch } from '../../../telemetry/batch.ts'
import { renderLabels } from '../../../telemetry/labels.ts'
import { seriesOf } from '../../../telemetry/prometheus.ts'

/** The first `most` samples of a batch as text, `{__name__="up"} 1 @1700000000000`; of native histograms only when they were. */
export function showPrometheus(batch: PrometheusBatch, most: number): string[] {
  const lines: string[] = []
  for (const series of seriesOf(batch)) {
    const labels = renderLabels(series.labels())
    for (const { value, timestamp } of series.readSamples()) lines.push(`${labels} ${formatFloat(value)} @${timestamp}`)
    for (const { timestamp } of series.readHistograms()) lines.push(`${labels} (histogram) @${timestamp}`)
    if (lines.length >= most) break
  }
  return lines.slice(0, most)
}
