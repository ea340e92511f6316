/** A cache from the encoded labels of a series to what became of them, because the same series come again and again. */

/** Undefined: as they were. Null: dropped. Else the encoded labels that take their place. */
export type Outcome = Uint8Array | null | undefined

interface Entry {
  readonly hash: number
  readonly length: number
  /** The key four bytes at a time, the last of them filled up with zeros. */
  readonly words: Int32Array
  readonly outcome: Outcome
}

/**
 * Two generations: a full one becomes the old one, and what is found there moves to the young one. So what is in use stays, and
 * forgetting costs nothing. `entries` and `bytes` bound both generations together.
 */
export class LabelCache {
  private young: (Entry | undefined)[] = []
  private old: (Entry | undefined)[] = []
  private mask = 0
  private oldMask = 0
  private count = 0
  private size = 0
  private bytes = new Uint8Array(0) as Uint8Array
  private view: DataView = new DataView(new ArrayBuffer(0))
  private readonly maxCount: number
  private readonly maxSize: number
  hits = 0
  misses = 0

  constructor(entries = 100_000, bytes = 16 * 1024 * 1024) {
    this.maxCount = Math.max(1, entries >> 1)
    this.maxSize = bytes >> 1
    this.clear()
  }

  /** Forgets everything. */
  clear(): void {
    this.young = new Array<Entry | undefined>(64)
    this.mask = 63
    this.old = []
    this.oldMask = 0
    this.count = this.size = 0
  }

  /** How many outcomes are known. */
  get entries(): number {
    return this.count + this.old.reduce(count => count + 1, 0)
  }

  /** What is known of `bytes[from, to)`, else what `decide` says, which is copied and remembered. */
  lookUp(bytes: Uint8Array, from: number, to: number, decide: () => Outcome): Outcome {
    if (bytes !== this.bytes) {
      this.bytes = bytes
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    const { view } = this
    const hash = hashOf(view, from, to)
    const known = find(this.young, this.mask, hash, view, from, to)
    if (known !== undefined) {
      this.hits++
      return known.outcome
    }
    const aged = this.old.length > 0 ? find(this.old, this.oldMask, hash, view, from, to) : undefined
    if (aged !== undefined) {
      this.hits++
      this.add(aged)
      return aged.outcome
    }
    this.misses++
    const decided = decide()
    const outcome = decided instanceof Uint8Array ? decided.slice() : decided
    this.add({ hash, length: to - from, words: wordsOf(view, from, to), outcome })
    return outcome
  }

  private add(entry: Entry): void {
    if (this.count >= this.maxCount || this.size >= this.maxSize) {
      this.old = this.young
      this.oldMask = this.mask
      this.young = new Array<Entry | undefined>(64)
      this.mask = 63
      this.count = this.size = 0
    } else if (2 * this.count > this.mask) this.grow()
    if (place(this.young, this.mask, entry)) this.count++
    this.size += entry.length + (entry.outcome?.length ?? 0)
  }

  private grow(): void {
    const mask = 2 * this.mask + 1
    const table = new Array<Entry | undefined>(mask + 1)
    for (const entry of this.young) if (entry !== undefined) place(table, mask, entry)
    this.young = table
    this.mask = mask
  }
}

/** How many places are looked at: labels that are made to collide push each other out, and cost no more than being decided anew. */
const maxProbes = 16

/** Puts an entry where it belongs; false when it took the place of another. */
function place(table: (Entry | undefined)[], mask: number, entry: Entry): boolean {
  for (let probe = 0; probe < maxProbes; probe++) {
    const slot = (entry.hash + probe) & mask
    if (table[slot] !== undefined) continue
    table[slot] = entry
    return true
  }
  table[entry.hash & mask] = entry
  return false
}

function find(table: (Entry | undefined)[], mask: number, hash: number, view: DataView, from: number, to: number): Entry | undefined {
  for (let probe = 0; probe < maxProbes; probe++) {
    const entry = table[(hash + probe) & mask]
    if (entry === undefined) return undefined
    if (entry.hash === hash && entry.length === to - from && same(entry.words, view, from, to)) return entry
  }
  return undefined
}

function same(words: Int32Array, view: DataView, from: number, to: number): boolean {
  const whole = (to - from) >> 2
  for (let i = 0; i < whole; i++) if (words[i] !== view.getInt32(from + 4 * i, true)) return false
  return whole === words.length || words[whole] === tail(view, from + 4 * whole, to)
}

function wordsOf(view: DataView, from: number, to: number): Int32Array {
  const words = new Int32Array((to - from + 3) >> 2)
  const whole = (to - from) >> 2
  for (let i = 0; i < whole; i++) words[i] = view.getInt32(from + 4 * i, true)
  if (whole < words.length) words[whole] = tail(view, from + 4 * whole, to)
  return words
}

/** The last bytes, fewer than four. */
function tail(view: DataView, from: number, to: number): number {
  let word = 0
  for (let at = from; at < to; at++) word |= view.getUint8(at) << (8 * (at - from))
  return word
}

/** FNV-1a in two lanes of four bytes each, so that one multiplication need not wait for the other; the bits are stirred at the end. */
function hashOf(view: DataView, from: number, to: number): number {
  let even = 0x811c_9dc5 ^ (to - from)
  let odd = 0x2c1b_3c6d
  let at = from
  for (; at + 8 <= to; at += 8) {
    even = Math.imul(even ^ view.getInt32(at, true), 0x0100_0193)
    odd = Math.imul(odd ^ view.getInt32(at + 4, true), 0x01b3_4d35)
  }
  if (at + 4 <= to) {
    even = Math.imul(even ^ view.getInt32(at, true), 0x0100_0193)
    at += 4
  }
  let hash = Math.imul(even ^ (even >>> 15), 0x2c1b_3c6d) ^ Math.imul(odd ^ (odd >>> 13), 0x297a_2d39) ^ tail(view, at, to)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d)
  return hash ^ (hash >>> 12)
}
