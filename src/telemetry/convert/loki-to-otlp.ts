/**
 * Loki entries to OTLP log records: the line is the body, labels and structured metadata are attributes. The attribute
 * `loki.attribute.labels` names those that were labels, so that the way back (otlp-to-loki.ts) makes labels of them again.
 */

import { ENTRIES, ENTRY_LINE, ENTRY_METADATA, ENTRY_TIMESTAMP, PAIR_NAME, PAIR_VALUE, STREAMS, readTimestamp } from '../../wire/loki-push.ts'
import { writeAttribute, valueTags } from '../../wire/otlp-value.ts'
import { FIXED64, LENGTH, Reader, tag } from '../../wire/reader.ts'
import { Writer } from '../../wire/writer.ts'
import type { LokiBatch, OtlpBatch } from '../batch.ts'
import { parseLabels, type Labels } from '../labels.ts'
import { labelTextOf } from '../loki-stream.ts'
import { otlpBatch } from '../otlp.ts'

const TIME = tag(1, FIXED64)
const OBSERVED_TIME = tag(11, FIXED64)
const BODY = tag(5, LENGTH)
const ATTRIBUTES = tag(6, LENGTH)
const HINT = 'loki.attribute.labels'

/** Converts a batch into one resource without attributes; `now` (milliseconds) is when the records were observed. Throws WireError, LabelsError. */
export function lokiToOtlp(batch: LokiBatch, now: number): OtlpBatch {
  const { bytes } = batch
  const w = new Writer(bytes.length + (bytes.length >> 1) + 256)
  const observed = BigInt(now) * 1_000_000n
  const r = new Reader(bytes, 0, bytes.length, 'loki push')
  // request > ResourceLogs > ScopeLogs > records
  w.tag(1, LENGTH).fork(bytes.length).tag(2, LENGTH).fork(bytes.length)
  const start = w.pos
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === STREAMS) writeStream(w, bytes, r.from, r.to, observed)
  }
  if (w.pos === start) return otlpBatch('logs', new Uint8Array(0))
  return otlpBatch('logs', w.join().join().finish())
}

function writeStream(w: Writer, bytes: Uint8Array, from: number, to: number, observed: bigint): void {
  const labels = parseLabels(labelTextOf(bytes, from, to))
  const names = new Set([HINT, ...labels.map(([name]) => name)])
  const attributes = encodeAttributes(attributesOf(labels))
  const r = new Reader(bytes, from, to, 'loki push')
  while (r.next() !== 0) {
    r.skip()
    if (r.tag !== ENTRIES) continue
    w.tag(2, LENGTH).fork(r.to - r.from + attributes.length + 24)
    writeRecord(w, bytes, r.from, r.to, observed, names)
    w.raw(attributes).join()
  }
}

/** As Alloy: what comes of the file's name, then the hint, then the labels. */
function attributesOf(labels: Labels): Iterable<readonly [string, string]> {
  const file = labels.find(([name]) => name === 'filename')?.[1]
  return [
    ...(file === undefined ? [] : [['log.file.path', file], ['log.file.name', baseName(file)]] as const),
    ...(labels.length === 0 ? [] : [[HINT, labels.map(([name]) => name).join(',')]] as const),
    ...labels,
  ]
}

/** The last part of a path, as Go's path.Base has it. */
function baseName(path: string): string {
  if (path === '') return '.'
  const trimmed = path.replace(/\/+$/, '')
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

function encodeAttributes(attributes: Iterable<readonly [string, string]>): Uint8Array {
  const w = new Writer(512)
  for (const [key, value] of attributes) {
    w.varint(ATTRIBUTES).fork()
    writeAttribute(w, key, value)
    w.join()
  }
  return w.finish()
}

/** Times, body and structured metadata of one entry; metadata that a label shares its name with stands back. */
function writeRecord(w: Writer, bytes: Uint8Array, from: number, to: number, observed: bigint, taken: ReadonlySet<string>): void {
  const r = new Reader(bytes, from, to, 'loki push')
  const inner = new Reader(bytes, from, to, 'loki push')
  let time = 0n
  let [lineFrom, lineTo] = [from, from]
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === ENTRY_LINE) [lineFrom, lineTo] = [r.from, r.to]
    else if (r.tag === ENTRY_TIMESTAMP) time = readTimestamp(inner.reset(bytes, r.from, r.to))
    else if (r.tag === ENTRY_METADATA) writeMetadata(w, inner.reset(bytes, r.from, r.to), taken)
  }
  w.varint(TIME).fixed64Exact(time === 0n ? observed : time)
  w.varint(OBSERVED_TIME).fixed64Exact(observed)
  w.varint(BODY).fork(lineTo - lineFrom + 4).varint(valueTags.string).varint(lineTo - lineFrom).raw(bytes, lineFrom, lineTo).join()
}

function writeMetadata(w: Writer, r: Reader, taken: ReadonlySet<string>): void {
  let name = ''
  let value = ''
  while (r.next() !== 0) {
    if (r.tag === PAIR_NAME) name = r.string()
    else if (r.tag === PAIR_VALUE) value = r.string()
    else r.skip()
  }
  if (taken.has(name)) return
  w.varint(ATTRIBUTES).fork()
  writeAttribute(w, name, value)
  w.join()
}
