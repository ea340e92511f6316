/**
 * Loki's push protocol on the wire.
 *
 *     PushRequest { streams 1 }              Stream { labels 1 (text), entries 2, hash 3 }
 *     Entry { timestamp 1, line 2, structuredMetadata 3 }
 *     Timestamp { seconds 1 (int64), nanos 2 (int32) }        LabelPair { name 1, value 2 }
 */

import { compareNames, renderLabels } from '../lib/label-text.ts'
import { WireError } from './error.ts'
import { JsonScanner } from './json-scanner.ts'
import { defaultLimits, type WireLimits } from './limits.ts'
import { LENGTH, Reader, VARINT, tag } from './reader.ts'
import { Writer } from './writer.ts'

export const STREAMS = tag(1, LENGTH)
export const STREAM_LABELS = tag(1, LENGTH)
export const ENTRIES = tag(2, LENGTH)
export const STREAM_HASH = tag(3, VARINT)
export const ENTRY_TIMESTAMP = tag(1, LENGTH)
export const ENTRY_LINE = tag(2, LENGTH)
export const ENTRY_METADATA = tag(3, LENGTH)
export const PAIR_NAME = tag(1, LENGTH)
export const PAIR_VALUE = tag(2, LENGTH)
const SECONDS = tag(1, VARINT)
const NANOS = tag(2, VARINT)

const BILLION = 1_000_000_000n

/** Seconds (rounded down) and the nanoseconds that are left of them. */
export function splitNanos(ns: bigint): { seconds: bigint; nanos: number } {
  const nanos = ((ns % BILLION) + BILLION) % BILLION
  return { seconds: (ns - nanos) / BILLION, nanos: Number(nanos) }
}

/** The timestamp field of an entry, from nanoseconds since the epoch. */
export function writeTimestamp(w: Writer, ns: bigint): void {
  const { seconds, nanos } = splitNanos(ns)
  w.varint(ENTRY_TIMESTAMP).fork().varint(SECONDS).bigint(seconds).varint(NANOS).varint(nanos).join()
}

/** Nanoseconds since the epoch, from the content of a timestamp that `r` stands before. */
export function readTimestamp(r: Reader): bigint {
  let seconds = 0n
  let nanos = 0
  while (r.next() !== 0) {
    if (r.tag === SECONDS) seconds = r.int64()
    else if (r.tag === NANOS) nanos = r.int32()
    else r.skip()
  }
  return seconds * BILLION + BigInt(nanos)
}

/** One structured metadata field of an entry. */
export function writePair(w: Writer, name: string, value: string): void {
  w.varint(ENTRY_METADATA).fork().varint(PAIR_NAME).string(name).varint(PAIR_VALUE).string(value).join()
}

/** Walks a whole PushRequest; throws WireError for what is no such message, so that nothing later does. Unknown fields pass. */
export function validateLokiPush(bytes: Uint8Array, limits: WireLimits = defaultLimits): void {
  if (bytes.length > limits.bytes) throw new WireError(format, 0, `a message of ${bytes.length} bytes exceeds the limit of ${limits.bytes}`)
  let fields = 0
  const r = new Reader(bytes, 0, bytes.length, format)
  const walk = (known: Readonly<Record<number, number | Shape>>, end: number) => {
    const outer = r.end
    r.end = end
    while (r.next() !== 0) {
      if (++fields > limits.fields) throw r.error(`more than ${limits.fields} fields`, r.at)
      const kind = known[r.field]
      if (kind !== undefined) r.expect(typeof kind === 'number' ? kind : LENGTH)
      r.skip()
      if (typeof kind !== 'object') continue
      const { from, to } = r
      r.pos = from
      walk(kind, to)
    }
    r.end = outer
  }
  walk(pushRequest, bytes.length)
}

const format = 'loki push'

/** A message by its fields: the wire type of each, or the shape of the message in it. */
interface Shape {
  readonly [field: number]: Shape | number
}

const pair: Shape = { 1: LENGTH, 2: LENGTH }
const pushRequest: Shape = {
  1: { 1: LENGTH, 2: { 1: { 1: VARINT, 2: VARINT }, 2: LENGTH, 3: pair, 4: pair }, 3: VARINT },
  2: LENGTH,
}

const OPEN = 0x7b
const CLOSE = 0x7d
const BRACKET = 0x5b
const END_BRACKET = 0x5d
const COLON = 0x3a

/**
 * The protobuf of a push in JSON: `{"streams": [{"stream": {"a": "b"}, "values": [["ns", "line", {"metadata": "x"}]]}]}`. Unknown
 * members are skipped; WireError says where anything else is wrong.
 */
export function lokiJsonToProto(bytes: Uint8Array): Uint8Array {
  const json = new JsonScanner(bytes, 'loki push JSON')
  const w = new Writer(bytes.length)
  members(json, key => {
    if (key !== 'streams') return json.skip()
    items(json, () => {
      w.varint(STREAMS).fork(128)
      stream(json, w)
      w.join()
    })
  })
  json.finish()
  return w.finish()
}

function members(json: JsonScanner, member: (key: string) => void): void {
  if (json.word('null')) return
  json.take(OPEN, 'an object')
  for (let first = true; json.more(first, CLOSE); first = false) {
    json.string('a key')
    const key = json.text()
    json.take(COLON, '":"')
    member(key)
  }
}

function items(json: JsonScanner, item: (index: number) => void): void {
  if (json.word('null')) return
  json.take(BRACKET, 'an array')
  for (let index = 0; json.more(index === 0, END_BRACKET); index++) item(index)
}

function stream(json: JsonScanner, w: Writer): void {
  let labels = new Map<string, string>()
  members(json, key => {
    if (key === 'stream') {
      labels = new Map()
      members(json, name => {
        json.string('a label value in quotes')
        labels.set(name, json.text())
      })
    } else if (key === 'values') {
      items(json, () => {
        w.varint(ENTRIES).fork(128)
        entry(json, w)
        w.join()
      })
    } else json.skip()
  })
  // After the entries, because it may come after them; protobuf knows no order of fields.
  w.varint(STREAM_LABELS).string(renderLabels([...labels].sort((a, b) => compareNames(a[0], b[0]))))
}

function entry(json: JsonScanner, w: Writer): void {
  const start = json.pos
  let seen = 0
  items(json, index => {
    seen++
    if (index === 0) timestamp(json, w)
    else if (index === 1) {
      json.string('a log line in quotes')
      w.varint(ENTRY_LINE)
      if (json.escaped) w.string(json.text())
      else w.varint(json.to - json.from).raw(json.bytes, json.from, json.to)
    } else if (index === 2) {
      members(json, name => {
        json.string('a structured metadata value in quotes')
        writePair(w, name, json.text())
      })
    } else json.skip()
  })
  if (seen < 2) throw json.error('a value needs a timestamp and a line', start)
}

/** Nanoseconds as a string of digits, or as a number. */
function timestamp(json: JsonScanner, w: Writer): void {
  if (json.peek() === 0x22) json.string()
  else json.number()
  const digits = json.text()
  if (/^\d{10,18}$/.test(digits)) {
    // Cut in the text, both halves are exact numbers.
    w.varint(ENTRY_TIMESTAMP).fork().varint(SECONDS).varint(Number(digits.slice(0, -9))).varint(NANOS).varint(Number(digits.slice(-9))).join()
  } else if (/^-?\d{1,19}$/.test(digits) && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits)) writeTimestamp(w, BigInt(digits))
  else throw json.error(`"${digits.slice(0, 40)}" is no timestamp in nanoseconds`, json.from)
}
