import { WireError } from '../../wire/error.ts'
import { defaultLimits } from '../../wire/limits.ts'
import { wireTypeOf } from '../../wire/otlp-decode.ts'
import { type FieldShape, type MessageName, requests, schema, valueShapes } from '../../wire/otlp-schema.ts'
import { FIXED32, FIXED64, LENGTH, Reader, VARINT } from '../../wire/reader.ts'
import type { OtlpSignal } from '../batch.ts'

/** For each field number below 32, one byte: 0 unknown, else wire type + 1; and the message inside, or -1. */
interface Shape {
  readonly wireTypes: Uint8Array
  readonly packable: Uint8Array
  readonly inner: Int8Array
}

const messages: Record<string, Readonly<Record<string, FieldShape>>> = { ...schema, ...valueShapes }
const names = Object.keys(messages)
const shapes: Shape[] = names.map(name => {
  const shape = { wireTypes: new Uint8Array(32), packable: new Uint8Array(32), inner: new Int8Array(32).fill(-1) }
  for (const { number, type, label } of Object.values(messages[name]!)) {
    const wireType = wireTypeOf(type)
    shape.wireTypes[number] = wireType + 1
    shape.packable[number] = label === 'many' && wireType !== LENGTH ? 1 : 0
    shape.inner[number] = names.indexOf(type)
  }
  return shape
})
const roots = Object.fromEntries(Object.entries(requests).map(([signal, name]: [string, MessageName]) => [signal, names.indexOf(name)]))

/**
 * Walks a whole request, so that nothing behind it meets malformed bytes: every field that OTLP knows, at every depth, has its
 * wire type and stays within its message. Throws WireError with format and offset.
 */
export function validateOtlp(bytes: Uint8Array, signal: OtlpSignal, limits = defaultLimits): void {
  const format = `OTLP ${signal}`
  if (bytes.length > limits.bytes) throw new WireError(format, limits.bytes, `the message exceeds ${limits.bytes} bytes`)
  new Walk(new Reader(bytes, 0, bytes.length, format), limits.depth).message(roots[signal]!, bytes.length, 0)
}

class Walk {
  private readonly r: Reader
  private readonly maxDepth: number

  constructor(r: Reader, maxDepth: number) {
    this.r = r
    this.maxDepth = maxDepth
  }

  message(index: number, end: number, depth: number): void {
    const { r } = this
    if (depth > this.maxDepth) throw r.error(`messages nest deeper than ${this.maxDepth}`)
    const outer = r.end
    r.end = end
    const { wireTypes, packable, inner } = shapes[index]!
    while (r.next() !== 0) {
      const { tag } = r
      const field = tag >>> 3
      const known = field < 32 ? wireTypes[field]! : 0
      if (known !== 0 && known !== (tag & 7) + 1) {
        if (packable[field] === 1 && (tag & 7) === LENGTH) {
          this.packed(known - 1)
          continue
        }
        r.expect(known - 1)
      }
      r.skip()
      if (known !== 0 && inner[field]! >= 0) {
        r.pos = r.from
        this.message(inner[field]!, r.to, depth + 1)
      }
    }
    r.end = outer
  }

  private packed(wireType: number): void {
    const { r } = this
    r.range()
    const { from, to } = r
    const size = wireType === FIXED64 ? 8 : wireType === FIXED32 ? 4 : 1
    if ((to - from) % size !== 0) throw r.error(`packed values of ${size} bytes do not fill ${to - from} bytes`, from)
    if (wireType !== VARINT) return
    const { end } = r
    r.pos = from
    r.end = to
    while (r.pos < to) r.varint()
    r.end = end
  }
}
