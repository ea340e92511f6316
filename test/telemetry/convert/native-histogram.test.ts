import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  CUSTOM_BUCKETS, countsUpTo, decodeHistogram, denseCounts, emptied, emptyBuckets, encodeHistogram, ofExplicit, ofExponential, type NativeHistogram,
} from '../../../src/telemetry/convert/native-histogram.ts'
import { writePrometheus } from '../../../src/telemetry/prometheus.ts'
import { WireError } from '../../../src/wire/error.ts'
import type { Decoded } from '../../../src/wire/otlp-schema.ts'
import { decode } from '../../support/prompb.ts'

const exponential = (over: Partial<Decoded<'ExponentialHistogramDataPoint'>>): Decoded<'ExponentialHistogramDataPoint'> => ({
  attributes: [], startTimeUnixNano: 0n, timeUnixNano: 5_000_000n, count: 9n, sum: 2.5, scale: 0, zeroCount: 1n, positive: { offset: 0, bucketCounts: [] },
  negative: { offset: 0, bucketCounts: [] }, flags: 0, exemplars: [], min: undefined, max: undefined, zeroThreshold: 0, ...over,
})
const explicit = (bucketCounts: bigint[], explicitBounds: number[]): Decoded<'HistogramDataPoint'> => ({
  attributes: [], startTimeUnixNano: 0n, timeUnixNano: 5_000_000n, count: 9n, sum: 2.5, bucketCounts, explicitBounds, exemplars: [], flags: 0, min: undefined, max: undefined,
})
const positive = (offset: number, bucketCounts: bigint[], scale = 0) => ofExponential(exponential({ scale, positive: { offset, bucketCounts } }))!.positive

describe('native histograms', () => {
  it('of exponential ones: buckets one higher, short gaps filled, long ones spans', () => {
    assert.deepEqual(positive(-1, [2n, 0n, 0n, 3n]), { spans: [{ offset: 0, length: 4 }], counts: [2n, 0n, 0n, 3n] })
    assert.deepEqual(positive(4, [2n, 0n, 0n, 0n, 3n]), { spans: [{ offset: 5, length: 1 }, { offset: 3, length: 1 }], counts: [2n, 3n] })
    assert.deepEqual(positive(0, []), { spans: [], counts: [] })
  })

  it('of scales above 8: neighbours are joined', () => {
    assert.deepEqual(positive(-3, [1n, 2n, 4n, 8n, 16n], 9), { spans: [{ offset: -1, length: 3 }], counts: [1n, 6n, 24n] })
    assert.deepEqual(positive(0, [0n, 0n, 5n, 7n], 9), { spans: [{ offset: 1, length: 2 }], counts: [0n, 12n] })
    assert.deepEqual(positive(-2, [1n, 2n, 4n], 60), { spans: [{ offset: 0, length: 2 }], counts: [3n, 4n] })
  })

  it('of scales below -4 there are none', () => {
    assert.equal(ofExponential(exponential({ scale: -5 })), undefined)
    assert.equal(ofExponential(exponential({ scale: -4 }))!.schema, -4)
  })

  it('keep the width of the zero bucket, or have the usual one', () => {
    assert.equal(ofExponential(exponential({}))!.zeroThreshold, 1e-128)
    assert.equal(ofExponential(exponential({ zeroThreshold: 0.5 }))!.zeroThreshold, 0.5)
  })

  it('of explicit bounds have these as custom values, and need one count more than bounds', () => {
    const { schema, positive: side, customValues } = ofExplicit(explicit([0n, 0n, 3n, 4n], [1, 2, 3]))!
    assert.deepEqual({ schema, side, customValues }, { schema: CUSTOM_BUCKETS, side: { spans: [{ offset: 2, length: 2 }], counts: [3n, 4n] }, customValues: [1, 2, 3] })
    assert.equal(ofExplicit(explicit([1n], [1])), undefined)
    assert.deepEqual(ofExplicit(explicit([0n, 0n], [1]))!.positive, { spans: [], counts: [] })
  })

  it('are what another library reads', () => {
    const histogram = ofExponential(exponential({ count: 2n ** 63n + 1n, positive: { offset: 0, bucketCounts: [5n, 2n ** 60n] } }))!
    const { bytes } = writePrometheus([{ labels: [], histograms: [{ bytes: encodeHistogram(histogram) }] }])
    const { timeseries } = decode('WriteRequest', bytes) as { timeseries: { histograms: Record<string, unknown>[] }[] }
    const read = timeseries[0]!.histograms[0]!
    assert.equal(String(read['count_int']), String(2n ** 63n + 1n))
    assert.equal(read['sum'], 2.5)
    assert.deepEqual((read['positive_deltas'] as unknown[]).map(String), ['5', String(2n ** 60n - 5n)])
    assert.equal(String(read['timestamp']), '5')
  })

  it('mark the end of a series by count and sum', () => {
    const { stale } = decodeHistogram(encodeHistogram(ofExponential(exponential({ flags: 1 }))!))
    assert.equal(stale, true)
  })

  it('may be emptied, for where their series began', () => {
    assert.deepEqual(emptied(ofExplicit(explicit([1n, 2n], [1]))!, 3), {
      ...ofExplicit(explicit([0n, 0n], [1])), count: 0n, sum: 0, timestamp: 3,
    })
  })

  const count = fc.bigInt({ min: 0n, max: 2n ** 50n })
  const side = (counts: fc.Arbitrary<bigint | number>) => fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.array(counts, { minLength: 1, maxLength: 4 })), { maxLength: 4 })
    .map(runs => ({ spans: runs.map(([offset, run]) => ({ offset, length: run.length })), counts: runs.flatMap(([, run]) => run) }))
  const histogram: fc.Arbitrary<NativeHistogram> = fc.oneof(fc.constant(count as fc.Arbitrary<bigint | number>), fc.constant(fc.double({ min: 0, noNaN: true })))
    .chain(counts => fc.record({
      count: counts, sum: fc.double({ noNaN: true }), schema: fc.integer({ min: -53, max: 8 }), zeroThreshold: fc.double({ noNaN: true }), zeroCount: counts,
      positive: side(counts), negative: side(counts), customValues: fc.array(fc.double({ noNaN: true }), { maxLength: 3 }),
      stale: fc.constant(false), gauge: fc.boolean(), timestamp: fc.integer({ min: -5, max: 2 ** 45 }),
    }, { noNullPrototype: true }))

  it('survive being written and read', () => {
    fc.assert(fc.property(histogram, given => assert.deepEqual(decodeHistogram(encodeHistogram(given)), given)), { numRuns: 200, seed: 2 })
  })

  it('say where they are damaged', () => {
    assert.throws(() => decodeHistogram(Uint8Array.of(0x5a, 2, 0x10, 3)), WireError)
    const bytes = encodeHistogram(ofExponential(exponential({ positive: { offset: 3, bucketCounts: [1n, 2n] } }))!)
    for (let end = 0; end < bytes.length; end++) {
      try {
        decodeHistogram(bytes.subarray(0, end))
      } catch (error) {
        assert.ok(error instanceof WireError)
      }
    }
  })

  it('have dense counts, and say beforehand how many of them are empty', () => {
    const side = positive(4, [2n, 0n, 0n, 0n, 3n])
    assert.deepEqual(denseCounts(side), { first: 5, counts: [2n, 0n, 0n, 0n, 3n] })
    assert.equal(emptyBuckets(side), 3)
    assert.equal(emptyBuckets({ spans: [{ offset: -3, length: 1 }, { offset: -1, length: 1 }], counts: [1n, 2n] }), NaN)
    assert.deepEqual(countsUpTo({ spans: [{ offset: 1, length: 2 }, { offset: 1, length: 3 }], counts: [1n, 2n, 3n, 4n, 5n] }, 6), [0n, 1n, 2n, 0n, 3n, 4n])
  })
})
