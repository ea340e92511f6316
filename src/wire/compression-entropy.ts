/** The two codes of zstd (RFC 8878, section 4): finite state entropy and Huffman, and the streams of bits that are read backwards. */

import { WireError } from './error.ts'

/** Damage in a zstd stream. */
export const damaged = (offset: number, problem: string) => new WireError('zstd', offset, problem)

/** Index of the highest bit set of a positive number. */
export const highestBit = (value: number): number => 31 - Math.clz32(value)

/**
 * Bits of `bytes[start, end)` from the last one to the first; the highest bit set in the last byte only marks where they begin.
 * Reading beyond the first bit gives zeros and makes `left` negative, which the caller has to check. Seven bytes have to be readable
 * behind `end`.
 */
export class BackwardBits {
  private readonly bytes: Uint8Array
  private readonly start: number
  /** Bits not read yet; negative once more were read than there are. */
  left: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    const last = end > start ? bytes[end - 1]! : 0
    if (last === 0) throw damaged(start, 'a stream of bits does not end with a mark')
    this.bytes = bytes
    this.start = start
    this.left = 8 * (end - start - 1) + highestBit(last)
  }

  /** The next `count` bits (at most 25), which stay to be read. */
  peek(count: number): number {
    const at = this.left - count
    if (at < 0) return at < -25 || this.left <= 0 ? 0 : (this.at(0) & ((1 << this.left) - 1)) << -at
    return this.at(at) & ((1 << count) - 1)
  }

  /** Reads up to 31 bits. */
  read(count: number): number {
    if (count > 25) {
      const high = this.read(count - 16)
      return high * 65_536 + this.read(16)
    }
    const value = this.peek(count)
    this.left -= count
    return value
  }

  private at(bit: number): number {
    const { bytes } = this
    const from = this.start + (bit >>> 3)
    return (bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24)) >>> (bit & 7)
  }
}

/** For each state: the symbol it stands for, how many bits to read, and what to add to them for the next state. */
export interface FseTable {
  readonly accuracy: number
  readonly symbols: Uint8Array
  readonly bits: Uint8Array
  readonly base: Uint16Array
}

/** A table of one state that always stands for `symbol` and reads nothing. */
export const fseConstant = (symbol: number): FseTable =>
  ({ accuracy: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), base: new Uint16Array(1) })

/** The table of a distribution: how many of 2^accuracy states each symbol has, -1 for one that is less likely than one state. */
export function fseTable(frequencies: readonly number[], accuracy: number, offset = 0): FseTable {
  const size = 1 << accuracy
  const symbols = new Uint8Array(size)
  const next = Int32Array.from(frequencies, Math.abs)
  let high = size
  frequencies.forEach((frequency, symbol) => {
    if (frequency === -1) symbols[--high] = symbol
  })
  // The others are strewn over the table with a step that meets every place once.
  const step = (size >> 1) + (size >> 3) + 3
  let at = 0
  frequencies.forEach((frequency, symbol) => {
    for (let i = 0; i < frequency; i++) {
      symbols[at] = symbol
      do at = (at + step) & (size - 1)
      while (at >= high)
    }
  })
  if (at !== 0) throw damaged(offset, 'an entropy table does not add up')
  const bits = new Uint8Array(size)
  const base = new Uint16Array(size)
  for (let state = 0; state < size; state++) {
    const order = next[symbols[state]!]!++
    bits[state] = accuracy - highestBit(order)
    base[state] = (order << bits[state]!) - size
  }
  return { accuracy, symbols, bits, base }
}

/** Reads the description of a table at `start`; answers it and where it ends. */
export function readFseTable(bytes: Uint8Array, start: number, end: number, maxAccuracy: number, maxSymbol: number): { table: FseTable; end: number } {
  let bit = 8 * start
  const read = (count: number): number => {
    const from = bit >>> 3
    const word = (bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16)) >>> (bit & 7)
    bit += count
    return word & ((1 << count) - 1)
  }
  const accuracy = read(4) + 5
  if (accuracy > maxAccuracy) throw damaged(start, 'an entropy table is larger than allowed')
  const frequencies: number[] = []
  let remaining = 1 << accuracy
  while (remaining > 0) {
    if (frequencies.length > maxSymbol || bit > 8 * end) throw damaged(start, 'an entropy table does not add up')
    // Values below a threshold go with one bit less than the others.
    const width = highestBit(remaining + 1) + 1
    const lower = (1 << (width - 1)) - 1
    const threshold = (1 << width) - 2 - remaining
    let value = read(width)
    if ((value & lower) < threshold) {
      value &= lower
      bit--
    } else if (value > lower) value -= threshold
    const frequency = value - 1
    frequencies.push(frequency)
    remaining -= Math.abs(frequency)
    if (frequency !== 0) continue
    for (let more = 3; more === 3;) {
      more = read(2)
      for (let i = 0; i < more; i++) frequencies.push(0)
      if (frequencies.length > maxSymbol + 1) throw damaged(start, 'an entropy table does not add up')
    }
  }
  const after = (bit + 7) >>> 3
  if (remaining < 0 || after > end || frequencies.length > maxSymbol + 1) throw damaged(start, 'an entropy table does not add up')
  return { table: fseTable(frequencies, accuracy, start), end: after }
}

/** For each run of `width` bits: the symbol they begin with, and how many bits that takes. */
export interface HuffmanTable {
  readonly width: number
  readonly symbols: Uint8Array
  readonly bits: Uint8Array
}

/** Reads the description of a Huffman code at `start`; answers it and where it ends. */
export function readHuffmanTable(bytes: Uint8Array, start: number, end: number): { table: HuffmanTable; end: number } {
  if (start >= end) throw damaged(start, 'a Huffman code is cut off')
  const header = bytes[start]!
  const after = start + 1 + (header < 128 ? header : (header - 126) >> 1)
  if (after > end) throw damaged(start, 'a Huffman code is cut off')
  const weights = header < 128
    ? packedWeights(bytes, start + 1, after)
    : Array.from({ length: header - 127 }, (_, i) => (bytes[start + 1 + (i >> 1)]! >> (i % 2 === 0 ? 4 : 0)) & 15)
  return { table: huffmanTable(weights, start), end: after }
}

/** Weights that are themselves coded, by two states in turn. */
function packedWeights(bytes: Uint8Array, start: number, end: number): number[] {
  const { table, end: from } = readFseTable(bytes, start, end, 6, 12)
  const bits = new BackwardBits(bytes, from, end)
  const weights: number[] = []
  let state = bits.read(table.accuracy)
  let other = bits.read(table.accuracy)
  if (bits.left < 0) throw damaged(start, 'the weights of a Huffman code are cut off')
  for (;;) {
    if (weights.length > 253) throw damaged(start, 'a Huffman code has too many weights')
    weights.push(table.symbols[state]!)
    const next = table.base[state]! + bits.read(table.bits[state]!)
    if (bits.left < 0) {
      weights.push(table.symbols[other]!)
      return weights
    }
    state = other
    other = next
  }
}

function huffmanTable(weights: number[], offset: number): HuffmanTable {
  let sum = 0
  for (const weight of weights) sum += weight === 0 ? 0 : 2 ** (weight - 1)
  if (sum === 0) throw damaged(offset, 'a Huffman code without symbols')
  const width = highestBit(sum) + 1
  const rest = 2 ** width - sum
  // The last weight is what is missing to a power of two.
  if (width > 11 || (rest & (rest - 1)) !== 0) throw damaged(offset, 'a Huffman code does not add up')
  const all = [...weights, highestBit(rest) + 1]
  const symbols = new Uint8Array(1 << width)
  const bits = new Uint8Array(1 << width)
  let at = 0
  for (let weight = 1; weight <= width; weight++) {
    all.forEach((own, symbol) => {
      if (own !== weight) return
      const until = at + (1 << (weight - 1))
      symbols.fill(symbol, at, until)
      bits.fill(width + 1 - weight, at, until)
      at = until
    })
  }
  if (at !== 1 << width) throw damaged(offset, 'a Huffman code does not add up')
  return { width, symbols, bits }
}

/** Decodes the stream in `bytes[start, end)` into all of `out`; it has to come out even. */
export function decodeHuffman({ width, symbols, bits }: HuffmanTable, bytes: Uint8Array, start: number, end: number, out: Uint8Array): void {
  const stream = new BackwardBits(bytes, start, end)
  for (let i = 0; i < out.length; i++) {
    const prefix = stream.peek(width)
    out[i] = symbols[prefix]!
    stream.left -= bits[prefix]!
  }
  if (stream.left !== 0) throw damaged(start, 'Huffman-coded literals do not come out even')
}
