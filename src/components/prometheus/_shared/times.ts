/** Samples chosen by their time. */

import type { PrometheusBatch } from '../../../telemetry/batch.ts'
import { LENGTH, Reader } from '../../../wire/reader.ts'
import { HISTOGRAMS, HISTOGRAM_TIMESTAMP, SAMPLES, SAMPLE_TIMESTAMP, TIMESERIES, int64Number } from '../../../wire/remote-write.ts'
import { Writer } from '../../../wire/writer.ts'

/**
 * Takes out the samples and native histograms whose time (milliseconds since the epoch) `keep` does not want, and series of which
 * none is left. The batch itself comes back when it keeps all.
 */
export function keepTimes(batch: PrometheusBatch, keep: (timestamp: number) => boolean): { batch: PrometheusBatch; dropped: number } {
  const { bytes } = batch
  const request = new Reader(bytes, 0, bytes.length, 'remote-write')
  const series = new Reader(bytes, 0, 0, 'remote-write')
  const value = new Reader(bytes, 0, 0, 'remote-write')
  let w: Writer | undefined
  let copied = 0
  let dropped = 0

  const wanted = () => keep(timeOf(value.reset(bytes, series.from, series.to), series.tag))
  const isTimed = () => series.tag === SAMPLES || series.tag === HISTOGRAMS

  while (request.next() !== 0) {
    const { tag: field, at } = request
    request.skip()
    if (field !== TIMESERIES) continue
    const { from, to, pos } = request
    let kept = 0
    let unwanted = 0
    for (series.reset(bytes, from, to); series.next() !== 0;) {
      series.skip()
      if (!isTimed()) continue
      if (wanted()) kept++
      else unwanted++
    }
    if (unwanted === 0) continue
    dropped += unwanted
    w ??= new Writer(bytes.length)
    w.raw(bytes, copied, at)
    copied = pos
    if (kept === 0) continue
    w.tag(1, LENGTH).fork(to - from)
    for (series.reset(bytes, from, to); series.next() !== 0;) {
      const start = series.at
      series.skip()
      if (!isTimed() || wanted()) w.raw(bytes, start, series.pos)
    }
    w.join()
  }
  return w === undefined ? { batch, dropped } : { batch: { kind: 'prometheus', bytes: w.raw(bytes, copied).finish() }, dropped }
}

const timeTags: Readonly<Record<number, number>> = { [SAMPLES]: SAMPLE_TIMESTAMP, [HISTOGRAMS]: HISTOGRAM_TIMESTAMP }

function timeOf(r: Reader, kind: number): number {
  const wanted = timeTags[kind]
  let time = 0
  while (r.next() !== 0) {
    if (r.tag === wanted) {
      r.varint()
      time = int64Number(r)
    } else r.skip()
  }
  return time
}
