/** Reading Loki push batches: streams and entries, decoded when asked for. */

import {
  ENTRIES, ENTRY_LINE, ENTRY_METADATA, ENTRY_TIMESTAMP, PAIR_NAME, PAIR_VALUE, STREAMS, STREAM_LABELS, readTimestamp,
} from '../wire/loki-push.ts'
import { Reader } from '../wire/reader.ts'
import type { LokiBatch } from './batch.ts'
import { parseLabels, type Label, type Labels } from './labels.ts'

/** A reader whose errors name this format. */
export const reader = (bytes: Uint8Array, from = 0, to = bytes.length) => new Reader(bytes, from, to, 'loki push')

/** One line of a log. */
export interface Entry {
  /** Nanoseconds since the epoch. */
  readonly timestamp: bigint
  readonly line: string
  /** Structured metadata, in the order in which it stands. */
  readonly metadata: readonly Label[]
}

/** A stream of a batch, decoded where asked. */
export class Stream {
  private readonly bytes: Uint8Array
  private readonly from: number
  private readonly to: number
  /** The labels as text, `{a="b"}`. */
  readonly labelText: string

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.bytes = bytes
    this.from = from
    this.to = to
    this.labelText = labelTextOf(bytes, from, to)
  }

  /** Throws LabelsError where the text cannot be read. */
  labels(): Labels {
    return parseLabels(this.labelText)
  }

  * entries(): Generator<Entry> {
    for (const r of this.entryRanges()) yield readEntry(r)
  }

  /** The encoded entries, for those who copy. */
  * entryBytes(): Generator<Uint8Array> {
    for (const r of this.entryRanges()) yield r.bytes.subarray(r.pos, r.end)
  }

  private* entryRanges(): Generator<Reader> {
    const r = reader(this.bytes, this.from, this.to)
    const inner = reader(this.bytes)
    while (r.next() !== 0) {
      r.skip()
      if (r.tag === ENTRIES) yield inner.reset(this.bytes, r.from, r.to)
    }
  }
}

/** The label text of the stream in `bytes[from, to)`. */
export function labelTextOf(bytes: Uint8Array, from: number, to: number): string {
  const r = reader(bytes, from, to)
  let labels = ''
  while (r.next() !== 0) {
    if (r.tag === STREAM_LABELS) labels = r.string()
    else r.skip()
  }
  return labels
}

function readEntry(r: Reader): Entry {
  const { bytes } = r
  let timestamp = 0n
  let line = ''
  let metadata: Label[] | undefined
  while (r.next() !== 0) {
    if (r.tag === ENTRY_LINE) line = r.string()
    else if (r.tag === ENTRY_TIMESTAMP) {
      r.range()
      timestamp = readTimestamp(reader(bytes, r.from, r.to))
    } else if (r.tag === ENTRY_METADATA) {
      r.range()
      ;(metadata ??= []).push(readPair(bytes, r.from, r.to))
    } else r.skip()
  }
  return { timestamp, line, metadata: metadata ?? [] }
}

function readPair(bytes: Uint8Array, from: number, to: number): Label {
  const r = reader(bytes, from, to)
  let name = ''
  let value = ''
  while (r.next() !== 0) {
    if (r.tag === PAIR_NAME) name = r.string()
    else if (r.tag === PAIR_VALUE) value = r.string()
    else r.skip()
  }
  return [name, value]
}

/** The streams of a batch in turn. */
export function* streamsOf(batch: LokiBatch): Generator<Stream> {
  const r = reader(batch.bytes)
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === STREAMS) yield new Stream(batch.bytes, r.from, r.to)
  }
}

/** Bytes that Alloy and Loki count of an entry: its line, and the names and values of its structured metadata. */
export function entrySize(entry: Uint8Array): number {
  const r = reader(entry)
  const inner = reader(entry)
  let size = 0
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === ENTRY_LINE) size += r.to - r.from
    else if (r.tag === ENTRY_METADATA) {
      inner.reset(entry, r.from, r.to)
      while (inner.next() !== 0) {
        inner.skip()
        if (inner.tag === PAIR_NAME || inner.tag === PAIR_VALUE) size += inner.to - inner.from
      }
    }
  }
  return size
}
