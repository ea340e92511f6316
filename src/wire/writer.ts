import { WireError } from './error.ts'

const encoder = new TextEncoder()
const float = new Float64Array(1)
const floatWords = new Uint32Array(float.buffer)

/** Below this many bytes a loop beats the call of `set`, measured on V8. */
const LOOP = 48

/** How many bytes `value` takes as a varint (`value` below 2^32). */
export const varintSize = (value: number): number =>
  value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5

/** Copies `[start, end)` of `buffer` to `pos` in it and answers where the copy ends: needs no view of the source, so it is the cheapest copy there is. */
export function move(buffer: Uint8Array, pos: number, start: number, end: number): number {
  const length = end - start
  if (length < 20) for (let i = 0; i < length; i++) buffer[pos + i] = buffer[start + i]!
  else buffer.copyWithin(pos, start, end)
  return pos + length
}

/**
 * Writes protobuf into one growing buffer. A length-delimited message is written between `fork` and `join`; its length is filled in
 * afterwards, and always in as few bytes as it takes, so what is copied unchanged comes out byte for byte the same.
 */
export class Writer {
  buffer: Uint8Array
  pos = 0
  /** Pairs for each open fork: where its length goes, and how many bytes are kept for it. */
  private readonly forks: number[] = []

  constructor(capacity = 256) {
    this.buffer = new Uint8Array(capacity)
  }

  /** Forgets what was written and keeps the buffer. */
  reset(): this {
    this.pos = 0
    this.forks.length = 0
    return this
  }

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    if (this.buffer.length - this.pos < more) this.grow(more)
  }

  tag(field: number, wireType: number): this {
    return this.varint(((field << 3) | wireType) >>> 0)
  }

  /** An unsigned integer below 2^53. */
  varint(value: number): this {
    this.reserve(10)
    const { buffer } = this
    let { pos } = this
    let rest = value
    while (rest >= 0x8000_0000) {
      buffer[pos++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest >= 0x80) {
      buffer[pos++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[pos++] = rest
    this.pos = pos
    return this
  }

  /** A 64-bit varint from its two words. */
  varint64(lo: number, hi: number): this {
    this.reserve(10)
    const { buffer } = this
    let low = lo >>> 0
    let high = hi >>> 0
    while (high !== 0 || low >= 0x80) {
      buffer[this.pos++] = (low & 0x7f) | 0x80
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    buffer[this.pos++] = low
    return this
  }

  /** A 64-bit varint; a negative value is written as int64 does, in ten bytes. */
  bigint(value: bigint): this {
    const word = BigInt.asUintN(64, value)
    return this.varint64(Number(word & 0xffff_ffffn), Number(word >> 32n))
  }

  /** An int32 or enum: negative values take ten bytes, as protobuf asks. */
  int32(value: number): this {
    return this.varint64(value | 0, value < 0 ? -1 : 0)
  }

  bool(value: boolean): this {
    return this.varint(value ? 1 : 0)
  }

  fixed32(value: number): this {
    this.reserve(4)
    const { buffer, pos } = this
    buffer[pos] = value
    buffer[pos + 1] = value >>> 8
    buffer[pos + 2] = value >>> 16
    buffer[pos + 3] = value >>> 24
    this.pos = pos + 4
    return this
  }

  fixed64(lo: number, hi: number): this {
    return this.fixed32(lo).fixed32(hi)
  }

  /** Eight little-endian bytes of a 64-bit integer of either sign. */
  fixed64Exact(value: bigint): this {
    const word = BigInt.asUintN(64, value)
    return this.fixed64(Number(word & 0xffff_ffffn), Number(word >> 32n))
  }

  double(value: number): this {
    float[0] = value
    return this.fixed64(floatWords[0]!, floatWords[1]!)
  }

  /** Length and bytes of a length-delimited field. */
  bytes(value: Uint8Array): this {
    this.varint(value.length)
    return this.raw(value, 0, value.length)
  }

  /** Length and UTF-8 of a string field. */
  string(value: string): this {
    const { length } = value
    // A unit becomes at most three bytes; short ASCII is written in one pass with a length known beforehand.
    if (length < 0x80) {
      this.reserve(1 + length)
      const { buffer, pos } = this
      let index = 0
      for (; index < length; index++) {
        const unit = value.charCodeAt(index)
        if (unit >= 0x80) break
        buffer[pos + 1 + index] = unit
      }
      if (index === length) {
        buffer[pos] = length
        this.pos = pos + 1 + length
        return this
      }
    }
    this.fork(length)
    this.reserve(3 * length)
    this.pos += encoder.encodeInto(value, this.buffer.subarray(this.pos)).written
    return this.join()
  }

  /** `source[start, end)` as it is, without a length. */
  raw(source: Uint8Array, start = 0, end = source.length): this {
    const length = end - start
    if (length <= 0) return this
    this.reserve(length)
    const { buffer, pos } = this
    if (length < LOOP) for (let i = 0; i < length; i++) buffer[pos + i] = source[start + i]!
    else buffer.set(start === 0 && end === source.length ? source : source.subarray(start, end), pos)
    this.pos = pos + length
    return this
  }

  /** `[start, end)` of what this writer holds already, once more. */
  again(start: number, end: number): void {
    this.reserve(end - start)
    this.pos = move(this.buffer, this.pos, start, end)
  }

  /** Opens a length-delimited message; `expected` is a guess of its length, and a good one saves a move at `join`. */
  fork(expected = 0): this {
    const width = varintSize(expected)
    this.reserve(width)
    this.forks.push(this.pos, width)
    this.pos += width
    return this
  }

  /** Closes the message that the latest `fork` opened. */
  join(): this {
    const width = this.forks.pop()!
    const at = this.forks.pop()!
    const length = this.pos - at - width
    const needed = varintSize(length)
    if (needed !== width) this.shift(at + width, needed - width)
    let rest = length
    let pos = at
    while (rest >= 0x80) {
      this.buffer[pos++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.buffer[pos] = rest
    return this
  }

  /** Forgets the latest `fork` and everything written since `pos`, which lies before it. */
  abandon(pos: number): void {
    this.forks.length -= 2
    this.pos = pos
  }

  /** What was written from `start` on, as an array of its own; the writer keeps its buffer. */
  copyOut(start: number): Uint8Array {
    return this.buffer.slice(start, this.pos)
  }

  /** What was written, as an array of its own that the writer does not touch again. */
  finish(): Uint8Array {
    const { buffer, pos } = this
    // Near enough to full, the buffer itself is handed out: it costs no copy and wastes little.
    const whole = buffer.length - pos <= pos >> 3 ? buffer.subarray(0, pos) : buffer.slice(0, pos)
    if (whole.buffer === buffer.buffer) this.buffer = new Uint8Array(0)
    this.reset()
    return whole
  }

  /** Moves what lies from `from` on by `by` bytes. */
  private shift(from: number, by: number): void {
    if (by > 0) this.reserve(by)
    this.buffer.copyWithin(from + by, from, this.pos)
    this.pos += by
  }

  private grow(more: number): void {
    const needed = this.pos + more
    if (needed > 0x7fff_ffff) throw new WireError('protobuf', this.pos, 'the message to write exceeds 2 GiB')
    const next = new Uint8Array(Math.max(needed, 2 * this.buffer.length, 64))
    next.set(this.buffer.subarray(0, this.pos))
    this.buffer = next
  }
}
