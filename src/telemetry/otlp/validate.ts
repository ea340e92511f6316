import { WireError } from '../../wire/error.ts'
import { defaultLimits } from '../../wire/limits.ts'
import { wireTypeOf } from '../../wire/otlp-decode.ts'
import { type FieldShape, idLength, type MessageName, requests, schema, valueShapes } from '../../wire/otlp-schema.ts'
import { valueTags } from '../../wire/otlp-value.ts'
import { FIXED32, FIXED64, LENGTH, Reader, VARINT } from '../../wire/reader.ts'
import type { OtlpSignal } from '../batch.ts'

const messages: Record<string, Readonly<Record<string, FieldShape>>> = { ...schema, ...valueShapes }
const names = Object.keys(messages)

/**
 * One number for each message and each field number below 32, at `message << 5 | field`: 0 for an unknown field, else its wire
 * type + 1 (bits 0-2), whether it may be packed (bit 3), and the message inside + 1 (from bit 4).
 */
const shapes = new Uint16Array(names.length << 5)
names.forEach((name, message) => {
  for (const { number, type, label } of Object.values(messages[name]!)) {
    const wireType = wireTypeOf(type)
    const packable = label === 'many' && wireType !== LENGTH ? 8 : 0
    shapes[(message << 5) | number] = (wireType + 1) | packable | ((names.indexOf(type) + 1) << 4)
  }
})
/** How long an id at the same place must be, where it is one. */
const idLengths = new Uint8Array(names.length << 5)
names.forEach((name, message) => {
  for (const [field, { number, type }] of Object.entries(messages[name]!)) if (type === 'id') idLengths[(message << 5) | number] = idLength(field)
})
const attribute = names.indexOf('attribute')
const roots = Object.fromEntries(Object.entries(requests).map(([signal, name]: [string, MessageName]) => [signal, names.indexOf(name)]))

/**
 * Walks a whole request, so that nothing behind it meets malformed bytes: every field that OTLP knows, at every depth, has its
 * wire type and stays within its message. Throws WireError with format and offset.
 */
export function validateOtlp(bytes: Uint8Array, signal: OtlpSignal, limits = defaultLimits): void {
  const format = `OTLP ${signal}`
  if (bytes.length > limits.bytes) throw new WireError(format, limits.bytes, `the message exceeds ${limits.bytes} bytes`)
  new Walk(new Reader(bytes, 0, bytes.length, format), limits.depth).message(roots[signal]!, 0, bytes.length, 0)
}

class Walk {
  private readonly bytes: Uint8Array
  /** Judges whatever is not as encoders usually write it. */
  private readonly r: Reader
  private readonly maxDepth: number

  constructor(r: Reader, maxDepth: number) {
    this.bytes = r.bytes
    this.r = r
    this.maxDepth = maxDepth
  }

  message(message: number, start: number, end: number, depth: number): void {
    if (depth > this.maxDepth) throw this.r.error(`messages nest deeper than ${this.maxDepth}`, start)
    const { bytes } = this
    let pos = start
    while (pos < end) {
      const at = pos
      let tag = bytes[pos++]!
      if (tag >= 0x80 || tag < 8) {
        tag = this.reader(at, end).next()
        pos = this.r.pos
      }
      const shape = tag < 256 ? shapes[(message << 5) | (tag >>> 3)]! : 0
      if ((tag & 7) !== LENGTH) {
        if (shape !== 0 && (shape & 7) !== (tag & 7) + 1) throw this.mistyped(at, end, shape)
        pos = this.scalar(tag, at, pos, end)
        continue
      }
      let length = pos < end ? bytes[pos]! : 0x80
      if (length < 0x80) pos++
      else {
        const r = this.reader(pos, end)
        length = r.varint32('a length')
        pos = r.pos
      }
      const to = pos + length
      if (to > end) throw this.r.error(`a length of ${length} exceeds the ${end - pos} bytes left`, pos)
      if (shape >= 16) {
        if ((shape >> 4) - 1 !== attribute || !this.isPlainAttribute(pos, to)) this.message((shape >> 4) - 1, pos, to, depth + 1)
      } else if (shape === LENGTH + 1) {
        const wanted = idLengths[(message << 5) | (tag >>> 3)]!
        if (wanted !== 0 && length !== wanted && length !== 0) throw this.r.error(`an id has ${length} bytes instead of ${wanted}`, pos)
      } else if (shape !== 0) this.packed(shape, at, pos, to)
      pos = to
    }
  }

  /** Whether a key and a value of a plain kind fill the range exactly, as they nearly always do; if not, nothing is said. */
  private isPlainAttribute(pos: number, to: number): boolean {
    const { bytes } = this
    if (to - pos < 6 || to - pos >= 0x80 || bytes[pos] !== 0x0a) return false
    const value = pos + 2 + bytes[pos + 1]!
    const length = to - value - 2
    if (length < 2 || bytes[value] !== 0x12 || bytes[value + 1] !== length) return false
    switch (bytes[value + 2]) {
      case valueTags.string: return bytes[value + 3] === length - 2
      case valueTags.bool: case valueTags.int: return length === 2 && bytes[value + 3]! < 0x80
      case valueTags.double: return length === 9
      default: return false
    }
  }

  /** Steps over a field without a length of its own. */
  private scalar(tag: number, at: number, pos: number, end: number): number {
    const wireType = tag & 7
    const to = wireType === FIXED64 ? pos + 8 : wireType === FIXED32 ? pos + 4 : wireType === VARINT && this.bytes[pos]! < 0x80 ? pos + 1 : Infinity
    if (to <= end) return to
    const r = this.reader(at, end)
    r.next()
    r.skip()
    return r.pos
  }

  private packed(shape: number, at: number, from: number, to: number): void {
    if ((shape & 8) === 0) throw this.mistyped(at, to, shape)
    const wireType = (shape & 7) - 1
    const size = wireType === FIXED64 ? 8 : wireType === FIXED32 ? 4 : 1
    if ((to - from) % size !== 0) throw this.r.error(`packed values of ${size} bytes do not fill ${to - from} bytes`, from)
    if (wireType !== VARINT) return
    const r = this.reader(from, to)
    while (r.pos < to) r.varint()
  }

  private mistyped(at: number, end: number, shape: number): WireError {
    const { field, wireType } = (this.reader(at, end).next(), this.r)
    return this.r.error(`field ${field} has wire type ${wireType} instead of ${(shape & 7) - 1}`, at)
  }

  private reader(pos: number, end: number): Reader {
    return this.r.reset(this.bytes, pos, end)
  }
}
