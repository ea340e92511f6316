/** What an isolate remembers of targets between scrapes. All of it can be had again: from the state, and from the next page. */

import type { MetricMetadata } from '../../../../wire/remote-write.ts'
import { MetaLines } from './meta-lines.ts'
import { SeriesBook } from './series-book.ts'

/** One target in memory. */
export interface Remembered {
  readonly book: SeriesBook
  /** The version of the state that `book` agrees with; undefined when it must be read. */
  version: string | undefined
  /** The series of `book` as the state has them. */
  packed: Uint8Array
  /** The metadata of its last good page, and the lines that said so. */
  readonly lines: MetaLines
  metadata: readonly MetricMetadata[]
  /** Until when a scrape may be under way: one whose invocation is ended from outside never says so. */
  busyUntilMs: number
}

const sizeOf = ({ book, packed, lines, metadata }: Remembered): number => book.size + packed.length + lines.size + 200 * metadata.length + 1000

/** Targets by key; those that were not scraped for longest are forgotten when there are too many bytes of them. */
export class Memory {
  readonly #targets = new Map<string, Remembered>()
  readonly #sizes = new Map<string, number>()
  #bytes = 0
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** What is known of a target, which counts as used; `seed` is for its tables if they are new. */
  of(key: string, seed: () => number): Remembered {
    let known = this.#targets.get(key)
    if (known === undefined) known = { book: new SeriesBook(seed()), version: undefined, packed: new Uint8Array(0), lines: new MetaLines(), metadata: [], busyUntilMs: 0 }
    else this.#targets.delete(key)
    this.#targets.set(key, known)
    return known
  }

  /** To be called when a target's memory may have grown. */
  settle(key: string, nowMs: number): void {
    const known = this.#targets.get(key)
    if (known === undefined) return
    this.#bytes += sizeOf(known) - (this.#sizes.get(key) ?? 0)
    this.#sizes.set(key, sizeOf(known))
    for (const [oldest, { busyUntilMs }] of this.#targets) {
      if (this.#bytes <= this.#maxBytes) return
      if (busyUntilMs <= nowMs) this.forget(oldest)
    }
  }

  forget(key: string): void {
    this.#bytes -= this.#sizes.get(key) ?? 0
    this.#sizes.delete(key)
    this.#targets.delete(key)
  }
}
