/** What people do with a queue, beside its reader: look at it without reading it empty, and take out what stands anywhere in it. */

import type { Depth, Queue, QueuedBatch } from '../kinds.ts'
import type { Store } from '../store.ts'
import type { StateEnv } from './env.ts'
import { decodeSegment, encodeNumbered, parsePosition, positionOf, segmentInfo, type SegmentInfo } from './segment.ts'

const pageSize = 1000
/** Swaps of a segment against others before giving up: who removes has the right to do so alone. */
const rounds = 5

/** `browse`, `remove` and `discard` over the segments below `prefix`; `changed` is told when segments are gone. */
export function queueOperator(
  store: Store, prefix: string, env: StateEnv, changed: () => void,
): Pick<Queue, 'browse' | 'remove' | 'discard'> {
  async function* segments(after?: string): AsyncGenerator<SegmentInfo> {
    for (let from = after; ;) {
      const page = await store.list(prefix, { limit: pageSize, ...(from !== undefined && { after: from }) })
      for (const listed of page.entries) yield segmentInfo(listed)
      from = page.next
      if (from === undefined) return
    }
  }

  const read = async (info: SegmentInfo) => {
    const entry = await store.get(info.key)
    return entry && { version: entry.version, ...decodeSegment(info, entry.value) }
  }

  /** Takes the batches with these numbers out of a segment. */
  const takeOut = async (key: string, numbers: ReadonlySet<number>): Promise<Removed> => {
    const info = segmentInfo({ key, size: 0, version: '' })
    for (let round = 0; round < rounds; round++) {
      const found = await read(info)
      const gone = found?.batches.filter(({ number }) => numbers.has(number)) ?? []
      if (found === undefined || gone.length === 0) return nothing
      const left = found.batches.filter(({ number }) => !numbers.has(number))
      // What a newer version of this program wrote cannot be written anew.
      if (left.length > 0 && found.damage.some(({ reason }) => reason === 'version')) return nothing
      const outcome = left.length === 0
        ? await store.delete(key, { ifVersion: found.version })
        : await store.put(key, encodeNumbered(left, info.records), { ifVersion: found.version })
      if (outcome === 'conflict') continue
      return gone.reduce((sum, { bytes, info: { items } }) => plus(sum, { batches: 1, items, bytes: bytes.length }), nothing)
    }
    return nothing
  }

  return {
    async browse({ after, maxBatches, maxBytes }) {
      const from = after === undefined ? undefined : parsePosition(after)
      const batches: QueuedBatch[] = []
      let bytes = 0
      // A key sorts after all that are shorter: so the segment that `after` is in comes again, and is passed over as far as it was seen.
      for await (const info of segments(from === undefined ? undefined : prefix + from.key.slice(0, -1))) {
        const found = await read(info)
        for (const damage of found?.damage ?? []) env.onDamage({ ...damage, key: info.key })
        for (const batch of found?.batches ?? []) {
          if (from !== undefined && info.key === prefix + from.key && batch.number <= from.number) continue
          bytes += batch.bytes.length
          const last = batches.at(-1)
          if (last !== undefined && (batches.length >= maxBatches || bytes > maxBytes)) return { batches, next: last.position }
          batches.push({ ...batch.info, bytes: batch.bytes, position: positionOf(info.key.slice(prefix.length), batch.number) })
        }
      }
      return { batches }
    },
    async remove(positions) {
      const byKey = new Map<string, Set<number>>()
      for (const { key, number } of positions.map(parsePosition)) byKey.set(key, (byKey.get(key) ?? new Set()).add(number))
      let removed = nothing
      for (const [key, numbers] of byKey) removed = plus(removed, await takeOut(prefix + key, numbers))
      changed()
      return removed
    },
    async discard({ keepBytes = Infinity, acceptedAfterMs = -Infinity }) {
      const all: SegmentInfo[] = []
      for await (const info of segments()) all.push(info)
      let left = all.reduce((sum, { bytes }) => sum + bytes, 0)
      const gone = all.filter(({ bytes, oldestMs }) => {
        if (left <= keepBytes && oldestMs >= acceptedAfterMs) return false
        left -= bytes
        return true
      })
      for (let at = 0; at < gone.length; at += pageSize) await store.deleteAll(gone.slice(at, at + pageSize).map(({ key }) => key))
      if (gone.length > 0) changed()
      return gone.reduce((sum, { records, items, bytes }) => plus(sum, { batches: records, items, bytes }), nothing)
    },
  }
}

type Removed = Omit<Depth, 'oldestMs'>
const nothing: Removed = { batches: 0, items: 0, bytes: 0 }
const plus = (a: Removed, b: Removed): Removed => ({ batches: a.batches + b.batches, items: a.items + b.items, bytes: a.bytes + b.bytes })
