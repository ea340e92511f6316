/** Log entries as Loki push batches: counted, read, relabelled, split, merged and grouped on their bytes. */

import { concat, utf8 } from '../lib/bytes.ts'
import {
  ENTRIES, ENTRY_LINE, STREAMS, STREAM_HASH, STREAM_LABELS, writePair, writeTimestamp,
} from '../wire/loki-push.ts'
import { text, type Reader } from '../wire/reader.ts'
import { Writer, varintSize } from '../wire/writer.ts'
import type { LokiBatch } from './batch.ts'
import { LabelCache, type Outcome } from './label-cache.ts'
import { LabelsError, labelValue, mergeLabels, parseLabels, renderLabels, type Labels } from './labels.ts'
import { entrySize, labelTextOf, reader, streamsOf, type Entry, type Stream } from './loki-stream.ts'
import type { Relabeler } from './relabel.ts'
import { borrowWriter, returnWriter } from './spare-writer.ts'

export { Stream, entrySize, streamsOf, type Entry } from './loki-stream.ts'

/** The label that says which tenant an entry belongs to; loki.write turns it into a header. */
export const tenantLabel = '__tenant_id__'

/** A batch of the bytes of a PushRequest. */
export const lokiBatch = (bytes: Uint8Array): LokiBatch => ({ kind: 'loki', bytes })

/** Entries of all streams. */
export function countEntries(batch: LokiBatch): number {
  const { bytes } = batch
  const r = reader(bytes)
  const inner = reader(bytes)
  let count = 0
  while (r.next() !== 0) {
    r.skip()
    if (r.tag !== STREAMS) continue
    inner.reset(bytes, r.from, r.to)
    while (inner.next() !== 0) {
      if (inner.tag === ENTRIES) count++
      inner.skip()
    }
  }
  return count
}

/** A stream as an object, for those who make some: labels as a set or as text. */
export interface StreamData {
  readonly labels: Labels | string
  readonly entries: Iterable<Entry | Pick<Entry, 'timestamp' | 'line'>>
}

/** A batch of streams given as objects; streams without entries are left out. */
export function writeLoki(streams: Iterable<StreamData>): LokiBatch {
  const w = new Writer(4096)
  for (const { labels, entries } of streams) {
    const start = w.pos
    w.varint(STREAMS).fork(1024).varint(STREAM_LABELS).string(typeof labels === 'string' ? labels : renderLabels(labels))
    let empty = true
    for (const entry of entries) {
      empty = false
      w.varint(ENTRIES).fork(entry.line.length + 16)
      writeTimestamp(w, entry.timestamp)
      w.varint(ENTRY_LINE).string(entry.line)
      if ('metadata' in entry) for (const [name, value] of entry.metadata) writePair(w, name, value)
      w.join()
    }
    if (empty) w.abandon(start)
    else w.join()
  }
  return lokiBatch(w.finish())
}

/** What became of label texts before, for as many streams as `entries` says. */
export class StreamCache extends LabelCache {
  constructor(entries = 10_000) {
    super(entries)
  }
}

/**
 * Applies `edit` to the labels of every stream and copies the entries; undefined or no labels drop the stream. A stream whose
 * labels cannot be read goes to `refuse` and is dropped, or, without it, throws its LabelsError. The batch itself comes back when
 * nothing changed.
 */
export function mapStreamLabels(
  batch: LokiBatch,
  edit: (labels: Labels) => Labels | undefined,
  { cache, refuse }: { cache?: StreamCache | undefined; refuse?: ((error: LabelsError) => void) | undefined } = {},
): LokiBatch {
  const decide = (from: number, to: number): Outcome => {
    const labels = text(batch.bytes, from, to)
    const edited = edit(parseLabels(labels))
    if (edited === undefined || edited.length === 0) return null
    const rendered = renderLabels(edited)
    return rendered === labels ? undefined : utf8Once(rendered)
  }
  return rewriteStreams(batch, (from, to) => {
    try {
      return cache === undefined ? decide(from, to) : cache.lookUp(batch.bytes, from, to, () => decide(from, to))
    } catch (error) {
      if (refuse === undefined || !(error instanceof LabelsError)) throw error
      refuse(error)
      return null
    }
  })
}

const encoder = new TextEncoder()
const scratch = new Uint8Array(3 * 1024)

/** UTF-8 that is good until the next call: whoever decides about a stream is copied from at once. */
function utf8Once(text: string): Uint8Array {
  return 3 * text.length > scratch.length ? utf8(text) : scratch.subarray(0, encoder.encodeInto(text, scratch).written)
}

/** Replaces label texts, given as ranges: undefined keeps a stream, null drops it. Its hash goes when its labels change. */
function rewriteStreams(batch: LokiBatch, decide: (from: number, to: number) => Outcome): LokiBatch {
  const { bytes } = batch
  const r = reader(bytes)
  const inner = reader(bytes)
  let w: Writer | undefined
  let copied = 0
  while (r.next() !== 0) {
    const { at } = r
    r.skip()
    if (r.tag !== STREAMS) continue
    const { from, to, hashed } = findLabels(inner.reset(bytes, r.from, r.to))
    const outcome = decide(from, to)
    if (outcome === undefined) continue
    w ??= borrowWriter(bytes.length)
    w.raw(bytes, copied, at)
    copied = r.pos
    if (outcome === null) continue
    const tagged = from - varintSize(to - from) - 1
    if (!hashed && from > 0 && tagged === r.from) {
      // Nothing but the labels in front changes: all lengths are known.
      const size = 1 + varintSize(outcome.length) + outcome.length + r.to - to
      w.varint(STREAMS).varint(size).varint(STREAM_LABELS).varint(outcome.length).raw(outcome).raw(bytes, to, r.to)
    } else {
      w.varint(STREAMS).fork(r.to - r.from).varint(STREAM_LABELS).varint(outcome.length).raw(outcome)
      writeEntries(w, inner.reset(bytes, r.from, r.to))
      w.join()
    }
  }
  return w === undefined ? batch : lokiBatch(returnWriter(w.raw(bytes, copied)))
}

/** Where the label text of a stream is (its last one counts), and whether a hash or a second text stands beside it. */
function findLabels(r: Reader): { from: number; to: number; hashed: boolean } {
  let from = 0
  let to = 0
  let hashed = false
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === STREAM_LABELS) {
      hashed ||= from > 0
      from = r.from
      to = r.to
    } else if (r.tag === STREAM_HASH) hashed = true
  }
  return { from, to, hashed }
}

/** Copies all fields of a stream but its labels and its hash. */
function writeEntries(w: Writer, r: Reader): void {
  while (r.next() !== 0) {
    const { at } = r
    r.skip()
    if (r.tag !== STREAM_LABELS && r.tag !== STREAM_HASH) w.raw(r.bytes, at, r.pos)
  }
}

/** Applies relabelling rules to every stream. */
export function relabelLoki(batch: LokiBatch, relabeler: Relabeler, cache?: StreamCache): LokiBatch {
  return mapStreamLabels(batch, labels => relabeler.relabel(labels), { cache })
}

/** Adds labels to every stream; what a stream says itself stays, unless `overwrite` is set. */
export function addStreamLabels(batch: LokiBatch, labels: Labels, { overwrite = false, cache }: { overwrite?: boolean; cache?: StreamCache } = {}): LokiBatch {
  if (labels.length === 0) return batch
  return mapStreamLabels(batch, own => (overwrite ? mergeLabels(own, labels) : mergeLabels(labels, own)), { cache })
}

/** Labels without those whose names begin with `__`, the tenant's excepted if asked. */
export function withoutInternal(labels: Labels, { keepTenant = false } = {}): Labels {
  return labels.filter(([name]) => !name.startsWith('__') || (keepTenant && name === tenantLabel))
}

/** Sets or replaces the tenant of every stream; an empty one changes nothing. */
export function withTenant(batch: LokiBatch, tenant: string, cache?: StreamCache): LokiBatch {
  return tenant === '' ? batch : addStreamLabels(batch, [[tenantLabel, tenant]], { overwrite: true, ...(cache && { cache }) })
}

/** Batches by tenant ('' for streams that name none), internal labels taken off; streams with no labels left go too. */
export function groupByTenant(batch: LokiBatch): Map<string, LokiBatch> {
  const { bytes } = batch
  const tenants = new Map<string, Writer>()
  const r = reader(bytes)
  let only: string | undefined
  let mixed = false
  while (r.next() !== 0) {
    const { at } = r
    r.skip()
    if (r.tag !== STREAMS) continue
    const labels = labelTextOf(bytes, r.from, r.to)
    const tenant = labels.includes(tenantLabel) ? labelValue(parseLabels(labels), tenantLabel) ?? '' : ''
    mixed ||= only !== undefined && only !== tenant
    only ??= tenant
    let w = tenants.get(tenant)
    if (w === undefined) tenants.set(tenant, (w = new Writer(256)))
    w.raw(bytes, at, r.pos)
  }
  const strip = (part: LokiBatch) => mapStreamLabels(part, labels => withoutInternal(labels))
  if (!mixed) return only === undefined ? new Map<string, LokiBatch>() : new Map([[only, strip(batch)]])
  return new Map([...tenants].map(([tenant, w]) => [tenant, strip(lokiBatch(w.finish()))]))
}

/** One batch with the streams of all, in order. */
export function mergeLoki(batches: readonly LokiBatch[]): LokiBatch {
  return batches.length === 1 ? batches[0]! : lokiBatch(concat(batches.map(batch => batch.bytes)))
}

/** The same entries with each stream standing once, in the order of first appearance. */
export function compactLoki(batch: LokiBatch): LokiBatch {
  const streams = new Map<string, Stream[]>()
  let count = 0
  for (const stream of streamsOf(batch)) {
    count++
    const same = streams.get(stream.labelText)
    if (same === undefined) streams.set(stream.labelText, [stream])
    else same.push(stream)
  }
  if (streams.size === count) return batch
  const w = new Writer(batch.bytes.length)
  for (const [labels, parts] of streams) {
    w.varint(STREAMS).fork(1024).varint(STREAM_LABELS).string(labels)
    for (const part of parts) for (const entry of part.entryBytes()) w.varint(ENTRIES).bytes(entry)
    w.join()
  }
  return lokiBatch(w.finish())
}

/** Batches whose lines and structured metadata take at most `maxBytes` each (one entry may take more), in order. */
export function splitLoki(batch: LokiBatch, { maxBytes }: { maxBytes: number }): LokiBatch[] {
  if (batch.bytes.length <= maxBytes) return [batch]
  const parts: LokiBatch[] = []
  const w = new Writer(Math.min(batch.bytes.length, 2 * maxBytes))
  let held = 0
  for (const stream of streamsOf(batch)) {
    const labels = utf8(stream.labelText)
    let open = false
    for (const entry of stream.entryBytes()) {
      const size = entrySize(entry)
      if (held > 0 && held + size > maxBytes) {
        if (open) w.join()
        parts.push(lokiBatch(w.finish()))
        held = 0
        open = false
      }
      if (!open) w.varint(STREAMS).fork(1024).varint(STREAM_LABELS).bytes(labels)
      open = true
      w.varint(ENTRIES).bytes(entry)
      held += size
    }
    if (open) w.join()
  }
  if (w.pos > 0) parts.push(lokiBatch(w.finish()))
  return parts
}
