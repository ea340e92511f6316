/** What a scrape says of its target: `up` and the others that Prometheus adds. */

import { encodeLabels } from '../../../../telemetry/prometheus.ts'
import type { Labels } from '../../../../telemetry/labels.ts'
import { writeMetadata, writeSample } from '../../../../wire/remote-write.ts'
import { LENGTH, Reader } from '../../../../wire/reader.ts'
import type { Writer } from '../../../../wire/writer.ts'
import { readLabels } from '../../../../telemetry/prometheus-series.ts'
import { reportLabels } from './labels.ts'
import { writeEnd } from './sink.ts'

/** The outcome of a scrape in figures. */
export interface Report {
  readonly up: boolean
  readonly durationMs: number
  readonly total: number
  readonly added: number
  readonly seriesAdded: number
  readonly timeoutMs: number
  readonly sampleLimit: number
  /** Bytes of the page; -1 where it was too large. */
  readonly bodyBytes: number
}

interface ReportMetric {
  readonly name: string
  readonly help: string
  readonly unit: string
  readonly value: (report: Report) => number
  /** Only with `extra_metrics`. */
  readonly extra?: true
}

const metrics: readonly ReportMetric[] = [
  { name: 'up', help: 'Health of the scrape target. 1 means the target is healthy, 0 if the scrape failed.', unit: 'targets', value: ({ up }) => (up ? 1 : 0) },
  { name: 'scrape_duration_seconds', help: 'Duration of the last scrape in seconds.', unit: 'seconds', value: ({ durationMs }) => durationMs / 1000 },
  { name: 'scrape_samples_scraped', help: 'Number of samples last scraped.', unit: 'samples', value: ({ total }) => total },
  {
    name: 'scrape_samples_post_metric_relabeling', help: 'Number of samples remaining after metric relabeling was applied.', unit: 'samples',
    value: ({ added }) => added,
  },
  { name: 'scrape_series_added', help: 'Number of series in the last scrape.', unit: 'series', value: ({ seriesAdded }) => seriesAdded },
  { name: 'scrape_timeout_seconds', help: 'The configured scrape timeout for a target.', unit: 'seconds', value: ({ timeoutMs }) => timeoutMs / 1000, extra: true },
  {
    name: 'scrape_sample_limit', help: 'The configured sample limit for a target. Returns zero if there is no limit configured.', unit: 'samples',
    value: ({ sampleLimit }) => sampleLimit, extra: true,
  },
  {
    name: 'scrape_body_size_bytes', unit: 'bytes', value: ({ bodyBytes }) => bodyBytes, extra: true,
    help: 'The uncompressed size of the last scrape response, if successful. Scrapes failing because body_size_limit is exceeded report -1, other scrape failures report 0.',
  },
]

const chosen = (extra: boolean) => metrics.filter(metric => extra || metric.extra === undefined)

/** Writes the series of a report, and what they are. */
export function writeReport(w: Writer, target: Labels, report: Report, extra: boolean, atMs: number): void {
  for (const { name, value } of chosen(extra)) {
    w.tag(1, LENGTH).fork(200).raw(encodeLabels(reportLabels(name, target)))
    writeSample(w, value(report), atMs)
    w.join()
  }
  for (const { name, help, unit } of chosen(extra)) writeMetadata(w, { type: 'gauge', family: name, help, unit })
}

/** Writes the end of these series, of a target whose label fields are `labels`. */
export function writeReportEnds(w: Writer, labels: Uint8Array, extra: boolean, atMs: number): void {
  const target = readLabels(new Reader(labels, 0, labels.length, 'scrape state'))
  for (const { name } of chosen(extra)) writeEnd(w, encodeLabels(reportLabels(name, target)), atMs)
}
