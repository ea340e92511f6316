/** What outlives a scrape: see "Scraped targets" in src/state/FORMAT.md, whose fields are numbered as here. */

import { FIXED64, LENGTH, Reader, VARINT } from '../../../../wire/reader.ts'
import { Writer } from '../../../../wire/writer.ts'
import { int64Number, writeInt64 } from '../../../../wire/remote-write.ts'
import { compress, decompress } from '../../../../wire/compression.ts'
import type { SeriesBook } from './series-book.ts'
import { ByteStrings } from './series-index.ts'

/** The last scrape of a target, and the series that it is known to have. */
export interface TargetState {
  /** The time it was due, in milliseconds since the epoch: no scrape for an earlier one counts any more. */
  readonly dueMs: number
  /** The token of the lease under which it was done. */
  readonly token: number
  /** When it began; the time of its samples. */
  readonly scrapedMs: number
  readonly durationMs: number
  readonly intervalMs: number
  /** Why it failed; empty where it did not. */
  readonly error: string
  /** Samples on the page. */
  readonly samples: number
  /** Whether the report has the extra metrics. */
  readonly extra: boolean
  /** The label fields that every series of the target has. */
  readonly labels: Uint8Array
  /** Whether the ends of all series were written: the scrape failed, and nothing of them goes on. */
  readonly ended: boolean
  /** How many series the last good page had; with pages since that broke off there may be more in `packed`. */
  readonly series: number
  readonly packed: Uint8Array
}

/** More label fields than this of one target are not kept in mind. */
const maxSeriesBytes = 256 * 1024 * 1024

export function encodeState(state: TargetState): Uint8Array {
  const w = new Writer(128 + state.labels.length + state.packed.length)
  w.tag(1, VARINT)
  writeInt64(w, state.dueMs)
  w.tag(2, VARINT).varint(state.token).tag(3, VARINT)
  writeInt64(w, state.scrapedMs)
  w.tag(4, FIXED64).double(state.durationMs).tag(5, FIXED64).double(state.intervalMs)
  if (state.error !== '') w.tag(6, LENGTH).string(state.error)
  w.tag(7, VARINT).varint(state.samples)
  if (state.extra) w.tag(8, VARINT).bool(true)
  w.tag(9, LENGTH).bytes(state.labels)
  if (state.ended) w.tag(10, VARINT).bool(true)
  w.tag(11, VARINT).varint(state.series).tag(12, LENGTH).bytes(state.packed)
  return w.finish()
}

/** Throws WireError for what is no state. */
export function decodeState(bytes: Uint8Array): TargetState {
  const r = new Reader(bytes, 0, bytes.length, 'scrape state')
  const empty = new Uint8Array(0)
  const state = {
    dueMs: 0, token: 0, scrapedMs: 0, durationMs: 0, intervalMs: 0, error: '', samples: 0, extra: false, labels: empty, ended: false,
    series: 0, packed: empty,
  }
  const integer = () => {
    r.varint()
    return int64Number(r)
  }
  const copy = () => {
    r.range()
    return bytes.slice(r.from, r.to)
  }
  while (r.next() !== 0) {
    switch (r.field) {
      case 1: state.dueMs = integer(); break
      case 2: state.token = integer(); break
      case 3: state.scrapedMs = integer(); break
      case 4: state.durationMs = r.double(); break
      case 5: state.intervalMs = r.double(); break
      case 6: state.error = r.string(); break
      case 7: state.samples = integer(); break
      case 8: state.extra = r.bool(); break
      case 9: state.labels = copy(); break
      case 10: state.ended = r.bool(); break
      case 11: state.series = integer(); break
      case 12: state.packed = copy(); break
      default: r.skip()
    }
  }
  return state
}

const WATCHED = 1
const UNWATCHED = 2

/** The label fields of the book's series, compressed: field 1 for those whose end is to be written, field 2 for the others. */
export async function packSeries(book: SeriesBook): Promise<Uint8Array> {
  const { labels, known } = book
  if (known === 0) return new Uint8Array(0)
  const w = new Writer(labels.length + 3 * known)
  for (let series = 0; series < known; series++) {
    const [from, to] = [labels.from(series), labels.to(series)]
    w.tag(book.isWatched(series) ? WATCHED : UNWATCHED, LENGTH).varint(to - from).raw(labels.bytes, from, to)
  }
  return compress('gzip', w.finish())
}

/** The other way: the series of a state, and which of them are watched. */
export async function unpackSeries(packed: Uint8Array): Promise<{ labels: ByteStrings; watched: boolean[] }> {
  const labels = new ByteStrings()
  const watched: boolean[] = []
  if (packed.length === 0) return { labels, watched }
  const bytes = await decompress('gzip', packed, maxSeriesBytes)
  const r = new Reader(bytes, 0, bytes.length, 'scrape state')
  while (r.next() !== 0) {
    r.expect(LENGTH)
    r.range()
    labels.add(bytes, r.from, r.to)
    watched.push(r.field === WATCHED)
  }
  return { labels, watched }
}
