/** Segments: the unit in which a queue stands in the store. What a list should tell without reading is in the key (FORMAT.md). */

import type { BatchInfo, Position, Waiting } from '../kinds.ts'
import { encodeRecord, readRecords, type Damage, type StoredRecord } from '../record.ts'
import type { Listed } from '../store.ts'
import { concat } from '../../lib/bytes.ts'

/** What a segment's key tells. */
export interface SegmentInfo {
  readonly key: string
  readonly bytes: number
  readonly records: number
  readonly items: number
  readonly oldestMs: number
}

/** The end of a segment's key, after the position. */
export function segmentSuffix(batches: readonly Waiting[], id: string): string {
  const items = batches.reduce((sum, { info }) => sum + info.items, 0)
  const oldest = batches.reduce((least, { info }) => Math.min(least, info.acceptedAtMs), Infinity)
  return `-${batches.length}-${items}-${Math.max(0, Math.floor(oldest))}-${id}`
}

const tail = /\/\d{16}-(\d{1,9})-(\d{1,15})-(\d{1,15})-[0-9a-f]{8}$/

/** What `listed` tells; a key that nobody here wrote counts as an empty segment, whose content will be reported as damaged. */
export function segmentInfo({ key, size }: Listed): SegmentInfo {
  const [, records = 0, items = 0, oldestMs = 0] = tail.exec(key) ?? []
  return { key, bytes: size, records: Number(records), items: Number(items), oldestMs: Number(oldestMs) }
}

/** The bytes of `batches` as records numbered from `first`. */
export const encodeSegment = (batches: readonly Waiting[], first = 0): Uint8Array =>
  concat(batches.map(({ bytes, info: { items, acceptedAtMs, meta } }, i) =>
    encodeRecord({ number: first + i, meta: { items, acceptedAtMs, meta }, body: bytes })))

/** A batch with its number in its segment, which it keeps. */
export type Numbered = Waiting & { readonly number: number }

/** What is left of a segment of `end` batches, under their own numbers: where one was taken out from between, an empty record marks its place. */
export function encodeNumbered(batches: readonly Numbered[], end: number): Uint8Array {
  const byNumber = new Map(batches.map(batch => [batch.number, batch]))
  const first = batches[0]?.number ?? end
  const numbers = Array.from({ length: Math.max(end, (batches.at(-1)?.number ?? 0) + 1) - first }, (_, i) => first + i)
  return concat(numbers.map(number => {
    const batch = byNumber.get(number)
    return batch === undefined
      ? encodeRecord({ number, meta: { gone: true }, body: new Uint8Array(0) })
      : encodeRecord({ number, meta: { ...batch.info }, body: batch.bytes })
  }))
}

/** The batches in a segment, each with its number, and the damage between them. */
export function decodeSegment({ records: expected }: SegmentInfo, bytes: Uint8Array): { batches: Numbered[]; damage: Damage[] } {
  const { records, damage } = readRecords(bytes, expected === 0 ? undefined : expected)
  const present = records.filter(({ meta }) => meta.gone !== true)
  return { batches: present.map(({ number, meta, body }) => ({ number, bytes: body, info: batchInfo(meta) })), damage }
}

/** A batch's place in its queue; `key` is its segment's, without the queue's prefix. */
export const positionOf = (key: string, number: number): Position => `${key}#${number}`

export function parsePosition(position: Position): { key: string; number: number } {
  const cut = position.lastIndexOf('#')
  return { key: position.slice(0, cut), number: Number(position.slice(cut + 1)) }
}

function batchInfo(meta: StoredRecord['meta']): BatchInfo {
  const { items, acceptedAtMs, meta: own } = meta as Partial<BatchInfo>
  return { items: items ?? 0, acceptedAtMs: acceptedAtMs ?? 0, meta: own ?? {} }
}
