/** Series that come together bit by bit, and leave as one batch in which each stands once with its samples in the order of time. */

import { LENGTH } from '../../wire/reader.ts'
import { writeExemplar, writeLabel, writeMetadata, writeSample, writeStale, type MetricMetadata } from '../../wire/remote-write.ts'
import { Writer } from '../../wire/writer.ts'
import type { PrometheusBatch } from '../batch.ts'
import { labelsOf, type Label, type Labels } from '../labels.ts'
import { prometheusBatch, type Exemplar } from '../prometheus.ts'
import { encodeHistogram, type NativeHistogram } from './native-histogram.ts'

/** A number at a time; undefined says that the series has ended. */
interface Point {
  readonly timestamp: number
  readonly value: number | undefined
}

/** One series on its way. */
export class Series {
  readonly labels: Labels
  private readonly points: Point[] = []
  private readonly histograms: NativeHistogram[] = []
  private readonly exemplars: Exemplar[] = []

  constructor(labels: Labels) {
    this.labels = labels
  }

  sample(value: number | undefined, timestamp: number): void {
    this.points.push({ value, timestamp })
  }

  histogram(histogram: NativeHistogram): void {
    this.histograms.push(histogram)
  }

  exemplar(exemplar: Exemplar): void {
    this.exemplars.push(exemplar)
  }

  write(w: Writer): void {
    w.tag(1, LENGTH).fork(256)
    for (const [name, value] of this.labels) writeLabel(w, name, value)
    for (const { value, timestamp } of ordered(this.points)) {
      if (value === undefined) writeStale(w, timestamp)
      else writeSample(w, value, timestamp)
    }
    // Two exemplars of one moment are two observations, but two samples of one moment contradict each other.
    for (const { labels, value, timestamp } of this.exemplars.sort(byTime)) writeExemplar(w, labels, value, timestamp)
    for (const histogram of ordered(this.histograms)) w.tag(4, LENGTH).bytes(encodeHistogram(histogram))
    w.join()
  }
}

const byTime = (a: { readonly timestamp: number }, b: { readonly timestamp: number }) => a.timestamp - b.timestamp

/** In the order of time; of one moment the last that was given. */
function ordered<T extends { readonly timestamp: number }>(items: T[]): T[] {
  if (items.length < 2) return items
  return items.sort(byTime).filter((item, i) => items[i + 1]?.timestamp !== item.timestamp)
}

/** All series of a batch to be, by their labels. */
export class SeriesStore {
  private readonly all = new Map<string, Series>()
  private readonly metadata = new Map<string, MetricMetadata>()

  /** The series of these labels, in any order; the last one of a name counts, and labels without a value are none. */
  series(pairs: Iterable<Label>): Series {
    const labels = labelsOf(pairs).filter(([, value]) => value !== '')
    const key = seriesKey(labels)
    let series = this.all.get(key)
    if (series === undefined) this.all.set(key, series = new Series(labels))
    return series
  }

  describe(metadata: MetricMetadata): void {
    this.metadata.set(metadata.family, metadata)
  }

  batch(): PrometheusBatch {
    const w = new Writer(4096)
    for (const series of this.all.values()) series.write(w)
    for (const one of this.metadata.values()) writeMetadata(w, one)
    return prometheusBatch(w.finish())
  }
}

/** Text that no two label sets share: no label holds a length that fits another cut. */
export const seriesKey = (labels: Labels): string => labels.map(([name, value]) => `${name.length}:${name}${value.length}:${value}`).join('')
