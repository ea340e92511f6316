/** The reading end of a queue: what it has read and not yet dropped is kept, so that a drain reads every segment once. */

import type { Queue, QueuedBatch } from '../kinds.ts'
import type { Entry, Store } from '../store.ts'
import type { StateEnv } from './env.ts'
import { decodeSegment, encodeNumbered, parsePosition, positionOf, segmentInfo, type Numbered, type SegmentInfo } from './segment.ts'

const pageSize = 1000
/** So that a drain is not bound by the time that one read takes; six connections are what a Worker has. */
const readsAtOnce = 6

/** A segment that was read: what is left of it, and the version that a rewrite replaces. */
interface Open {
  readonly info: SegmentInfo
  readonly version: string
  /** Not dropped, in order. */
  batches: Numbered[]
  /** Dropped, but not yet in the store's copy. */
  worn: boolean
}

/** `peek`, `drop` and `settle` over the segments below `prefix`; `removed` is told of every segment that is gone. */
export function queueReader(
  store: Store, prefix: string, env: StateEnv, removed: (segment: SegmentInfo) => void,
): Pick<Queue, 'peek' | 'drop' | 'settle' | 'rewind'> {
  const open: Open[] = []
  /** Listed and not read yet, in order; everything in `open` comes before. */
  let ahead: SegmentInfo[] = []
  /** Left alone: written by a newer version. */
  const foreign = new Set<string>()

  /** Lists from the start: a writer may have been late with a position that is lower than what was read since. */
  const look = async () => {
    const here = new Set(open.map(({ info }) => info.key))
    const found: SegmentInfo[] = []
    for (let after: string | undefined; found.length === 0;) {
      const page = await store.list(prefix, { limit: pageSize, ...(after !== undefined && { after }) })
      for (const listed of page.entries) if (!here.has(listed.key) && !foreign.has(listed.key)) found.push(segmentInfo(listed))
      after = page.next
      if (after === undefined) break
    }
    ahead = found
  }

  const admit = (info: SegmentInfo, entry: Entry) => {
    const { batches, damage } = decodeSegment(info, entry.value)
    for (const each of damage) env.onDamage({ ...each, key: info.key })
    if (damage.some(({ reason }) => reason === 'version')) foreign.add(info.key)
    else open.push({ info, version: entry.version, batches, worn: false })
  }

  /** Reads about `wanted` bytes of the next segments into `open`; false when there are none. One that cannot be read ends the round. */
  const readNext = async (wanted: number): Promise<boolean> => {
    if (ahead.length === 0) await look()
    const group: SegmentInfo[] = []
    for (let bytes = 0; bytes < wanted && group.length < Math.min(readsAtOnce, ahead.length);) {
      bytes += ahead[group.length]!.bytes
      group.push(ahead[group.length]!)
    }
    const outcomes = await Promise.allSettled(group.map(({ key }) => store.get(key)))
    for (const [i, info] of group.entries()) {
      const outcome = outcomes[i]!
      if (outcome.status === 'rejected') {
        // What was read before it is good: a store that fails now and then must not keep a drain from getting anywhere.
        if (i === 0) throw outcome.reason
        return true
      }
      ahead = ahead.slice(1)
      // Absent: another reader was faster.
      if (outcome.value !== undefined) admit(info, outcome.value)
    }
    return group.length > 0
  }

  /** As readNext, but a failure only counts when there is nothing to go on with. */
  const readMore = (wanted: number, hasSome: boolean): Promise<boolean> =>
    readNext(wanted).catch((error: unknown) => {
      if (hasSome) return false
      throw error
    })

  const collect = async (maxBytes: number): Promise<QueuedBatch[]> => {
    const found: QueuedBatch[] = []
    let bytes = 0
    for (let i = 0; ; i++) {
      while (i >= open.length) if (!await readMore(Math.max(1, maxBytes - bytes), found.length > 0)) return found
      for (const batch of open[i]!.batches) {
        bytes += batch.bytes.length
        if (found.length > 0 && bytes > maxBytes) return found
        found.push({ ...batch.info, bytes: batch.bytes, position: positionOf(open[i]!.info.key.slice(prefix.length), batch.number) })
      }
    }
  }

  /** Removes the segments in which nothing is left, from the front. */
  const clear = async () => {
    const used = open.findIndex(({ batches }) => batches.length > 0)
    const gone = used < 0 ? open : open.slice(0, used)
    if (gone.length === 0) return
    const segments = gone.map(({ info }) => info)
    await store.deleteAll(segments.map(({ key }) => key))
    open.splice(0, gone.length)
    segments.forEach(removed)
  }

  return {
    async peek(maxBytes) {
      const found = await collect(maxBytes)
      // What is damaged through and through would never be dropped by a position.
      if (found.length === 0) await clear()
      return found
    },
    async drop(through) {
      const { key, number } = parsePosition(through)
      const last = open.findIndex(({ info }) => info.key === prefix + key)
      for (const [i, segment] of open.slice(0, last + 1).entries()) {
        const left = i < last ? [] : segment.batches.filter(batch => batch.number > number)
        segment.worn ||= left.length < segment.batches.length
        segment.batches = left
      }
      await clear()
    },
    async settle() {
      const [segment] = open
      if (segment === undefined || !segment.worn) return
      const { info, version, batches } = segment
      const outcome = await store.put(info.key, encodeNumbered(batches, info.records), { ifVersion: version })
      // A conflict means that another reader has settled or removed it: what it left is read again.
      if (outcome === 'conflict') open.shift()
      else open[0] = { ...segment, version: outcome.version, worn: false }
    },
    rewind() {
      open.length = 0
      ahead = []
      foreign.clear()
    },
  }
}
