/** Prometheus samples as remote-write batches: counted, read, relabelled, split and merged on their bytes. */

import { concat } from '../lib/bytes.ts'
import { LENGTH, Reader } from '../wire/reader.ts'
import {
  EXEMPLARS, HISTOGRAMS, LABELS, METADATA, SAMPLES, TIMESERIES, readMetadata, writeExemplar, writeLabel, writeMetadata, writeSample, writeStale,
  type MetricMetadata,
} from '../wire/remote-write.ts'
import { Writer } from '../wire/writer.ts'
import type { PrometheusBatch } from './batch.ts'
import type { LabelCache, Outcome } from './label-cache.ts'
import { labelsOf, type Labels } from './labels.ts'
import { WireLabels } from './prometheus-labels.ts'
import { SeriesCursor, type Exemplar, type HistogramRange, type Sample } from './prometheus-series.ts'
import type { LabelSet, Relabeler } from './relabel.ts'
import { borrowWriter, returnWriter } from './spare-writer.ts'

export { LabelCache } from './label-cache.ts'
export { SeriesCursor, type Exemplar, type HistogramRange, type Sample } from './prometheus-series.ts'

/** A batch of the bytes of a WriteRequest. */
export const prometheusBatch = (bytes: Uint8Array): PrometheusBatch => ({ kind: 'prometheus', bytes })

/** Samples and native histograms of all series. */
export function countSamples(batch: PrometheusBatch): number {
  const series = new SeriesCursor(batch.bytes)
  let count = 0
  while (series.next()) count += series.samples + series.histograms
  return count
}

/** Series, whatever they hold. */
export function countSeries(batch: PrometheusBatch): number {
  const series = new SeriesCursor(batch.bytes)
  let count = 0
  while (series.next()) count++
  return count
}

/** The series in turn, each the same cursor: take what you need before you ask for the next. */
export function* seriesOf(batch: PrometheusBatch): Generator<SeriesCursor> {
  const series = new SeriesCursor(batch.bytes)
  while (series.next()) yield series
}

/** The metadata of metric families. */
export function* metadataOf(batch: PrometheusBatch): Generator<MetricMetadata> {
  const r = new Reader(batch.bytes, 0, batch.bytes.length, 'remote-write')
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === METADATA) yield readMetadata(new Reader(r.bytes, r.from, r.to, 'remote-write'))
  }
}

/** A series as an object, for those who make some. */
export interface SeriesData {
  readonly labels: Labels
  readonly samples?: Iterable<Pick<Sample, 'value' | 'timestamp'> & Partial<Pick<Sample, 'stale'>>>
  readonly exemplars?: Iterable<Exemplar>
  readonly histograms?: Iterable<Pick<HistogramRange, 'bytes'>>
}

/** A batch of series (and metadata) given as objects. */
export function writePrometheus(series: Iterable<SeriesData>, metadata: Iterable<MetricMetadata> = []): PrometheusBatch {
  const w = new Writer(4096)
  for (const one of series) {
    w.tag(1, LENGTH).fork(256)
    for (const [name, value] of one.labels) writeLabel(w, name, value)
    for (const sample of one.samples ?? []) {
      if (sample.stale) writeStale(w, sample.timestamp)
      else writeSample(w, sample.value, sample.timestamp)
    }
    for (const { labels, value, timestamp } of one.exemplars ?? []) writeExemplar(w, labels, value, timestamp)
    for (const { bytes } of one.histograms ?? []) w.tag(4, LENGTH).bytes(bytes)
    w.join()
  }
  for (const one of metadata) writeMetadata(w, one)
  return prometheusBatch(w.finish())
}

/** The label fields of a series. */
export function encodeLabels(labels: Labels): Uint8Array {
  const w = new Writer(256)
  for (const [name, value] of labels) writeLabel(w, name, value)
  return w.finish()
}

/**
 * Replaces the labels of series and copies everything else as it is: `decide` answers undefined to keep a series, null to drop it,
 * or its new label fields. The batch itself comes back when nothing changed.
 */
export function rewriteSeries(batch: PrometheusBatch, decide: (series: SeriesCursor) => Outcome): PrometheusBatch {
  const { bytes } = batch
  const series = new SeriesCursor(bytes)
  let w: Writer | undefined
  let copied = 0
  while (series.next()) {
    const outcome = decide(series)
    if (outcome === undefined) continue
    w ??= borrowWriter(bytes.length)
    w.raw(bytes, copied, series.at)
    copied = series.after
    if (outcome === null) continue
    const { from, labelsFrom, labelsTo, to } = series
    w.varint(TIMESERIES).varint(labelsFrom - from + outcome.length + to - labelsTo)
    w.raw(series.bytes, from, labelsFrom).raw(outcome).raw(series.bytes, labelsTo, to)
  }
  if (w === undefined) return batch
  return prometheusBatch(returnWriter(w.raw(bytes, copied)))
}

/** Applies `edit` to the labels of every series; undefined or no labels drop it. A cache spares what was decided before. */
export function mapLabels(batch: PrometheusBatch, edit: (labels: Labels) => Labels | undefined, cache?: LabelCache): PrometheusBatch {
  const decide = (series: SeriesCursor): Outcome => {
    const labels = sorted(series.labels())
    const edited = edit(labels)
    if (edited === undefined || edited.length === 0) return null
    return edited === labels ? undefined : encodeLabels(edited)
  }
  if (cache === undefined) return rewriteSeries(batch, decide)
  return rewriteSeries(batch, series => cache.lookUp(series.bytes, series.labelsFrom, series.labelsTo, () => decide(series)))
}

/** Senders that keep to the protocol send sorted labels, and then the array itself comes back. */
function sorted(labels: Labels): Labels {
  for (let i = 1; i < labels.length; i++) if (labels[i - 1]![0] >= labels[i]![0]) return labelsOf(labels)
  return labels
}

/**
 * As mapLabels, by edits in place, which spares what is not looked at from being decoded: `edit` answers false to drop the series.
 */
export function editSeries(batch: PrometheusBatch, edit: (labels: LabelSet) => boolean, cache?: LabelCache): PrometheusBatch {
  let labels: WireLabels | undefined
  const decide = ({ bytes, labelsFrom, labelsTo }: SeriesCursor): Outcome => {
    if (labels === undefined) {
      labels = spareLabels ?? new WireLabels()
      spareLabels = undefined
    }
    labels.load(bytes, labelsFrom, labelsTo)
    return edit(labels) ? labels.encoded() : null
  }
  const edited = rewriteSeries(batch, cache === undefined
    ? decide
    : series => cache.lookUp(series.bytes, series.labelsFrom, series.labelsTo, () => decide(series)))
  spareLabels = labels ?? spareLabels
  return edited
}

/** What one batch leaves to the next: it remembers nothing but the room it takes. */
let spareLabels: WireLabels | undefined

/** Applies relabelling rules to every series; metadata, which has no labels of its own in this protocol, stays. */
export function relabelPrometheus(batch: PrometheusBatch, relabeler: Relabeler, cache?: LabelCache): PrometheusBatch {
  return editSeries(batch, labels => relabeler.apply(labels), cache)
}

/** Adds labels to every series that does not have them; what a series says itself stays. */
export function addExternalLabels(batch: PrometheusBatch, labels: Labels, cache?: LabelCache): PrometheusBatch {
  if (labels.length === 0) return batch
  return editSeries(batch, own => {
    for (const [name, value] of labels) if (own.get(name) === '') own.set(name, value)
    return true
  }, cache)
}

/** One batch with the series of all, in order: requests in protobuf are merged by writing them one after the other. */
export function mergePrometheus(batches: readonly PrometheusBatch[]): PrometheusBatch {
  return batches.length === 1 ? batches[0]! : prometheusBatch(concat(batches.map(batch => batch.bytes)))
}

/** What `stripPrometheus` takes out. */
export interface Strip {
  readonly exemplars?: boolean
  readonly histograms?: boolean
  readonly metadata?: boolean
}

/** Takes out exemplars, native histograms or metadata; a series of which nothing but labels is left goes too. */
export function stripPrometheus(batch: PrometheusBatch, strip: Strip): PrometheusBatch {
  const { bytes } = batch
  const w = new Writer(bytes.length)
  const series = new SeriesCursor(bytes)
  const r = new Reader(bytes, 0, bytes.length, 'remote-write')
  let copied = 0
  while (r.next() !== 0) {
    const { tag, at } = r
    r.skip()
    if (tag === METADATA && strip.metadata) {
      w.raw(bytes, copied, at)
      copied = r.pos
    } else if (tag === TIMESERIES && series.next()) {
      const exemplars = strip.exemplars ? series.exemplars : 0
      const histograms = strip.histograms ? series.histograms : 0
      if (exemplars + histograms === 0) continue
      w.raw(bytes, copied, at)
      copied = r.pos
      if (series.samples + series.exemplars + series.histograms > exemplars + histograms) {
        writeWithout(w, series, tag => (tag === EXEMPLARS && exemplars > 0) || (tag === HISTOGRAMS && histograms > 0))
      }
    }
  }
  return copied === 0 ? batch : prometheusBatch(w.raw(bytes, copied).finish())
}

function writeWithout(w: Writer, series: SeriesCursor, leaveOut: (tag: number) => boolean): void {
  const r = new Reader(series.bytes, series.from, series.to, 'remote-write')
  w.varint(TIMESERIES).fork(series.to - series.from)
  while (r.next() !== 0) {
    const { tag, at } = r
    r.skip()
    if (!leaveOut(tag)) w.raw(series.bytes, at, r.pos)
  }
  w.join()
}

/**
 * Batches of at most `maxSamples` samples and histograms each, in order, so that each series' samples stay in theirs; a series with
 * more than that is cut. Metadata and unknown fields go with the series before them.
 */
export function splitPrometheus(batch: PrometheusBatch, { maxSamples }: { maxSamples: number }): PrometheusBatch[] {
  const { bytes } = batch
  const most = Math.max(1, maxSamples)
  const parts: PrometheusBatch[] = []
  const w = new Writer(bytes.length)
  const series = new SeriesCursor(bytes)
  let held = 0
  const close = () => {
    if (w.pos > 0) parts.push(prometheusBatch(w.finish()))
    held = 0
  }
  let copied = 0
  while (series.next()) {
    const count = series.samples + series.histograms
    // Whatever lies between two series travels with the one before.
    if (series.at > copied) w.raw(bytes, copied, series.at)
    copied = series.after
    if (held > 0 && held + count > most) close()
    if (count <= most) {
      w.raw(bytes, series.at, series.after)
      held += count
    } else held = cut(w, series, most, close)
  }
  w.raw(bytes, copied)
  if (parts.length === 0) return [batch]
  close()
  return parts
}

/** Writes a series of many samples as several, calling `close` between them; answers how many samples stand in the last. */
function cut(w: Writer, series: SeriesCursor, most: number, close: () => void): number {
  const { bytes, labelsFrom, labelsTo } = series
  const r = new Reader(bytes, series.from, series.to, 'remote-write')
  let held = 0
  const open = () => w.varint(TIMESERIES).fork(series.to - series.from).raw(bytes, labelsFrom, labelsTo)
  open()
  while (r.next() !== 0) {
    const { tag, at } = r
    r.skip()
    if (tag === LABELS) continue
    if (tag === SAMPLES || tag === HISTOGRAMS) {
      if (held === most) {
        w.join()
        close()
        open()
        held = 0
      }
      held++
    }
    w.raw(bytes, at, r.pos)
  }
  w.join()
  return held
}
