/** Batches in parts by what must stay in order: a series, a stream, a resource always goes to the same part. */

import { LENGTH, Reader, tag } from '../wire/reader.ts'
import { STREAMS, STREAM_LABELS } from '../wire/loki-push.ts'
import { Writer } from '../wire/writer.ts'
import type { Batch } from './batch.ts'
import { SeriesCursor } from './prometheus-series.ts'

/** The batch in at most `parts` parts, in order within each; parts without anything are left out. */
export function partition<B extends Batch>(batch: B, parts: number): B[] {
  if (parts <= 1) return [batch]
  const writers = Array.from({ length: parts }, () => new Writer(Math.ceil(batch.bytes.length / parts) + 1024))
  ranges[batch.kind](batch.bytes, (from, to, keyFrom, keyTo) => {
    writers[hash(batch.bytes, keyFrom, keyTo) % parts]!.raw(batch.bytes, from, to)
  })
  return writers.filter(({ pos }) => pos > 0).map(writer => ({ ...batch, bytes: writer.finish() }))
}

type Visit = (from: number, to: number, keyFrom: number, keyTo: number) => void

/** The pieces of each kind of message, with the bytes that say what they belong to. */
const ranges: Readonly<Record<Batch['kind'], (bytes: Uint8Array, visit: Visit) => void>> = {
  prometheus(bytes, visit) {
    const series = new SeriesCursor(bytes)
    let copied = 0
    while (series.next()) {
      // Metadata and what is unknown go anywhere.
      if (series.at > copied) visit(copied, series.at, 0, 0)
      visit(series.at, series.after, series.labelsFrom, series.labelsTo)
      copied = series.after
    }
    if (copied < bytes.length) visit(copied, bytes.length, 0, 0)
  },
  loki: (bytes, visit) => fields(bytes, 'loki push', visit, STREAMS, STREAM_LABELS),
  otlp: (bytes, visit) => fields(bytes, 'OTLP', visit, FIRST, FIRST),
}

const FIRST = tag(1, LENGTH)

/** Top-level fields, each by the first field `key` inside it where it is an `element`. */
function fields(bytes: Uint8Array, format: string, visit: Visit, element: number, key: number): void {
  const r = new Reader(bytes, 0, bytes.length, format)
  const inner = new Reader(bytes, 0, 0, format)
  while (r.next() !== 0) {
    const { at } = r
    r.skip()
    let keyFrom = 0
    let keyTo = 0
    if (r.tag === element) {
      inner.reset(bytes, r.from, r.to)
      while (keyTo === 0 && inner.next() !== 0) {
        inner.skip()
        if (inner.tag !== key) continue
        keyFrom = inner.from
        keyTo = inner.to
      }
    }
    visit(at, r.pos, keyFrom, keyTo)
  }
}

/** FNV-1a: which part is all that hangs on it. */
function hash(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}
