/**
 * The right to do something alone for a while, with a fencing token. One record at one key, never deleted, so that tokens only
 * grow. Clocks only decide how soon a dead holder is replaced; that a slow one does no harm is the token's part (`Cell.write`'s
 * `fence`), and that work done twice is harmless is its user's.
 */

import type { Held, Lease, LeaseKey } from '../kinds.ts'
import { writeId, type Store } from '../store.ts'
import { readOne } from './cell.ts'
import type { StateEnv } from './env.ts'
import { swap } from './swap.ts'

interface Standing {
  readonly owner: string
  readonly token: number
  readonly untilMs: number
  /** For how long it was taken: more than that cannot be left of it, unless the clock went back. */
  readonly ttlMs: number
  /** Null where nothing stands yet. */
  readonly version: string | null
}

/** Opens the lease at store key `at`. */
export function openLease(_key: LeaseKey, store: Store, at: string, env: StateEnv): Lease {
  const read = async (): Promise<Standing> => {
    const entry = await store.get(at)
    const record = entry && readOne(at, entry, env)
    const { owner = '', expiresAtMs = 0, ttlMs = Infinity } = (record?.meta ?? {}) as { owner?: string; expiresAtMs?: number; ttlMs?: number }
    // A damaged lease has lost its token. The clock in milliseconds is far above any count of holders.
    const token = entry === undefined ? 0 : record?.number ?? Math.floor(env.now())
    return { owner, token, untilMs: expiresAtMs, ttlMs, version: entry?.version ?? null }
  }

  const swapTo = (over: string | null, owner: string, token: number, untilMs: number, ttlMs: number) =>
    swap(store, at, over, { number: token, meta: { owner, expiresAtMs: untilMs, ttlMs } }, env)

  const held = (owner: string, token: number, untilMs: number, version: string): Held => ({
    token,
    untilMs,
    async renew(ttlMs) {
      const until = env.now() + ttlMs
      const renewed = await swapTo(version, owner, token, until, ttlMs)
      return renewed === 'conflict' ? 'lost' : held(owner, token, until, renewed.version)
    },
    async release() {
      await swapTo(version, owner, token, 0, 0)
    },
  })

  return {
    async acquire(ttlMs) {
      const standing = await read()
      // Taken before the write, so that the holder lets go no later than others believe.
      const now = env.now()
      // A holder that died before the clock was set back an hour must not hold up everything for that hour.
      if (standing.untilMs > now && standing.untilMs - now <= standing.ttlMs) return { takenUntilMs: standing.untilMs }
      const owner = writeId(env.random)
      const token = standing.token + 1
      const taken = await swapTo(standing.version, owner, token, now + ttlMs, ttlMs)
      return taken === 'conflict' ? { takenUntilMs: now + ttlMs } : held(owner, token, now + ttlMs, taken.version)
    },
  }
}
