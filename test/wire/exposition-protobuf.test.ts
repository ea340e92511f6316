import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import protobuf from 'protobufjs'
import { concat, utf8 } from '../../src/lib/bytes.ts'
import { WireError } from '../../src/wire/error.ts'
import { FamilyReader } from '../../src/wire/exposition-protobuf.ts'
import { text } from '../../src/wire/reader.ts'
import { survives } from '../support/hostile.ts'

const { root } = protobuf.parse(`
syntax = "proto3";
message Label { string name = 1; string value = 2; }
message Time { int64 seconds = 1; int32 nanos = 2; }
message Exemplar { repeated Label label = 1; double value = 2; Time timestamp = 3; }
message Simple { double value = 1; }
message Counter { double value = 1; Exemplar exemplar = 2; Time created = 3; }
message Quantile { double quantile = 1; double value = 2; }
message Summary { uint64 count = 1; double sum = 2; repeated Quantile quantile = 3; Time created = 4; }
message Bucket { uint64 count = 1; double bound = 2; Exemplar exemplar = 3; double float = 4; }
message Span { sint32 offset = 1; uint32 length = 2; }
message Histogram {
  uint64 count = 1; double sum = 2; repeated Bucket bucket = 3; double float = 4; double zero_threshold = 6; uint64 zero_count = 7;
  repeated Span positive_span = 12; repeated sint64 positive_delta = 13; Time created = 15; }
message Metric {
  repeated Label label = 1; Simple gauge = 2; Counter counter = 3; Summary summary = 4; Simple untyped = 5; int64 timestamp_ms = 6;
  Histogram histogram = 7; }
message Family { string name = 1; string help = 2; int32 type = 3; repeated Metric metric = 4; string unit = 5; }
`, { keepCase: true })
const Family = root.lookupType('Family')
const family = (value: object): Uint8Array => Uint8Array.from(Family.encodeDelimited(Family.fromObject(value)).finish())

const pairs = ({ bytes }: FamilyReader, { offsets, count }: FamilyReader['labels']): string =>
  Array.from({ length: count }, (_, i) => [0, 2].map(at => text(bytes, offsets[4 * i + at]!, offsets[4 * i + at + 1]!)).join('=')).join()

function exemplarOf(reader: FamilyReader, from: number, to: number): unknown[] {
  if (!reader.exemplar(from, to)) return []
  const at = reader.hasExemplarTimestamp ? [reader.exemplarTimestamp] : []
  return [[pairs(reader, reader.exemplarLabels), reader.exemplarValue, ...at]]
}

/** All that is there, as rows. */
function read(bytes: Uint8Array): unknown[] {
  const reader = new FamilyReader(bytes)
  const rows: unknown[] = []
  while (reader.nextFamily()) {
    rows.push([reader.name, reader.type, reader.help, reader.unit])
    while (reader.nextMetric()) {
      const samples: unknown[] = []
      reader.samples((suffix, bound, value, from, to) => {
        samples.push([suffix, ...(bound === undefined ? [] : [bound]), value, ...exemplarOf(reader, from, to)])
      })
      rows.push([pairs(reader, reader.labels), reader.timestamp, reader.created(), reader.isNative(), samples])
    }
  }
  return rows
}

const label = [{ name: 'a', value: 'b' }, { name: 'höhe', value: 'ü' }]
const created = { seconds: 1_700_000_000, nanos: 250_000_000 }
const exemplar = { label, value: 0.5, timestamp: created }
const all = [
  { name: 'c', help: 'Help', unit: 's', type: 0, metric: [
    { label, counter: { value: 3, exemplar, created }, timestamp_ms: 1_700_000_000_123 },
  ] },
  { name: 'empty', type: 1 },
  { name: 'g', type: 1, metric: [{ gauge: { value: -1.5 }, timestamp_ms: -5 }, { label }] },
  { name: 's', type: 2, metric: [
    { summary: { count: 4, sum: 2, quantile: [{ quantile: 0.5, value: 1 }, { quantile: 0.99, value: 2 }], created } },
  ] },
  { name: 'u', type: 3, metric: [{ untyped: { value: 7 } }] },
  { name: 'h', type: 4, metric: [
    { histogram: { count: 5, sum: 9, bucket: [{ bound: 1, count: 2, exemplar: { value: 0.25 } }, { bound: 2, float: 3.5 }], created } },
    { histogram: { float: 5.5, bucket: [{ bound: Infinity, count: 5 }, { bound: 9, count: 9 }] } },
    { histogram: { count: 5, zero_threshold: 0.1, positive_span: [{ offset: 1, length: 1 }], positive_delta: [5] } },
  ] },
]
const bytes = concat(all.map(family))

describe('Prometheus protobuf', () => {
  it('gives families, metrics and the samples that the text format would have', () => {
    assert.deepEqual(read(bytes), [
      ['c', 'counter', 'Help', 's'],
      ['a=b,höhe=ü', 1_700_000_000_123, 1_700_000_000_250, false, [['', 3, ['a=b,höhe=ü', 0.5, 1_700_000_000_250]]]],
      ['g', 'gauge', '', ''],
      ['', -5, undefined, false, [['', -1.5]]],
      ['a=b,höhe=ü', 0, undefined, false, [['', 0]]],
      ['s', 'summary', '', ''],
      ['', 0, 1_700_000_000_250, false, [['_count', 4], ['_sum', 2], ['', 0.5, 1], ['', 0.99, 2]]],
      ['u', 'unknown', '', ''],
      ['', 0, undefined, false, [['', 7]]],
      ['h', 'histogram', '', ''],
      ['', 0, 1_700_000_000_250, false, [
        ['_count', 5], ['_sum', 9], ['_bucket', 1, 2, ['', 0.25]], ['_bucket', 2, 3.5], ['_bucket', Infinity, 5],
      ]],
      ['', 0, undefined, false, [['_count', 5.5], ['_sum', 0], ['_bucket', Infinity, 5]]],
      ['', 0, undefined, true, [['_count', 5], ['_sum', 0], ['_bucket', Infinity, 5]]],
    ])
  })

  it('does not mind the order of fields', () => {
    const metric = Family.encode(Family.fromObject({ metric: [{ gauge: { value: 1 } }] })).finish()
    const rest = Family.encode(Family.fromObject({ name: 'late', type: 1 })).finish()
    assert.deepEqual(read(concat([Uint8Array.of(metric.length + rest.length), metric, rest])), [
      ['late', 'gauge', '', ''], ['', 0, undefined, false, [['', 1]]],
    ])
  })

  const gauge = [{ gauge: { value: 1 } }]
  for (const [what, value, message] of [
    ['no name', { type: 1, metric: gauge }, /Prometheus protobuf: invalid metric name: /],
    ['an unknown type', { name: 'a', type: 9, metric: gauge }, /unknown metric type for metric "a": 9/],
    ['a label without name', { name: 'a', type: 1, metric: [{ label: [{ value: 'b' }] }] }, /invalid label name: /],
  ] as const) it(`refuses ${what}`, () => assert.throws(() => read(family(value)), message))

  it('refuses text that is not UTF-8, other wire types, and lengths beyond the end', () => {
    const broken = family({ name: 'a', type: 1, help: 'hXlp', metric: [{ label: [{ name: 'n', value: 'vXl' }] }] })
    const at = (part: string) => Buffer.from(broken).indexOf(part) + 1
    assert.throws(() => read(broken.with(at('hXlp'), 0xff)), /invalid help for metric "a"/)
    assert.throws(() => read(broken.with(at('vXl'), 0xff)), /invalid label value: v/)
    assert.throws(() => read(Uint8Array.of(2, 0x08, 1)), /field 1 has wire type 0 instead of 2/)
    assert.throws(() => read(Uint8Array.of(200, 1, 1)), WireError)
    assert.throws(() => read(utf8('# TYPE a counter\n')), WireError)
  })

  it('keeps to the limit of labels', () => {
    const reader = new FamilyReader(family(all[0]!), { line: 100, labels: 1 })
    reader.nextFamily()
    assert.throws(() => reader.nextMetric(), /more than 1 labels, which is the limit/)
  })

  it('survives damage', async () => {
    await survives(bytes, 3000, read, [WireError])
  })
})
