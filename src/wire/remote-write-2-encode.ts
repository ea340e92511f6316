/**
 * Prometheus remote-write 1.0 as 2.0, whose messages `remote-write-2.ts` shows. What 2.0 asks for beyond other names for things: a
 * series says its own metadata; it holds samples or histograms, and never both; and exemplars come with one of those.
 */

import { concat } from '../lib/bytes.ts'
import { LENGTH, Reader, VARINT, tag, text } from './reader.ts'
import { CREATED } from './remote-write-2.ts'
import {
  EXEMPLAR_LABELS, EXEMPLARS, HISTOGRAMS, LABELS, LABEL_NAME, LABEL_VALUE, METADATA, METADATA_FAMILY, METADATA_HELP, METADATA_TYPE,
  METADATA_UNIT, SAMPLES, TIMESERIES,
} from './remote-write.ts'
import { Writer } from './writer.ts'

const SYMBOLS = tag(4, LENGTH)
const TIMESERIES_2 = tag(5, LENGTH)
const REFS = tag(1, LENGTH)
const HISTOGRAMS_2 = tag(3, LENGTH)
const EXEMPLARS_2 = tag(4, LENGTH)
const METADATA_2 = tag(5, LENGTH)

const format = 'remote-write'

/** The metadata of a family: its type's number, and texts as bytes. */
export interface FamilyMetadata { readonly type: number; readonly help: Uint8Array; readonly unit: Uint8Array }
export type Families = ReadonlyMap<string, FamilyMetadata>

/** A 1.0 request as 2.0; series whose metadata it does not hold get that of `known`. Exemplars whose series has no samples are left out. */
export function encodeRemoteWrite2(bytes: Uint8Array, known: Families = new Map()): Uint8Array {
  const symbols = new SymbolTable()
  const own = readFamilies(bytes)
  const metadataOf = (name: string) => metadataIn(own, name) ?? metadataIn(known, name)
  const lone = loneExemplars(bytes)
  const w = new Writer(bytes.length)
  const r = new Reader(bytes, 0, bytes.length, format)
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === TIMESERIES) seriesTo2(bytes, r.from, r.to, symbols, w, metadataOf, lone)
  }
  return new Writer(symbols.size + w.pos).raw(symbols.write()).raw(w.finish()).finish()
}

/** The metadata in a request, by family; copies, which may be kept. */
export function readFamilies(bytes: Uint8Array): Map<string, FamilyMetadata> {
  const families = new Map<string, FamilyMetadata>()
  const r = new Reader(bytes, 0, bytes.length, format)
  while (r.next() !== 0) {
    r.skip()
    if (r.tag !== METADATA) continue
    const inner = new Reader(bytes, r.from, r.to, format)
    let family = ''
    const metadata = { type: 0, help: new Uint8Array(0), unit: new Uint8Array(0) }
    while (inner.next() !== 0) {
      if (inner.tag === METADATA_TYPE) metadata.type = inner.varint()
      else if (inner.tag === METADATA_FAMILY) family = inner.string()
      else if (inner.tag === METADATA_HELP) metadata.help = inner.subarray().slice()
      else if (inner.tag === METADATA_UNIT) metadata.unit = inner.subarray().slice()
      else inner.skip()
    }
    families.set(family, metadata)
  }
  return families
}

/** What the series of a family may be called after it, and which types (by number) have such series. */
const suffixes: Readonly<Record<string, readonly number[]>> = {
  _total: [1], _bucket: [3, 4], _sum: [3, 4, 5], _count: [3, 4, 5], _gsum: [4], _gcount: [4], _info: [6],
}

function metadataIn(families: Families, name: string): FamilyMetadata | undefined {
  if (families.size === 0) return undefined
  const exact = families.get(name)
  if (exact !== undefined) return exact
  const cut = name.lastIndexOf('_')
  const types = cut > 0 ? suffixes[name.slice(cut)] : undefined
  const metadata = types && families.get(name.slice(0, cut))
  return metadata && types.includes(metadata.type) ? metadata : undefined
}

/** A series by parts: the content of its fields, by what they are. */
interface Parts {
  readonly labels: Uint8Array
  readonly exemplars: readonly Uint8Array[]
  readonly samples: number
  readonly histograms: number
}

function partsOf(bytes: Uint8Array, from: number, to: number): Parts {
  let labels = bytes.subarray(from, from)
  // Where the labels so far begin and end, as long as they lie together, as they nearly always do.
  let labelsFrom = from
  let labelsTo = -1
  const exemplars: Uint8Array[] = []
  let samples = 0
  let histograms = 0
  const r = new Reader(bytes, from, to, format)
  while (r.next() !== 0) {
    const { tag, at } = r
    r.skip()
    if (tag === LABELS) {
      if (labels.length === 0) labelsFrom = at
      const together = labels.length === 0 || labelsTo === at
      labels = together ? bytes.subarray(labelsFrom, r.pos) : concat([labels, bytes.subarray(at, r.pos)])
      labelsTo = together ? r.pos : -1
    } else if (tag === EXEMPLARS) exemplars.push(bytes.subarray(r.from, r.to))
    else if (tag === SAMPLES) samples++
    else if (tag === HISTOGRAMS) histograms++
  }
  return { labels, exemplars, samples, histograms }
}

type Lone = Map<string, Uint8Array[]>

/** Exemplars that came as series of their own, as senders of 1.0 have them: by the labels of the series that they belong to. */
function loneExemplars(bytes: Uint8Array): Lone {
  const lone: Lone = new Map()
  const r = new Reader(bytes, 0, bytes.length, format)
  const inner = new Reader(bytes, 0, 0, format)
  while (r.next() !== 0) {
    r.skip()
    if (r.tag !== TIMESERIES) continue
    let alone = false
    for (inner.reset(bytes, r.from, r.to); inner.next() !== 0;) {
      if (inner.tag === EXEMPLARS) alone = true
      else if (inner.tag === SAMPLES || inner.tag === HISTOGRAMS) { alone = false; break }
      inner.skip()
    }
    if (!alone) continue
    const { labels, exemplars } = partsOf(bytes, r.from, r.to)
    const key = latin1(labels)
    lone.set(key, [...lone.get(key) ?? [], ...exemplars])
  }
  return lone
}

function seriesTo2(bytes: Uint8Array, from: number, to: number, symbols: SymbolTable, w: Writer, metadataOf: (name: string) => FamilyMetadata | undefined, lone: Lone): void {
  const { labels, exemplars, samples, histograms } = partsOf(bytes, from, to)
  if (samples + histograms === 0) return
  const key = lone.size > 0 ? latin1(labels) : ''
  const all = [...exemplars, ...lone.get(key) ?? []]
  lone.delete(key)
  const refs: number[] = []
  const name = labelsTo2(labels, LABELS, symbols, refs)
  const metadata = metadataOf(name)
  for (const kind of [SAMPLES, HISTOGRAMS]) {
    if ((kind === SAMPLES ? samples : histograms) === 0) continue
    w.varint(TIMESERIES_2).fork(to - from)
    writeRefs(w, refs)
    const r = new Reader(bytes, from, to, format)
    while (r.next() !== 0) {
      const { tag, at } = r
      r.skip()
      if (tag === CREATED || (tag === SAMPLES && kind === SAMPLES)) w.raw(bytes, at, r.pos)
      else if (tag === HISTOGRAMS && kind === HISTOGRAMS) w.varint(HISTOGRAMS_2).varint(r.to - r.from).raw(bytes, r.from, r.to)
    }
    for (const exemplar of all.splice(0)) exemplarTo2(exemplar, symbols, w)
    if (metadata !== undefined) {
      w.varint(METADATA_2).fork().tag(1, VARINT).varint(metadata.type)
      w.tag(3, VARINT).varint(symbols.ref(metadata.help)).tag(4, VARINT).varint(symbols.ref(metadata.unit)).join()
    }
    w.join()
  }
}

/** Adds the references of label fields; answers the value of `__name__`. */
function labelsTo2(bytes: Uint8Array, field: number, symbols: SymbolTable, refs: number[]): string {
  let metric = ''
  const r = new Reader(bytes, 0, bytes.length, format)
  const inner = new Reader(bytes, 0, 0, format)
  while (r.next() !== 0) {
    r.skip()
    if (r.tag !== field) continue
    let name = bytes.subarray(0, 0)
    let value = name
    for (inner.reset(bytes, r.from, r.to); inner.next() !== 0;) {
      if (inner.tag === LABEL_NAME) name = inner.subarray()
      else if (inner.tag === LABEL_VALUE) value = inner.subarray()
      else inner.skip()
    }
    refs.push(symbols.ref(name), symbols.ref(value))
    if (name.length === 8 && text(name, 0, 8) === '__name__') metric = text(value, 0, value.length)
  }
  return metric
}

function exemplarTo2(exemplar: Uint8Array, symbols: SymbolTable, w: Writer): void {
  const refs: number[] = []
  labelsTo2(exemplar, EXEMPLAR_LABELS, symbols, refs)
  w.varint(EXEMPLARS_2).fork(exemplar.length)
  writeRefs(w, refs)
  const r = new Reader(exemplar, 0, exemplar.length, format)
  while (r.next() !== 0) {
    const { tag, at } = r
    r.skip()
    if (tag !== EXEMPLAR_LABELS) w.raw(exemplar, at, r.pos)
  }
  w.join()
}

function writeRefs(w: Writer, refs: number[]): void {
  if (refs.length === 0) return
  w.varint(REFS).fork(2 * refs.length)
  for (const ref of refs) w.varint(ref)
  w.join()
}

/** Symbols in the order of their first use; the empty one is number 0. */
class SymbolTable {
  private readonly refs = new Map<string, number>([['', 0]])
  private readonly writer = new Writer(1024).varint(SYMBOLS).varint(0)

  get size(): number {
    return this.writer.pos
  }

  /** Bytes are told apart as bytes, one character each, so that nothing is lost where they are no UTF-8. */
  ref(symbol: Uint8Array): number {
    const key = latin1(symbol)
    let ref = this.refs.get(key)
    if (ref === undefined) {
      ref = this.refs.size
      this.refs.set(key, ref)
      this.writer.varint(SYMBOLS).bytes(symbol)
    }
    return ref
  }

  write(): Uint8Array {
    return this.writer.finish()
  }
}

function latin1(bytes: Uint8Array): string {
  let out = ''
  for (let i = 0; i < bytes.length; i++) out += String.fromCharCode(bytes[i]!)
  return out
}
