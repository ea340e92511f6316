/**
 * Whether a native histogram of remote-write (the same message in 1.0 and 2.0) says what it can: buckets for its spans, no negative
 * counts, and as many observations as its buckets have. The rules are those of Prometheus' histogram package.
 *
 *     Histogram { count_int 1 | count_float 2, sum 3, schema 4, zero_threshold 5, zero_count_int 6 | zero_count_float 7,
 *                 negative spans 8 deltas 9 counts 10, positive spans 11 deltas 12 counts 13, reset_hint 14, timestamp 15, custom_values 16 }
 */

import { LENGTH, Reader } from './reader.ts'

interface Span { offset: number; length: number }
interface Side { spans: Span[]; deltas: number[]; counts: number[] }

interface Histogram {
  count: number
  /** Whether counts are floats: then buckets are counts, and not deltas. */
  float: boolean
  sum: number
  schema: number
  zeroThreshold: number
  zeroCount: number
  negative: Side
  positive: Side
  customValues: number[]
}

const customBuckets = -53
/** Finer schemas than 8 are reserved; receivers make them coarser, so they pass. */
const exponential = { min: -4, max: 52 }

/** What is wrong with the histogram in `bytes[from, to)`, in the words of Prometheus; undefined when nothing is. */
export function histogramProblem(bytes: Uint8Array, from: number, to: number): string | undefined {
  const h = readHistogram(new Reader(bytes, from, to, 'remote-write'))
  const { schema, float } = h
  const custom = schema === customBuckets
  if (!custom && (schema < exponential.min || schema > exponential.max)) {
    return `histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets, got schema ${schema}`
  }
  const problem = custom
    ? customProblem(h)
    : sideProblem('positive', h.positive, float) ?? sideProblem('negative', h.negative, float)
      ?? (h.zeroCount < 0 ? 'histogram has a bucket whose observation count is negative: the zero bucket' : undefined)
      ?? (h.customValues.length > 0 ? 'histogram with exponential schema must not have custom bounds' : undefined)
  if (problem !== undefined) return problem
  if (h.count < 0) return "histogram's observation count is negative"
  // Floats need not add up: they come of sums and of rates.
  if (float) return undefined
  const observed = total(h.positive, float).sum + total(h.negative, float).sum + h.zeroCount
  const exact = Math.max(observed, h.count) <= Number.MAX_SAFE_INTEGER
  if (Number.isNaN(h.sum) ? observed > h.count : exact && observed !== h.count) {
    return `${observed} observations found in buckets, but the Count field is ${h.count}: histogram's observation count should ${
      Number.isNaN(h.sum) ? 'be at least' : 'equal'} the number of observations found in the buckets`
  }
  return undefined
}

function customProblem({ customValues, zeroCount, zeroThreshold, negative, positive, float }: Histogram): string | undefined {
  if (customValues.some(Number.isNaN)) return 'custom buckets: histogram custom bounds must not be NaN'
  if (customValues.some((bound, i) => i > 0 && bound <= customValues[i - 1]!)) return 'custom buckets: histogram custom bounds must be in strictly increasing order'
  if (customValues.at(-1) === Infinity) return 'custom buckets: histogram custom bounds must be finite'
  if (positive.spans.some(({ offset }) => offset < 0)) return 'custom buckets: histogram has a span whose offset is negative'
  const reach = positive.spans.reduce((sum, { offset, length }) => sum + offset + length, 0)
  const side = sideProblem('custom buckets', positive, float)
  if (side !== undefined) return side
  if (customValues.length + 1 < reach) return 'custom buckets: histogram custom bounds are too few'
  if (zeroCount !== 0) return 'custom buckets: must have zero count of 0'
  if (zeroThreshold !== 0) return 'custom buckets: must have zero threshold of 0'
  if (negative.spans.length > 0) return 'custom buckets: must not have negative spans'
  return negative.deltas.length + negative.counts.length > 0 ? 'custom buckets: must not have negative buckets' : undefined
}

function sideProblem(name: string, side: Side, float: boolean): string | undefined {
  const where = name === 'custom buckets' ? name : `${name} side`
  if (side.spans.some(({ offset }, i) => i > 0 && offset < 0)) return `${where}: histogram has a span whose offset is negative`
  const wanted = side.spans.reduce((sum, { length }) => sum + length, 0)
  const given = (float ? side.counts : side.deltas).length
  if (wanted !== given) {
    return `${where}: spans need ${wanted} buckets, have ${given} buckets: histogram spans specify different number of buckets than provided`
  }
  return total(side, float).negative ? `${where}: histogram has a bucket whose observation count is negative` : undefined
}

function total({ deltas, counts }: Side, float: boolean): { sum: number; negative: boolean } {
  let sum = 0
  let negative = false
  let count = 0
  for (const value of float ? counts : deltas) {
    count = float ? value : count + value
    if (count < 0) negative = true
    sum += count
  }
  return { sum, negative }
}

function readHistogram(r: Reader): Histogram {
  const side = (): Side => ({ spans: [], deltas: [], counts: [] })
  const h: Histogram = {
    count: 0, float: false, sum: 0, schema: 0, zeroThreshold: 0, zeroCount: 0, negative: side(), positive: side(), customValues: [],
  }
  while (r.next() !== 0) {
    const { field } = r
    const of = field < 11 ? h.negative : h.positive
    switch (field) {
      case 1: h.count = unsigned(r); h.float = false; break
      case 2: h.count = r.double(); h.float = true; break
      case 3: h.sum = r.double(); break
      case 4: h.schema = r.sint32(); break
      case 5: h.zeroThreshold = r.double(); break
      case 6: h.zeroCount = unsigned(r); break
      case 7: h.zeroCount = r.double(); break
      case 8: case 11: of.spans.push(readSpan(r)); break
      case 9: case 12: each(r, of.deltas, zigzag); break
      case 10: case 13: each(r, of.counts, inner => inner.double()); break
      case 16: each(r, h.customValues, inner => inner.double()); break
      default: r.skip()
    }
  }
  return h
}

/** The values of a packed field, or the one of an unpacked. */
function each(r: Reader, into: number[], read: (r: Reader) => number): void {
  if (r.wireType !== LENGTH) {
    into.push(read(r))
    return
  }
  r.range()
  const inner = new Reader(r.bytes, r.from, r.to, r.format)
  while (inner.pos < inner.end) into.push(read(inner))
}

function readSpan(r: Reader): Span {
  r.range()
  const span = { offset: 0, length: 0 }
  const inner = new Reader(r.bytes, r.from, r.to, r.format)
  while (inner.next() !== 0) {
    if (inner.field === 1) span.offset = inner.sint32()
    else if (inner.field === 2) span.length = inner.varint()
    else inner.skip()
  }
  return span
}

/** 64 bits as a number: exact up to 2^53, which is more than what is counted. */
function unsigned(r: Reader): number {
  r.varint()
  return r.hi * 2 ** 32 + r.lo
}

function zigzag(r: Reader): number {
  const raw = unsigned(r)
  return r.lo % 2 === 0 ? raw / 2 : -(raw + 1) / 2
}
