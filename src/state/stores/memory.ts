/** State that lasts as long as this object: for tests, and for configurations that ask for nothing durable. */

import { compareKeys, guarded, positions, type Entry, type Listed, type Store, type StoreEnv } from '../store.ts'

/** What stores in memory may share, as isolates share a database. */
export interface MemoryData {
  readonly entries: Map<string, Entry>
  readonly position: ReturnType<typeof positions>
}

export const memoryData = (now: () => number): MemoryData => ({ entries: new Map(), position: positions(now) })

/** A store in memory. Reads and writes copy, so that a caller's later change never reaches what is stored. */
export function memoryStore({ now, random }: StoreEnv, { entries, position }: MemoryData = memoryData(now)): Store {
  const set = (key: string, value: Uint8Array, version: string) => {
    entries.set(key, { value: value.slice(), version })
    return { version }
  }
  return guarded({ maxValueBytes: 64 << 20, maxKeyBytes: 900, cheapSmallWrites: true, appendOrder: 'exact' }, random, {
    async get(key, unless) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      return entry.version === unless ? 'unchanged' : { value: entry.value.slice(), version: entry.version }
    },
    async put(key, value, ifVersion, id) {
      const present = entries.get(key)?.version
      if (present === id) return { version: id }
      if (ifVersion !== undefined && (present ?? null) !== ifVersion) return 'conflict'
      return set(key, value, id)
    },
    async append(prefix, suffix, value, id) {
      const key = prefix + position.next(prefix) + suffix
      return { key, ...set(key, value, id) }
    },
    async delete(key, ifVersion) {
      const present = entries.get(key)?.version
      if (ifVersion !== undefined && present !== undefined && present !== ifVersion) return 'conflict'
      entries.delete(key)
      return 'deleted'
    },
    async deleteAll(keys) {
      for (const key of keys) entries.delete(key)
    },
    async list(prefix, after, limit) {
      const keys = [...entries.keys()]
        .filter(key => key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0))
        .sort(compareKeys)
      const page = keys.slice(0, limit).map((key): Listed => {
        const { value, version } = entries.get(key)!
        return { key, version, size: value.length }
      })
      return keys.length > limit ? { entries: page, next: page.at(-1)!.key } : { entries: page }
    },
  })
}
