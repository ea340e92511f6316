/** Samples, histograms and exemplars chosen one by one. */

import type { PrometheusBatch } from '../../../telemetry/batch.ts'
import { LENGTH, Reader } from '../../../wire/reader.ts'
import {
  EXEMPLARS, EXEMPLAR_TIMESTAMP, HISTOGRAMS, HISTOGRAM_TIMESTAMP, SAMPLES, SAMPLE_TIMESTAMP, TIMESERIES, int64Number,
} from '../../../wire/remote-write.ts'
import { Writer } from '../../../wire/writer.ts'

/** One item of a series: the content of its field in `bytes[from, to)`, and its time in milliseconds since the epoch. */
export interface Item {
  readonly kind: 'sample' | 'histogram' | 'exemplar'
  readonly timestamp: number
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
}

export interface Kept {
  readonly batch: PrometheusBatch
  /** The samples and histograms that were taken out; exemplars do not count. */
  readonly dropped: number
}

const kinds: Readonly<Record<number, { kind: Item['kind']; time: number }>> = {
  [SAMPLES]: { kind: 'sample', time: SAMPLE_TIMESTAMP },
  [HISTOGRAMS]: { kind: 'histogram', time: HISTOGRAM_TIMESTAMP },
  [EXEMPLARS]: { kind: 'exemplar', time: EXEMPLAR_TIMESTAMP },
}

/**
 * Takes out the items that `keep` does not want, and series of which no sample or histogram is left. The batch itself comes back when
 * it keeps all. `keep` is asked once for each item; what it gets holds until it answers.
 */
export function keepItems(batch: PrometheusBatch, keep: (item: Item) => boolean): Kept {
  const { bytes } = batch
  const request = new Reader(bytes, 0, bytes.length, 'remote-write')
  const series = new Reader(bytes, 0, 0, 'remote-write')
  const value = new Reader(bytes, 0, 0, 'remote-write')
  let w: Writer | undefined
  let copied = 0
  let dropped = 0

  while (request.next() !== 0) {
    const { tag: field, at } = request
    request.skip()
    if (field !== TIMESERIES) continue
    const { from, to, pos } = request
    /** Where the fields begin that go. */
    let unwanted: Set<number> | undefined
    let kept = 0
    for (series.reset(bytes, from, to); series.next() !== 0;) {
      const { tag, at: start } = series
      series.skip()
      const known = kinds[tag]
      if (known === undefined) continue
      const item = { kind: known.kind, timestamp: timeOf(value.reset(bytes, series.from, series.to), known.time), bytes, from: series.from, to: series.to }
      const counts = known.kind === 'exemplar' ? 0 : 1
      if (keep(item)) kept += counts
      else {
        dropped += counts
        unwanted = (unwanted ?? new Set()).add(start)
      }
    }
    if (unwanted === undefined) continue
    w ??= new Writer(bytes.length)
    w.raw(bytes, copied, at)
    copied = pos
    if (kept === 0) continue
    w.tag(1, LENGTH).fork(to - from)
    for (series.reset(bytes, from, to); series.next() !== 0;) {
      const start = series.at
      series.skip()
      if (!unwanted.has(start)) w.raw(bytes, start, series.pos)
    }
    w.join()
  }
  return w === undefined ? { batch, dropped } : { batch: { kind: 'prometheus', bytes: w.raw(bytes, copied).finish() }, dropped }
}

/** As keepItems, by time alone. */
export const keepTimes = (batch: PrometheusBatch, keep: (timestamp: number) => boolean): Kept => keepItems(batch, ({ timestamp }) => keep(timestamp))

function timeOf(r: Reader, wanted: number): number {
  let time = 0
  while (r.next() !== 0) {
    if (r.tag === wanted) {
      r.varint()
      time = int64Number(r)
    } else r.skip()
  }
  return time
}
