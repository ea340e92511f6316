import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { WireError } from '../../src/wire/error.ts'
import { defaultLimits } from '../../src/wire/limits.ts'
import { encodeRemoteWrite2 } from '../../src/wire/remote-write-2-encode.ts'
import { decodeRemoteWrite2 } from '../../src/wire/remote-write-2.ts'
import { validateWriteRequest, validateWriteRequest2 } from '../../src/wire/remote-write.ts'
import { survives } from '../support/hostile.ts'
import { decode, encode, readable, sampleWriteRequest } from '../support/prompb.ts'

const request = encode('WriteRequest', sampleWriteRequest)
const request2 = {
  symbols: ['', '__name__', 'http_request_seconds', 'job', 'api', 'Duration.', 'seconds', 'trace_id', 'abc'],
  timeseries: [
    {
      labels_refs: [1, 2, 3, 4],
      samples: [{ value: 1.5, timestamp: '1700000000000' }],
      exemplars: [{ labels_refs: [7, 8], value: 2, timestamp: '3' }],
      metadata: { type: 3, help_ref: 5, unit_ref: 6 },
      created_timestamp: '1600000000000',
    },
    { labels_refs: [1, 2], histograms: [{ count_int: '3', sum: 1, schema: -4, timestamp: '9' }] },
  ],
}
const bytes2 = encode('Request2', request2)

describe('validation of remote-write', () => {
  it('passes what is a request, with fields nobody knows', () => {
    validateWriteRequest(request)
    validateWriteRequest2(bytes2)
    validateWriteRequest(new Uint8Array(0))
    validateWriteRequest(Uint8Array.of(...request, 0x7a, 1, 0))
  })

  it('refuses other wire types, and more than the limits', () => {
    assert.throws(() => validateWriteRequest(Uint8Array.of(0x08, 1)), /remote-write: field 1 has wire type 0 instead of 2 at byte 0/)
    assert.throws(() => validateWriteRequest(Uint8Array.of(0x0a, 4, 0x12, 2, 0x08, 1)), /field 1 has wire type 0 instead of 1 at byte 4/)
    assert.throws(() => validateWriteRequest(Uint8Array.of(0x0a, 5, 0x22, 3, 0x52, 1, 0)), /a packed field is cut off at byte 6/)
    assert.throws(() => validateWriteRequest2(Uint8Array.of(0x2a, 3, 0x0a, 1, 0x80)), /remote-write 2.0: a packed field is cut off/)
    assert.throws(() => validateWriteRequest(request, { ...defaultLimits, fields: 10 }), /more than 10 fields/)
    assert.throws(() => validateWriteRequest(request, { ...defaultLimits, bytes: 10 }), /exceeds the limit of 10/)
  })

  it('throws nothing but WireError, and afterwards the oracle reads every message too', async () => {
    await survives(request, 20_000, bytes => {
      validateWriteRequest(bytes)
      assert.ok(readable('WriteRequest', bytes))
    }, [WireError])
  })
})

describe('remote-write 2.0', () => {
  it('becomes 1.0', () => {
    const { bytes, ...rest } = decodeRemoteWrite2(bytes2)
    assert.deepEqual(rest, { problems: [], droppedSeries: 0, droppedSamples: 0 })
    assert.deepEqual(decode('WriteRequest', bytes), {
      timeseries: [
        {
          labels: [{ name: '__name__', value: 'http_request_seconds' }, { name: 'job', value: 'api' }],
          samples: [{ value: 1.5, timestamp: '1700000000000' }],
          exemplars: [{ labels: [{ name: 'trace_id', value: 'abc' }], value: 2, timestamp: '3' }],
        },
        { labels: [{ name: '__name__', value: 'http_request_seconds' }], histograms: [{ count_int: '3', sum: 1, schema: -4, timestamp: '9' }] },
      ],
      metadata: [{ type: 3, metric_family_name: 'http_request_seconds', help: 'Duration.', unit: 'seconds' }],
    })
  })

  it('comes back from 1.0 without loss, in both directions', () => {
    const { bytes } = decodeRemoteWrite2(encodeRemoteWrite2(request))
    assert.deepEqual(decode('WriteRequest', bytes), decode('WriteRequest', request))
    const again = decode('Request2', encodeRemoteWrite2(request)) as { symbols: string[] }
    assert.equal(again.symbols[0], '')
    assert.equal(new Set(again.symbols).size, again.symbols.length)
    const [first, second] = request2.timeseries
    const back = decode('Request2', encodeRemoteWrite2(decodeRemoteWrite2(bytes2).bytes)) as { symbols: string[]; timeseries: Record<string, unknown>[] }
    const texts = (refs: unknown, { symbols }: { symbols: string[] }) => (refs as number[]).map(ref => symbols[ref])
    assert.deepEqual(back.timeseries.map(one => texts(one['labels_refs'], back)), [first, second].map(one => texts(one!.labels_refs, request2)))
    assert.equal(back.timeseries[0]!['created_timestamp'], '1600000000000')
    assert.deepEqual(back.timeseries[1]!['histograms'], second!.histograms)
    for (const one of back.timeseries) {
      const { type, help_ref, unit_ref } = one['metadata'] as (typeof request2.timeseries)[0]['metadata'] & object
      assert.deepEqual([type, ...texts([help_ref, unit_ref], back)], [3, 'Duration.', 'seconds'])
    }
  })

  it('keeps the start timestamps of samples and histograms', () => {
    const start = (value: Uint8Array) => Uint8Array.of(...value, 0x18, 7)
    const sample = start(Uint8Array.of(0x10, 9))
    const histogram = Uint8Array.of(0x78, 9, 0x88, 1, 7)
    const series = Uint8Array.of(0x0a, 2, 1, 2, 0x12, sample.length, ...sample)
    const other = Uint8Array.of(0x0a, 2, 1, 2, 0x1a, histogram.length, ...histogram)
    const bytes = Uint8Array.of(0x22, 0, 0x22, 1, 97, 0x22, 1, 98, 0x2a, series.length, ...series, 0x2a, other.length, ...other)
    assert.deepEqual(encodeRemoteWrite2(decodeRemoteWrite2(bytes).bytes), bytes)
  })

  it('takes references that are not packed', () => {
    const unpacked = Uint8Array.of(0x22, 0, 0x22, 1, 0x61, 0x2a, 6, 0x08, 1, 0x08, 0, 0x12, 0)
    assert.deepEqual(decode('WriteRequest', decodeRemoteWrite2(unpacked).bytes), { timeseries: [{ labels: [{ name: 'a' }], samples: [{}] }] })
  })

  const sample = { value: 1, timestamp: '5' }
  const wrong: [string, object, RegExp, number][] = [
    ['refers to nothing', { labels_refs: [1, 99], samples: [sample, sample] }, /^a reference to symbol 99, of which there are 9$/, 2],
    ['has half a label', { labels_refs: [1, 2, 3], samples: [sample] }, /^an odd number of label references$/, 1],
    ['has metadata that refers to nothing', { labels_refs: [1, 2], metadata: { help_ref: 77 }, samples: [sample] }, /symbol 77/, 1],
    ['has no samples', { labels_refs: [1, 2], metadata: { type: 1 } }, /^TimeSeries must contain at least one sample or histogram for series \{__name__="http_request_seconds"\}$/, 0],
  ]
  for (const [name, series, problem, samples] of wrong) {
    it(`leaves out a series that ${name}, and no other`, () => {
      const { bytes, problems, droppedSeries, droppedSamples } = decodeRemoteWrite2(encode('Request2', { ...request2, timeseries: [series, { labels_refs: [1, 2], samples: [sample] }] }))
      assert.deepEqual([problems.length, droppedSeries, droppedSamples], [1, 1, samples])
      assert.match(problems[0]!, problem)
      assert.deepEqual(decode('WriteRequest', bytes), { timeseries: [{ labels: [{ name: '__name__', value: 'http_request_seconds' }], samples: [sample] }] })
    })
  }

  it('leaves out an exemplar that refers to nothing, and not its series', () => {
    const exemplars = [{ labels_refs: [7, 70] }, { labels_refs: [7, 8], value: 1 }]
    const { bytes, problems, droppedSeries } = decodeRemoteWrite2(encode('Request2', { ...request2, timeseries: [{ labels_refs: [1, 2], samples: [sample], exemplars }] }))
    assert.deepEqual([problems, droppedSeries], [['an exemplar has a reference to symbol 70, of which there are 9'], 0])
    assert.deepEqual((decode('WriteRequest', bytes) as { timeseries: { exemplars: unknown }[] }).timeseries[0]!.exemplars, [{ labels: [{ name: 'trace_id', value: 'abc' }], value: 1 }])
  })

  it('makes labels of types and units where it is asked to', () => {
    const symbols = ['', '__name__', 'a', '__type__', 'mine', 'seconds']
    const labels = (metadata?: object) => {
      const series = { labels_refs: [1, 2, 3, 4], samples: [sample], ...(metadata && { metadata }) }
      const { bytes } = decodeRemoteWrite2(encode('Request2', { symbols, timeseries: [series] }), { typeAndUnitLabels: true })
      return (decode('WriteRequest', bytes) as { timeseries: { labels: { name: string; value: string }[] }[] }).timeseries[0]!.labels.map(({ name, value }) => `${name}=${value}`)
    }
    assert.deepEqual(labels({ type: 4, unit_ref: 5 }), ['__name__=a', '__type__=gaugehistogram', '__unit__=seconds'])
    assert.deepEqual(labels({ unit_ref: 5 }), ['__name__=a', '__unit__=seconds'])
    assert.deepEqual(labels(), ['__name__=a', '__type__=mine'])
    assert.deepEqual(labels({ type: 99 }), ['__name__=a', '__type__=mine'])
  })
})

describe('remote-write 1.0 as 2.0', () => {
  interface Series2 { labels_refs: number[]; samples?: unknown[]; histograms?: unknown[]; exemplars?: unknown[]; metadata?: { type: number; help_ref: number } }
  const encoded = (timeseries: object[], metadata: object[] = [], known?: Parameters<typeof encodeRemoteWrite2>[1]) =>
    decode('Request2', encodeRemoteWrite2(encode('WriteRequest', { timeseries, metadata }), known)) as unknown as { symbols: string[]; timeseries?: Series2[] }
  const named = (name: string, more: object) => ({ labels: [{ name: '__name__', value: name }], ...more })
  const samples = [{ value: 1, timestamp: '5' }]

  it('parts samples from histograms', () => {
    const { timeseries } = encoded([named('a', { samples, histograms: [{ sum: 1, timestamp: '5' }], exemplars: [{ value: 3 }] })])
    assert.deepEqual(timeseries!.map(({ samples = [], histograms = [], exemplars = [] }) => [samples.length, histograms.length, exemplars.length]), [[1, 0, 1], [0, 1, 0]])
    assert.deepEqual(timeseries![0]!.labels_refs, timeseries![1]!.labels_refs)
  })

  it('gives exemplars that came alone to their series, and leaves out those that have none', () => {
    const exemplars = [{ value: 3 }]
    const { timeseries } = encoded([named('a', { exemplars }), named('b', { exemplars }), named('b', { samples, exemplars }), named('b', { samples })])
    assert.deepEqual(timeseries!.map(({ exemplars = [] }) => exemplars.length), [2, 0])
  })

  it('finds the metadata of a series by the names that its type gives to series', () => {
    const families: [string, number][] = [['c', 1], ['h', 3], ['gh', 4], ['s', 5], ['i', 6], ['g', 2]]
    const metadata = families.map(([metric_family_name, type]) => ({ type, metric_family_name, help: metric_family_name }))
    const names = ['c_total', 'h_bucket', 'h_sum', 'h_count', 'h', 'gh_gsum', 'gh_gcount', 'gh_bucket', 's', 's_sum', 's_count', 'i_info', 'g', 's_bucket', 'g_total', '_total']
    const { symbols, timeseries } = encoded(names.map(name => named(name, { samples })), metadata)
    const helps = timeseries!.map(({ metadata }) => (metadata === undefined ? '-' : symbols[metadata.help_ref]))
    assert.deepEqual(helps, ['c', 'h', 'h', 'h', 'h', 'gh', 'gh', 'gh', 's', 's', 's', 'i', 'g', '-', '-', '-'])
  })

  it('falls back to metadata that came before', () => {
    const known = new Map([['a', { type: 2, help: new TextEncoder().encode('old'), unit: new Uint8Array(0) }]])
    const { symbols, timeseries } = encoded([named('a', { samples })], [], known)
    assert.deepEqual([timeseries![0]!.metadata!.type, symbols[timeseries![0]!.metadata!.help_ref]], [2, 'old'])
  })
})

describe('remote-write under damage', () => {
  it('throws nothing but WireError when damaged', async () => {
    await survives(bytes2, 20_000, bytes => encodeRemoteWrite2(decodeRemoteWrite2(bytes).bytes), [WireError])
    await survives(request, 5000, bytes => encodeRemoteWrite2(bytes), [WireError])
  })
})
