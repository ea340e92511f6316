/**
 * State in the SQLite storage of a Cloudflare Durable Object, which stateless Workers reach through `remoteStore`:
 *
 *     export class State extends DurableObject {
 *       readonly #store = sqlStore(this.ctx.storage, { now: Date.now, random: Math.random })
 *       state(request) { return serveStore(this.#store, request) }
 *     }
 *     const store = remoteStore(request => env.STATE.getByName(ownerOf(request)).state(request), { now: Date.now, random: Math.random })
 */

import { concat } from '../../lib/bytes.ts'
import { guarded, lastCharacter, positions, type Page, type Store, type StoreEnv } from '../store.ts'
import { objectLimits, serve, type RemoteRaw, type StoreReply, type StoreRequest } from './remote.ts'

export { ownerOf, ownerOfNode, remoteStore, type StoreReply, type StoreRequest } from './remote.ts'

/** The object's own store, which also answers the operations of its callers. */
export interface ServedStore extends Store {
  readonly serve: (request: StoreRequest) => Promise<StoreReply>
}

/** Answers a remote store's operation; they are counted where they come from. */
export const serveStore = (store: ServedStore, request: StoreRequest): Promise<StoreReply> => store.serve(request)

/** What is used of `ctx.storage`. */
export interface SqlStorage {
  readonly sql: { exec(query: string, ...bindings: unknown[]): { toArray(): Record<string, unknown>[] } }
  transactionSync<T>(work: () => T): T
}

/** A row may have 2 MB with its key. */
const rowBytes = 1_900_000

const schema = `
  CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, version TEXT NOT NULL, size INTEGER NOT NULL, value BLOB) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS parts (key TEXT, part INTEGER, value BLOB NOT NULL, PRIMARY KEY (key, part)) WITHOUT ROWID;`

/** The store inside the object. */
export function sqlStore(storage: SqlStorage, env: StoreEnv): ServedStore {
  const raw = rawSqlStore(storage, env)
  return { ...guarded(objectLimits, env.random, raw), serve: request => serve(raw, request) }
}

/** Every row written is billed: a value of up to 1.9 MB is one, and so is its delete. */
function rawSqlStore(storage: SqlStorage, { now }: StoreEnv): RemoteRaw {
  const query = (text: string, ...bindings: unknown[]) => storage.sql.exec(text, ...bindings).toArray()
  const head = (key: string) => query('SELECT version, size FROM entries WHERE key = ?', key)[0] as { version: string; size: number } | undefined
  const position = positions(now)
  storage.sql.exec(schema)

  const write = (key: string, value: Uint8Array, version: string, before: number) => {
    const whole = value.length <= rowBytes
    if (before > rowBytes) query('DELETE FROM parts WHERE key = ?', key)
    query('INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)', key, version, value.length, whole ? value : null)
    for (let at = 0; !whole && at < value.length; at += rowBytes) {
      query('INSERT INTO parts VALUES (?, ?, ?)', key, at / rowBytes, value.slice(at, at + rowBytes))
    }
    return { version }
  }
  const remove = (key: string) => {
    const present = head(key)
    if (present === undefined) return
    query('DELETE FROM entries WHERE key = ?', key)
    if (present.size > rowBytes) query('DELETE FROM parts WHERE key = ?', key)
  }
  const lastKeys = (prefix: string, count: number) =>
    query('SELECT key, version FROM entries WHERE key >= ? AND key < ? ORDER BY key DESC LIMIT ?', prefix, prefix + lastCharacter, count) as
      { key: string; version: string }[]

  return {
    async get(key, unless) {
      const present = head(key)
      if (present === undefined) return undefined
      if (present.version === unless) return 'unchanged'
      const rows = present.size > rowBytes
        ? query('SELECT value FROM parts WHERE key = ? ORDER BY part', key)
        : query('SELECT value FROM entries WHERE key = ?', key)
      return { version: present.version, value: concat(rows.map(row => new Uint8Array(row.value as ArrayBuffer))) }
    },
    put: async (key, value, ifVersion, id) => storage.transactionSync(() => {
      const present = head(key)
      if (present?.version === id) return { version: id }
      if (ifVersion !== undefined && (present?.version ?? null) !== ifVersion) return 'conflict'
      return write(key, value, id, present?.size ?? 0)
    }),
    append: async (prefix, suffix, value, id, again) => storage.transactionSync(() => {
      const found = again ? lastKeys(prefix, 100).find(({ version }) => version === id) : undefined
      if (found !== undefined) return found
      if (!position.knows(prefix)) position.saw(prefix, lastKeys(prefix, 1)[0]?.key)
      const key = prefix + position.next(prefix) + suffix
      return { key, ...write(key, value, id, 0) }
    }),
    delete: async (key, ifVersion) => storage.transactionSync(() => {
      const present = head(key)?.version
      if (ifVersion !== undefined && present !== undefined && present !== ifVersion) return 'conflict'
      remove(key)
      return 'deleted'
    }),
    deleteAll: async keys => storage.transactionSync(() => keys.forEach(remove)),
    async list(prefix, after, limit) {
      const from = after === undefined ? '' : after
      const rows = query(
        'SELECT key, version, size FROM entries WHERE key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?',
        prefix, prefix + lastCharacter, from, limit + 1,
      ) as unknown as Page['entries']
      return rows.length > limit ? { entries: rows.slice(0, limit), next: rows[limit - 1]!.key } : { entries: rows }
    },
  }
}
