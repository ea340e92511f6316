/** Decodes a whole OTLP message into an object: for exporters that print everything. Rewriting never comes through here. */

import { defaultLimits } from './limits.ts'
import { FIXED32, FIXED64, LENGTH, Reader, VARINT } from './reader.ts'
import { type Decoded, type FieldShape, type MessageName, type Scalars, schema } from './otlp-schema.ts'
import { readAttribute, readValue } from './otlp-value.ts'

interface ScalarCodec {
  readonly wireType: number
  readonly zero: () => unknown
  readonly read: (r: Reader) => unknown
}
const delimited = <T>(read: (r: Reader, from: number, to: number) => T) => (r: Reader) => {
  r.range()
  return read(r, r.from, r.to)
}

const codecs: { readonly [T in keyof Scalars]: ScalarCodec } = {
  string: { wireType: LENGTH, zero: () => '', read: r => r.string() },
  bytes: { wireType: LENGTH, zero: () => new Uint8Array(0), read: r => r.subarray() },
  id: { wireType: LENGTH, zero: () => new Uint8Array(0), read: r => r.subarray() },
  bool: { wireType: VARINT, zero: () => false, read: r => r.bool() },
  enum: { wireType: VARINT, zero: () => 0, read: r => r.int32() },
  int32: { wireType: VARINT, zero: () => 0, read: r => r.int32() },
  sint32: { wireType: VARINT, zero: () => 0, read: r => r.sint32() },
  uint32: { wireType: VARINT, zero: () => 0, read: r => r.varint() },
  fixed32: { wireType: FIXED32, zero: () => 0, read: r => r.fixed32() },
  double: { wireType: FIXED64, zero: () => 0, read: r => r.double() },
  int64: { wireType: VARINT, zero: () => 0n, read: r => r.int64() },
  uint64: { wireType: VARINT, zero: () => 0n, read: r => r.uint64() },
  fixed64: { wireType: FIXED64, zero: () => 0n, read: r => r.fixed64Exact() },
  sfixed64: { wireType: FIXED64, zero: () => 0n, read: r => r.sfixed64() },
  value: { wireType: LENGTH, zero: () => null, read: delimited(readValue) },
  attribute: { wireType: LENGTH, zero: () => null, read: delimited(readAttribute) },
}
/** Whether a type of the schema is a scalar (or a value, which decodes as one). */
export const isScalar = (type: string): type is keyof Scalars => Object.hasOwn(codecs, type)

/** The wire type of a type of the schema, unpacked. */
export const wireTypeOf = (type: string): number => (isScalar(type) ? codecs[type].wireType : LENGTH)

type Fields = ReadonlyMap<number, readonly [name: string, field: FieldShape]>
const byNumber = new Map<string, Fields>(Object.entries(schema).map(([message, fields]) =>
  [message, new Map(Object.entries(fields).map(([name, field]: [string, FieldShape]) => [field.number, [name, field]]))]))

/** Decodes `bytes[start, end)` as the message `name`; unknown fields are left out. Throws WireError. */
export function decode<M extends MessageName>(name: M, bytes: Uint8Array, start = 0, end = bytes.length): Decoded<M> {
  return decodeMessage(new Reader(bytes, start, end, `OTLP ${name}`), name, start, end, 0) as Decoded<M>
}

function blank(name: MessageName): Record<string, unknown> {
  const message: Record<string, unknown> = {}
  for (const [key, { type, label }] of Object.entries(schema[name]) as [string, FieldShape][]) {
    if (label === 'many') message[key] = []
    else if (label === 'maybe') message[key] = undefined
    else message[key] = isScalar(type) ? codecs[type].zero() : blank(type as MessageName)
  }
  return message
}

function decodeMessage(r: Reader, name: MessageName, from: number, to: number, depth: number): Record<string, unknown> {
  if (depth > defaultLimits.depth) throw r.error(`messages nest deeper than ${defaultLimits.depth}`, from)
  const { pos, end } = r
  r.pos = from
  r.end = to
  const fields = byNumber.get(name)!
  const message = blank(name)
  while (r.next() !== 0) {
    const known = fields.get(r.field)
    if (known === undefined) r.skip()
    else decodeField(r, message, known[0], known[1], depth)
  }
  r.pos = pos
  r.end = end
  return message
}

function decodeField(r: Reader, message: Record<string, unknown>, key: string, { type, label }: FieldShape, depth: number): void {
  const scalar = isScalar(type) ? codecs[type] : undefined
  const wireType = scalar?.wireType ?? LENGTH
  if (label === 'many' && wireType !== LENGTH && r.wireType === LENGTH) return decodePacked(r, message[key] as unknown[], scalar!)
  r.expect(wireType)
  let value: unknown
  if (scalar !== undefined) value = scalar.read(r)
  else {
    r.range()
    value = decodeMessage(r, type as MessageName, r.from, r.to, depth + 1)
  }
  if (label === 'many') (message[key] as unknown[]).push(value)
  else message[key] = value
}

function decodePacked(r: Reader, into: unknown[], scalar: ScalarCodec): void {
  r.range()
  const { end } = r
  r.pos = r.from
  r.end = r.to
  while (r.pos < r.end) into.push(scalar.read(r))
  r.end = end
}
