/**
 * A bounded line of batches. Its writers only ever add keys, its reader only ever removes keys that it has read, so that neither
 * needs to know of the other: no head, no tail, nothing to keep in step, and nothing to lose between two writes.
 *
 *     append: [batch, batch, ...] ---one write---> queue/<node>/<name>/<position>-...      peek: list, get, get, ...
 *             (all that came while the last                                                drop: one delete of many keys
 *              write was under way)
 */

import type { BatchInfo, Depth, Full, Queue, QueueBounds, QueueKey, Waiting } from '../kinds.ts'
import { StoreError, writeId, type Store } from '../store.ts'
import type { StateEnv } from './env.ts'
import { queueOperator } from './queue-operator.ts'
import { queueReader } from './queue-reader.ts'
import { encodeSegment, segmentInfo, segmentSuffix } from './segment.ts'

/** A segment is closed at this size: small enough for one row of a Durable Object, large enough that overhead does not count. */
const segmentBytes = 1_500_000
/** How old an answer about the depth may be, for `append` and by default. */
const depthAgeMs = 10_000
const pageSize = 1000
/** In a record's 64 KiB of meta even if every character needs three bytes. */
const maxMetaLength = 20_000

/** Opens the queue below store key `at`. */
export function openQueue({ bounds }: QueueKey, store: Store, at: string, env: StateEnv): Queue {
  const prefix = `${at}/`
  const depth = depthGauge(store, prefix, env)
  const writeSegment = async (batches: readonly Waiting[]) => {
    const value = encodeSegment(batches)
    const { key } = await store.append(prefix, segmentSuffix(batches, writeId(env.random).slice(0, 8)), value)
    depth.add(segmentInfo({ key, size: value.length, version: '' }), 1)
  }
  const limit = Math.min(segmentBytes, store.limits.maxValueBytes)
  const alone = async (batches: readonly Waiting[]) => {
    for (let left = batches; left.length > 0; left = left.slice(fitting(left, limit))) await writeSegment(left.slice(0, fitting(left, limit)))
  }
  const { waiting, write } = env.shareIo === true ? sharedWrites(writeSegment, limit) : { waiting: [], write: alone }

  return {
    async append(batches) {
      for (const { info } of batches) checkMeta(info, at)
      const present = await depth.read(depthAgeMs)
      const reason = whyFull(bounds, present, [...waiting, ...batches], env.now())
      if (reason !== undefined) return { full: reason, depth: present }
      await write(batches)
      return 'queued'
    },
    ...queueReader(store, prefix, env, segment => depth.add(segment, -1)),
    ...queueOperator(store, prefix, env, () => depth.forget()),
    depth: ({ maxAgeMs = depthAgeMs } = {}) => depth.read(maxAgeMs),
  }
}

/** One write under way, and all that comes meanwhile in the next: order of acceptance is order in the store. */
function sharedWrites(writeSegment: (batches: readonly Waiting[]) => Promise<void>, limit: number) {
  const waiting: (Waiting & { resolve: () => void; reject: (error: unknown) => void })[] = []
  let writing = false
  const run = async () => {
    writing = true
    while (waiting.length > 0) {
      const batches = waiting.splice(0, fitting(waiting, limit))
      await writeSegment(batches).then(
        () => batches.forEach(({ resolve }) => resolve()),
        (error: unknown) => batches.forEach(({ reject }) => reject(error)),
      )
    }
    writing = false
  }
  const write = async (batches: readonly Waiting[]) => {
    const written = batches.map(batch => new Promise<void>((resolve, reject) => { waiting.push({ ...batch, resolve, reject }) }))
    if (!writing) void run()
    await Promise.all(written)
  }
  return { waiting, write }
}

/** Before it shares a segment with others, which should not fail with it. */
function checkMeta({ meta }: BatchInfo, at: string): void {
  const { length } = JSON.stringify(meta)
  if (length > maxMetaLength) throw new StoreError(`"${at}": a batch's meta has ${length} characters; at most ${maxMetaLength} fit`, { retryable: false })
}

/** How many of `batches` go into one segment: at least one. */
function fitting(batches: readonly Waiting[], limit: number): number {
  let bytes = 0
  const over = batches.findIndex(({ bytes: { length } }) => (bytes += length + 200) > limit)
  return over < 0 ? batches.length : Math.max(1, over)
}

function whyFull(bounds: QueueBounds, depth: Depth, waiting: readonly Waiting[], now: number): Full['full'] | undefined {
  const { bytes: maxBytes, items: maxItems = Infinity, batches: maxBatches = Infinity, ageMs = Infinity } = bounds
  const of = (size: (batch: Waiting) => number) => waiting.reduce((sum, batch) => sum + size(batch), 0)
  if (depth.bytes + of(batch => batch.bytes.length) > maxBytes) return 'bytes'
  if (depth.items + of(batch => batch.info.items) > maxItems) return 'items'
  if (depth.batches + waiting.length > maxBatches) return 'batches'
  if (depth.oldestMs !== undefined && now - depth.oldestMs > ageMs) return 'age'
  return undefined
}

interface Sizes { readonly bytes: number; readonly items: number; readonly records: number; readonly oldestMs: number }

/**
 * The depth as last listed, with what this handle has added and removed since. Other isolates' work shows with the next list; what
 * happens while a list is under way may count twice or not until then.
 */
function depthGauge(store: Store, prefix: string, env: StateEnv) {
  let known: { depth: Depth; atMs: number } | undefined
  let asking: Promise<Depth> | undefined

  const plus = (depth: Depth, { bytes, items, records, oldestMs }: Sizes, sign: 1 | -1): Depth => {
    const batches = Math.max(0, depth.batches + sign * records)
    const oldest = sign < 0 ? depth.oldestMs : Math.min(depth.oldestMs ?? Infinity, oldestMs)
    return {
      bytes: Math.max(0, depth.bytes + sign * bytes),
      items: Math.max(0, depth.items + sign * items),
      batches,
      ...(batches > 0 && oldest !== undefined && { oldestMs: oldest }),
    }
  }
  const ask = async (): Promise<Depth> => {
    let depth: Depth = { bytes: 0, items: 0, batches: 0 }
    // Until the answer is there, others go on with what was known.
    if (known !== undefined) known = { ...known, atMs: env.now() }
    for (let after: string | undefined; ;) {
      const page = await store.list(prefix, { limit: pageSize, ...(after !== undefined && { after }) })
      for (const listed of page.entries) depth = plus(depth, segmentInfo(listed), 1)
      after = page.next
      if (after === undefined) break
    }
    known = { depth, atMs: env.now() }
    return depth
  }
  return {
    add(segment: Sizes, sign: 1 | -1): void {
      if (known !== undefined) known = { ...known, depth: plus(known.depth, segment, sign) }
    },
    forget(): void { known = undefined },
    async read(maxAgeMs: number): Promise<Depth> {
      // Who comes while a list is under way waits with those before: appends stay in the order of their calls.
      if (asking !== undefined) return asking
      // A clock that jumped back makes the age negative: then it is not known either.
      const age = known === undefined ? Infinity : env.now() - known.atMs
      if (known !== undefined && age >= 0 && age < maxAgeMs) return known.depth
      if (env.shareIo !== true) return ask()
      return asking = ask().finally(() => { asking = undefined })
    },
  }
}
