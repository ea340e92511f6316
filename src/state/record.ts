/** Records: how bytes stand in durable state so that damage is noticed, and costs no more than what is damaged. FORMAT.md draws them. */

import { utf8, text } from '../lib/bytes.ts'
import { crc32c } from '../lib/crc32c.ts'

export interface RecordInput {
  readonly number: number
  /** JSON, for the kind that writes it. */
  readonly meta: Readonly<Record<string, unknown>>
  readonly body: Uint8Array
}

/** An intact record; `body` is a view of the bytes that were read, `offset` its place there. */
export interface StoredRecord extends RecordInput {
  readonly offset: number
}

/** What is wrong with some bytes; see `damageReasons`. */
export interface Damage {
  readonly reason: keyof typeof damageReasons
  readonly offset: number
  readonly length: number
  /** How many records it cost, as far as the numbers tell. */
  readonly records: number
}

export const damageReasons = {
  header: 'no intact header where one should be',
  torn: 'the record ends before its length',
  body: 'the checksum of the content is wrong',
  version: 'written by a newer version of this program',
  repeated: 'a number that already came',
  missing: 'a number was passed over',
} as const

export const headerBytes = 28
const magic = utf8('SLC')
const currentVersion = 1
const maxMetaBytes = 64 * 1024

/** Bytes of one record in the current version. */
export function encodeRecord({ number, meta, body }: RecordInput): Uint8Array {
  const metaBytes = utf8(JSON.stringify(meta))
  if (metaBytes.length > maxMetaBytes) throw new RangeError(`a record's meta has ${metaBytes.length} bytes; at most ${maxMetaBytes} fit`)
  const bytes = new Uint8Array(headerBytes + metaBytes.length + body.length)
  bytes.set(magic)
  bytes[3] = currentVersion
  bytes.set(metaBytes, headerBytes)
  bytes.set(body, headerBytes + metaBytes.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(4, metaBytes.length, true)
  view.setUint32(8, body.length, true)
  view.setBigUint64(12, BigInt(number), true)
  view.setUint32(20, crc32c(bytes.subarray(headerBytes)), true)
  view.setUint32(24, crc32c(bytes.subarray(0, 24)), true)
  return bytes
}

interface Header { version: number; metaLength: number; length: number; number: number; checksum: number }

/** The header at `at`, or undefined unless one stands there intact. */
function readHeader(bytes: Uint8Array, view: DataView, at: number): Header | undefined {
  if (at + headerBytes > bytes.length) return undefined
  if (bytes[at] !== magic[0] || bytes[at + 1] !== magic[1] || bytes[at + 2] !== magic[2]) return undefined
  if (view.getUint32(at + 24, true) !== crc32c(bytes.subarray(at, at + 24))) return undefined
  const metaLength = view.getUint32(at + 4, true)
  return {
    version: bytes[at + 3]!,
    metaLength,
    length: headerBytes + metaLength + view.getUint32(at + 8, true),
    number: Number(view.getBigUint64(at + 12, true)),
    checksum: view.getUint32(at + 20, true),
  }
}

/** One reader for each version ever written: the content behind an intact header. */
const contentOf: Record<number, (content: Uint8Array, header: Header) => { meta: Record<string, unknown>; body: Uint8Array }> = {
  1: (content, { metaLength }) => ({
    meta: JSON.parse(text(content.subarray(0, metaLength))) as Record<string, unknown>,
    body: content.subarray(metaLength),
  }),
}

/** The next place at or after `from` where an intact header stands, or the end. */
function findHeader(bytes: Uint8Array, view: DataView, from: number): number {
  let at = from
  while (at < bytes.length && readHeader(bytes, view, at) === undefined) {
    at = bytes.indexOf(magic[0]!, at + 1)
    if (at < 0) return bytes.length
  }
  return Math.min(at, bytes.length)
}

/** Where to go on after a record whose content is damaged: at its end, or, where bytes are missing from it, at the next header before that. */
function nextAfterDamage(bytes: Uint8Array, view: DataView, at: number, end: number): number {
  if (end < bytes.length && readHeader(bytes, view, end) !== undefined) return end
  const number = readHeader(bytes, view, at)!.number
  for (let next = findHeader(bytes, view, at + headerBytes); next < end; next = findHeader(bytes, view, next + 1)) {
    if (readHeader(bytes, view, next)!.number === number + 1) return next
  }
  return end
}

/**
 * The intact records in `bytes`, in order, and what was wrong between them. `expected` is how many numbers there should be (the
 * last is `expected - 1`); the first may be above 0, because what was dropped is rewritten away.
 */
export function readRecords(bytes: Uint8Array, expected?: number): { records: StoredRecord[]; damage: Damage[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const records: StoredRecord[] = []
  const damage: Damage[] = []
  let wanted: number | undefined
  /** A damaged header whose records are not numbered yet: the next intact one tells how many it cost. */
  let unnumbered: Damage | undefined

  const settle = (next: number | undefined, offset: number) => {
    // The first number may be above 0, unless damage stands before it.
    const from = wanted ?? (unnumbered === undefined ? next : 0)
    const passed = next === undefined || from === undefined ? 0 : Math.max(0, next - from)
    if (unnumbered !== undefined) damage.push({ ...unnumbered, records: Math.max(1, passed) })
    else if (passed > 0) damage.push({ reason: 'missing', offset, length: 0, records: passed })
    unnumbered = undefined
  }

  for (let at = 0; at < bytes.length;) {
    const header = readHeader(bytes, view, at)
    if (header === undefined) {
      const next = findHeader(bytes, view, at)
      if (unnumbered !== undefined) damage.push(unnumbered)
      unnumbered = { reason: next === bytes.length && bytes.length - at < headerBytes ? 'torn' : 'header', offset: at, length: next - at, records: 1 }
      at = next
      continue
    }
    const { number, length, version } = header
    const repeated = wanted !== undefined && number < wanted
    if (!repeated) {
      settle(number, at)
      wanted = number + 1
    }
    const end = Math.min(at + length, bytes.length)
    const content = bytes.subarray(at + headerBytes, end)
    const read = contentOf[version]
    const reason = repeated ? 'repeated'
      : at + length > bytes.length ? 'torn'
      : crc32c(content) !== header.checksum ? 'body'
      : read === undefined ? 'version'
      : undefined
    if (reason === undefined) {
      records.push({ number, offset: at, ...read!(content, header) })
      at = end
    } else {
      const next = reason === 'torn' || reason === 'body' ? nextAfterDamage(bytes, view, at, end) : end
      damage.push({ reason, offset: at, length: next - at, records: repeated ? 0 : 1 })
      at = next
    }
  }
  settle(expected, bytes.length)
  return { records, damage: damage.sort((a, b) => a.offset - b.offset) }
}
