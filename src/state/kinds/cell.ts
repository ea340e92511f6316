/** One value with compare-and-swap: a record of its own at one key. */

import type { Cell, CellKey, CellValue } from '../kinds.ts'
import { encodeRecord, readRecords, type StoredRecord } from '../record.ts'
import { StoreError, writeId, type Entry, type Store } from '../store.ts'
import type { StateEnv } from './env.ts'

/** How often `update` tries against other writers before it gives up. */
const updateRounds = 50

/** The record of a cell, with the version that the store gave it; the number is the fence. */
export interface OneRecord extends StoredRecord {
  readonly version: string
}

/** The only record of `entry`; undefined, and reported, when it is damaged. */
export function readOne(key: string, entry: Entry, env: StateEnv): OneRecord | undefined {
  const { records, damage } = readRecords(entry.value)
  for (const each of damage) env.onDamage({ ...each, key })
  const newer = damage.find(({ reason }) => reason === 'version')
  // To treat it as absent would overwrite what a newer deployment wrote.
  if (newer !== undefined) throw new StoreError(`"${key}" was written by a newer version of Sluice: deploy that again, or delete the key`, { retryable: false })
  return records[0] && { ...records[0], version: entry.version }
}

/** Opens the cell at store key `at`. */
export function openCell(_key: CellKey, store: Store, at: string, env: StateEnv): Cell {
  let fence = 0
  /** What the last read found at a version, intact or not: a swap over a damaged value names that version. */
  const value = (record: OneRecord): CellValue => {
    fence = Math.max(fence, record.number)
    return { bytes: record.body, version: record.version }
  }
  const read = async (known?: CellValue): Promise<CellValue | undefined> => {
    const entry = known === undefined ? await store.get(at) : await store.refresh(at, known.version)
    if (entry === undefined) return undefined
    if (entry === 'unchanged') return known
    const record = readOne(at, entry, env)
    return record && value(record)
  }

  const put = async (bytes: Uint8Array, number: number, ifVersion: string | null | undefined): Promise<CellValue | 'conflict'> => {
    const record = encodeRecord({ number, meta: {}, body: bytes })
    const outcome = await store.put(at, record, { writeId: writeId(env.random), ...(ifVersion !== undefined && { ifVersion }) })
    return outcome === 'conflict' ? outcome : { bytes, version: outcome.version }
  }

  /** A fenced write knows the fence that stands there, and swaps over just that. */
  const putFenced = async (bytes: Uint8Array, token: number, over: CellValue | null | undefined): Promise<CellValue | 'conflict'> => {
    for (let round = 0; round < updateRounds; round++) {
      const entry = await store.get(at)
      const present = entry && readOne(at, entry, env)
      if (present !== undefined && present.number > token) return 'conflict'
      if (over !== undefined && (entry?.version ?? null) !== (over?.version ?? null)) return 'conflict'
      const outcome = await put(bytes, token, entry?.version ?? null)
      if (outcome !== 'conflict' || over !== undefined) return outcome
    }
    throw busy(at)
  }

  return {
    read,
    write: (bytes, { over, fence: token } = {}) =>
      token === undefined ? put(bytes, fence, over === null ? null : over?.version) : putFenced(bytes, token, over),
    async update(change) {
      for (let round = 0; round < updateRounds; round++) {
        const entry = await store.get(at)
        const present = entry && readOne(at, entry, env)
        const next = change(present?.body)
        if (next === undefined) return present && value(present)
        const outcome = await put(next, present?.number ?? fence, entry?.version ?? null)
        if (outcome !== 'conflict') return outcome
      }
      throw busy(at)
    },
  }
}

const busy = (at: string) => new StoreError(`"${at}" changed ${updateRounds} times while it was being written`, { retryable: true })
