/** A cache from the encoded labels of a series to what became of them, because the same series come again and again. */

/** Undefined: as they were. Null: dropped. Else the encoded labels that take their place. */
export type Outcome = Uint8Array | null | undefined

interface Entry {
  readonly hash: number
  readonly key: Uint8Array
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

  /** What is known of `bytes[from, to)`, else what `decide` says, which is remembered. */
  lookUp(bytes: Uint8Array, from: number, to: number, decide: () => Outcome): Outcome {
    const hash = hashOf(bytes, from, to)
    const known = find(this.young, this.mask, hash, bytes, from, to)
    if (known !== undefined) {
      this.hits++
      return known.outcome
    }
    const aged = this.old.length > 0 ? find(this.old, this.oldMask, hash, bytes, from, to) : undefined
    if (aged !== undefined) {
      this.hits++
      this.add(aged)
      return aged.outcome
    }
    this.misses++
    const outcome = decide()
    this.add({ hash, key: bytes.slice(from, to), outcome })
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
    place(this.young, this.mask, entry)
    this.count++
    this.size += entry.key.length + (entry.outcome?.length ?? 0)
  }

  private grow(): void {
    const mask = 2 * this.mask + 1
    const table = new Array<Entry | undefined>(mask + 1)
    for (const entry of this.young) if (entry !== undefined) place(table, mask, entry)
    this.young = table
    this.mask = mask
  }
}

function place(table: (Entry | undefined)[], mask: number, entry: Entry): void {
  let slot = entry.hash & mask
  while (table[slot] !== undefined) slot = (slot + 1) & mask
  table[slot] = entry
}

function find(table: (Entry | undefined)[], mask: number, hash: number, bytes: Uint8Array, from: number, to: number): Entry | undefined {
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const entry = table[slot]
    if (entry === undefined) return undefined
    if (entry.hash === hash && same(entry.key, bytes, from, to)) return entry
  }
}

function same(key: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  const { length } = key
  if (length !== to - from) return false
  for (let i = 0; i < length; i++) if (key[i] !== bytes[from + i]) return false
  return true
}

/** FNV-1a, two bytes at a time, with the bits stirred at the end. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c_9dc5 ^ (to - from)
  let at = from
  for (; at + 1 < to; at += 2) hash = Math.imul(hash ^ (bytes[at]! | (bytes[at + 1]! << 8)), 0x0100_0193)
  if (at < to) hash = Math.imul(hash ^ bytes[at]!, 0x0100_0193)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b_3c6d)
  return hash ^ (hash >>> 12)
}
