/**
 * The series of one target: those of its last good page in their order, and what a new page makes of them. Pages hardly change from
 * scrape to scrape, so the next series is nearly always the expected one, and is known by comparing bytes.
 *
 *     begin() ── expected/find/add, then seen(), for each sample ──┬── commit(): the page counts; its series are the known ones
 *                                                                  ├── abandon(): it broke off; what it had come to by then goes on
 *                                                                  └── begin() again: as if it had never been there
 */

import { ByteIndex, ByteStrings } from './series-index.ts'

/** Pages that break off, each with other series, are forgotten when there are twice those of the last good page and this many more. */
const spare = 1000

/** What was last written of a series that says more than a value: destinations refuse what goes back, and know what they have. */
export interface Last {
  /** The sample's own time, and its value; -Infinity where it has none. */
  readonly atMs: number
  readonly value: number
  /** The exemplar as text; empty where it has none. */
  readonly exemplar: string
}

export class SeriesBook {
  /** Each series as pages write it; empty where it is known by its labels only. */
  readonly keys = new ByteStrings()
  /** The label fields of each, as in a remote-write TimeSeries. */
  readonly labels = new ByteStrings()
  /** How many of them were there before this page (on the last good one, or on broken ones since); those behind are new on it. */
  known = 0
  /** How many were on the last good page. */
  good = 0
  /** The series that should come next, if it is below `known`. */
  next = 0
  /** Whether the ends of all of them were already announced (a scrape after the last good page got nowhere). */
  ended = false
  readonly #byKey: ByteIndex
  readonly #byLabels: ByteIndex
  /** By series: the scrape in which it was last there, and in which it was last watched for its end. */
  #there: number[] = []
  #watched: number[] = []
  #wasWatched: boolean[] = []
  /** By series, in memory only; and those of this page, until it counts. */
  #lasts: (Last | undefined)[] = []
  readonly #newLasts = new Map<number, Last>()
  #scrape = 1
  /** How many series have come in exactly the known order; after that, `order` lists all of them. */
  #straight = 0
  #order: number[] | undefined
  #rewatched = false
  /** Keys of known series that this page writes otherwise: a number in `strings` by series. */
  #learned: { readonly strings: ByteStrings; readonly bySeries: Map<number, number> } | undefined

  constructor(seed: number) {
    this.#byKey = new ByteIndex(this.keys, seed)
    this.#byLabels = new ByteIndex(this.labels, seed)
  }

  /** Forgets what an unfinished page brought, and awaits the next. */
  begin(): void {
    if (this.keys.count > this.known) {
      this.keys.truncate(this.known)
      this.labels.truncate(this.known)
      this.#byKey.clear()
      this.#byLabels.clear()
      this.#there.length = this.#watched.length = this.#wasWatched.length = this.#lasts.length = this.known
    }
    this.#newLasts.clear()
    this.#scrape++
    this.next = this.#straight = 0
    this.#order = this.#learned = undefined
    this.#rewatched = false
  }

  /** The series that pages write as `bytes[from, to)`, or -1. */
  findKey(bytes: Uint8Array, from: number, to: number): number {
    return this.#byKey.find(bytes, from, to)
  }

  /** The series with these label fields: the next one, another known one, or a new one, which pages write as `key` (if they do). */
  withLabels(labels: Uint8Array, from: number, to: number, key: Uint8Array, keyFrom: number, keyTo: number): number {
    const found = this.#isNext(labels, from, to) ? this.next : this.#byLabels.find(labels, from, to)
    if (found >= 0) {
      if (keyTo > keyFrom && !this.isThere(found)) this.#learn(found, key, keyFrom, keyTo)
      return found
    }
    this.#append(labels, from, to, key, keyFrom, keyTo)
    return this.keys.count - 1
  }

  #isNext(labels: Uint8Array, from: number, to: number): boolean {
    if (this.next >= this.known || this.labels.to(this.next) - this.labels.from(this.next) !== to - from) return false
    const { bytes } = this.labels
    for (let i = from, j = this.labels.from(this.next); i < to; i++, j++) if (labels[i] !== bytes[j]) return false
    return true
  }

  #learn(series: number, key: Uint8Array, from: number, to: number): void {
    this.#learned ??= { strings: new ByteStrings(), bySeries: new Map() }
    this.#learned.bySeries.set(series, this.#learned.strings.count)
    this.#learned.strings.add(key, from, to)
  }

  #append(labels: Uint8Array, from: number, to: number, key: Uint8Array, keyFrom: number, keyTo: number): void {
    this.keys.add(key, keyFrom, keyTo)
    this.labels.add(labels, from, to)
    this.#byKey.added()
    this.#byLabels.added()
    this.#there.push(0)
    this.#watched.push(0)
    this.#wasWatched.push(false)
    this.#lasts.push(undefined)
  }

  /** Whether the series was on this page before. */
  isThere(series: number): boolean {
    return this.#there[series] === this.#scrape
  }

  /** Notes that the series is on the page, and whether its end is to be announced one day. */
  seen(series: number, watched: boolean): void {
    this.next = series + 1
    if (watched) this.#watched[series] = this.#scrape
    if (this.#wasWatched[series] !== watched) this.#rewatched = true
    if (this.#there[series] === this.#scrape) return
    this.#there[series] = this.#scrape
    if (this.#order === undefined && series === this.#straight) {
      this.#straight++
      return
    }
    this.#order ??= Array.from({ length: this.#straight }, (_, i) => i)
    this.#order.push(series)
  }

  /** What was last written of a series, on this page or before. */
  lastOf(series: number): Last | undefined {
    return this.#newLasts.get(series) ?? this.#lasts[series]
  }

  noteLast(series: number, last: Last): void {
    this.#newLasts.set(series, last)
  }

  /** Series whose end is to be announced: they were watched on the page before and are not on this one. */
  gone(visit: (series: number) => void): void {
    if (this.ended) return
    for (let series = 0; series < this.known; series++) {
      if (this.#wasWatched[series] && this.#watched[series] !== this.#scrape) visit(series)
    }
  }

  /** Makes this page the last good one; whether it has other series than the one before, or watches others. */
  commit(): boolean {
    this.ended = false
    this.good = this.#order?.length ?? this.#straight
    for (const [series, last] of this.#newLasts) this.#lasts[series] = last
    const straight = this.#order === undefined && this.#straight === this.known && this.known === this.keys.count
    if (straight && !this.#rewatched && this.#learned === undefined) return false
    if (this.#order === undefined && this.#straight === this.keys.count && this.#learned === undefined) return this.#keepAll()
    const order = this.#order ?? Array.from({ length: this.#straight }, (_, i) => i)
    const sameSet = order.length === this.known && order.every(series => series < this.known) && !this.#rewatched
    this.#arrange(order)
    return !sameSet
  }

  /**
   * Ends a page that broke off as Prometheus does: series that it had come to go on being watched though nothing of them was written,
   * and of all others the end was announced; known are both. Whether that is more than `ended` says.
   */
  abandon(): boolean {
    const all = Array.from({ length: this.keys.count }, (_, series) => series)
    const there = all.filter(series => this.isThere(series))
    this.ended = there.length === 0
    if (this.ended) {
      this.begin()
      return false
    }
    const fresh = there.filter(series => series >= this.known)
    if (fresh.length === 0 && all.every(series => series >= this.known || this.#wasWatched[series] === (this.#watched[series] === this.#scrape))) {
      this.begin()
      return false
    }
    const kept = this.known + fresh.length > 2 * this.good + spare ? there : [...all.slice(0, this.known), ...fresh]
    this.#arrange(kept)
    return true
  }

  /** What is in its place already stays there. */
  #keepAll(): true {
    this.known = this.keys.count
    this.#wasWatched = this.#watched.map(scrape => scrape === this.#scrape)
    this.keys.trim()
    this.labels.trim()
    return true
  }

  /** Lays the series out anew, in the order of the page. */
  #arrange(order: readonly number[]): void {
    const keys = new ByteStrings()
    const labels = new ByteStrings()
    const watched = order.map(series => this.#watched[series] === this.#scrape)
    for (const series of order) {
      const learned = this.#learned?.bySeries.get(series)
      const [source, at] = learned === undefined ? [this.keys, series] : [this.#learned!.strings, learned]
      keys.add(source.bytes, source.from(at), source.to(at))
      labels.add(this.labels.bytes, this.labels.from(series), this.labels.to(series))
    }
    this.#replace(keys, labels, watched, order.map(series => this.#lasts[series]))
  }

  /** Takes series from elsewhere for those of the last good page. */
  restore(labels: ByteStrings, watched: readonly boolean[], ended: boolean, good: number): void {
    const keys = new ByteStrings()
    // What stays known by its key need not be read again.
    const empty = new Uint8Array(0)
    const lasts: (Last | undefined)[] = []
    for (let series = 0; series < labels.count; series++) {
      const own = this.#byLabels.find(labels.bytes, labels.from(series), labels.to(series))
      lasts.push(this.#lasts[own])
      if (own < 0) keys.add(empty, 0, 0)
      else keys.add(this.keys.bytes, this.keys.from(own), this.keys.to(own))
    }
    this.#replace(keys, labels, [...watched], lasts)
    this.ended = ended
    this.good = good
  }

  #replace(keys: ByteStrings, labels: ByteStrings, watched: boolean[], lasts: (Last | undefined)[]): void {
    for (const [own, other] of [[this.keys, keys], [this.labels, labels]] as const) {
      other.trim()
      own.bytes = other.bytes
      own.view = other.view
      own.ends.length = 0
      for (const end of other.ends) own.ends.push(end)
    }
    this.known = keys.count
    this.#byKey.clear()
    this.#byLabels.clear()
    this.#there = watched.map(() => 0)
    this.#watched = watched.map(() => 0)
    this.#wasWatched = watched
    this.#lasts = lasts
    this.#newLasts.clear()
  }

  /** Whether the end of a known series is to be announced. */
  isWatched(series: number): boolean {
    return this.#wasWatched[series] === true
  }

  /** About how much memory this takes. */
  get size(): number {
    return this.keys.bytes.length + this.labels.bytes.length + 40 * this.keys.count
  }
}
