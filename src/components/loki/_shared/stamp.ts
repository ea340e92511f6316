/** Entries with the time at which they came. */

import type { LokiBatch } from '../../../telemetry/batch.ts'
import { ENTRIES, ENTRY_TIMESTAMP, STREAMS, writeTimestamp } from '../../../wire/loki-push.ts'
import { Reader } from '../../../wire/reader.ts'
import { Writer } from '../../../wire/writer.ts'

/**
 * Gives every entry the time `nowMs`, each a nanosecond later than the one before: Loki takes two entries of a stream with the same
 * time and the same line for one.
 */
export function stamped(batch: LokiBatch, nowMs: number): LokiBatch {
  const { bytes } = batch
  const w = new Writer(bytes.length + (bytes.length >> 4) + 64)
  const request = reader(bytes)
  const stream = reader(bytes)
  const entry = reader(bytes)
  let now = BigInt(Math.trunc(nowMs)) * 1_000_000n
  while (request.next() !== 0) {
    const start = request.at
    request.skip()
    if (request.tag !== STREAMS) {
      w.raw(bytes, start, request.pos)
      continue
    }
    w.varint(STREAMS).fork(request.to - request.from)
    stream.reset(bytes, request.from, request.to)
    while (stream.next() !== 0) {
      const at = stream.at
      stream.skip()
      if (stream.tag !== ENTRIES) {
        w.raw(bytes, at, stream.pos)
        continue
      }
      w.varint(ENTRIES).fork(stream.to - stream.from + 16)
      writeTimestamp(w, now++)
      entry.reset(bytes, stream.from, stream.to)
      while (entry.next() !== 0) {
        const from = entry.at
        entry.skip()
        if (entry.tag !== ENTRY_TIMESTAMP) w.raw(bytes, from, entry.pos)
      }
      w.join()
    }
    w.join()
  }
  return { kind: 'loki', bytes: w.finish() }
}

const reader = (bytes: Uint8Array) => new Reader(bytes, 0, bytes.length, 'loki push')
