/**
 * Prometheus remote-write 2.0 as 1.0 (`remote-write-2-encode.ts` is the way back). Names, values and texts stand once each in
 * `symbols`, and are referred to by index:
 *
 *     Request { symbols 4, timeseries 5 }
 *     TimeSeries { labels_refs 1, samples 2, histograms 3, exemplars 4, metadata 5, created_timestamp 6 }
 *     Exemplar { labels_refs 1, value 2, timestamp 3 }     Metadata { type 1, help_ref 3, unit_ref 4 }
 *
 * Samples and histograms are the same messages in both, and are copied, the start timestamps of later drafts (fields that 1.0 does not
 * know) with them. A created timestamp stays field 6 of its series, which is free in 1.0. Metadata moves to the end of the request, once
 * for each family; nothing else is lost.
 */

import { LENGTH, Reader, VARINT, tag, text } from './reader.ts'
import { EXEMPLARS, HISTOGRAMS, LABELS, LABEL_NAME, LABEL_VALUE, METADATA, SAMPLES, TIMESERIES, metricTypes } from './remote-write.ts'
import { Writer } from './writer.ts'

const SYMBOLS = tag(4, LENGTH)
const TIMESERIES_2 = tag(5, LENGTH)
const REFS = tag(1, LENGTH)
const REFS_UNPACKED = tag(1, VARINT)
const HISTOGRAMS_2 = tag(3, LENGTH)
const EXEMPLARS_2 = tag(4, LENGTH)
const METADATA_2 = tag(5, LENGTH)
const TYPE = tag(1, VARINT)
const HELP = tag(3, VARINT)
const UNIT = tag(4, VARINT)
/** Milliseconds since the epoch, beside the samples of a series, here as in our 1.0. */
export const CREATED = tag(6, VARINT)

const format = 'remote-write 2.0'

export interface Decoded2 {
  /** The bytes of a 1.0 WriteRequest. */
  readonly bytes: Uint8Array
  /** What is wrong with series and exemplars that were left out, a sentence each; the first hundred of them. */
  readonly problems: readonly string[]
  /** Series that were left out, and the samples and histograms in them. */
  readonly droppedSeries: number
  readonly droppedSamples: number
}

export interface DecodeOptions {
  /** Whether type and unit of its metadata become the labels `__type__` and `__unit__` of a series, in place of what it says itself. */
  readonly typeAndUnitLabels?: boolean
}

interface Metadata { readonly type: number; readonly help: number; readonly unit: number }

/** What goes into all series of a request, and comes out of them. */
interface Request {
  readonly symbols: readonly Uint8Array[]
  readonly options: DecodeOptions
  readonly w: Writer
  readonly families: Map<string, Metadata>
  readonly problems: string[]
  droppedSeries: number
  droppedSamples: number
}

const mostProblems = 100
const complain = ({ problems }: Request, problem: string) => { if (problems.length < mostProblems) problems.push(problem) }

/**
 * A 2.0 request as 1.0; throws WireError for damage. A series that refers to symbols that are not there, or has no samples, is left
 * out and costs no other, as Prometheus does it.
 */
export function decodeRemoteWrite2(bytes: Uint8Array, options: DecodeOptions = {}): Decoded2 {
  const w = new Writer(2 * bytes.length + 64)
  const request: Request = { symbols: readSymbols(bytes), options, w, families: new Map(), problems: [], droppedSeries: 0, droppedSamples: 0 }
  const r = new Reader(bytes, 0, bytes.length, format)
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === TIMESERIES_2) seriesTo1(bytes, r.from, r.to, request)
  }
  const { symbols, families, problems, droppedSeries, droppedSamples } = request
  for (const [family, { type, help, unit }] of families) {
    w.varint(METADATA).fork(64).tag(1, VARINT).varint(type).tag(2, LENGTH).string(family)
    w.tag(4, LENGTH).bytes(symbols[help]!).tag(5, LENGTH).bytes(symbols[unit]!).join()
  }
  return { bytes: w.finish(), problems, droppedSeries, droppedSamples }
}

function readSymbols(bytes: Uint8Array): Uint8Array[] {
  const symbols: Uint8Array[] = []
  const r = new Reader(bytes, 0, bytes.length, format)
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === SYMBOLS) symbols.push(bytes.subarray(r.from, r.to))
  }
  if (symbols.length === 0) symbols.push(new Uint8Array(0))
  return symbols
}

function seriesTo1(bytes: Uint8Array, from: number, to: number, request: Request): void {
  const { symbols, options, w, families } = request
  const refs: number[] = []
  let metadata: Metadata = { type: 0, help: 0, unit: 0 }
  let items = 0
  const r = new Reader(bytes, from, to, format)
  while (r.next() !== 0) {
    if (r.tag === REFS || r.tag === REFS_UNPACKED) readRefs(r, refs)
    else if (r.tag === METADATA_2) {
      r.range()
      metadata = readMetadata2(new Reader(bytes, r.from, r.to, format))
    } else {
      if (r.tag === SAMPLES || r.tag === HISTOGRAMS_2) items++
      r.skip()
    }
  }
  const wrong = wrongRefs(refs, symbols) ?? wrongRefs([metadata.help, metadata.unit], symbols)
    ?? (items === 0 ? `TimeSeries must contain at least one sample or histogram for series ${shown(refs, symbols)}` : undefined)
  if (wrong !== undefined) {
    complain(request, wrong)
    request.droppedSeries++
    request.droppedSamples += items
    return
  }
  w.varint(TIMESERIES).fork(to - from)
  const name = labelsTo1(refs, symbols, w, options.typeAndUnitLabels ? metadata : undefined)
  for (r.reset(bytes, from, to); r.next() !== 0;) {
    const { at } = r
    r.skip()
    if (r.tag === SAMPLES || r.tag === CREATED) w.raw(bytes, at, r.pos)
    else if (r.tag === HISTOGRAMS_2) w.varint(HISTOGRAMS).varint(r.to - r.from).raw(bytes, r.from, r.to)
    else if (r.tag === EXEMPLARS_2) exemplarTo1(new Reader(bytes, r.from, r.to, format), request)
  }
  w.join()
  if (name !== '' && metadata.type + metadata.help + metadata.unit > 0) families.set(familyOf(name, metadata.type), metadata)
}

/** Adds the references of a packed field, or the one of an unpacked. */
function readRefs(r: Reader, refs: number[]): void {
  if (r.tag === REFS_UNPACKED) {
    refs.push(r.varint32('a reference'))
    return
  }
  r.range()
  const inner = new Reader(r.bytes, r.from, r.to, format)
  while (inner.pos < inner.end) refs.push(inner.varint32('a reference'))
}

/** What is wrong with references to labels, names and values in turn. */
function wrongRefs(refs: readonly number[], symbols: readonly Uint8Array[]): string | undefined {
  if (refs.length % 2 !== 0) return 'an odd number of label references'
  const wrong = refs.find(ref => ref >= symbols.length)
  return wrong === undefined ? undefined : `a reference to symbol ${wrong}, of which there are ${symbols.length}`
}

const symbolText = (symbol: Uint8Array) => text(symbol, 0, symbol.length)
const shown = (refs: readonly number[], symbols: readonly Uint8Array[]) =>
  `{${refs.flatMap((ref, i) => (i % 2 === 0 ? [`${symbolText(symbols[ref]!)}=${JSON.stringify(symbolText(symbols[refs[i + 1]!]!))}`] : [])).join(', ')}}`

const isNamed = (label: Uint8Array, name: string) => label.length === name.length && text(label, 0, label.length) === name
const noText = new Uint8Array(0)
const typeTexts = metricTypes.map((type, i) => (i === 0 ? noText : new TextEncoder().encode(type)))
const [TYPE_LABEL, UNIT_LABEL] = ['__type__', '__unit__'].map(name => new TextEncoder().encode(name)) as [Uint8Array, Uint8Array]

/** Writes references as labels, and those of the metadata where some is given; answers the value of `__name__`. */
function labelsTo1(refs: readonly number[], symbols: readonly Uint8Array[], w: Writer, metadata?: Metadata): string {
  const extra: (readonly [Uint8Array, Uint8Array])[] = metadata === undefined
    ? []
    : ([[TYPE_LABEL, typeTexts[metadata.type] ?? noText], [UNIT_LABEL, symbols[metadata.unit]!]] as const).filter(([, value]) => value.length > 0)
  const write = (label: Uint8Array, value: Uint8Array) => {
    w.varint(LABELS).fork(label.length + value.length + 4).varint(LABEL_NAME).bytes(label).varint(LABEL_VALUE).bytes(value).join()
  }
  let name = ''
  for (let i = 0; i < refs.length; i += 2) {
    const label = symbols[refs[i]!]!
    const value = symbols[refs[i + 1]!]!
    if (extra.length > 0 && (isNamed(label, '__type__') || isNamed(label, '__unit__'))) continue
    write(label, value)
    if (isNamed(label, '__name__')) name = symbolText(value)
  }
  for (const [label, value] of extra) write(label, value)
  return name
}

function exemplarTo1(r: Reader, request: Request): void {
  const { symbols, w } = request
  const refs: number[] = []
  const start = r.pos
  while (r.next() !== 0) {
    if (r.tag === REFS || r.tag === REFS_UNPACKED) readRefs(r, refs)
    else r.skip()
  }
  const wrong = wrongRefs(refs, symbols)
  if (wrong !== undefined) return complain(request, `an exemplar has ${wrong}`)
  w.varint(EXEMPLARS).fork(64)
  labelsTo1(refs, symbols, w)
  for (r.reset(r.bytes, start, r.end); r.next() !== 0;) {
    const { at } = r
    r.skip()
    if (r.tag !== REFS && r.tag !== REFS_UNPACKED) w.raw(r.bytes, at, r.pos)
  }
  w.join()
}

function readMetadata2(r: Reader): Metadata {
  const out = { type: 0, help: 0, unit: 0 }
  while (r.next() !== 0) {
    if (r.tag === TYPE) out.type = r.varint()
    else if (r.tag === HELP) out.help = r.varint32('a reference')
    else if (r.tag === UNIT) out.unit = r.varint32('a reference')
    else r.skip()
  }
  return out
}

/** The family of a series by its name: histograms and summaries have several series under one family. */
function familyOf(name: string, type: number): string {
  const suffix = type === 3 || type === 4 ? /_(?:bucket|sum|count|gsum|gcount)$/ : type === 5 ? /_(?:sum|count)$/ : undefined
  return suffix === undefined ? name : name.replace(suffix, '')
}
