/** Random OTLP messages in the form protobufjs takes (`fromObject`), read off the schema table. */
import fc from 'fast-check'
import { type FieldShape, idLength, type MessageName, schema } from '../../src/wire/otlp-schema.ts'
import type { Plain } from './otlp.ts'

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const bigint = (min: bigint, max: bigint) => fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n, 1n)).map(String)
const text = fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit: 'grapheme', maxLength: 4 }), fc.constantFrom('"\\\n\u0000', 'a'.repeat(130)))

const { value } = fc.letrec<{ value: Plain }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant({}),
    text.map(stringValue => ({ stringValue })),
    fc.boolean().map(boolValue => ({ boolValue })),
    bigint(-(1n << 63n), (1n << 63n) - 1n).map(intValue => ({ intValue })),
    fc.double().map(doubleValue => ({ doubleValue })),
    fc.uint8Array({ maxLength: 4 }).map(bytes => ({ bytesValue: base64(bytes) })),
    fc.array(tie('value'), { maxLength: 3 }).map(values => ({ arrayValue: { values } })),
    fc.uniqueArray(fc.record({ key: text, value: tie('value') }), { maxLength: 3, selector: entry => entry.key }).map(values => ({ kvlistValue: { values } })),
  ),
}))

const uint32 = fc.oneof(fc.constant(0), fc.nat(), fc.constant(0xffff_ffff))
const int32 = fc.integer()
const unsigned = bigint(0n, (1n << 64n) - 1n)
const signed = bigint(-(1n << 63n), (1n << 63n) - 1n)
const scalars: Record<string, fc.Arbitrary<unknown>> = {
  string: text, bool: fc.boolean(), enum: fc.nat(25), int32, sint32: int32, uint32, fixed32: uint32, double: fc.double(),
  bytes: fc.uint8Array({ maxLength: 5 }).map(base64),
  int64: signed, sfixed64: signed, uint64: unsigned, fixed64: unsigned,
  value, attribute: fc.record({ key: text, value }),
}

const id = (length: number) => fc.oneof(fc.constant(''), fc.uint8Array({ minLength: length, maxLength: length }).map(base64))

/** Members of a oneof: at most one of each group is set. */
const oneofs = [['asDouble', 'asInt'], ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']]

/** A random message of the schema, with any of its fields missing. */
export function messageOf(name: MessageName): fc.Arbitrary<Plain> {
  const fields = Object.entries(schema[name]).map(([key, { type, label }]: [string, FieldShape]) => {
    const single = type === 'id' ? id(idLength(key)) : scalars[type] ?? messageOf(type as MessageName)
    return [key, label === 'many' ? fc.array(single, { maxLength: 2 }) : single] as const
  })
  return fc.record(Object.fromEntries(fields), { requiredKeys: [] }).map(message => {
    const kept: Plain = { ...message }
    for (const group of oneofs) for (const extra of group.filter(key => kept[key] !== undefined).slice(1)) delete kept[extra]
    return kept
  })
}
