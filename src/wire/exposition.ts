/**
 * What a scraped target answers, in the text format of Prometheus (0.0.4, 1.0.0) or OpenMetrics (0.0.1, 1.0.0), read as ranges:
 *
 *     const reader = new ExpositionReader(bytes, 'openmetrics')
 *     for (let entry = reader.next(); entry !== 'end'; entry = reader.next()) {
 *       if (entry === 'series') add(reader.name(), reader.value, reader.timestamp)
 *     }
 *
 * It takes and refuses what Prometheus' own parsers (model/textparse, v3) do, with their words: so it checks the grammar, and none of
 * what OpenMetrics further says about the order of families, the values of counters or the buckets of histograms.
 */
import { text } from '../lib/bytes.ts'
import { CreatedFinder, isCreatedLine } from './exposition-created.ts'
import { nextOpenMetrics, nextOpenMetricsValue } from './exposition-openmetrics.ts'
import { nextText, nextTextValue } from './exposition-text.ts'
import { BLANK, NEWLINE, OPEN, SPACE, Tokens, kinds } from './exposition-tokens.ts'
import { canonicalFloat, unescapeHelp, unescapeLabel } from './exposition-value.ts'

export type ExpositionFormat = 'text' | 'openmetrics'

/** What `next` came to; `unit` and exemplars are OpenMetrics only, `comment` is the classic format only. */
export type Entry = 'series' | 'help' | 'type' | 'unit' | 'comment' | 'end'

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'gaugehistogram' | 'summary' | 'info' | 'stateset' | 'unknown'

export interface ExpositionLimits {
  /** Bytes of one line. */
  readonly line: number
  /** Labels of one series or exemplar. */
  readonly labels: number
}

export const expositionLimits: ExpositionLimits = { line: 1024 * 1024, labels: 1024 }

/** Ranges of labels: four offsets each, of the name and of the value, in the order of the input. */
export class LabelRanges {
  readonly offsets: number[] = []
  count = 0

  add(nameFrom: number, nameTo: number, valueFrom: number, valueTo: number): void {
    const { offsets } = this
    const at = this.count++ << 2
    offsets[at] = nameFrom
    offsets[at + 1] = nameTo
    offsets[at + 2] = valueFrom
    offsets[at + 3] = valueTo
  }
}

/** A cursor over the entries. What its fields say holds until the next call of `next`; all offsets are into `bytes`. */
export class ExpositionReader {
  readonly bytes: Uint8Array
  readonly tokens: Tokens
  readonly limits: ExpositionLimits
  readonly labels = new LabelRanges()
  /** What `next` last said. */
  entry: Entry = 'end'
  /** The series as written: name, braces and labels. The same bytes are the same series. */
  seriesFrom = 0
  seriesTo = 0
  /** The name of the metric, or of the family on help, type and unit lines. */
  nameFrom = 0
  nameTo = 0
  /** The text of help, unit and comment entries. */
  textFrom = 0
  textTo = 0
  /** What the last type line said, of whatever family. */
  type: MetricType = 'unknown'
  /** Bytes of the name on the last help, type or unit line. */
  familyLength = 0
  value = 0
  /** Whether the sample says when it was taken. */
  hasTimestamp = false
  /** Milliseconds since the epoch; exact within 2^53. */
  timestamp = 0
  hasExemplar = false
  readonly exemplarLabels = new LabelRanges()
  exemplarValue = 0
  hasExemplarTimestamp = false
  exemplarTimestamp = 0
  readonly #format: ExpositionFormat
  readonly #skipCreated: boolean
  #view: DataView | undefined
  #created: CreatedFinder | undefined
  /** The text of the series, once it was asked for. */
  #series: string | undefined

  /** `skipCreated` leaves out the `_created` lines of OpenMetrics: `created` knows them anyway. */
  constructor(bytes: Uint8Array, format: ExpositionFormat, options: { limits?: ExpositionLimits; skipCreated?: boolean } = {}) {
    this.bytes = format === 'text' ? withNewline(bytes) : bytes
    this.tokens = new Tokens(this.bytes, format === 'text' ? 'Prometheus text' : 'OpenMetrics')
    this.limits = options.limits ?? expositionLimits
    this.#format = format
    this.#skipCreated = options.skipCreated ?? false
  }

  /** Goes to the next entry; throws WireError for what Prometheus refuses and for what is beyond the limits. */
  next(): Entry {
    const { tokens } = this
    for (;;) {
      this.labels.count = 0
      this.#series = undefined
      this.hasExemplar = false
      const entry = this.entry = this.#format === 'text' ? nextText(this, tokens) : nextOpenMetrics(this, tokens)
      const { line } = this.limits
      if (tokens.pos - tokens.entry > line) throw tokens.error(`a line of more than ${line} bytes, which is the limit`)
      if (entry !== 'series' || !this.#skipCreated || !isCreatedLine(this)) return entry
    }
  }

  /**
   * Goes to the next entry if it is a sample of the series in `known[from, to)`, which stood so on an earlier page of this format;
   * false, and nothing has happened, if it may be another. Its labels are not read again: only ranges of the series, value, timestamp
   * and exemplar are there, no names.
   */
  nextKnown(known: DataView, from: number, to: number): boolean {
    const { tokens, bytes } = this
    const start = tokens.pos
    const end = start + to - from
    // What follows decides whether it was all of the series.
    if (end + 1 >= bytes.length || bytes[end] !== SPACE || (kinds[bytes[end + 1]!]! & BLANK) !== 0 || bytes[end + 1] === OPEN) return false
    if (!this.#isHere(known, from, to)) return false
    this.labels.count = 0
    this.#series = undefined
    this.hasExemplar = false
    this.seriesFrom = tokens.entry = tokens.start = start
    this.seriesTo = tokens.pos = end
    this.nameFrom = this.nameTo = start
    this.entry = this.#format === 'text' ? nextTextValue(this, tokens) : nextOpenMetricsValue(this, tokens)
    if (tokens.pos - start > this.limits.line) throw tokens.error(`a line of more than ${this.limits.line} bytes, which is the limit`)
    return true
  }

  /** Steps over the line of metadata that is `known[from, to)` if it comes next; `type` and `familyLength` are what it set then. */
  skipKnown(known: DataView, from: number, to: number, type: MetricType, familyLength: number): boolean {
    if (this.tokens.pos + to - from > this.bytes.length || !this.#isHere(known, from, to)) return false
    this.tokens.pos += to - from
    this.type = type
    this.familyLength = familyLength
    return true
  }

  /** Whether the next bytes, which must not end before, are `known[from, to)`. */
  #isHere(known: DataView, from: number, to: number): boolean {
    const { bytes } = this
    const view = this.#view ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = from
    let own = this.tokens.pos
    for (; at + 4 <= to; at += 4, own += 4) if (known.getInt32(at) !== view.getInt32(own)) return false
    for (; at < to; at++, own++) if (known.getUint8(at) !== bytes[own]) return false
    return true
  }

  /** When the counter, histogram or summary of this series began, in milliseconds, where a later `_created` line of it says so. */
  created(): number | undefined {
    if (this.#format === 'text') return undefined
    this.#created ??= new CreatedFinder(new ExpositionReader(this.bytes, 'openmetrics', { limits: this.limits }))
    return this.#created.of(this)
  }

  /** The name of the metric or family. */
  name(): string {
    if (this.entry === 'series') return this.#text(this.nameFrom, this.nameTo)
    return unescapeLabel(text(this.bytes.subarray(this.nameFrom, this.nameTo)))
  }

  labelName(index: number): string {
    return this.#text(this.labels.offsets[4 * index]!, this.labels.offsets[4 * index + 1]!)
  }

  /** A label's value; the floats in `le` and `quantile` as OpenMetrics writes them, as Prometheus does since version 3. */
  labelValue(index: number): string {
    const value = this.#text(this.labels.offsets[4 * index + 2]!, this.labels.offsets[4 * index + 3]!)
    const float = this.type === 'histogram' ? 'le' : this.type === 'summary' ? 'quantile' : undefined
    return float !== undefined && this.labelName(index) === float ? canonicalFloat(value) : value
  }

  /** The labels of the exemplar, as written: Prometheus leaves their escapes alone. */
  exemplarLabelPairs(): [name: string, value: string][] {
    const { offsets, count } = this.exemplarLabels
    const raw = (at: number) => text(this.bytes.subarray(offsets[at], offsets[at + 1]))
    return Array.from({ length: count }, (_, i) => [raw(4 * i), raw(4 * i + 2)])
  }

  /** Text without escapes of a range within the series, which is decoded at once: a call for each name and value costs more. */
  #text(from: number, to: number): string {
    const { bytes, seriesFrom, seriesTo } = this
    const series = this.#series ??= text(bytes.subarray(seriesFrom, seriesTo))
    // As long as the bytes: then each byte became one character.
    if (series.length === seriesTo - seriesFrom) return unescapeLabel(series.slice(from - seriesFrom, to - seriesFrom))
    return unescapeLabel(text(bytes.subarray(from, to)))
  }

  /** The text of a help, type, unit or comment entry; escapes only help texts have. */
  entryText(): string {
    const raw = text(this.bytes.subarray(this.textFrom, this.textTo))
    if (this.entry !== 'help') return raw
    return this.#format === 'text' ? unescapeHelp(raw) : unescapeLabel(raw)
  }
}

/** The classic format may end within a line: Prometheus closes it. */
function withNewline(bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0 && bytes[bytes.length - 1] === NEWLINE) return bytes
  const closed = new Uint8Array(bytes.length + 1)
  closed.set(bytes)
  closed[bytes.length] = NEWLINE
  return closed
}
