/** Values by key that expire: a record each, at a key each, with the time in its meta. */

import { escapePart } from './keys.ts'
import type { Window, WindowEntry, WindowKey } from '../kinds.ts'
import { encodeRecord } from '../record.ts'
import { writeId, type Entry, type Store } from '../store.ts'
import { readOne } from './cell.ts'
import type { StateEnv } from './env.ts'

const pageSize = 1000

/** Opens the window below store key `at`. */
export function openWindow(_key: WindowKey, store: Store, at: string, env: StateEnv): Window {
  const prefix = `${at}/`
  /** What each store key was worth when last seen, so that `due` reads only what changed; damaged entries never fall due. */
  const seen = new Map<string, { version: string; expiresAtMs: number }>()

  const decode = (key: string, entry: Entry): WindowEntry | undefined => {
    const record = readOne(key, entry, env)
    const expiresAtMs = record === undefined ? Infinity : Number(record.meta['expiresAtMs'])
    seen.set(key, { version: entry.version, expiresAtMs })
    return record && { key: decodeURIComponent(key.slice(prefix.length)), bytes: record.body, version: entry.version, expiresAtMs }
  }
  const fetch = async (key: string) => {
    const entry = await store.get(key)
    return entry && decode(key, entry)
  }

  return {
    get: key => fetch(prefix + escapePart(key)),
    async put(key, bytes, expiresAtMs, { over } = {}) {
      const record = encodeRecord({ number: 0, meta: { expiresAtMs }, body: bytes })
      const ifVersion = over === null ? null : over?.version
      const outcome = await store.put(prefix + escapePart(key), record, { writeId: writeId(env.random), ...(ifVersion !== undefined && { ifVersion }) })
      if (outcome === 'conflict') return outcome
      seen.set(prefix + escapePart(key), { version: outcome.version, expiresAtMs })
      return { key, bytes, expiresAtMs, version: outcome.version }
    },
    async remove({ key, version }) {
      seen.delete(prefix + escapePart(key))
      return await store.delete(prefix + escapePart(key), { ifVersion: version }) === 'deleted' ? 'removed' : 'conflict'
    },
    async due(nowMs, limit) {
      const due: WindowEntry[] = []
      const gone = new Set(seen.keys())
      for (let after: string | undefined; ;) {
        const page = await store.list(prefix, { limit: pageSize, ...(after !== undefined && { after }) })
        for (const { key, version } of page.entries) {
          gone.delete(key)
          const known = seen.get(key)
          if (known?.version === version && known.expiresAtMs > nowMs) continue
          const entry = await fetch(key)
          if (entry === undefined || entry.expiresAtMs > nowMs) continue
          due.push(entry)
          if (due.length === limit) return due
        }
        after = page.next
        if (after === undefined) break
      }
      for (const key of gone) seen.delete(key)
      return due
    },
  }
}
