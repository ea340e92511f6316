import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { histogramProblem } from '../../src/wire/remote-write-histogram.ts'
import { encode } from '../support/prompb.ts'

const problemOf = (histogram: object) => {
  const bytes = encode('Histogram', histogram)
  return histogramProblem(bytes, 0, bytes.length)
}
// Buckets of 1, 3, 4, then 1 and 3 negative ones, and 1 at zero.
const whole = {
  count_int: 13, sum: 4.5, schema: 2, zero_threshold: 0.001, zero_count_int: 1,
  positive_spans: [{ offset: -3, length: 2 }, { offset: 5, length: 1 }], positive_deltas: [1, 2, 1],
  negative_spans: [{ offset: 0, length: 2 }], negative_deltas: [1, 2],
}
const float = {
  count_float: 9.5, sum: 1, zero_count_float: 0.5, positive_spans: [{ offset: 0, length: 2 }], positive_counts: [1.5, 7.25],
}
const custom = {
  count_int: 6, sum: 1, schema: -53, custom_values: [0.1, 1, 10], positive_spans: [{ offset: 0, length: 4 }], positive_deltas: [1, 1, -1, 0],
}

describe('native histograms', () => {
  for (const [name, histogram] of Object.entries({
    'of integers': whole, 'of floats': float, 'with custom buckets': { ...custom, count_int: 5 }, 'with nothing': {}, 'that ends its series': { sum: NaN },
    'that saw NaN': { ...whole, sum: NaN, count_int: 20 }, 'finer than any': { schema: 12 }, 'of more than 2^53': { ...whole, count_int: '18446744073709551615' },
    'of floats that do not add up': { ...float, count_float: 100 },
  })) {
    it(`pass ${name}`, () => assert.equal(problemOf(histogram), undefined))
  }

  const wrong: [string, object, RegExp][] = [
    ['a count that its buckets do not have', { ...whole, count_int: 99 }, /^13 observations found in buckets, but the Count field is 99: .* equal the number/],
    ['fewer than its buckets have', { ...whole, sum: NaN, count_int: 12 }, /at least the number/],
    ['too few buckets', { ...whole, positive_deltas: [1] }, /^positive side: spans need 3 buckets, have 1 buckets/],
    ['too many buckets', { ...whole, negative_spans: [] }, /^negative side: spans need 0 buckets, have 2/],
    ['a bucket below zero', { ...whole, negative_deltas: [1, -2] }, /^negative side: .* negative/],
    ['spans that go back', { ...whole, positive_spans: [{ offset: 0, length: 2 }, { offset: -1, length: 1 }] }, /offset is negative/],
    ['a schema that nobody knows', { schema: -5 }, /invalid schema.*got schema -5/],
    ['bounds that it has no use for', { ...whole, custom_values: [1] }, /must not have custom bounds/],
    ['a float count below zero', { ...float, count_float: -1 }, /count is negative/],
    ['floats below zero at zero', { ...float, zero_count_float: -1 }, /zero bucket/],
    ['floats below zero', { ...float, positive_counts: [1, -1] }, /^positive side: .* negative/],
    ['custom bounds out of order', { ...custom, custom_values: [1, 1, 2] }, /strictly increasing/],
    ['an infinite custom bound', { ...custom, custom_values: [1, 2, Infinity] }, /must be finite/],
    ['a custom bound that is no number', { ...custom, custom_values: [NaN, 1, 2] }, /must not be NaN/],
    ['too few custom bounds', { ...custom, custom_values: [1, 2] }, /too few/],
    ['custom buckets and a zero bucket', { ...custom, zero_count_int: 1 }, /zero count of 0/],
    ['custom buckets and a zero threshold', { ...custom, zero_threshold: 1 }, /zero threshold of 0/],
    ['custom buckets and negative ones', { ...custom, negative_spans: [{ length: 0 }] }, /negative spans/],
  ]
  for (const [name, histogram, message] of wrong) it(`do not pass with ${name}`, () => assert.match(problemOf(histogram) ?? 'nothing', message))
})
