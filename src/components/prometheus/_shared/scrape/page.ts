/** A page of a target, in any of its formats, into a sink. */

import { ExpositionReader, type MetricType } from '../../../../wire/exposition.ts'
import type { MetricMetadata } from '../../../../wire/remote-write.ts'
import type { Label } from '../../../../telemetry/labels.ts'
import { ClassicCollector } from './classic.ts'
import type { MetaLines } from './meta-lines.ts'
import { readFamilies } from './page-protobuf.ts'
import type { PageFormat } from './protocols.ts'
import type { HistogramRules } from './rules.ts'
import type { SeriesBook } from './series-book.ts'
import type { Exemplar, SampleSink } from './sink.ts'

/**
 * Gives all samples of the page to `sink`, and answers what to do once it counts: its metadata, undefined where they are as before.
 * Throws WireError or PageError for what Prometheus refuses; nothing of the page counts then.
 */
export function readPage(
  bytes: Uint8Array, format: PageFormat, sink: SampleSink, histograms: HistogramRules, lines: MetaLines,
): () => readonly MetricMetadata[] | undefined {
  if (format === 'protobuf') {
    const metadata = readFamilies(bytes, sink, histograms)
    return () => metadata
  }
  readText(bytes, format, sink, histograms, lines)
  return () => (lines.commit() ? metadataOf(bytes, format) : undefined)
}

function readText(bytes: Uint8Array, format: 'text' | 'openmetrics', sink: SampleSink, { nhcb, classic }: HistogramRules, lines: MetaLines): void {
  const { book, rules: { startTimes, typeLabels } } = sink
  const reader = new ExpositionReader(bytes, format, { skipCreated: startTimes })
  const collector = nhcb ? new ClassicCollector(sink, classic) : undefined
  // Both want names and labels, also of series that are known.
  const plain = collector === undefined && !startTimes
  lines.begin()
  for (;;) {
    let series = plain ? expected(reader, book) : -1
    if (series < 0) {
      if (plain && !typeLabels && lines.skip(reader)) continue
      const entry = reader.next()
      if (entry === 'comment') continue
      if (entry !== 'series') {
        collector?.flush()
        if (entry === 'end') return
        lines.add(reader)
        if (collector !== undefined && entry === 'type') collector.family = reader.name()
        if (typeLabels) describe(sink, reader)
        continue
      }
      series = book.findKey(reader.bytes, reader.seriesFrom, reader.seriesTo)
    }
    const own = reader.hasTimestamp ? reader.timestamp : undefined
    const exemplars = reader.hasExemplar ? [exemplarOf(reader)] : undefined
    const began = startTimes ? reader.created() : undefined
    if (collector?.take(exposedLabels(reader), reader.type, reader.value, own, exemplars ?? [], began) === true) continue
    if (series < 0) series = sink.series(exposedLabels(reader), reader.bytes, reader.seriesFrom, reader.seriesTo)
    sink.sample(series, reader.value, own, exemplars, began)
  }
}

/** Reads a sample of the series that should come next; -1 when that is not what comes. */
function expected(reader: ExpositionReader, { keys, known, next }: SeriesBook): number {
  if (next >= known) return -1
  const from = keys.from(next)
  const to = keys.to(next)
  return to > from && reader.nextKnown(keys.view, from, to) ? next : -1
}

/** Notes the type and unit of the family that a line of metadata is about. */
function describe(sink: SampleSink, reader: ExpositionReader): void {
  const family = reader.name()
  if (family !== sink.family) sink.unit = ''
  sink.family = family
  sink.type = reader.type
  if (reader.entry === 'unit') sink.unit = reader.entryText()
}

function exposedLabels(reader: ExpositionReader): Label[] {
  const labels: Label[] = [['__name__', reader.name()]]
  for (let i = 0; i < reader.labels.count; i++) labels.push([reader.labelName(i), reader.labelValue(i)])
  return labels
}

function exemplarOf(reader: ExpositionReader): Exemplar {
  return {
    labels: reader.exemplarLabelPairs(),
    value: reader.exemplarValue,
    timestamp: reader.hasExemplarTimestamp ? reader.exemplarTimestamp : undefined,
  }
}

/** Families as the lines of metadata describe them, in their order. */
function metadataOf(bytes: Uint8Array, format: 'text' | 'openmetrics'): MetricMetadata[] {
  const reader = new ExpositionReader(bytes, format)
  const families = new Map<string, { type: MetricType; family: string; help: string; unit: string }>()
  for (let entry = reader.next(); entry !== 'end'; entry = reader.next()) {
    if (entry === 'series' || entry === 'comment') continue
    const name = reader.name()
    let family = families.get(name)
    if (family === undefined) families.set(name, family = { type: 'unknown', family: name, help: '', unit: '' })
    if (entry === 'type') family.type = reader.type
    else family[entry] = reader.entryText()
  }
  return [...families.values()]
}
