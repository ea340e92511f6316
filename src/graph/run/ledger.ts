/**
 * What this isolate has counted of itself, in memory, and on its way to the store: every ten seconds at most it writes what it has
 * counted since its page began, as one record over the one before (see pages.ts). What was not written when an isolate dies is lost;
 * nothing is ever counted twice.
 */

import type { Counter, Histogram, LabelArgs, Metric } from '../../components/contract/metrics.ts'
import type { StateEnv } from '../../state/kinds/env.ts'
import type { Store } from '../../state/store.ts'
import { decodeTotals, encodeTotals, foldSilent, newPageKey, readAll, readPage, readTotal, writePage } from './pages.ts'
import { componentLabels, observeIn, seriesIn, subtractTotals, type Series, type Totals } from './totals.ts'

/** Time between two writes of one isolate. */
export const flushEveryMs = 10_000
/** Time between two looks for pages to fold. */
const foldEveryMs = 5 * 60_000
/** Attempts to write against someone who seals the page. */
const rounds = 3

export interface LedgerEnv extends StateEnv {
  readonly sleep: (ms: number) => Promise<void>
  /** Told why a write or a fold did not succeed; it is tried again. */
  readonly onFailure: (error: unknown) => void
}

/** The page that is being written. */
interface OpenPage {
  readonly key: string
  /** As this isolate knows it; null where nothing was written. */
  version: string | null
  /** Of the last attempt. */
  number: number
  /** Whether the outcome of an attempt is unknown. */
  unsure: boolean
  /** What attempts have tried to write, by number, from the last one that is known to stand. */
  readonly sent: Map<number, Uint8Array>
}

export class Ledger {
  readonly #store: Store
  readonly #env: LedgerEnv
  /** Counted since the page began. */
  readonly #totals: Totals = new Map()
  #page: OpenPage | undefined
  #dirty = false
  #nextFlushMs = 0
  #nextFoldMs = 0
  #expectedMs = 0

  constructor(store: Store, env: LedgerEnv) {
    this.#store = store
    this.#env = env
  }

  // --- counting -----------------------------------------------------------------------------------------------------------------

  /** Adds `by` to a counter of the component `id`. */
  count<L extends string>(metric: Counter<L>, id: string, by: number, ...[labels]: LabelArgs<L>): void {
    this.add(this.series(metric, id, labels), by)
  }

  /** Notes a value in a histogram of the component `id`. */
  observe<L extends string>(metric: Histogram<L>, id: string, value: number, ...[labels]: LabelArgs<L>): void {
    observeIn(this.series(metric, id, labels), metric, value)
    this.#dirty = true
  }

  /** A component's series, for whoever counts often. */
  series(metric: Metric, id: string, labels: Readonly<Record<string, string>> = {}): Series {
    return seriesIn(this.#totals, metric, componentLabels(metric, id, labels))
  }

  add(series: Series, by: number): void {
    series.values[0]! += by
    if (by !== 0) this.#dirty = true
  }

  // --- writing --------------------------------------------------------------------------------------------------------------------

  /** Writes what has been counted, unless there is nothing new or the last write was less than ten seconds ago. Never rejects. */
  async flush(): Promise<void> {
    if (this.#env.now() >= this.#nextFlushMs) await this.close()
  }

  /** As `flush`, however long ago the last write was: the last thing that an isolate does where it is told that it ends. */
  async close(): Promise<void> {
    if (!this.#dirty) return
    // Claimed before anything is waited for: others who come meanwhile find nothing to do.
    this.#nextFlushMs = this.#env.now() + flushEveryMs
    this.#dirty = false
    try {
      await this.#write()
    } catch (error) {
      this.#dirty = true
      this.#env.onFailure(error)
    }
  }

  /** As `flush`, after waiting until a write may happen: for where work goes on behind an answer. One waits for all. */
  async settle(): Promise<void> {
    const now = this.#env.now()
    const waitMs = this.#nextFlushMs - now
    if (waitMs <= 0) return this.flush()
    // Who waits may be called off with its request; the next one after that time waits again.
    if (!this.#dirty || now < this.#expectedMs) return
    this.#expectedMs = this.#nextFlushMs
    await this.#env.sleep(waitMs)
    await this.flush()
  }

  async #write(): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      if (this.#page?.unsure === true) await this.#learn(this.#page)
      const page = this.#page ??= { key: newPageKey(this.#env), version: null, number: 0, unsure: false, sent: new Map() }
      const number = ++page.number
      const body = encodeTotals(this.#totals)
      page.sent.set(number, body)
      page.unsure = true
      const outcome = await writePage(this.#store, page.key, { number, writtenMs: this.#env.now(), sealed: false, body }, page.version)
      if (outcome !== 'conflict') return acknowledge(page, number, outcome.version)
    }
    throw new Error(`the page ${this.#page?.key} of counts was changed by others ${rounds} times`)
  }

  /** Finds out what became of attempts to write `page`: where it was sealed, what stands there is taken off, and a new page begins. */
  async #learn(page: OpenPage): Promise<void> {
    const found = await readPage(this.#store, page.key, this.#env)
    // Another request of this isolate may have learned it meanwhile.
    if (this.#page !== page) return
    if (typeof found === 'object' && !found.sealed) return acknowledge(page, found.number, found.version)
    if (typeof found === 'object') return this.#turn(found.body)
    const { folded } = await readTotal(this.#store, this.#env)
    if (this.#page !== page) return
    const number = folded.get(page.key)
    if (number !== undefined) return this.#turn(page.sent.get(number) ?? lastOf(page))
    // Nobody can read it, and nobody will count it: all of it is written anew.
    if (found === 'damaged') return this.#turn(undefined)
    // Nothing has come to stand there yet, so the next attempt goes to the same place, and only one of them can.
    if (page.version === null) return
    // Folded so long ago that its name is forgotten: what cannot be known counts as written, so that it is not counted twice.
    this.#turn(lastOf(page))
  }

  #turn(written: Uint8Array | undefined): void {
    if (written !== undefined) subtractTotals(this.#totals, decodeTotals(written))
    this.#page = undefined
  }

  // --- reading --------------------------------------------------------------------------------------------------------------------

  /**
   * What all isolates have counted. Only what stands in the store: another isolate that is asked next, or this one after a restart,
   * must not show less, because a scraper would take that for a counter that began anew.
   */
  async read(): Promise<Totals> {
    await this.flush()
    return readAll(this.#store, this.#env)
  }

  /** Folds what isolates left behind, now and then; for a tick. Never rejects. */
  async fold(): Promise<void> {
    if (this.#env.now() < this.#nextFoldMs) return
    this.#nextFoldMs = this.#env.now() + foldEveryMs
    try {
      await foldSilent(this.#store, this.#env, this.#page?.key)
    } catch (error) {
      this.#env.onFailure(error)
    }
  }
}

const lastOf = ({ sent }: OpenPage) => [...sent.values()].at(-1)

/** The attempt `number` stands in the store, at `version`. A later one may be on its way; it will find another version than it knows. */
function acknowledge(page: OpenPage, number: number, version: string): void {
  page.version = version
  page.unsure = false
  for (const sent of page.sent.keys()) if (sent < number) page.sent.delete(sent)
}
