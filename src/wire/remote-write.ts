/**
 * Prometheus remote-write 1.0 on the wire.
 *
 *     WriteRequest { timeseries 1, metadata 3 }          TimeSeries { labels 1, samples 2, exemplars 3, histograms 4 }
 *     Label { name 1, value 2 }                          Sample { value 1 (double), timestamp 2 (int64, ms) }
 *     Exemplar { labels 1, value 2, timestamp 3 }        MetricMetadata { type 1, family 2, help 4, unit 5 }
 *
 * Histograms (native ones) are the same message in 1.0 and 2.0; nothing here reads more of one than its timestamp.
 */

import { WireError } from './error.ts'
import { defaultLimits, type WireLimits } from './limits.ts'
import { FIXED64, LENGTH, Reader, VARINT, tag } from './reader.ts'
import type { Writer } from './writer.ts'

export const TIMESERIES = tag(1, LENGTH)
export const METADATA = tag(3, LENGTH)
export const LABELS = tag(1, LENGTH)
export const SAMPLES = tag(2, LENGTH)
export const EXEMPLARS = tag(3, LENGTH)
export const HISTOGRAMS = tag(4, LENGTH)
export const LABEL_NAME = tag(1, LENGTH)
export const LABEL_VALUE = tag(2, LENGTH)
export const SAMPLE_VALUE = tag(1, FIXED64)
export const SAMPLE_TIMESTAMP = tag(2, VARINT)
export const EXEMPLAR_LABELS = tag(1, LENGTH)
export const EXEMPLAR_VALUE = tag(2, FIXED64)
export const EXEMPLAR_TIMESTAMP = tag(3, VARINT)
export const HISTOGRAM_TIMESTAMP = tag(15, VARINT)
export const METADATA_TYPE = tag(1, VARINT)
export const METADATA_FAMILY = tag(2, LENGTH)
export const METADATA_HELP = tag(4, LENGTH)
export const METADATA_UNIT = tag(5, LENGTH)

/** Metric types by their number in MetricMetadata (the same in 1.0 and 2.0). */
export const metricTypes = ['unknown', 'counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'] as const
export type MetricType = (typeof metricTypes)[number]

/** The bits of the value that ends a series (a NaN of its own). */
export const STALE_LO = 2
export const STALE_HI = 0x7ff0_0000

/** The int64 in a reader's words as a number, exact below 2^53. */
export const int64Number = (r: Reader): number => (r.hi | 0) * 2 ** 32 + r.lo

/** An int64 that is given as a number (milliseconds since the epoch are). */
export function writeInt64(w: Writer, value: number): void {
  if (value >= 0) w.varint(value)
  else w.bigint(BigInt(value))
}

/** One label field of a series or an exemplar. */
export function writeLabel(w: Writer, name: string, value: string): void {
  w.tag(1, LENGTH).fork().tag(1, LENGTH).string(name).tag(2, LENGTH).string(value).join()
}

/** One sample field of a series. Zeros are written too: nothing tells a missing value from one that was forgotten. */
export function writeSample(w: Writer, value: number, timestamp: number): void {
  w.tag(2, LENGTH).fork().tag(1, FIXED64).double(value).tag(2, VARINT)
  writeInt64(w, timestamp)
  w.join()
}

/** A sample that says that its series has ended: the staleness marker, whose bits are not those of a usual NaN. */
export function writeStale(w: Writer, timestamp: number): void {
  w.tag(2, LENGTH).fork().tag(1, FIXED64).fixed64(STALE_LO, STALE_HI).tag(2, VARINT)
  writeInt64(w, timestamp)
  w.join()
}

/** One exemplar field of a series. */
export function writeExemplar(w: Writer, labels: Iterable<readonly [string, string]>, value: number, timestamp: number): void {
  w.tag(3, LENGTH).fork()
  for (const [name, text] of labels) writeLabel(w, name, text)
  w.tag(2, FIXED64).double(value).tag(3, VARINT)
  writeInt64(w, timestamp)
  w.join()
}

export interface MetricMetadata {
  readonly type: MetricType
  /** The name of the metric family (without `_bucket`, `_sum` and the like). */
  readonly family: string
  readonly help: string
  readonly unit: string
}

/** One metadata field of a request. */
export function writeMetadata(w: Writer, metadata: MetricMetadata): void {
  w.tag(3, LENGTH).fork()
  const type = metricTypes.indexOf(metadata.type)
  if (type > 0) w.tag(1, VARINT).varint(type)
  w.tag(2, LENGTH).string(metadata.family)
  if (metadata.help !== '') w.tag(4, LENGTH).string(metadata.help)
  if (metadata.unit !== '') w.tag(5, LENGTH).string(metadata.unit)
  w.join()
}

/** Reads one metadata field's content, which `r` stands at the beginning of and ends with. */
export function readMetadata(r: Reader): MetricMetadata {
  const out = { type: 'unknown' as MetricType, family: '', help: '', unit: '' }
  while (r.next() !== 0) {
    if (r.tag === METADATA_TYPE) out.type = metricTypes[r.varint()] ?? 'unknown'
    else if (r.tag === METADATA_FAMILY) out.family = r.string()
    else if (r.tag === METADATA_HELP) out.help = r.string()
    else if (r.tag === METADATA_UNIT) out.unit = r.string()
    else r.skip()
  }
  return out
}

/** A message by its fields: the wire type of a scalar, the shape of a message, or what a packed field is made of. */
interface Shape {
  readonly [field: number]: Shape | number | 'text' | 'packed varint' | 'packed fixed64'
}

const label: Shape = { 1: 'text', 2: 'text' }
const span: Shape = { 1: VARINT, 2: VARINT }
const histogram: Shape = {
  1: VARINT, 2: FIXED64, 3: FIXED64, 4: VARINT, 5: FIXED64, 6: VARINT, 7: FIXED64,
  8: span, 9: 'packed varint', 10: 'packed fixed64', 11: span, 12: 'packed varint', 13: 'packed fixed64',
  14: VARINT, 15: VARINT, 16: 'packed fixed64',
}
const writeRequest: Shape = {
  1: { 1: label, 2: { 1: FIXED64, 2: VARINT }, 3: { 1: label, 2: FIXED64, 3: VARINT }, 4: histogram },
  3: { 1: VARINT, 2: 'text', 4: 'text', 5: 'text' },
}
const writeRequest2: Shape = {
  4: 'text',
  5: {
    1: 'packed varint', 2: { 1: FIXED64, 2: VARINT }, 3: histogram,
    4: { 1: 'packed varint', 2: FIXED64, 3: VARINT }, 5: { 1: VARINT, 3: VARINT, 4: VARINT }, 6: VARINT,
  },
}

/** Walks a whole WriteRequest; throws WireError for what is no such message, so that nothing later does. Unknown fields pass. */
export function validateWriteRequest(bytes: Uint8Array, limits: WireLimits = defaultLimits): void {
  validate(bytes, writeRequest, 'remote-write', limits)
}

/** The same for a Request of remote-write 2.0. */
export function validateWriteRequest2(bytes: Uint8Array, limits: WireLimits = defaultLimits): void {
  validate(bytes, writeRequest2, 'remote-write 2.0', limits)
}

function validate(bytes: Uint8Array, shape: Shape, format: string, limits: WireLimits): void {
  if (bytes.length > limits.bytes) throw new WireError(format, 0, `a message of ${bytes.length} bytes exceeds the limit of ${limits.bytes}`)
  const r = new Reader(bytes, 0, bytes.length, format)
  let fields = 0
  const walk = (known: Shape, end: number) => {
    const outer = r.end
    r.end = end
    while (r.next() !== 0) {
      if (++fields > limits.fields) throw r.error(`more than ${limits.fields} fields`, r.at)
      const kind = known[r.field]
      if (kind === undefined) r.skip()
      else if (typeof kind === 'number') {
        r.expect(kind)
        r.skip()
      } else if (typeof kind === 'string') text(kind)
      else {
        r.expect(LENGTH)
        r.range()
        const { from, to } = r
        r.pos = from
        walk(kind, to)
      }
    }
    r.end = outer
  }
  const text = (kind: string) => {
    const scalar = kind === 'packed varint' ? VARINT : FIXED64
    // A packed field may come unpacked.
    if (kind !== 'text' && r.wireType === scalar) return r.skip()
    r.expect(LENGTH)
    r.range()
    if (kind === 'packed fixed64' && (r.to - r.from) % 8 !== 0) throw r.error('a packed field is cut off', r.from)
    if (kind === 'packed varint' && r.to > r.from && bytes[r.to - 1]! >= 0x80) throw r.error('a packed field is cut off', r.from)
  }
  walk(shape, bytes.length)
}
