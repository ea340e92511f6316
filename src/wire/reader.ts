import { WireError } from './error.ts'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const float = new Float64Array(1)
const floatWords = new Uint32Array(float.buffer)
const single = new Float32Array(1)
const singleWord = new Uint32Array(single.buffer)

/** Wire types of protobuf; groups (3, 4) are refused. */
export const VARINT = 0
export const FIXED64 = 1
export const LENGTH = 2
export const FIXED32 = 5

/** The tag of a field: `tag(1, LENGTH)` is what `Reader.next` answers for it. */
export const tag = (field: number, wireType: number): number => ((field << 3) | wireType) >>> 0

/**
 * A cursor over protobuf that knows no schema and allocates nothing until asked for a value:
 *
 *     const r = new Reader(bytes)
 *     while (r.next() !== 0) {
 *       if (r.tag === NAME) name = r.string()
 *       else r.skip()
 *     }
 *
 * After `next`, exactly one of `skip`, `range` or a value method consumes the field. It throws WireError for anything malformed,
 * and takes no length on trust. 64-bit integers are read as two words (`lo`, `hi`) unless a bigint is asked for.
 */
export class Reader {
  bytes: Uint8Array
  pos: number
  end: number
  /** The last tag read (field << 3 | wire type), 0 at the end. */
  tag = 0
  /** Where the last tag began. */
  at = 0
  /** The content of the length-delimited field that `range`, `bytes`, `string` or `skip` last went over. */
  from = 0
  to = 0
  /** The words of the last 64-bit value, each unsigned. */
  lo = 0
  hi = 0
  format: string

  constructor(bytes: Uint8Array, start = 0, end = bytes.length, format = 'protobuf') {
    this.bytes = bytes
    this.pos = start
    this.end = end
    this.format = format
  }

  /** Points the same reader at other bytes, so that a loop needs no new one. */
  reset(bytes: Uint8Array, start = 0, end = bytes.length): this {
    this.bytes = bytes
    this.pos = start
    this.end = end
    this.tag = 0
    return this
  }

  get field(): number {
    return this.tag >>> 3
  }

  get wireType(): number {
    return this.tag & 7
  }

  /** Reads the next tag; 0 at the end. */
  next(): number {
    const { pos } = this
    this.at = pos
    if (pos >= this.end) return (this.tag = 0)
    const first = this.bytes[pos]!
    if (first < 0x80) {
      this.pos = pos + 1
      if (first < 8) throw this.error('field number 0', pos)
      return (this.tag = first)
    }
    const tag = this.varint32('a field tag')
    if (tag < 8) throw this.error('field number 0', pos)
    return (this.tag = tag)
  }

  /** An unsigned varint of at most 32 bits; a longer one is an error. */
  varint32(what = 'a 32-bit varint'): number {
    const { bytes, end } = this
    const start = this.pos
    let pos = start
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (pos >= end) throw this.error(`${what} is cut off`, start)
      const byte = bytes[pos++]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        if (shift === 28 && byte > 0x0f) break
        this.pos = pos
        return value >>> 0
      }
    }
    throw this.error(`${what} is too large`, start)
  }

  /** A varint of up to 64 bits into `lo` and `hi`; answers `lo`, which is all of an enum, a bool or an int32 there is. */
  varint(): number {
    const { bytes, end } = this
    const start = this.pos
    let pos = start
    let lo = 0
    let hi = 0
    for (let index = 0; index < 10; index++) {
      if (pos >= end) throw this.error('a varint is cut off', start)
      const byte = bytes[pos++]!
      const bits = byte & 0x7f
      if (index < 4) lo |= bits << (7 * index)
      else if (index === 4) {
        lo |= bits << 28
        hi = bits >>> 4
      } else hi |= bits << (7 * index - 32)
      if (byte < 0x80) {
        if (index === 9 && byte > 1) break
        this.pos = pos
        this.lo = lo >>> 0
        this.hi = hi >>> 0
        return this.lo
      }
    }
    throw this.error('a varint is longer than 64 bits', start)
  }

  /** A varint as an exact unsigned bigint. */
  uint64(): bigint {
    this.varint()
    return this.word()
  }

  /** A varint as an exact signed bigint (int64, two's complement). */
  int64(): bigint {
    this.varint()
    return BigInt.asIntN(64, this.word())
  }

  /** A zigzag varint (sint64) as an exact bigint. */
  sint64(): bigint {
    const raw = this.uint64()
    return (raw >> 1n) ^ -(raw & 1n)
  }

  /** A varint as a signed 32-bit integer (int32, enums): the low word, as protobuf truncates. */
  int32(): number {
    return this.varint() | 0
  }

  /** A zigzag varint of 32 bits (sint32). */
  sint32(): number {
    const raw = this.varint()
    return (raw >>> 1) ^ -(raw & 1)
  }

  bool(): boolean {
    this.varint()
    return this.lo !== 0 || this.hi !== 0
  }

  /** Four little-endian bytes, unsigned. */
  fixed32(): number {
    const { bytes, pos } = this
    if (this.end - pos < 4) throw this.error('a fixed32 is cut off', pos)
    this.pos = pos + 4
    return (bytes[pos]! | (bytes[pos + 1]! << 8) | (bytes[pos + 2]! << 16) | (bytes[pos + 3]! << 24)) >>> 0
  }

  /** Eight little-endian bytes into `lo` and `hi`. */
  fixed64(): void {
    if (this.end - this.pos < 8) throw this.error('a fixed64 is cut off', this.pos)
    this.lo = this.fixed32()
    this.hi = this.fixed32()
  }

  /** Eight little-endian bytes as an exact unsigned bigint. */
  fixed64Exact(): bigint {
    this.fixed64()
    return this.word()
  }

  /** Eight little-endian bytes as an exact signed bigint. */
  sfixed64(): bigint {
    return BigInt.asIntN(64, this.fixed64Exact())
  }

  double(): number {
    this.fixed64()
    floatWords[0] = this.lo
    floatWords[1] = this.hi
    return float[0]!
  }

  float(): number {
    singleWord[0] = this.fixed32()
    return single[0]!
  }

  /** Steps over a length-delimited field and leaves its content in `from` and `to`; nothing is allocated. */
  range(): void {
    const { bytes, end } = this
    const start = this.pos
    let pos = start
    // One and two bytes of length are nearly every field there is.
    const first = pos < end ? bytes[pos]! : 0x80
    let length: number
    if (first < 0x80) {
      length = first
      pos++
    } else if (end - pos > 1 && bytes[pos + 1]! < 0x80) {
      length = (first & 0x7f) | (bytes[pos + 1]! << 7)
      pos += 2
    } else {
      length = this.varint32('a length')
      pos = this.pos
    }
    if (length > end - pos) throw this.error(`a length of ${length} exceeds the ${end - pos} bytes left`, start)
    this.from = pos
    this.to = this.pos = pos + length
  }

  /** The content of a length-delimited field, as a view of the input. */
  subarray(): Uint8Array {
    this.range()
    return this.bytes.subarray(this.from, this.to)
  }

  /** The content of a length-delimited field as text; bytes that are no UTF-8 become U+FFFD. */
  string(): string {
    this.range()
    return text(this.bytes, this.from, this.to)
  }

  /** Steps over the field whose tag was just read. */
  skip(): void {
    switch (this.tag & 7) {
      case LENGTH: return this.range()
      case VARINT: return this.skipVarint()
      case FIXED64: return this.jump(8)
      case FIXED32: return this.jump(4)
      default: throw this.error(`wire type ${this.tag & 7} of field ${this.tag >>> 3} is not supported`, this.at)
    }
  }

  /** Fails unless the field just read has the wire type of `wanted`; for fields whose number a schema knows. */
  expect(wireType: number): void {
    if ((this.tag & 7) === wireType) return
    throw this.error(`field ${this.tag >>> 3} has wire type ${this.tag & 7} instead of ${wireType}`, this.at)
  }

  /** The error of this input at `offset`. */
  error(problem: string, offset = this.pos): WireError {
    return new WireError(this.format, offset, problem)
  }

  private jump(length: number): void {
    if (this.end - this.pos < length) throw this.error(`a fixed${8 * length} is cut off`, this.pos)
    this.pos += length
  }

  private skipVarint(): void {
    const { bytes, end } = this
    const start = this.pos
    const last = Math.min(end, start + 10)
    for (let pos = start; pos < last; pos++) {
      if (bytes[pos]! < 0x80) {
        if (pos - start === 9 && bytes[pos]! > 1) break
        this.pos = pos + 1
        return
      }
    }
    throw this.error(last - start < 10 ? 'a varint is cut off' : 'a varint is longer than 64 bits', start)
  }

  private word(): bigint {
    return (BigInt(this.hi) << 32n) | BigInt(this.lo)
  }
}

/** Text of UTF-8 in `bytes[start, end)`; short ASCII, which is nearly all there is, goes without the decoder's call. */
export function text(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= 24) {
    let out = ''
    let pos = start
    for (; pos < end; pos++) {
      const byte = bytes[pos]!
      if (byte >= 0x80) break
      out += String.fromCharCode(byte)
    }
    if (pos === end) return out
  }
  return decoder.decode(bytes.subarray(start, end))
}
