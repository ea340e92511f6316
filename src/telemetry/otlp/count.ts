import { LENGTH, Reader, tag } from '../../wire/reader.ts'
import type { OtlpBatch } from '../batch.ts'
import { metricKinds } from './metric-views.ts'

const ITEM = tag(1, LENGTH)
const CHILD = tag(2, LENGTH)

/** How to step from each container to the next inner one; the last step leads to the items. */
const steps: Record<OtlpBatch['signal'], readonly ReadonlySet<number>[]> = {
  traces: [new Set([ITEM]), new Set([CHILD]), new Set([CHILD])],
  logs: [new Set([ITEM]), new Set([CHILD]), new Set([CHILD])],
  metrics: [new Set([ITEM]), new Set([CHILD]), new Set([CHILD]), new Set(metricKinds.map(kind => kind.tag)), new Set([ITEM])],
}

/** How many spans, data points or log records a batch holds. Throws WireError. */
export function countItems(batch: OtlpBatch): number {
  const path = steps[batch.signal]
  const readers = path.map(() => new Reader(batch.bytes, 0, 0, `OTLP ${batch.signal}`))
  return count(readers, path, 0, batch.bytes, 0, batch.bytes.length, Infinity)
}

/** Whether a batch holds no item. */
export function isEmpty(batch: OtlpBatch): boolean {
  const path = steps[batch.signal]
  const readers = path.map(() => new Reader(batch.bytes, 0, 0, `OTLP ${batch.signal}`))
  return count(readers, path, 0, batch.bytes, 0, batch.bytes.length, 1) === 0
}

/** Counts until `enough`. */
function count(readers: Reader[], path: readonly ReadonlySet<number>[], level: number, bytes: Uint8Array, from: number, to: number, enough: number): number {
  const r = readers[level]!.reset(bytes, from, to)
  const wanted = path[level]!
  const last = level === path.length - 1
  let items = 0
  while (items < enough && r.next() !== 0) {
    r.skip()
    if (!wanted.has(r.tag)) continue
    items += last ? 1 : count(readers, path, level + 1, bytes, r.from, r.to, enough - items)
  }
  return items
}
