/**
 * Prometheus' native histograms on the wire, and the two kinds of OTLP histogram that become one.
 *
 *     Histogram { count_int 1 | count_float 2, sum 3, schema 4, zero_threshold 5, zero_count_int 6 | zero_count_float 7,
 *                 negative_spans 8, negative_deltas 9 | negative_counts 10, positive_spans 11, positive_deltas 12 | positive_counts 13,
 *                 reset_hint 14, timestamp 15, custom_values 16 }          BucketSpan { offset 1 (sint32), length 2 }
 *
 * Counts of buckets stand as differences from the bucket before, in spans between which whole runs of buckets are empty. OTLP's
 * bucket `i` is Prometheus' bucket `i + 1`: one counts from the lower bound, the other from the upper one.
 */

import type { Decoded } from '../../wire/otlp-schema.ts'
import { FIXED64, LENGTH, Reader, VARINT } from '../../wire/reader.ts'
import { STALE_HI, STALE_LO, int64Number, writeInt64 } from '../../wire/remote-write.ts'
import { Writer } from '../../wire/writer.ts'

/** The schema of a native histogram whose bounds are listed in `customValues`. */
export const CUSTOM_BUCKETS = -53
/** What Prometheus takes for the width of the zero bucket where OTLP names none. */
const DEFAULT_ZERO_THRESHOLD = 1e-128

export interface Span {
  /** Empty buckets since the span before; of the first span its first bucket. */
  readonly offset: number
  readonly length: number
}

/** One side of a histogram: its spans, and for each bucket in them its count, exactly. */
export interface Side {
  readonly spans: readonly Span[]
  readonly counts: readonly (bigint | number)[]
}

/** A native histogram; counts are bigint in one of integers, number in one of floats. */
export interface NativeHistogram {
  readonly count: bigint | number
  readonly sum: number
  readonly schema: number
  readonly zeroThreshold: number
  readonly zeroCount: bigint | number
  readonly positive: Side
  readonly negative: Side
  readonly customValues: readonly number[]
  /** Whether it marks the end of its series, and says nothing else. */
  readonly stale: boolean
  /** Whether it may shrink (a gauge of a distribution). */
  readonly gauge: boolean
  /** Milliseconds since the epoch. */
  readonly timestamp: number
}

const nothing: Side = { spans: [], counts: [] }

/** Buckets as Prometheus lays them out: gaps of up to two empty ones are filled, longer ones begin a new span. */
function layOut(first: number, buckets: readonly (readonly [index: number, count: bigint])[]): Side {
  const spans: { offset: number; length: number }[] = [{ offset: first, length: 0 }]
  const counts: bigint[] = []
  let next = first
  const push = (count: bigint) => {
    spans.at(-1)!.length++
    counts.push(count)
  }
  buckets.forEach(([index, count], i) => {
    // The last bucket stands even when it is empty, as Prometheus' own converters have it.
    if (count === 0n && i < buckets.length - 1) return
    const gap = index - next
    if (gap > 2) spans.push({ offset: gap, length: 0 })
    else for (let filled = 0; filled < gap; filled++) push(0n)
    push(count)
    next = index + 1
  })
  return { spans, counts }
}

/** Exponential buckets, `down` scales coarser: that many times, pairs of neighbours become one. */
function exponentialSide({ offset, bucketCounts }: Decoded<'Buckets'>, down: number): Side {
  if (bucketCounts.length === 0) return nothing
  const merged: [number, bigint][] = []
  bucketCounts.forEach((count, i) => {
    const index = scaled(offset + i, down) + 1
    const last = merged.at(-1)
    if (last?.[0] === index) last[1] += count
    else merged.push([index, count])
  })
  return layOut(merged[0]![0], merged)
}

/** An index `down` scales coarser, rounded down. */
const scaled = (index: number, down: number): number => (down > 31 ? (index < 0 ? -1 : 0) : Math.floor(index / 2 ** down))

const millis = (ns: bigint): number => Number(BigInt.asIntN(64, ns) / 1_000_000n)
const NO_RECORDED_VALUE = 1

/** A native histogram of an exponential one; undefined where its scale (below -4) is coarser than any schema. */
export function ofExponential(point: Decoded<'ExponentialHistogramDataPoint'>): NativeHistogram | undefined {
  if (point.scale < -4) return undefined
  const schema = Math.min(8, point.scale)
  const down = point.scale - schema
  return {
    count: point.count,
    sum: point.sum ?? 0,
    schema,
    zeroThreshold: point.zeroThreshold > 0 ? point.zeroThreshold : DEFAULT_ZERO_THRESHOLD,
    zeroCount: point.zeroCount,
    positive: exponentialSide(point.positive, down),
    negative: exponentialSide(point.negative, down),
    customValues: [],
    stale: (point.flags & NO_RECORDED_VALUE) !== 0,
    gauge: false,
    timestamp: millis(point.timeUnixNano),
  }
}

/** A native histogram of one with explicit bounds; undefined where bounds and counts do not belong together. */
export function ofExplicit(point: Decoded<'HistogramDataPoint'>): NativeHistogram | undefined {
  const { bucketCounts, explicitBounds } = point
  if (bucketCounts.length !== explicitBounds.length + 1) return undefined
  const first = bucketCounts.findIndex(count => count !== 0n)
  return {
    count: point.count,
    sum: point.sum ?? 0,
    schema: CUSTOM_BUCKETS,
    zeroThreshold: 0,
    zeroCount: 0n,
    positive: first < 0 ? nothing : layOut(first, bucketCounts.map((count, index) => [index, count] as const).slice(first)),
    negative: nothing,
    customValues: explicitBounds,
    stale: (point.flags & NO_RECORDED_VALUE) !== 0,
    gauge: false,
    timestamp: millis(point.timeUnixNano),
  }
}

/** The same histogram at another time with nothing in it: where its series began. */
export const emptied = (histogram: NativeHistogram, timestamp: number): NativeHistogram =>
  ({ ...histogram, count: 0n, sum: 0, zeroCount: 0n, positive: nothing, negative: nothing, stale: false, timestamp })

/** The content of a Histogram message. */
export function encodeHistogram(histogram: NativeHistogram): Uint8Array {
  const w = new Writer(256)
  const { count, zeroCount } = histogram
  if (histogram.stale) w.tag(1, VARINT).varint64(STALE_LO, STALE_HI).tag(3, FIXED64).fixed64(STALE_LO, STALE_HI)
  else {
    if (typeof count === 'bigint') w.tag(1, VARINT).bigint(count)
    else w.tag(2, FIXED64).double(count)
    w.tag(3, FIXED64).double(histogram.sum)
  }
  w.tag(4, VARINT).varint(zigzag(histogram.schema)).tag(5, FIXED64).double(histogram.zeroThreshold)
  if (typeof zeroCount === 'bigint') w.tag(6, VARINT).bigint(zeroCount)
  else w.tag(7, FIXED64).double(zeroCount)
  writeSide(w, 8, histogram.negative)
  writeSide(w, 11, histogram.positive)
  if (histogram.gauge) w.tag(14, VARINT).varint(3)
  w.tag(15, VARINT)
  writeInt64(w, histogram.timestamp)
  if (histogram.customValues.length > 0) {
    w.tag(16, LENGTH).fork()
    for (const bound of histogram.customValues) w.double(bound)
    w.join()
  }
  return w.finish()
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value)
const zigzag64 = (value: bigint): bigint => (value < 0n ? -2n * value - 1n : 2n * value)

/** Spans in `field`; after it, the differences of integers or the counts of floats. */
function writeSide(w: Writer, field: number, { spans, counts }: Side): void {
  for (const { offset, length } of spans) w.tag(field, LENGTH).fork().tag(1, VARINT).varint(zigzag(offset)).tag(2, VARINT).varint(length).join()
  if (counts.length === 0) return
  const floats = typeof counts[0] === 'number'
  w.tag(field + (floats ? 2 : 1), LENGTH).fork()
  let last = 0n
  for (const count of counts) {
    if (typeof count === 'number') w.double(count)
    else {
      w.bigint(zigzag64(count - last))
      last = count
    }
  }
  w.join()
}

/** Reads the content of a Histogram message. Throws WireError, also for more buckets than any histogram has. */
export function decodeHistogram(bytes: Uint8Array): NativeHistogram {
  const r = new Reader(bytes, 0, bytes.length, 'remote-write histogram')
  const sides = { negative: new SideReader(), positive: new SideReader() }
  const customValues: number[] = []
  const out = { count: 0n as bigint | number, sum: 0, schema: 0, zeroThreshold: 0, zeroCount: 0n as bigint | number, stale: false, gauge: false, timestamp: 0 }
  while (r.next() !== 0) {
    switch (r.field) {
      case 1: out.count = r.uint64(); break
      case 2: out.count = r.double(); break
      case 3: {
        out.sum = r.double()
        out.stale = r.lo === STALE_LO && r.hi === STALE_HI
        break
      }
      case 4: out.schema = r.sint32(); break
      case 5: out.zeroThreshold = r.double(); break
      case 6: out.zeroCount = r.uint64(); break
      case 7: out.zeroCount = r.double(); break
      case 8: sides.negative.span(r); break
      case 9: packed(r, VARINT, () => sides.negative.deltas.push(r.sint64())); break
      case 10: packed(r, FIXED64, () => sides.negative.counts.push(r.double())); break
      case 11: sides.positive.span(r); break
      case 12: packed(r, VARINT, () => sides.positive.deltas.push(r.sint64())); break
      case 13: packed(r, FIXED64, () => sides.positive.counts.push(r.double())); break
      case 14: out.gauge = r.varint() === 3; break
      case 15: {
        r.varint()
        out.timestamp = int64Number(r)
        break
      }
      case 16: packed(r, FIXED64, () => customValues.push(r.double())); break
      default: r.skip()
    }
  }
  return { ...out, negative: sides.negative.side(r), positive: sides.positive.side(r), customValues }
}

/** A repeated scalar, packed or not. */
function packed(r: Reader, wireType: number, one: () => void): void {
  if (r.wireType === wireType) return one()
  r.expect(LENGTH)
  r.range()
  const { end } = r
  r.pos = r.from
  r.end = r.to
  while (r.pos < r.end) one()
  r.end = end
}

class SideReader {
  readonly spans: Span[] = []
  readonly deltas: bigint[] = []
  readonly counts: number[] = []

  span(r: Reader): void {
    r.expect(LENGTH)
    r.range()
    const inner = new Reader(r.bytes, r.from, r.to, r.format)
    let offset = 0
    let length = 0
    while (inner.next() !== 0) {
      if (inner.field === 1) offset = inner.sint32()
      else if (inner.field === 2) length = inner.varint()
      else inner.skip()
    }
    this.spans.push({ offset, length })
  }

  side(r: Reader): Side {
    let total = 0n
    const counts = this.counts.length > 0 ? this.counts : this.deltas.map(delta => (total += delta))
    const buckets = this.spans.reduce((sum, span) => sum + span.length, 0)
    if (buckets !== counts.length) throw r.error(`the spans of a histogram name ${buckets} buckets, and ${counts.length} have counts`, 0)
    return { spans: this.spans, counts }
  }
}

/** How many empty buckets lie between the spans of a side; NaN where spans go backwards, which no histogram's do. */
export const emptyBuckets = ({ spans }: Side): number =>
  spans.slice(1).reduce((sum, { offset }) => sum + (offset < 0 ? NaN : offset), 0)

/** All buckets of a side from its first one on, the empty ones too: see `emptyBuckets` first. */
export function denseCounts({ spans, counts }: Side): { first: number; counts: (bigint | number)[] } {
  const dense: (bigint | number)[] = []
  const zero = typeof counts[0] === 'number' ? 0 : 0n
  let at = 0
  for (const [i, { offset, length }] of spans.entries()) {
    if (i > 0) for (let empty = 0; empty < offset; empty++) dense.push(zero)
    for (let n = 0; n < length; n++) dense.push(counts[at++]!)
  }
  return { first: spans[0]?.offset ?? 0, counts: dense }
}

/** The counts of `length` buckets by their number, from 0 on; those beyond are left out. */
export function countsUpTo({ spans, counts }: Side, length: number): (bigint | number)[] {
  const all = new Array<bigint | number>(length).fill(0n)
  let bucket = 0
  let at = 0
  for (const { offset, length: run } of spans) {
    bucket += offset
    for (let n = 0; n < run; n++, bucket++, at++) if (bucket >= 0 && bucket < length) all[bucket] = counts[at]!
  }
  return all
}
