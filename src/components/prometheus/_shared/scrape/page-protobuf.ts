/** A page in the protobuf format into a sink. */

import { formatFloat } from '../../../../lib/go-format.ts'
import { canonicalFloat } from '../../../../wire/exposition-value.ts'
import { FamilyReader } from '../../../../wire/exposition-protobuf.ts'
import type { LabelRanges } from '../../../../wire/exposition.ts'
import type { MetricMetadata } from '../../../../wire/remote-write.ts'
import { LENGTH, Reader, tag, text } from '../../../../wire/reader.ts'
import type { Label } from '../../../../telemetry/labels.ts'
import { ClassicHistogram, readNative } from './histograms.ts'
import type { HistogramRules } from './rules.ts'
import type { Exemplar, SampleSink } from './sink.ts'

const EXEMPLARS = tag(16, LENGTH)
const empty = new Uint8Array(0)

/** Gives all samples of the families to `sink`; their metadata. Throws WireError or PageError. */
export function readFamilies(bytes: Uint8Array, sink: SampleSink, rules: HistogramRules): readonly MetricMetadata[] {
  const families = new FamilyReader(bytes)
  const metadata: MetricMetadata[] = []
  while (families.nextFamily()) {
    const { name: family, type, help, unit } = families
    metadata.push({ family, type, help, unit })
    sink.type = type
    sink.unit = unit
    while (families.nextMetric()) readMetric(families, sink, rules)
  }
  return metadata
}

function readMetric(families: FamilyReader, sink: SampleSink, { native, classic, nhcb }: HistogramRules): void {
  const { type, timestamp } = families
  const labels = pairsOf(families.bytes, families.labels)
  const own = timestamp === 0 ? undefined : timestamp
  const began = sink.rules.startTimes ? families.created() : undefined
  const isHistogram = type === 'histogram' || type === 'gaugehistogram'
  const gauge = type === 'gaugehistogram'
  const seriesOf = (suffix: string, extra: readonly Label[]) =>
    sink.series([['__name__', families.name + suffix], ...labels, ...extra], empty, 0, 0)

  if (isHistogram && native && families.isNative()) {
    const histogram = readNative(families.bytes, families.bodyFrom, families.bodyTo, gauge)
    sink.histogram(seriesOf('', []), histogram, own, timedExemplars(families), began)
    if (classic && hasBuckets(families)) classicSamples(families, sink, seriesOf, own, began)
    return
  }
  if (!isHistogram || !nhcb || classic) classicSamples(families, sink, seriesOf, own, began)
  if (!isHistogram || !nhcb) return
  const parts = new ClassicHistogram()
  families.samples((suffix, bound, value) => {
    if (suffix === '_count') parts.count(value)
    else if (suffix === '_sum') parts.sum(value)
    else parts.bucket(bound!, value)
  })
  sink.histogram(seriesOf('', []), parts.toNative(gauge), own, timedExemplars(families), began)
}

function classicSamples(
  families: FamilyReader, sink: SampleSink, seriesOf: (suffix: string, extra: readonly Label[]) => number,
  own: number | undefined, began: number | undefined,
): void {
  const label = families.type === 'summary' ? 'quantile' : 'le'
  families.samples((suffix, bound, value, from, to) => {
    const extra: Label[] = bound === undefined ? [] : [[label, canonicalFloat(formatFloat(bound))]]
    const exemplar = families.exemplar(from, to) ? [exemplarOf(families)] : undefined
    sink.sample(seriesOf(suffix, extra), value, own, exemplar, began)
  })
}

function pairsOf(bytes: Uint8Array, { offsets, count }: LabelRanges): Label[] {
  return Array.from({ length: count }, (_, i): Label => [
    text(bytes, offsets[4 * i]!, offsets[4 * i + 1]!), text(bytes, offsets[4 * i + 2]!, offsets[4 * i + 3]!),
  ])
}

function exemplarOf(families: FamilyReader): Exemplar {
  const { bytes, exemplarLabels, exemplarValue, exemplarTimestamp, hasExemplarTimestamp } = families
  return { labels: pairsOf(bytes, exemplarLabels), value: exemplarValue, timestamp: hasExemplarTimestamp ? exemplarTimestamp : undefined }
}

function hasBuckets(families: FamilyReader): boolean {
  let buckets = false
  const body = new Reader(families.bytes, families.bodyFrom, families.bodyTo, 'Prometheus protobuf')
  while (!buckets && body.next() !== 0) {
    body.skip()
    buckets = body.tag === tag(3, LENGTH)
  }
  return buckets
}

/** Exemplars of a native histogram: its own, or where it has none those of its buckets; only those that say when, by time. */
function timedExemplars(families: FamilyReader): Exemplar[] {
  const body = new Reader(families.bytes, families.bodyFrom, families.bodyTo, 'Prometheus protobuf')
  const ranges: [from: number, to: number][] = []
  while (body.next() !== 0) {
    body.skip()
    if (body.tag === EXEMPLARS) ranges.push([body.from, body.to])
  }
  if (ranges.length === 0) families.samples((_suffix, _bound, _value, from, to) => { ranges.push([from, to]) })
  const exemplars = ranges.flatMap(([from, to]) => (families.exemplar(from, to) ? [exemplarOf(families)] : []))
  return exemplars.filter(({ timestamp }) => timestamp !== undefined).sort((a, b) => a.timestamp! - b.timestamp! || a.value - b.value)
}
