/** Native histograms of a page: those it exposes, those made of classic ones, and how both are made to fit. */

import { CUSTOM_BUCKETS, type NativeHistogram, type Side, type Span } from '../../../../telemetry/convert/native-histogram.ts'
import { FIXED64, LENGTH, Reader, VARINT } from '../../../../wire/reader.ts'
import { WireError } from '../../../../wire/error.ts'

const nothing: Side = { spans: [], counts: [] }
/** The coarsest and the finest exponential schema. */
const [COARSEST, FINEST] = [-4, 8]
/** Of a classic histogram; more of them are made to cost us time. */
const maxBuckets = 10_000

/** Reads the histogram in `bytes[from, to)`, a body of the protobuf exposition. Throws WireError. */
export function readNative(bytes: Uint8Array, from: number, to: number, gauge: boolean): NativeHistogram {
  const r = new Reader(bytes, from, to, 'Prometheus protobuf')
  const sides = { positive: new SideReader(), negative: new SideReader() }
  const out = { sum: 0, schema: 0, zeroThreshold: 0 }
  const [count, zero] = [{ int: 0n, float: 0 }, { int: 0n, float: 0 }]
  while (r.next() !== 0) {
    switch (r.field) {
      case 1: count.int = r.uint64(); break
      case 2: out.sum = r.double(); break
      case 4: count.float = r.double(); break
      case 5: out.schema = r.sint32(); break
      case 6: out.zeroThreshold = r.double(); break
      case 7: zero.int = r.uint64(); break
      case 8: zero.float = r.double(); break
      case 9: sides.negative.span(r); break
      case 10: packed(r, VARINT, () => sides.negative.deltas.push(r.sint64())); break
      case 11: packed(r, FIXED64, () => sides.negative.floats.push(r.double())); break
      case 12: sides.positive.span(r); break
      case 13: packed(r, VARINT, () => sides.positive.deltas.push(r.sint64())); break
      case 14: packed(r, FIXED64, () => sides.positive.floats.push(r.double())); break
      default: r.skip()
    }
  }
  const isFloat = count.float > 0 || zero.float > 0
  return {
    ...out,
    count: isFloat ? count.float : count.int,
    zeroCount: isFloat ? zero.float : zero.int,
    positive: compact(sides.positive.side('positive', isFloat, r), 0),
    negative: compact(sides.negative.side('negative', isFloat, r), 0),
    customValues: [], stale: false, gauge, timestamp: 0,
  }
}

class SideReader {
  readonly spans: Span[] = []
  readonly deltas: bigint[] = []
  readonly floats: number[] = []

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

  side(name: string, isFloat: boolean, r: Reader): Side {
    const { spans } = this
    let total = 0n
    const counts = isFloat ? this.floats : this.deltas.map(delta => (total += delta))
    const buckets = spans.reduce((sum, { length }) => sum + length, 0)
    if (buckets !== counts.length) throw r.error(`${name} side: spans require ${buckets} buckets, have ${counts.length}`, 0)
    return { spans, counts }
  }
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

type Bucket = readonly [index: number, count: bigint | number]

/** The buckets of a side that are not empty. */
function* bucketsOf({ spans, counts }: Side): Generator<Bucket> {
  let index = 0
  let at = 0
  for (const { offset, length } of spans) {
    index += offset
    for (let n = 0; n < length; n++, index++, at++) if (Number(counts[at]) !== 0) yield [index, counts[at]!]
  }
}

/** Lays buckets out in spans between which more than `maxEmpty` are empty. */
function layOut(buckets: Iterable<Bucket>, maxEmpty: number): Side {
  const spans: { offset: number; length: number }[] = []
  const counts: (bigint | number)[] = []
  let next = 0
  for (const [index, count] of buckets) {
    const gap = index - next
    const last = spans.at(-1)
    if (last === undefined || gap > maxEmpty || gap < 0) spans.push({ offset: gap, length: 1 })
    else {
      for (let filled = 0; filled < gap; filled++) counts.push(typeof count === 'bigint' ? 0n : 0)
      last.length += gap + 1
    }
    counts.push(count)
    next = index + 1
  }
  return spans.length === 0 ? nothing : { spans, counts }
}

/** The same buckets, without empty ones but for up to `maxEmpty` in a row between others. */
export const compact = (side: Side, maxEmpty: number): Side => layOut(bucketsOf(side), maxEmpty)

/** `down` schemas coarser: as many times, pairs of neighbours become one. */
function coarser(side: Side, down: number): Side {
  const merged: [number, bigint | number][] = []
  for (const [index, count] of bucketsOf(side)) {
    const into = Math.floor((index - 1) / 2 ** down) + 1
    const last = merged.at(-1)
    if (last?.[0] === into) last[1] = typeof count === 'bigint' ? (last[1] as bigint) + count : (last[1] as number) + count
    else merged.push([into, count])
  }
  return layOut(merged, 0)
}

const atSchema = (histogram: NativeHistogram, schema: number): NativeHistogram => ({
  ...histogram, schema,
  positive: coarser(histogram.positive, histogram.schema - schema),
  negative: coarser(histogram.negative, histogram.schema - schema),
})

/** The finest schema whose buckets grow by at least `factor` from one to the next; without one (0), the finest there is. */
export function schemaOf(factor: number): number {
  if (factor <= 1) return FINEST
  return Math.max(COARSEST, Math.min(FINEST, Math.floor(-Math.log2(Math.log2(factor)))))
}

/** A histogram of at most `bucketLimit` buckets (0: any number) and no finer than `maxSchema`; undefined where none can be made. */
export function fit(histogram: NativeHistogram, bucketLimit: number, maxSchema: number): NativeHistogram | undefined {
  const custom = histogram.schema === CUSTOM_BUCKETS
  let fitted = !custom && histogram.schema > maxSchema ? atSchema(histogram, maxSchema) : histogram
  const buckets = () => fitted.positive.counts.length + fitted.negative.counts.length
  while (bucketLimit > 0 && buckets() > bucketLimit) {
    if (custom || fitted.schema <= COARSEST) return undefined
    fitted = atSchema(fitted, fitted.schema - 1)
  }
  return fitted
}

/** What is known of a classic histogram until all of it was read. Whatever does not fit together makes it none. */
export class ClassicHistogram {
  readonly #buckets: { readonly bound: number; readonly count: number }[] = []
  #count: number | undefined
  #sum = 0
  #problem: string | undefined

  bucket(bound: number, count: number): void {
    if (Number.isNaN(bound)) this.#problem ??= 'bucket boundary must not be NaN'
    else if (count < 0) this.#problem ??= 'bucket count must be non-negative'
    else if (this.#buckets.length >= maxBuckets) this.#problem ??= `more than ${maxBuckets} buckets`
    if (this.#problem !== undefined) return
    let at = this.#buckets.length
    while (at > 0 && this.#buckets[at - 1]!.bound > bound) at--
    const [before, after] = [this.#buckets[at - 1], this.#buckets[at]]
    if (before?.bound === bound) return
    if ((before !== undefined && count < before.count) || (after !== undefined && count > after.count)) this.#problem = 'count is not cumulative'
    else this.#buckets.splice(at, 0, { bound, count })
  }

  count(count: number): void {
    if (count < 0) this.#problem ??= 'count must be non-negative'
    this.#count = count
  }

  sum(sum: number): void {
    this.#sum = sum
  }

  /** The histogram with custom buckets that says the same. Throws WireError where it contradicts itself. */
  toNative(gauge: boolean): NativeHistogram {
    const count = this.#count ?? this.#buckets.at(-1)?.count ?? 0
    if (this.#buckets.at(-1)?.bound !== Infinity) this.#buckets.push({ bound: Infinity, count })
    const last = this.#buckets.at(-1)!
    if (last.count !== count) this.#problem ??= `count mismatch: count=${count} != le=+Inf count=${last.count}`
    if (this.#problem !== undefined) throw new WireError('Prometheus histogram', 0, this.#problem)
    const whole = Number.isSafeInteger(count) && this.#buckets.every(bucket => Number.isSafeInteger(bucket.count))
    const counts = this.#buckets.map((bucket, i) => bucket.count - (this.#buckets[i - 1]?.count ?? 0))
    return {
      count: whole ? BigInt(count) : count, sum: this.#sum, schema: CUSTOM_BUCKETS, zeroThreshold: 0, zeroCount: whole ? 0n : 0,
      positive: compact({ spans: [{ offset: 0, length: counts.length }], counts: whole ? counts.map(BigInt) : counts }, whole ? 2 : 0),
      negative: nothing, customValues: this.#buckets.slice(0, -1).map(({ bound }) => bound), stale: false, gauge, timestamp: 0,
    }
  }
}
