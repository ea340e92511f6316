/**
 * Prometheus remote-write 2.0 to 1.0 and back. Names, values and texts stand once each in `symbols`, and are referred to by index:
 *
 *     Request { symbols 4, timeseries 5 }
 *     TimeSeries { labels_refs 1, samples 2, histograms 3, exemplars 4, metadata 5, created_timestamp 6 }
 *     Exemplar { labels_refs 1, value 2, timestamp 3 }     Metadata { type 1, help_ref 3, unit_ref 4 }
 *
 * Samples and histograms are the same messages in both, and are copied. What 1.0 has no place for is lost on the way there: created
 * timestamps (2.0's `created_timestamp`, and the start timestamps of later drafts, which stay in their messages as unknown
 * fields), and which series a metadata entry came with (1.0 knows the metric family only). On the way back nothing is lost but the
 * metadata of families that have no series in the request.
 */

import { WireError } from './error.ts'
import { LENGTH, Reader, VARINT, tag, text } from './reader.ts'
import { EXEMPLAR_LABELS, EXEMPLARS, HISTOGRAMS, LABELS, LABEL_NAME, LABEL_VALUE, METADATA, SAMPLES, TIMESERIES } from './remote-write.ts'
import { Writer } from './writer.ts'

const SYMBOLS = tag(4, LENGTH)
const TIMESERIES_2 = tag(5, LENGTH)
const REFS = tag(1, LENGTH)
const REFS_UNPACKED = tag(1, VARINT)
const HISTOGRAMS_2 = tag(3, LENGTH)
const EXEMPLARS_2 = tag(4, LENGTH)
const METADATA_2 = tag(5, LENGTH)
const CREATED = tag(6, VARINT)
const TYPE = tag(1, VARINT)
const HELP = tag(3, VARINT)
const UNIT = tag(4, VARINT)

const format = 'remote-write 2.0'

export interface Decoded2 {
  /** The bytes of a 1.0 WriteRequest. */
  readonly bytes: Uint8Array
  /** What the sender wants to be told was written: X-Prometheus-Remote-Write-{Samples,Histograms,Exemplars}-Written. */
  readonly samples: number
  readonly histograms: number
  readonly exemplars: number
  /** Series whose created timestamp has no place in 1.0. */
  readonly createdTimestampsLost: number
}

/** A 2.0 request as 1.0; throws WireError for damage and for references to symbols that are not there. */
export function decodeRemoteWrite2(bytes: Uint8Array): Decoded2 {
  const symbols = readSymbols(bytes)
  const totals = { samples: 0, histograms: 0, exemplars: 0, createdTimestampsLost: 0 }
  const w = new Writer(2 * bytes.length + 64)
  const families = new Map<string, { type: number; help: number; unit: number }>()
  const r = new Reader(bytes, 0, bytes.length, format)
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === TIMESERIES_2) seriesTo1(bytes, r.from, r.to, symbols, w, totals, families)
  }
  for (const [family, { type, help, unit }] of families) {
    w.varint(METADATA).fork(64).tag(1, VARINT).varint(type).tag(2, LENGTH).string(family)
    w.tag(4, LENGTH).bytes(symbols[help]!).tag(5, LENGTH).bytes(symbols[unit]!).join()
  }
  return { bytes: w.finish(), ...totals }
}

function readSymbols(bytes: Uint8Array): Uint8Array[] {
  const symbols: Uint8Array[] = []
  const r = new Reader(bytes, 0, bytes.length, format)
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === SYMBOLS) symbols.push(bytes.subarray(r.from, r.to))
  }
  if (symbols.length === 0) symbols.push(new Uint8Array(0))
  if (symbols[0]!.length > 0) throw new WireError(format, 0, 'the first symbol has to be empty')
  return symbols
}

type Totals = { -readonly [Name in Exclude<keyof Decoded2, 'bytes'>]: number }
type Families = Map<string, { type: number; help: number; unit: number }>

function seriesTo1(bytes: Uint8Array, from: number, to: number, symbols: Uint8Array[], w: Writer, totals: Totals, families: Families): void {
  const r = new Reader(bytes, from, to, format)
  let name = ''
  let metadata: { type: number; help: number; unit: number } | undefined
  w.varint(TIMESERIES).fork(256)
  while (r.next() !== 0) {
    const { at } = r
    switch (r.tag) {
      case REFS:
      case REFS_UNPACKED:
        name = labelsTo1(r, symbols, w) ?? name
        break
      case SAMPLES:
        totals.samples++
        r.skip()
        w.raw(bytes, at, r.pos)
        break
      case HISTOGRAMS_2:
        totals.histograms++
        r.range()
        w.varint(HISTOGRAMS).varint(r.to - r.from).raw(bytes, r.from, r.to)
        break
      case EXEMPLARS_2:
        totals.exemplars++
        r.range()
        exemplarTo1(new Reader(bytes, r.from, r.to, format), symbols, w)
        break
      case METADATA_2:
        r.range()
        metadata = readMetadata2(new Reader(bytes, r.from, r.to, format), symbols)
        break
      case CREATED:
        r.varint()
        if (r.lo !== 0 || r.hi !== 0) totals.createdTimestampsLost++
        break
      default:
        r.skip()
    }
  }
  w.join()
  if (metadata !== undefined && name !== '' && metadata.type + metadata.help + metadata.unit > 0) {
    families.set(familyOf(name, metadata.type), metadata)
  }
}

/** Writes a run of references as labels; answers the value of `__name__` when it is among them. */
function labelsTo1(r: Reader, symbols: Uint8Array[], w: Writer): string | undefined {
  const refs = readRefs(r)
  if (refs.length % 2 !== 0) throw r.error('an odd number of label references', r.at)
  let name: string | undefined
  for (let i = 0; i < refs.length; i += 2) {
    const label = symbolAt(symbols, refs[i]!, r)
    const value = symbolAt(symbols, refs[i + 1]!, r)
    w.varint(LABELS).fork(label.length + value.length + 4).varint(LABEL_NAME).bytes(label).varint(LABEL_VALUE).bytes(value).join()
    if (label.length === 8 && text(label, 0, 8) === '__name__') name = text(value, 0, value.length)
  }
  return name
}

/** The references of a packed field, or of a run of unpacked ones, of which the first tag has been read. */
function readRefs(r: Reader): number[] {
  const refs: number[] = []
  if (r.tag === REFS) {
    r.range()
    const inner = new Reader(r.bytes, r.from, r.to, format)
    while (inner.pos < inner.end) refs.push(inner.varint32('a reference'))
    return refs
  }
  // Unpacked references come one field each; they count together, and what follows them has to be read again.
  for (;;) {
    refs.push(r.varint32('a reference'))
    const { pos } = r
    if (r.next() === REFS_UNPACKED) continue
    r.pos = pos
    return refs
  }
}

function symbolAt(symbols: Uint8Array[], ref: number, r: Reader): Uint8Array {
  const symbol = symbols[ref]
  if (symbol === undefined) throw r.error(`a reference to symbol ${ref}, of which there are ${symbols.length}`, r.at)
  return symbol
}

function exemplarTo1(r: Reader, symbols: Uint8Array[], w: Writer): void {
  w.varint(EXEMPLARS).fork(64)
  while (r.next() !== 0) {
    const { at } = r
    if (r.tag === REFS || r.tag === REFS_UNPACKED) labelsTo1(r, symbols, w)
    else {
      r.skip()
      w.raw(r.bytes, at, r.pos)
    }
  }
  w.join()
}

function readMetadata2(r: Reader, symbols: Uint8Array[]): { type: number; help: number; unit: number } {
  const out = { type: 0, help: 0, unit: 0 }
  while (r.next() !== 0) {
    if (r.tag === TYPE) out.type = r.varint()
    else if (r.tag === HELP) out.help = r.varint32('a reference')
    else if (r.tag === UNIT) out.unit = r.varint32('a reference')
    else r.skip()
  }
  if (out.help > 0) symbolAt(symbols, out.help, r)
  if (out.unit > 0) symbolAt(symbols, out.unit, r)
  return out
}

/** The family of a series by its name: histograms and summaries have several series under one family. */
function familyOf(name: string, type: number): string {
  const suffix = type === 3 || type === 4 ? /_(?:bucket|sum|count|gsum|gcount)$/ : type === 5 ? /_(?:sum|count)$/ : undefined
  return suffix === undefined ? name : name.replace(suffix, '')
}

/** A 1.0 request as 2.0. */
export function encodeRemoteWrite2(bytes: Uint8Array): Uint8Array {
  const symbols = new SymbolTable()
  const families = readFamilies(bytes)
  const series = new Writer(bytes.length)
  const r = new Reader(bytes, 0, bytes.length, format)
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === TIMESERIES) seriesTo2(bytes, r.from, r.to, symbols, series, families)
  }
  return new Writer(symbols.size + series.pos).raw(symbols.write()).raw(series.finish()).finish()
}

function readFamilies(bytes: Uint8Array): ReadonlyMap<string, { type: number; help: Uint8Array; unit: Uint8Array }> {
  const families = new Map<string, { type: number; help: Uint8Array; unit: Uint8Array }>()
  const r = new Reader(bytes, 0, bytes.length, format)
  while (r.next() !== 0) {
    r.skip()
    if (r.tag !== METADATA) continue
    const inner = new Reader(bytes, r.from, r.to, format)
    let family = ''
    const metadata = { type: 0, help: new Uint8Array(0), unit: new Uint8Array(0) }
    while (inner.next() !== 0) {
      if (inner.tag === tag(1, VARINT)) metadata.type = inner.varint()
      else if (inner.tag === tag(2, LENGTH)) family = inner.string()
      else if (inner.tag === tag(4, LENGTH)) metadata.help = inner.subarray() as Uint8Array<ArrayBuffer>
      else if (inner.tag === tag(5, LENGTH)) metadata.unit = inner.subarray() as Uint8Array<ArrayBuffer>
      else inner.skip()
    }
    families.set(family, metadata)
  }
  return families
}

type Metadata1 = ReturnType<typeof readFamilies>

function seriesTo2(bytes: Uint8Array, from: number, to: number, symbols: SymbolTable, w: Writer, families: Metadata1): void {
  const refs: number[] = []
  const rest = new Writer(to - from)
  let name = ''
  const r = new Reader(bytes, from, to, format)
  while (r.next() !== 0) {
    const { tag, at } = r
    r.skip()
    if (tag === LABELS) name = labelTo2(bytes, r.from, r.to, symbols, refs) ?? name
    else if (tag === HISTOGRAMS) rest.varint(HISTOGRAMS_2).varint(r.to - r.from).raw(bytes, r.from, r.to)
    else if (tag === EXEMPLARS) exemplarTo2(bytes, r.from, r.to, symbols, rest)
    else if (tag === SAMPLES) rest.raw(bytes, at, r.pos)
  }
  w.varint(TIMESERIES_2).fork(to - from)
  writeRefs(w, refs)
  w.raw(rest.finish())
  const metadata = families.get(name) ?? families.get(name.replace(/_(?:bucket|sum|count|gsum|gcount)$/, ''))
  if (metadata !== undefined) {
    w.varint(METADATA_2).fork().tag(1, VARINT).varint(metadata.type)
    w.tag(3, VARINT).varint(symbols.ref(metadata.help)).tag(4, VARINT).varint(symbols.ref(metadata.unit)).join()
  }
  w.join()
}

/** Adds the references of a label; answers its value when its name is `__name__`. */
function labelTo2(bytes: Uint8Array, from: number, to: number, symbols: SymbolTable, refs: number[]): string | undefined {
  const r = new Reader(bytes, from, to, format)
  let name = new Uint8Array(0) as Uint8Array
  let value = name
  while (r.next() !== 0) {
    if (r.tag === LABEL_NAME) name = r.subarray()
    else if (r.tag === LABEL_VALUE) value = r.subarray()
    else r.skip()
  }
  refs.push(symbols.ref(name), symbols.ref(value))
  return name.length === 8 && text(name, 0, 8) === '__name__' ? text(value, 0, value.length) : undefined
}

function exemplarTo2(bytes: Uint8Array, from: number, to: number, symbols: SymbolTable, w: Writer): void {
  const refs: number[] = []
  const rest = new Writer(to - from)
  const r = new Reader(bytes, from, to, format)
  while (r.next() !== 0) {
    const { tag, at } = r
    r.skip()
    if (tag === EXEMPLAR_LABELS) labelTo2(bytes, r.from, r.to, symbols, refs)
    else rest.raw(bytes, at, r.pos)
  }
  w.varint(EXEMPLARS_2).fork(to - from)
  writeRefs(w, refs)
  w.raw(rest.finish()).join()
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
