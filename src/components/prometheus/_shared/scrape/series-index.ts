/** Byte strings by number, and the number of a byte string. */

/** Byte strings one behind the other in one array: the least that many of them can take. */
export class ByteStrings {
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(this.bytes.buffer)
  /** Where each ends; it begins where the one before ends. */
  readonly ends: number[] = []

  get count(): number {
    return this.ends.length
  }

  from(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1]!
  }

  to(index: number): number {
    return this.ends[index]!
  }

  /** Bytes of all of them. */
  get length(): number {
    const { ends } = this
    return ends.length === 0 ? 0 : ends[ends.length - 1]!
  }

  add(source: Uint8Array, from: number, to: number): void {
    const at = this.length
    const end = at + to - from
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.bytes.length, 256))
      grown.set(this.bytes.subarray(0, at))
      this.bytes = grown
      this.view = new DataView(grown.buffer)
    }
    const { bytes } = this
    if (to - from < 64) for (let i = from, j = at; i < to; i++, j++) bytes[j] = source[i]!
    else bytes.set(source.subarray(from, to), at)
    this.ends.push(end)
  }

  /** Forgets all from `count` on. */
  truncate(count: number): void {
    if (count < this.ends.length) this.ends.length = count
  }

  /** Gives back the room that growing took. */
  trim(): void {
    if (this.bytes.length - this.length <= this.length >> 3) return
    this.bytes = this.bytes.slice(0, this.length)
    this.view = new DataView(this.bytes.buffer)
  }
}

/** How many places are looked at: strings made to collide are taken for unknown ones, which harms nobody but who sent them. */
const maxProbes = 256

/** Finds a byte string among `strings` by a table that is made when it is first asked, and kept up with by `added`. */
export class ByteIndex {
  readonly #strings: ByteStrings
  readonly #seed: number
  #table: Int32Array | undefined
  #used = 0

  /** `seed`: any 32 bits that senders do not know. */
  constructor(strings: ByteStrings, seed: number) {
    this.#strings = strings
    this.#seed = seed
  }

  /** Forgets the table; to be called when strings were taken away. */
  clear(): void {
    this.#table = undefined
  }

  /** The number of the string that is `bytes[from, to)`, or -1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const table = this.#table ??= this.#make()
    const { bytes: own } = this.#strings
    const mask = table.length - 1
    const hash = hashOf(bytes, from, to, this.#seed)
    for (let probe = 0; probe < maxProbes; probe++) {
      const index = table[(hash + probe) & mask]! - 1
      if (index < 0) return -1
      const start = this.#strings.from(index)
      if (this.#strings.to(index) - start === to - from && same(own, start, bytes, from, to)) return index
    }
    return -1
  }

  /** Takes the string that was added last into the table, where there is one. */
  added(): void {
    const table = this.#table
    if (table === undefined) return
    if (2 * (this.#used + 1) > table.length) this.#table = this.#make()
    else this.#place(table, this.#strings.count - 1)
  }

  #make(): Int32Array {
    const { count } = this.#strings
    const table = new Int32Array(Math.max(64, 2 ** Math.ceil(Math.log2(4 * (count + 1)))))
    this.#used = 0
    for (let index = 0; index < count; index++) this.#place(table, index)
    return table
  }

  #place(table: Int32Array, index: number): void {
    const from = this.#strings.from(index)
    const to = this.#strings.to(index)
    // Nothing is looked for by an empty string.
    if (from === to) return
    const mask = table.length - 1
    const hash = hashOf(this.#strings.bytes, from, to, this.#seed)
    for (let probe = 0; probe < maxProbes; probe++) {
      const slot = (hash + probe) & mask
      if (table[slot] !== 0) continue
      table[slot] = index + 1
      this.#used++
      return
    }
  }
}

function same(a: Uint8Array, at: number, b: Uint8Array, from: number, to: number): boolean {
  for (let i = from, j = at; i < to; i++, j++) if (a[j] !== b[i]) return false
  return true
}

/** FNV-1a, stirred at the end. */
function hashOf(bytes: Uint8Array, from: number, to: number, seed: number): number {
  let hash = seed ^ (to - from)
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}
