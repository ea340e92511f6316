/** Encodes OTLP messages from objects, the inverse of `decode`: for what is made here rather than passed on. */

import { wireTypeOf } from './otlp-decode.ts'
import { type FieldShape, type MessageName, type Scalars, type Schema, schema } from './otlp-schema.ts'
import { type Attribute, type AttributeValue, writeAttribute, writeValue } from './otlp-value.ts'
import { LENGTH, tag } from './reader.ts'
import { Writer } from './writer.ts'

type Single<T> = T extends keyof Scalars ? Scalars[T] : T extends MessageName ? Encodable<T> : never
type Input<F> = F extends { label: infer L; type: infer T } ? (L extends 'many' ? readonly Single<T>[] : Single<T>) : never

/** A message to encode: what is left out (or undefined) has its default. Whatever `decode` answers is one. */
export type Encodable<M extends MessageName> = { readonly [K in keyof Schema[M]]?: Input<Schema[M][K]> | undefined }

type Write = (w: Writer, value: never) => void
const writers: Readonly<Record<keyof Scalars, Write>> = {
  string: (w, value: string) => w.string(value),
  bytes: (w, value: Uint8Array) => w.bytes(value),
  id: (w, value: Uint8Array) => w.bytes(value),
  bool: (w, value: boolean) => w.bool(value),
  enum: (w, value: number) => w.int32(value),
  int32: (w, value: number) => w.int32(value),
  sint32: (w, value: number) => w.varint(((value << 1) ^ (value >> 31)) >>> 0),
  uint32: (w, value: number) => w.varint(value),
  fixed32: (w, value: number) => w.fixed32(value),
  double: (w, value: number) => w.double(value),
  int64: (w, value: bigint) => w.bigint(value),
  uint64: (w, value: bigint) => w.bigint(value),
  fixed64: (w, value: bigint) => w.fixed64Exact(value),
  sfixed64: (w, value: bigint) => w.fixed64Exact(value),
  value(w, value: AttributeValue) {
    w.fork()
    writeValue(w, value)
    w.join()
  },
  attribute(w, { key, value }: Attribute) {
    w.fork(64)
    writeAttribute(w, key, value)
    w.join()
  },
}

interface Plan {
  readonly key: string
  readonly type: string
  readonly tag: number
  readonly label: FieldShape['label']
  readonly packed: boolean
  readonly write: (w: Writer, value: unknown) => void
}
const plans = new Map<MessageName, readonly Plan[]>()

/** How to write each field of a message, made once. */
function planOf(name: MessageName): readonly Plan[] {
  const known = plans.get(name)
  if (known !== undefined) return known
  const plan = Object.entries(schema[name]).map(([key, { number, type, label }]: [string, FieldShape]): Plan => {
    const wireType = wireTypeOf(type)
    const packed = label === 'many' && wireType !== LENGTH
    return { key, type, label, packed, tag: tag(number, packed ? LENGTH : wireType), write: writerOf(type) }
  })
  plans.set(name, plan)
  return plan
}

function writerOf(type: string): Plan['write'] {
  if (Object.hasOwn(writers, type)) return writers[type as keyof Scalars] as Plan['write']
  return (w, value) => {
    w.fork()
    writeMessage(w, type as MessageName, value as Record<string, unknown>)
    w.join()
  }
}

/** Whether a field of the type is left out with this value. Of an AnyValue only nothing at all is: 0 and '' are values. */
export const isDefault = (type: string, value: unknown): boolean =>
  value === null || (type !== 'value'
    && (value === '' || Object.is(value, 0) || value === 0n || value === false || (value instanceof Uint8Array && value.length === 0)))

/** Writes the fields of a message, without tag and length of its own. */
export function writeMessage<M extends MessageName>(w: Writer, name: M, message: Encodable<M>): void {
  for (const { key, type, tag, label, packed, write } of planOf(name)) {
    const value = (message as Record<string, unknown>)[key]
    if (value === undefined) continue
    if (label !== 'many') {
      if (label === 'one' && isDefault(type, value)) continue
      write(w.varint(tag), value)
    } else if (packed) {
      if ((value as unknown[]).length === 0) continue
      w.varint(tag).fork()
      for (const item of value as unknown[]) write(w, item)
      w.join()
    } else for (const item of value as unknown[]) write(w.varint(tag), item)
  }
}

/** A message as protobuf. */
export function encode<M extends MessageName>(name: M, message: Encodable<M>): Uint8Array {
  const w = new Writer()
  writeMessage(w, name, message)
  return w.finish()
}
