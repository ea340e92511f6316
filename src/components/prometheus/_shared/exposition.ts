/** Batches as text that Prometheus exposes: what prometheus.echo shows. */

import { formatFloat } from '../../../lib/go-format.ts'
import type { PrometheusBatch } from '../../../telemetry/batch.ts'
import { compareNames, isLegacyLabelName, isLegacyMetricName, labelValue, renderLabels, type Labels } from '../../../telemetry/labels.ts'
import { metadataOf, seriesOf } from '../../../telemetry/prometheus.ts'
import { FIXED64, Reader, VARINT, tag } from '../../../wire/reader.ts'

export type Format = 'text' | 'openmetrics'

interface Family {
  help: string | undefined
  type: 'untyped' | 'histogram'
  /** By the labels as text: of a series that comes several times, the last sample is shown, as in Alloy. */
  readonly metrics: Map<string, Metric>
}

interface Metric {
  readonly labels: Labels
  readonly value: number | { readonly count: number; readonly sum: number }
  /** Milliseconds since the epoch; 0 is not written. */
  readonly timestamp: number
}

/** The families of a batch, sorted by name; types are not told apart but for native histograms, of which count and sum are shown. */
export function expose(batch: PrometheusBatch, format: Format): string {
  return [...familiesOf(batch)]
    .filter(([, { metrics }]) => metrics.size > 0)
    .sort(([a], [b]) => compareNames(a, b))
    .map(([name, family]) => familyText(name, family, format))
    .join('')
}

function familiesOf(batch: PrometheusBatch): Map<string, Family> {
  const families = new Map<string, Family>()
  const family = (name: string) => {
    const known = families.get(name) ?? { help: undefined, type: 'untyped', metrics: new Map<string, Metric>() }
    families.set(name, known)
    return known
  }
  for (const { family: name, help } of metadataOf(batch)) family(name).help = help
  for (const series of seriesOf(batch)) {
    const labels = series.labels()
    const name = labelValue(labels, '__name__')
    if (name === undefined) continue
    const own = labels.filter(([label]) => label !== '__name__')
    const { metrics } = family(name)
    for (const { value, timestamp } of series.readSamples()) metrics.set(renderLabels(own), { labels: own, value, timestamp })
    for (const { bytes } of series.readHistograms()) {
      family(name).type = 'histogram'
      metrics.set(renderLabels(own), { labels: own, value: countAndSum(bytes), timestamp: 0 })
    }
  }
  return families
}

function countAndSum(histogram: Uint8Array): { count: number; sum: number } {
  const r = new Reader(histogram, 0, histogram.length, 'remote-write')
  const out = { count: 0, sum: 0 }
  while (r.next() !== 0) {
    if (r.tag === tag(1, VARINT)) out.count = Number(r.uint64())
    else if (r.tag === tag(2, FIXED64)) out.count = r.double()
    else if (r.tag === tag(3, FIXED64)) out.sum = r.double()
    else r.skip()
  }
  return out
}

function familyText(name: string, { help, type, metrics }: Family, format: Format): string {
  const shown = isLegacyMetricName(name) ? name : `"${escaped(name, true)}"`
  const typeName = type === 'untyped' && format === 'openmetrics' ? 'unknown' : type
  const head = help === undefined ? '' : `# HELP ${shown} ${escaped(help, format === 'openmetrics')}\n`
  const sorted = [...metrics.values()].sort((a, b) => compareLabels(a.labels, b.labels))
  return `${head}# TYPE ${shown} ${typeName}\n${sorted.map(metric => metricText(name, metric, format)).join('')}`
}

function metricText(name: string, { labels, value, timestamp }: Metric, format: Format): string {
  const number = numbers[format]
  if (typeof value !== 'number') {
    const bucket = sampleName(`${name}_bucket`, [...labels, ['le', '+Inf']])
    return `${bucket} ${value.count}\n${sampleName(`${name}_sum`, labels)} ${number(value.sum)}\n${sampleName(`${name}_count`, labels)} ${value.count}\n`
  }
  const at = timestamp > 0 ? ` ${format === 'text' ? timestamp : number(timestamp / 1000)}` : ''
  return `${sampleName(name, labels)} ${number(value)}${at}\n`
}

function sampleName(name: string, labels: Labels): string {
  const pairs = labels.map(([label, value]) => `${isLegacyLabelName(label) ? label : `"${escaped(label, true)}"`}="${escaped(value, true)}"`)
  if (!isLegacyMetricName(name)) return `{${[`"${escaped(name, true)}"`, ...pairs].join(',')}}`
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`
}

function escaped(text: string, quotes: boolean): string {
  const slashed = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return quotes ? slashed.replaceAll('"', '\\"') : slashed
}

const numbers: Record<Format, (value: number) => string> = {
  text: formatFloat,
  openmetrics: (value) => {
    const text = formatFloat(value)
    return /^-?\d+$/.test(text) ? `${text}.0` : text
  },
}

function compareLabels(a: Labels, b: Labels): number {
  const [x, y] = [a, b].map(labels => labels.map(([name, value]) => `${name}=${value}`).sort(compareNames)) as [string[], string[]]
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return compareNames(x[i]!, y[i]!)
  return x.length - y.length
}
