/**
 * How what isolates have counted stands in the store: each writes a page of its own, and pages of isolates that are not heard of any
 * more are folded into one total. FORMAT.md draws the keys.
 *
 *     open --(only its isolate writes it)--> sealed --> in the total, by name --> deleted
 *
 * A sealed page is never written again, because its isolate names the version that it wrote last. The total takes a page up in one
 * swap that also notes its name, so wherever a crash comes between, the page counts once: by itself, or, once its name is there, as
 * part of the total.
 */

import { readOne } from '../../state/kinds/cell.ts'
import type { StateEnv } from '../../state/kinds/env.ts'
import { encodeRecord } from '../../state/record.ts'
import { text, utf8 } from '../../lib/bytes.ts'
import { writeId, type Store } from '../../state/store.ts'
import { addTotals, totalsFromJson, totalsToJson, type Totals, type TotalsJson } from './totals.ts'

const pagePrefix = 'metrics/sluice/page/'
const totalKey = 'metrics/sluice/total'

/** The most pages that are summed: oldest first, so that a sum never gets smaller. Further ones are seen when older ones are folded. */
const maxPages = 1_000
/** Reads at once; six connections are what a Worker has. */
const readsAtOnce = 6
/** An isolate that has not written for this long gets its page folded. */
export const silentMs = 10 * 60_000
/** Pages folded at once, and names that the total remembers: it is read for every answer. */
const foldsAtOnce = 100
const maxNames = 500
/** Swaps of the total against other writers. */
const rounds = 20

/** A page as read. */
export interface Page {
  /** Of its isolate's attempts to write it. */
  readonly number: number
  readonly writtenMs: number
  readonly sealed: boolean
  readonly body: Uint8Array
  readonly version: string
}

/** A key for a new page; pages sort by the time at which they were begun. */
export const newPageKey = ({ now, random }: StateEnv): string =>
  `${pagePrefix}${String(Math.floor(now())).padStart(15, '0')}-${writeId(random).slice(0, 16)}`
const begunMs = (key: string) => Number(key.slice(pagePrefix.length, pagePrefix.length + 15))

export const encodeTotals = (totals: Totals): Uint8Array => utf8(JSON.stringify(totalsToJson(totals)))
export const decodeTotals = (body: Uint8Array): Totals => totalsFromJson(JSON.parse(text(body)) as TotalsJson)

/** The page at `key`; `damaged` (and reported) when it cannot be read. */
export async function readPage(store: Store, key: string, env: StateEnv): Promise<Page | 'damaged' | undefined> {
  const entry = await store.get(key)
  if (entry === undefined) return undefined
  const record = readOne(key, entry, env)
  if (record === undefined) return 'damaged'
  const { writtenMs = 0, sealed = false } = record.meta as { writtenMs?: number; sealed?: boolean }
  return { number: record.number, writtenMs, sealed, body: record.body, version: entry.version }
}

/** Writes a page over `version`, which its writer has seen last (null: the first time). */
export function writePage(store: Store, key: string, page: Omit<Page, 'version'>, version: string | null): Promise<{ version: string } | 'conflict'> {
  const { number, writtenMs, sealed, body } = page
  return store.put(key, encodeRecord({ number, meta: { writtenMs, ...(sealed && { sealed }) }, body }), { ifVersion: version })
}

interface Total {
  /** Pages that are part of it, by the number that they had, oldest first. */
  readonly folded: ReadonlyMap<string, number>
  readonly totals: Totals
  readonly version: string | null
}

/** The total; an empty one where there is none. */
export async function readTotal(store: Store, env: StateEnv): Promise<Total> {
  const entry = await store.get(totalKey)
  const record = entry && readOne(totalKey, entry, env)
  if (record === undefined) return { folded: new Map(), totals: new Map(), version: entry?.version ?? null }
  const { folded, totals } = JSON.parse(text(record.body)) as { folded: [string, number][]; totals: TotalsJson }
  return { folded: new Map(folded), totals: totalsFromJson(totals), version: entry!.version }
}

/** What all isolates have written, as one. Costs a list, a read for each page, and one for the total. */
export async function readAll(store: Store, env: StateEnv): Promise<Totals> {
  const pages: [string, Totals][] = []
  await inTurns((await pageKeys(store, maxPages)), async (key) => {
    const page = await readPage(store, key, env)
    if (typeof page === 'object') pages.push([key, decodeTotals(page.body)])
  })
  // Read last: a page that was deleted before it could be read is in there by now.
  const { folded, totals } = await readTotal(store, env)
  for (const [key, page] of pages) if (!folded.has(key)) addTotals(totals, page)
  return totals
}

/** Folds pages of isolates that fell silent into the total; `own` is left alone. Done twice, or by two, it does no harm. */
export async function foldSilent(store: Store, env: StateEnv, own?: string): Promise<void> {
  const standing = await pageKeys(store, maxPages)
  const before = env.now() - silentMs
  const silent = new Map<string, Page | 'damaged'>()
  await inTurns(standing.filter(key => begunMs(key) < before && key !== own).slice(0, foldsAtOnce), async (key) => {
    const page = await readPage(store, key, env)
    if (page === undefined) return
    if (page === 'damaged' || page.sealed) silent.set(key, page)
    else if (page.writtenMs < before && await writePage(store, key, { ...page, sealed: true }, page.version) !== 'conflict') silent.set(key, page)
  })
  if (silent.size === 0) return
  if (await addToTotal(store, env, silent, new Set(standing))) await store.deleteAll([...silent.keys()])
}

/** Whether the total now holds all of `pages`. */
async function addToTotal(store: Store, env: StateEnv, pages: ReadonlyMap<string, Page | 'damaged'>, standing: ReadonlySet<string>): Promise<boolean> {
  for (let round = 0; round < rounds; round++) {
    const { folded, totals, version } = await readTotal(store, env)
    const added = [...pages].flatMap(([key, page]) => (page === 'damaged' || folded.has(key) ? [] : [[key, page] as const]))
    if (added.length === 0) return true
    for (const [, page] of added) addTotals(totals, decodeTotals(page.body))
    const names = [...folded, ...added.map(([key, { number }]) => [key, number] as const)]
    // A name is needed for as long as its page stands, and for a while so that its isolate, should it come back, finds out.
    const kept = names.filter(([key], i) => names.length - i <= maxNames || standing.has(key))
    const body = utf8(JSON.stringify({ folded: kept, totals: totalsToJson(totals) }))
    if (await store.put(totalKey, encodeRecord({ number: 0, meta: {}, body }), { ifVersion: version }) !== 'conflict') return true
  }
  return false
}

/** Keys of pages, oldest first. */
async function pageKeys(store: Store, limit: number): Promise<string[]> {
  const { entries } = await store.list(pagePrefix, { limit })
  return entries.map(({ key }) => key)
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += readsAtOnce) await Promise.all(items.slice(at, at + readsAtOnce).map(work))
}
