/** Where the samples of a page go: into a remote-write request, if the limits let them, and into the book of the target's series. */

import { encodeHistogram, type NativeHistogram } from '../../../../telemetry/convert/native-histogram.ts'
import { quoteGo } from '../../../../lib/go-quote.ts'
import type { Label } from '../../../../telemetry/labels.ts'
import type { MetricType } from '../../../../wire/exposition.ts'
import { LENGTH } from '../../../../wire/reader.ts'
import { SAMPLES, TIMESERIES, writeExemplar, writeInt64, writeLabel, writeSample, writeStale } from '../../../../wire/remote-write.ts'
import { Writer, varintSize } from '../../../../wire/writer.ts'
import { fit } from './histograms.ts'
import { labelProblem, sampleLabels } from './labels.ts'
import type { SampleRules } from './rules.ts'
import type { Last, SeriesBook } from './series-book.ts'

/** Samples beyond this are refused, as Prometheus does. */
const aheadMs = 10 * 60_000
/** A page whose series take more than this fails: the memory of an isolate is bounded. */
const maxRequestBytes = 48 * 1024 * 1024

/** A page that is refused as a whole; the message is the reason. */
export class PageError extends Error {
  override readonly name = 'PageError'
}

export interface Exemplar {
  readonly labels: readonly Label[]
  readonly value: number
  /** Undefined where it has none of its own. */
  readonly timestamp: number | undefined
}

/** What of a page is counted, as Prometheus counts it. */
export interface Counts {
  /** Samples on the page. */
  total: number
  /** Those left after relabelling, which is all of them here. */
  added: number
  /** Series that were not on the last good page. */
  seriesAdded: number
  duplicates: number
  outOfOrder: number
  outOfBounds: number
}

const float = new Float64Array(1)
const floatBytes = new Uint8Array(float.buffer)

export class SampleSink {
  readonly book: SeriesBook
  readonly rules: SampleRules
  readonly counts: Counts = { total: 0, added: 0, seriesAdded: 0, duplicates: 0, outOfOrder: 0, outOfBounds: 0 }
  readonly #w: Writer
  readonly #atMs: number
  readonly #beforeMs: number
  /** The timestamp field of samples that have none of their own. */
  readonly #stamp: Uint8Array
  /** What the page says of the family at hand; labels of the series, where they are wanted. */
  family = ''
  type: MetricType = 'unknown'
  unit = ''
  #appended = 0
  #overSamples = false
  #overBuckets = false
  readonly #section = new Writer(512)

  /** Samples without a time are of `atMs`; `beforeMs` is when the target was scraped before (0: never). */
  constructor(book: SeriesBook, w: Writer, rules: SampleRules, atMs: number, beforeMs: number) {
    this.book = book
    this.rules = rules
    this.#w = w
    this.#atMs = atMs
    this.#beforeMs = beforeMs
    const stamp = new Writer(12).tag(2, 0)
    writeInt64(stamp, atMs)
    this.#stamp = stamp.finish()
  }

  /** The series of these labels, which a page exposes as `key`; throws PageError for labels that Prometheus refuses, and counts the sample. */
  series(exposed: readonly Label[], key: Uint8Array, from: number, to: number): number {
    const labels = sampleLabels(this.#typed(exposed), this.rules.labels, this.rules.honorLabels)
    const problem = twice(exposed) ?? labelProblem(labels, this.rules.names, this.rules.labelLimits)
    if (problem !== undefined) {
      this.counts.total++
      throw new PageError(problem)
    }
    const section = this.#section.reset()
    for (const [name, value] of labels) writeLabel(section, name, value)
    return this.book.withLabels(section.buffer, 0, section.pos, key, from, to)
  }

  /** The labels with those of type and unit, which are not the target's to choose. */
  #typed(exposed: readonly Label[]): readonly Label[] {
    if (!this.rules.typeLabels) return exposed
    const { type, unit } = this
    return [
      ...exposed.filter(([name]) => name !== '__type__' && name !== '__unit__'),
      ...(type === 'unknown' ? [] : [['__type__', type] as const]), ...(unit === '' ? [] : [['__unit__', unit] as const]),
    ]
  }

  /** Whether a sample of the series at `own` time (undefined: the page's) is to be written; counts it, and notes that it is there. `value` is NaN for a histogram. */
  #take(series: number, own: number | undefined, value: number): boolean {
    const { book, counts } = this
    counts.total++
    counts.added++
    const again = book.isThere(series)
    if (again && own === undefined) {
      counts.duplicates++
      return false
    }
    if (this.rules.sampleLimit > 0 && ++this.#appended > this.rules.sampleLimit) {
      this.#overSamples = true
      return false
    }
    if (own !== undefined && this.#isRefused(own, value, book.lastOf(series))) {
      // It goes on being known.
      if (series < book.known && !again) book.seen(series, false)
      return false
    }
    if (series >= book.known && !again && !this.#overBuckets) counts.seriesAdded++
    book.seen(series, own === undefined || this.rules.trackTimestamps)
    return true
  }

  /** Whether it is of the future, or destinations have a later sample of the series or another one of this time: they would refuse all that comes with it. */
  #isRefused(own: number, value: number, last: Last | undefined): boolean {
    const { counts } = this
    if (own > this.#atMs + aheadMs) counts.outOfBounds++
    else if (last === undefined || own > last.atMs || (own === last.atMs && Object.is(value, last.value))) return false
    else if (own < last.atMs) counts.outOfOrder++
    else counts.duplicates++
    return true
  }

  /** A sample as most are: at the page's time, with nothing to it. Written in one go. */
  #plain(series: number, value: number): void {
    const w = this.#w
    const { labels } = this.book
    const from = labels.from(series)
    const to = labels.to(series)
    const inner = 9 + this.#stamp.length
    const length = to - from + 2 + inner
    w.reserve(length + 1 + varintSize(length))
    w.buffer[w.pos++] = TIMESERIES
    w.varint(length).raw(labels.bytes, from, to)
    const { buffer } = w
    let { pos } = w
    buffer[pos++] = SAMPLES
    buffer[pos++] = inner
    // The value's field: eight bytes as they lie in memory, which is the order of the wire.
    buffer[pos++] = 9
    float[0] = value
    for (let i = 0; i < 8; i++) buffer[pos++] = floatBytes[i]!
    const stamp = this.#stamp
    for (let i = 0; i < stamp.length; i++) buffer[pos++] = stamp[i]!
    w.pos = pos
    if (pos > maxRequestBytes) throw tooLarge()
  }

  /** A sample at a time of its own (milliseconds) or at the page's, with exemplars, and when its series began. */
  sample(series: number, value: number, own: number | undefined, exemplars?: readonly Exemplar[], began?: number): void {
    const at = this.rules.honorTimestamps ? own : undefined
    // What is new must be asked before it is noted.
    const isNew = series >= this.book.known && !this.book.isThere(series)
    if (!this.#take(series, at, value)) return
    if (at === undefined && exemplars === undefined && began === undefined) return this.#plain(series, value)
    const time = at ?? this.#atMs
    this.#open(series)
    if (began !== undefined && this.#begins(began, time, isNew)) writeSample(this.#w, 0, began)
    writeSample(this.#w, value, time)
    this.#close(series, at, value, exemplars, time)
  }

  /** A native histogram, likewise; one that cannot be made to fit fails the page at its end. */
  histogram(series: number, histogram: NativeHistogram, own: number | undefined, exemplars: readonly Exemplar[], began?: number): void {
    const at = this.rules.honorTimestamps ? own : undefined
    const time = at ?? this.#atMs
    const fitted = fit(histogram, this.rules.bucketLimit, this.rules.maxSchema)
    const isNew = series >= this.book.known && !this.book.isThere(series)
    if (fitted === undefined) {
      this.#overBuckets = true
      this.counts.total++
      this.counts.added++
      return
    }
    if (!this.#take(series, at, NaN)) return
    this.#open(series)
    if (began !== undefined && this.#begins(began, time, isNew)) this.#w.tag(4, LENGTH).bytes(emptyAt(fitted, began))
    this.#w.tag(4, LENGTH).bytes(encodeHistogram({ ...fitted, timestamp: time }))
    this.#close(series, at, NaN, exemplars, time)
  }

  /** A series that began since the last scrape begins with a zero; earlier ones had theirs. */
  #begins = (began: number, time: number, isNew: boolean): boolean => began !== 0 && began < time && (isNew || began > this.#beforeMs)

  #open(series: number): void {
    const { labels } = this.book
    this.#w.tag(1, LENGTH).fork(300).raw(labels.bytes, labels.from(series), labels.to(series))
  }

  /** Ends a series, with those exemplars that were not the last ones before: a page shows them until there are others. */
  #close(series: number, own: number | undefined, value: number, exemplars: readonly Exemplar[] = [], time: number): void {
    const exemplar = exemplars.length === 0 ? '' : JSON.stringify(exemplars)
    const before = this.book.lastOf(series)
    if (exemplar !== before?.exemplar) for (const { labels, value: of, timestamp } of exemplars) writeExemplar(this.#w, labels, of, timestamp ?? time)
    this.book.noteLast(series, { atMs: own ?? -Infinity, value, exemplar: exemplar === '' ? before?.exemplar ?? '' : exemplar })
    this.#w.join()
    if (this.#w.pos > maxRequestBytes) throw tooLarge()
  }

  /** Throws PageError where the page as a whole is over a limit. */
  checkLimits(): void {
    if (this.#overSamples) throw new PageError('sample limit exceeded')
    if (this.#overBuckets) throw new PageError('histogram bucket limit exceeded')
  }

  /** Writes the end of every series that is there no more; answers how many. */
  writeEnds(): number {
    let ends = 0
    this.book.gone((series) => {
      this.#open(series)
      writeStale(this.#w, this.#atMs)
      this.#w.join()
      ends++
    })
    return ends
  }
}

/** The staleness marker of a series of these labels: one field of a WriteRequest. */
export function writeEnd(w: Writer, labels: Uint8Array, timestampMs: number): void {
  w.tag(1, LENGTH).fork(300).raw(labels)
  writeStale(w, timestampMs)
  w.join()
}

const emptyAt = (histogram: NativeHistogram, timestamp: number): Uint8Array => {
  const nothing = { spans: [], counts: [] }
  const zero = typeof histogram.count === 'bigint' ? 0n : 0
  return encodeHistogram({ ...histogram, count: zero, zeroCount: zero, sum: 0, positive: nothing, negative: nothing, timestamp })
}

function twice(exposed: readonly Label[]): string | undefined {
  for (let i = 1; i < exposed.length; i++) {
    for (let j = 0; j < i; j++) if (exposed[i]![0] === exposed[j]![0]) return `label name ${quoteGo(exposed[i]![0])} is not unique: invalid sample`
  }
  return undefined
}

const tooLarge = () => new PageError(`the series of the page take more than ${maxRequestBytes} bytes; set sample_limit, or split the target`)

