/** Prometheus batches as tests write and read them. */

import type { PrometheusBatch } from '../../src/telemetry/batch.ts'
import { labelsOf } from '../../src/telemetry/labels.ts'
import { metadataOf, prometheusBatch, seriesOf, writePrometheus, type SeriesData } from '../../src/telemetry/prometheus.ts'
import type { MetricMetadata } from '../../src/wire/remote-write.ts'
import { decodeSnappyBlock } from '../../src/wire/snappy.ts'

/** One series of a test: labels, then `[value, timestamp]` pairs, and further things of SeriesData. */
export type TestSeries = [labels: Record<string, string>, samples?: [number, number][], more?: Omit<SeriesData, 'labels' | 'samples'>]

/** A batch of series. */
export function series(all: TestSeries[], metadata: MetricMetadata[] = []): PrometheusBatch {
  return writePrometheus(all.map(([labels, samples = [], more = {}]) => ({
    labels: labelsOf(Object.entries(labels)), samples: samples.map(([value, timestamp]) => ({ value, timestamp })), ...more,
  })), metadata)
}

/** What a batch holds, one line a sample: `name{a="b"} value timestamp`; exemplars, histograms and metadata as lines of their own. */
export function lines(batch: PrometheusBatch): string[] {
  const out: string[] = []
  for (const one of seriesOf(batch)) {
    const labels = one.labels().map(([name, value]) => `${name}=${value}`).join(',')
    for (const { value, timestamp } of one.readSamples()) out.push(`${labels} ${value} ${timestamp}`)
    for (const { labels: [first], value } of one.readExemplars()) out.push(`${labels} exemplar ${first?.join('=')} ${value}`)
    for (const { timestamp } of one.readHistograms()) out.push(`${labels} histogram ${timestamp}`)
  }
  for (const { family, help } of metadataOf(batch)) out.push(`# ${family} ${help}`)
  return out
}

/** The lines of a snappy-compressed remote-write request. */
export const sentLines = (body: Uint8Array): string[] => lines(prometheusBatch(decodeSnappyBlock(body, 1 << 24)))
