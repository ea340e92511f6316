/** A cursor over the series of a WriteRequest: finds what a rewriter needs and decodes nothing until asked. */

import {
  EXEMPLARS, EXEMPLAR_LABELS, EXEMPLAR_TIMESTAMP, EXEMPLAR_VALUE, HISTOGRAMS, HISTOGRAM_TIMESTAMP, LABELS, LABEL_NAME, LABEL_VALUE,
  SAMPLES, SAMPLE_TIMESTAMP, SAMPLE_VALUE, STALE_HI, STALE_LO, TIMESERIES, int64Number,
} from '../wire/remote-write.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import type { Label, Labels } from './labels.ts'

export interface Sample {
  readonly value: number
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  /** Whether the value is the staleness marker (a NaN like others once it is a number). */
  readonly stale: boolean
}

export interface Exemplar {
  readonly labels: readonly Label[]
  readonly value: number
  /** Milliseconds since the epoch, 0 when there is none. */
  readonly timestamp: number
}

/** A native histogram: its time, and its bytes for whoever reads more. */
export interface HistogramRange {
  readonly bytes: Uint8Array
  readonly timestamp: number
}

/**
 * One object for all series of a batch: `next` moves it on, and what it says holds until the next call. Positions refer to `bytes`,
 * which is not the batch's own array where the labels of a series were scattered and had to be brought together.
 */
export class SeriesCursor {
  /** The whole request. */
  readonly request: Uint8Array
  bytes: Uint8Array
  /** Where the field of this series (or of whatever else lies between) begins and ends in `request`. */
  at = 0
  after = 0
  /** The content of the series in `bytes`. */
  from = 0
  to = 0
  /** Its label fields, which lie together. */
  labelsFrom = 0
  labelsTo = 0
  samples = 0
  exemplars = 0
  histograms = 0
  readonly reader: Reader

  constructor(request: Uint8Array) {
    this.request = request
    this.bytes = request
    this.reader = new Reader(request, 0, request.length, 'remote-write')
  }

  /** Moves to the next series; false at the end. Other fields of the request are stepped over. */
  next(): boolean {
    const r = this.reader
    r.reset(this.request, this.after)
    while (r.next() !== 0) {
      if (r.tag !== TIMESERIES) {
        r.skip()
        continue
      }
      this.at = r.at
      r.range()
      this.after = r.to
      this.bytes = this.request
      this.scan(r.from, r.to)
      return true
    }
    return false
  }

  /** Finds labels and counts the rest of the series. */
  private scan(from: number, to: number): void {
    const { bytes, reader: r } = this
    this.from = from
    this.to = to
    this.samples = this.exemplars = this.histograms = 0
    let pos = from
    // Labels nearly always come first, each shorter than 128 bytes.
    while (pos < to && bytes[pos] === LABELS && bytes[pos + 1]! < 0x80) {
      const next = pos + 2 + bytes[pos + 1]!
      if (next > to) break
      pos = next
    }
    this.labelsFrom = from
    this.labelsTo = pos
    r.reset(bytes, pos, to)
    while (r.next() !== 0) {
      const { tag, at } = r
      r.skip()
      if (tag === SAMPLES) this.samples++
      else if (tag === EXEMPLARS) this.exemplars++
      else if (tag === HISTOGRAMS) this.histograms++
      else if (tag === LABELS) {
        if (this.labelsTo === this.labelsFrom) this.labelsFrom = at
        else if (this.labelsTo !== at) return this.gather()
        this.labelsTo = r.pos
      }
    }
  }

  /** Writes the series anew with its labels in front, which protobuf lets a sender scatter. */
  private gather(): void {
    const { bytes, from, to } = this
    const labels = new Writer(to - from)
    const rest = new Writer(to - from)
    const r = new Reader(bytes, from, to, 'remote-write')
    while (r.next() !== 0) {
      const { tag, at } = r
      r.skip()
      ;(tag === LABELS ? labels : rest).raw(bytes, at, r.pos)
    }
    this.bytes = labels.raw(rest.finish()).finish()
    this.scan(0, this.bytes.length)
  }

  /** The labels in the order in which they stand (sorted, from a sender that keeps to the protocol). */
  labels(): Labels {
    return readLabels(new Reader(this.bytes, this.labelsFrom, this.labelsTo, 'remote-write'))
  }

  /** The samples in the order in which they stand. */
  * readSamples(): Generator<Sample> {
    for (const r of this.fields(SAMPLES)) yield readSample(r)
  }

  * readExemplars(): Generator<Exemplar> {
    for (const r of this.fields(EXEMPLARS)) yield readExemplar(r)
  }

  * readHistograms(): Generator<HistogramRange> {
    for (const r of this.fields(HISTOGRAMS)) {
      const bytes = r.bytes.subarray(r.pos, r.end)
      let timestamp = 0
      while (r.next() !== 0) {
        if (r.tag === HISTOGRAM_TIMESTAMP) {
          r.varint()
          timestamp = int64Number(r)
        } else r.skip()
      }
      yield { bytes, timestamp }
    }
  }

  private* fields(tag: number): Generator<Reader> {
    const { bytes } = this
    const r = new Reader(bytes, this.from, this.to, 'remote-write')
    const inner = new Reader(bytes, 0, 0, 'remote-write')
    while (r.next() !== 0) {
      r.skip()
      if (r.tag === tag) yield inner.reset(bytes, r.from, r.to)
    }
  }
}

/** Label fields (field 1) from where `r` stands to its end. */
export function readLabels(r: Reader): Label[] {
  const labels: Label[] = []
  const inner = new Reader(r.bytes, 0, 0, r.format)
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === LABELS) labels.push(readLabel(inner.reset(r.bytes, r.from, r.to)))
  }
  return labels
}

/** A message of name and value, from where `r` stands to its end. */
export function readLabel(r: Reader): Label {
  let name = ''
  let value = ''
  while (r.next() !== 0) {
    if (r.tag === LABEL_NAME) name = r.string()
    else if (r.tag === LABEL_VALUE) value = r.string()
    else r.skip()
  }
  return [name, value]
}

function readSample(r: Reader): Sample {
  let value = 0
  let timestamp = 0
  let stale = false
  while (r.next() !== 0) {
    if (r.tag === SAMPLE_VALUE) {
      value = r.double()
      stale = r.lo === STALE_LO && r.hi === STALE_HI
    } else if (r.tag === SAMPLE_TIMESTAMP) {
      r.varint()
      timestamp = int64Number(r)
    } else r.skip()
  }
  return { value, timestamp, stale }
}

function readExemplar(r: Reader): Exemplar {
  const labels: Label[] = []
  let value = 0
  let timestamp = 0
  while (r.next() !== 0) {
    if (r.tag === EXEMPLAR_LABELS) {
      r.range()
      labels.push(readLabel(new Reader(r.bytes, r.from, r.to, r.format)))
    } else if (r.tag === EXEMPLAR_VALUE) value = r.double()
    else if (r.tag === EXEMPLAR_TIMESTAMP) {
      r.varint()
      timestamp = int64Number(r)
    } else r.skip()
  }
  return { labels, value, timestamp }
}
