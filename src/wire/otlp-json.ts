/**
 * OTLP/JSON both ways, read off the schema table. Reading goes from JSON text straight to protobuf bytes, without objects between:
 * keys are matched as bytes, and strings without escapes are copied.
 *
 * What the specification asks for beyond protobuf's own JSON mapping: trace and span ids are hexadecimal (either case), enums are
 * numbers, unknown fields are ignored. 64-bit integers may be numbers or strings, exactly either way. Read, but never written, are
 * also snake_case keys and enum names, because the collector takes them.
 */

import { fromBase64, utf8 } from '../lib/bytes.ts'
import { JsonScanner } from './json-scanner.ts'
import { hexDigits } from './json-text.ts'
import { parseDouble, parseInteger } from './json-number.ts'
import { defaultLimits } from './limits.ts'
import { wireTypeOf } from './otlp-decode.ts'
import { type FieldShape, type MessageName, type Signal, enumNames, idLength, requests, schema, valueShapes } from './otlp-schema.ts'
import { LENGTH, tag } from './reader.ts'
import { Writer } from './writer.ts'

export { otlpProtoToJson, protoToJson } from './otlp-json-write.ts'

const FORMAT = 'OTLP/JSON'

type Read = (field: JsonField, scan: JsonScanner, w: Writer) => void
interface JsonField {
  readonly name: string
  readonly key: Uint8Array
  readonly type: string
  readonly tag: number
  readonly packedTag: number
  readonly many: boolean
  /** Defaults are left out, unless absence means something. */
  readonly keepDefault: boolean
  readonly read: Read | undefined
  readonly message: JsonMessage | undefined
  /** The field that came after this one the last time: senders write their fields in one order. */
  next: JsonField | undefined
}
interface JsonMessage {
  readonly name: string
  /** Keys as bytes with their fields, by `slot`. */
  readonly slots: readonly (readonly { readonly key: Uint8Array; readonly field: JsonField }[] | undefined)[]
  readonly byName: Map<string, JsonField>
  /** How long a message of this kind usually is: whatever the latest one was. */
  expected: number
  /** The field that came first the last time. */
  first: JsonField | undefined
}

const SLOTS = 64
const slot = (length: number, first: number, last: number): number => (length * 5 + first + last * 3) & (SLOTS - 1)

const words = { lo: 0, hi: 0 }

/** Consumes a number, or a number in a string, leaving its characters in `from`..`to`. */
function numeric(scan: JsonScanner): void {
  if (scan.peek() === 0x22) scan.string()
  else scan.number()
}

function integer(field: JsonField, scan: JsonScanner, signed: boolean): void {
  numeric(scan)
  if (!parseInteger(scan.bytes, scan.from, scan.to, signed, words)) {
    throw scan.error(`${field.name} is no ${field.type}: "${scan.text().slice(0, 40)}"`, scan.from)
  }
}

function integer32(field: JsonField, scan: JsonScanner, signed: boolean): void {
  integer(field, scan, signed)
  const { lo, hi } = words
  const fits = signed ? hi === (lo >>> 31 === 1 ? 0xffff_ffff : 0) : hi === 0
  if (!fits) throw scan.error(`${field.name} is outside the range of ${field.type}: "${scan.text().slice(0, 40)}"`, scan.from)
}

const zigzag = (value: number) => ((value << 1) ^ (value >> 31)) >>> 0
const isZero = () => words.lo === 0 && words.hi === 0
const start = (field: JsonField, w: Writer) => (field.tag === 0 ? w : w.varint(field.tag))

/** How each scalar is read; `field.tag` is 0 inside a packed list, where values stand without tags. */
const readers: Readonly<Record<string, Read>> = {
  string(field, scan, w) {
    const before = w.pos
    const length = scan.copyShort(start(field, w))
    if (length < 0) scan.string()
    else {
      if (length === 0 && !field.keepDefault) w.pos = before
      return
    }
    if (scan.escaped) scan.unescape(w)
    else w.varint(scan.to - scan.from).raw(scan.bytes, scan.from, scan.to)
  },
  bytes(field, scan, w) {
    scan.string()
    const bytes = fromBase64(scan.text())
    if (bytes === undefined) throw scan.error(`${field.name} is no base64`, scan.from)
    if (bytes.length > 0 || field.keepDefault) start(field, w).bytes(bytes)
  },
  id(field, scan, w) {
    scan.string()
    const { bytes, from, to } = scan
    if (from === to) return
    const wanted = 2 * idLength(field.name)
    if (to - from !== wanted) throw scan.error(`${field.name} has ${to - from} hexadecimal digits instead of ${wanted}`, from)
    start(field, w).varint((to - from) >> 1).reserve((to - from) >> 1)
    for (let pos = from; pos < to; pos += 2) {
      const value = (hexDigits[bytes[pos]!]! << 4) | hexDigits[bytes[pos + 1]!]!
      if (value < 0) throw scan.error(`${field.name} is not hexadecimal`, from)
      w.buffer[w.pos++] = value
    }
  },
  bool(field, scan, w) {
    const value = scan.word('true')
    if (!value && !scan.word('false')) throw scan.unexpected('true or false')
    if (value || field.keepDefault) start(field, w).bool(value)
  },
  enum(field, scan, w) {
    if (scan.peek() === 0x22) {
      scan.string()
      const named = enumNames[field.name]
      const text = scan.text()
      const index = named === undefined || !text.startsWith(named.prefix) ? -1 : named.names.indexOf(text.slice(named.prefix.length))
      if (index > 0) start(field, w).varint(index)
      if (index >= 0) return
      scan.pos = scan.from - 1
    }
    integer32(field, scan, true)
    if (words.lo !== 0) start(field, w).int32(words.lo)
  },
  int32(field, scan, w) {
    integer32(field, scan, true)
    if (!isZero() || field.keepDefault) start(field, w).int32(words.lo | 0)
  },
  sint32(field, scan, w) {
    integer32(field, scan, true)
    if (!isZero() || field.keepDefault) start(field, w).varint(zigzag(words.lo | 0))
  },
  uint32(field, scan, w) {
    integer32(field, scan, false)
    if (!isZero() || field.keepDefault) start(field, w).varint(words.lo)
  },
  fixed32(field, scan, w) {
    integer32(field, scan, false)
    if (!isZero() || field.keepDefault) start(field, w).fixed32(words.lo)
  },
  int64(field, scan, w) {
    integer(field, scan, true)
    if (!isZero() || field.keepDefault) start(field, w).varint64(words.lo, words.hi)
  },
  uint64(field, scan, w) {
    integer(field, scan, false)
    if (!isZero() || field.keepDefault) start(field, w).varint64(words.lo, words.hi)
  },
  fixed64(field, scan, w) {
    integer(field, scan, false)
    if (!isZero() || field.keepDefault) start(field, w).fixed64(words.lo, words.hi)
  },
  sfixed64(field, scan, w) {
    integer(field, scan, true)
    if (!isZero() || field.keepDefault) start(field, w).fixed64(words.lo, words.hi)
  },
  double(field, scan, w) {
    numeric(scan)
    const value = parseDouble(scan.bytes, scan.from, scan.to)
    // Not a number only if it is one of three words, and those only as strings.
    const special = Number.isNaN(value) && scan.bytes[scan.from - 1] === 0x22 ? specials.get(scan.text()) : value
    if (special === undefined || (Number.isNaN(special) && special === value)) {
      throw scan.error(`${field.name} is no double: "${scan.text().slice(0, 40)}"`, scan.from)
    }
    if (!Object.is(special, 0) || field.keepDefault) start(field, w).double(special)
  },
}
const specials = new Map([['NaN', NaN], ['Infinity', Infinity], ['-Infinity', -Infinity]])

const messages = new Map<string, JsonMessage>()

/** The tables of a message and of those inside it, made once each. */
function messageOf(name: string): JsonMessage {
  const known = messages.get(name)
  if (known !== undefined) return known
  const slots: { key: Uint8Array; field: JsonField }[][] = []
  const message: JsonMessage = { name, slots, byName: new Map(), expected: 64, first: undefined }
  messages.set(name, message)
  const shapes: Record<string, FieldShape> = name in valueShapes ? valueShapes[name as keyof typeof valueShapes] : schema[name as MessageName]
  for (const [key, { number, type, label }] of Object.entries(shapes)) {
    const read = readers[type]
    const packed = label === 'many' && read !== undefined && wireTypeOf(type) !== LENGTH
    const field: JsonField = {
      name: key, key: utf8(key), type, read, next: undefined,
      message: read === undefined ? messageOf(type) : undefined,
      many: label === 'many',
      keepDefault: label !== 'one',
      tag: packed ? 0 : tag(number, read === undefined ? LENGTH : wireTypeOf(type)),
      packedTag: packed ? tag(number, LENGTH) : 0,
    }
    for (const name of new Set([key, key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)])) {
      const bytes = utf8(name)
      message.byName.set(name, field)
      ;(slots[slot(bytes.length, bytes[0]!, bytes.at(-1)!)] ??= []).push({ key: bytes, field })
    }
  }
  return message
}

/** The field of the key that the scanner has just read. */
function fieldOf(message: JsonMessage, scan: JsonScanner): JsonField | undefined {
  if (scan.escaped) return message.byName.get(scan.text())
  const { bytes, from, to } = scan
  const length = to - from
  if (length === 0) return undefined
  const candidates = message.slots[slot(length, bytes[from]!, bytes[to - 1]!)]
  if (candidates === undefined) return undefined
  for (const { key, field } of candidates) {
    if (key.length !== length) continue
    let i = 0
    while (i < length && key[i] === bytes[from + i]) i++
    if (i === length) return field
  }
  return undefined
}

function readMessage(message: JsonMessage, scan: JsonScanner, w: Writer, depth: number): void {
  if (depth > defaultLimits.depth) throw scan.error(`messages nest deeper than ${defaultLimits.depth}`)
  scan.take(0x7b, `an object (${message.name})`)
  let previous: JsonField | undefined
  for (let first = true; scan.more(first, 0x7d); first = false) {
    let field = previous === undefined ? message.first : previous.next
    if (field === undefined || !scan.key(field.key)) {
      scan.string('a key')
      field = fieldOf(message, scan)
      if (previous === undefined) message.first = field
      else previous.next = field
    }
    scan.take(0x3a, '":"')
    if (field === undefined) scan.skip()
    else if (scan.peek() !== 0x6e || !scan.word('null')) {
      if (field.many) readList(field, scan, w, depth)
      else readField(field, scan, w, depth)
    }
    previous = field
  }
}

function readField(field: JsonField, scan: JsonScanner, w: Writer, depth: number): void {
  const { message } = field
  if (message === undefined) return field.read!(field, scan, w)
  const from = w.varint(field.tag).fork(message.expected).pos
  readMessage(message, scan, w, depth + 1)
  message.expected = w.pos - from
  w.join()
}

function readList(field: JsonField, scan: JsonScanner, w: Writer, depth: number): void {
  scan.take(0x5b, `an array (${field.name})`)
  if (field.packedTag !== 0 && scan.peek() !== 0x5d) w.varint(field.packedTag).fork(64)
  else if (field.packedTag !== 0) {
    scan.pos++
    return
  }
  for (let first = true; scan.more(first, 0x5d); first = false) {
    // An empty message is what null stands for where something must stand.
    if (field.message !== undefined && scan.word('null')) w.varint(field.tag).varint(0)
    else readField(field, scan, w, depth)
  }
  if (field.packedTag !== 0) w.join()
}

/** JSON of any message of the schema as protobuf. Throws WireError that names the place by its path of keys. */
export function jsonToProto(json: Uint8Array | string, name: MessageName): Uint8Array {
  const bytes = typeof json === 'string' ? utf8(json) : json
  const scan = new JsonScanner(bytes, FORMAT)
  const w = new Writer(Math.max(256, bytes.length >> 1))
  readMessage(messageOf(name), scan, w, 0)
  scan.finish()
  return w.finish()
}

/** An OTLP export request in JSON as protobuf. Throws WireError that names the place by its path of keys. */
export const otlpJsonToProto = (json: Uint8Array | string, signal: Signal): Uint8Array => jsonToProto(json, requests[signal])
