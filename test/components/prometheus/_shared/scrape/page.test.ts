import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../../../../../src/lib/bytes.ts'
import { decodeHistogram } from '../../../../../src/telemetry/convert/native-histogram.ts'
import { prometheusBatch, seriesOf } from '../../../../../src/telemetry/prometheus.ts'
import type { Labels } from '../../../../../src/telemetry/labels.ts'
import { MetaLines } from '../../../../../src/components/prometheus/_shared/scrape/meta-lines.ts'
import { readPage } from '../../../../../src/components/prometheus/_shared/scrape/page.ts'
import type { HistogramRules, SampleRules } from '../../../../../src/components/prometheus/_shared/scrape/rules.ts'
import { SeriesBook } from '../../../../../src/components/prometheus/_shared/scrape/series-book.ts'
import { SampleSink } from '../../../../../src/components/prometheus/_shared/scrape/sink.ts'
import type { PageFormat } from '../../../../../src/components/prometheus/_shared/scrape/protocols.ts'
import { Writer } from '../../../../../src/wire/writer.ts'
import { linesOf } from '../../../../support/scrape.ts'
import { encodeFamilies } from '../../../../support/families.ts'

const atMs = 1_700_000_000_000
const basic: SampleRules = {
  labels: [['job', 'j']] as Labels, honorLabels: false, honorTimestamps: true, trackTimestamps: false, names: 'utf8', sampleLimit: 0,
  labelLimits: { labels: 0, nameLength: 0, valueLength: 0 }, bucketLimit: 0, maxSchema: 8, startTimes: false, typeLabels: false,
}
const plain: HistogramRules = { native: false, classic: false, nhcb: false }

interface Setting { rules?: Partial<SampleRules>; histograms?: Partial<HistogramRules>; format?: PageFormat }

/** A target whose pages are read one after the other. */
function target({ rules, histograms, format = 'text' }: Setting = {}) {
  const book = new SeriesBook(7)
  const lines = new MetaLines()
  let beforeMs = 0
  return (content: string | Uint8Array, time = atMs) => {
    const w = new Writer(64)
    book.begin()
    const sink = new SampleSink(book, w, { ...basic, ...rules }, time, beforeMs)
    const metadata = readPage(typeof content === 'string' ? utf8(content) : content, format, sink, { ...plain, ...histograms }, lines)
    sink.checkLimits()
    sink.writeEnds()
    const changed = book.commit()
    beforeMs = time
    return { batch: prometheusBatch(w.finish()), counts: sink.counts, changed, metadata: metadata() }
  }
}

const read = (content: string | Uint8Array, setting: Setting = {}) => target(setting)(content).batch
function native(content: string | Uint8Array, setting: Setting) {
  const found = []
  for (const series of seriesOf(read(content, setting))) {
    for (const { bytes } of series.readHistograms()) {
      const { count, sum, schema, positive, negative, zeroCount, customValues, gauge, timestamp } = decodeHistogram(bytes)
      found.push({
        name: series.labels()[0]![1], count: Number(count), sum, schema, zeroCount: Number(zeroCount), customValues, gauge, timestamp,
        positive: [positive.spans, positive.counts.map(Number)], negative: negative.counts.map(Number),
      })
    }
  }
  return found
}

describe('readPage', () => {
  const lineOf = fc.record({
    name: fc.constantFrom('a', 'ab', 'b'), labels: fc.uniqueArray(fc.tuple(fc.constantFrom('x', 'y', 'job'), fc.constantFrom('1', '2', '', 'ü', '\\n')), { selector: ([name]) => name, maxLength: 3 }),
    value: fc.constantFrom('1', '2.5', 'NaN', '+Inf', '1e9'), time: fc.constantFrom('', ' 1699999999999'), space: fc.constantFrom('', ' '),
  }).map(({ name, labels, value, time, space }) => `${name}${labels.length === 0 ? '' : `${space}{${labels.map(([label, text]) => `${label}="${text}"`).join(',')}}`} ${value}${time}\n`)
  const metaOf = fc.constantFrom('# TYPE a counter\n', '# HELP a More.\n', '# TYPE b gauge\n', '# a comment\n', '\n')
  const pageOf = fc.array(fc.oneof({ weight: 4, arbitrary: lineOf }, metaOf), { maxLength: 12 })

  it('says the same of a page, whatever pages it knows from before', () => {
    fc.assert(fc.property(fc.array(pageOf, { minLength: 1, maxLength: 4 }), pages => {
      const known = target()
      for (const [n, lines] of pages.entries()) {
        // Of another value at the same time there is only the first.
        const content = lines.join('').replaceAll('1699999999999', String(1_699_999_999_000 + n))
        const fresh = linesOf(read(content))
        const seen = linesOf(known(content).batch)
        assert.deepEqual(seen.filter(line => !line.includes('STALE')), fresh, `page ${n}`)
      }
    }), { numRuns: 300 })
  })

  it('ends just what was there and is not any more', () => {
    const keys = (lines: string[]) => new Set(lines.filter(line => line.endsWith(`@${atMs}`) && !line.includes('STALE')).map(line => line.slice(0, line.lastIndexOf(' ', line.lastIndexOf(' ') - 1))))
    fc.assert(fc.property(fc.array(pageOf, { minLength: 2, maxLength: 5 }), pages => {
      const known = target()
      let before = new Set<string>()
      for (const lines of pages) {
        const seen = linesOf(known(lines.join('')).batch)
        const now = keys(seen)
        const ended = seen.filter(line => line.includes(' STALE ')).map(line => line.slice(0, line.indexOf(' STALE '))).sort()
        assert.deepEqual(ended, [...before].filter(key => !now.has(key)).sort())
        before = now
      }
    }), { numRuns: 300 })
  })

  it('tells whether the series are others than before', () => {
    const next = target()
    assert.deepEqual(['a 1\nb 1\n', 'a 2\nb 2\n', 'b 3\na 3\n', 'a 4\n', 'a 5\nc 5\n', 'a 6\nc 6 5\n', 'a 7\nc 7 6\n', ''].map(content => next(content).changed), [
      true, false, false, true, true, true, false, true,
    ])
  })

  it('reads metadata when it changes', () => {
    const next = target()
    const types = (content: string) => next(content).metadata?.map(({ family, type, help }) => `${family} ${type} ${help}`)
    assert.deepEqual(types('# HELP a A\\\\b.\n# TYPE a counter\na 1\n# TYPE b gauge\nb 1\n'), ['a counter A\\b.', 'b gauge '])
    assert.equal(types('# HELP a A\\\\b.\n# TYPE a counter\na 2\n# TYPE b gauge\nb 3\n'), undefined)
    assert.deepEqual(types('# TYPE c summary\n# HELP a A\\\\b.\n# TYPE a counter\na 1\n# TYPE b gauge\n'), ['c summary ', 'a counter A\\b.', 'b gauge '])
    assert.equal(types('# TYPE c summary\n# HELP a A\\\\b.\n# TYPE a counter\na 1\n# TYPE b gauge\n'), undefined)
    assert.deepEqual(types('# TYPE c summary\n'), ['c summary '])
  })

  it('writes floats in le and quantile as OpenMetrics does, also where the series is new in a known family', () => {
    const next = target()
    next('# TYPE h histogram\nh_bucket{le="1"} 1\n')
    assert.deepEqual(linesOf(next('# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="2"} 1\n').batch).map(line => line.split(' ')[0]), [
      'h_bucket{job="j",', 'h_bucket{job="j",',
    ])
    assert.ok(linesOf(next('# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="3"} 1\n').batch)[1]!.includes('le="3.0"'))
  })

  it('says an exemplar once, until there is another', () => {
    const next = target({ format: 'openmetrics' })
    const said = (exemplar: string) => [...[...seriesOf(next(`# TYPE a counter\na_total 1${exemplar}\n# EOF\n`).batch)][0]!.readExemplars()].map(({ labels }) => labels.map(([, value]) => value).join())
    const pages = [' # {t="1"} 0.5', ' # {t="1"} 0.5', '', ' # {t="1"} 0.5', ' # {t="2"} 0.5', ' # {t="2"} 0.5 1600000000', ' # {t="2"} 0.5 1600000000']
    assert.deepEqual(pages.map(said), [['1'], [], [], [], ['2'], ['2'], []])
  })

  it('keeps exemplars, with the time of the sample where they have none', () => {
    const [series] = [...seriesOf(read('# TYPE a counter\na_total 1 1700000001 # {trace_id="x"} 0.5\n# EOF\n', { format: 'openmetrics' }))]
    assert.deepEqual([...series!.readExemplars()], [{ labels: [['trace_id', 'x']], value: 0.5, timestamp: 1_700_000_001_000 }])
    const [plainTime] = [...seriesOf(read('a_total 1 # {} 0.5 1600000000.5\n# EOF\n', { format: 'openmetrics' }))]
    assert.deepEqual([...plainTime!.readExemplars()], [{ labels: [], value: 0.5, timestamp: 1_600_000_000_500 }])
  })

  it('writes a zero where a series began, once', () => {
    const next = target({ format: 'openmetrics', rules: { startTimes: true } })
    const content = (began: string) => `# TYPE a counter\na_total 5\na_created ${began}\n# EOF\n`
    const lines = (began: string, time: number) => linesOf(next(content(began), time).batch).map(line => line.slice(line.indexOf('}') + 2))
    assert.deepEqual(lines('1699999000', atMs), ['0 @1699999000000', `5 @${atMs}`])
    assert.deepEqual(lines('1699999000', atMs + 15_000), [`5 @${atMs + 15_000}`])
    assert.deepEqual(lines('1700000020', atMs + 30_000), ['0 @1700000020000', `5 @${atMs + 30_000}`])
  })

  it('makes labels of types and units', () => {
    const content = '# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total{__type__="x"} 1\n# TYPE b unknown\nb 1\n# EOF\n'
    assert.deepEqual(linesOf(read(content, { format: 'openmetrics', rules: { typeLabels: true } })), [
      `a_seconds_total{__type__="counter", __unit__="seconds", job="j"} 1 @${atMs}`, `b{job="j"} 1 @${atMs}`,
    ])
  })
})

describe('histograms', () => {
  const classic = '# TYPE h histogram\nh_bucket{z="1",le="1"} 2\nh_bucket{z="1",le="2.5"} 2\nh_bucket{z="1",le="+Inf"} 5\nh_sum{z="1"} 7.5\nh_count{z="1"} 5\n'
  const custom = {
    name: 'h', count: 5, sum: 7.5, schema: -53, zeroCount: 0, positive: [[{ offset: 0, length: 3 }], [2, 0, 3]], negative: [], customValues: [1, 2.5], gauge: false, timestamp: atMs,
  }

  it('makes native ones of classic ones', () => {
    assert.deepEqual(native(classic, { histograms: { nhcb: true } }), [custom])
    assert.deepEqual(linesOf(read(classic, { histograms: { nhcb: true } })), [])
    assert.equal(linesOf(read(classic, { histograms: { nhcb: true, classic: true } })).length, 5)
    assert.equal(native(classic, { histograms: { nhcb: true, classic: true } }).length, 1)
    assert.equal(native(`${classic}${classic.replaceAll('z="1"', 'z="2"').replace(/^#.*\n/, '')}x 1\n`, { histograms: { nhcb: true } }).length, 2)
    assert.deepEqual(native(classic.replace('} 2\n', '} 9\n'), { histograms: { nhcb: true } }), [])
    assert.deepEqual(native(classic.replace('histogram', 'untyped'), { histograms: { nhcb: true } }), [])
  })

  const families = (metric: object, type = 4) => encodeFamilies([{ name: 'h', help: 'H.', type, metric: [metric] }])
  const exponential = {
    label: [{ name: 'z', value: '1' }],
    histogram: {
      sample_count: 12, sample_sum: 3.5, schema: 3, zero_threshold: 1e-9, zero_count: 1, positive_span: [{ offset: -1, length: 2 }, { offset: 2, length: 2 }],
      positive_delta: [1, 2, -1, 2], negative_span: [{ offset: 0, length: 1 }], negative_delta: [1],
      bucket: [{ cumulative_count: 12, upper_bound: 8, exemplar: { label: [{ name: 't', value: 'u' }], value: 7, timestamp: { seconds: 1_700_000_000 } } }],
    },
  }

  it('reads native ones, or classic ones in their place', () => {
    const read1 = native(families(exponential), { format: 'protobuf', histograms: { native: true } })
    assert.deepEqual(read1, [{
      name: 'h', count: 12, sum: 3.5, schema: 3, zeroCount: 1, positive: [[{ offset: -1, length: 2 }, { offset: 2, length: 2 }], [1, 3, 2, 4]], negative: [1],
      customValues: [], gauge: false, timestamp: atMs,
    }])
    const [series] = [...seriesOf(read(families(exponential), { format: 'protobuf', histograms: { native: true } }))]
    assert.deepEqual([...series!.readExemplars()], [{ labels: [['t', 'u']], value: 7, timestamp: 1_700_000_000_000 }])
    assert.deepEqual(linesOf(read(families(exponential), { format: 'protobuf' })), [
      `h_count{job="j", z="1"} 12 @${atMs}`, `h_sum{job="j", z="1"} 3.5 @${atMs}`, `h_bucket{job="j", le="8.0", z="1"} 12 @${atMs}`, `h_bucket{job="j", le="+Inf", z="1"} 12 @${atMs}`,
    ])
    assert.equal(linesOf(read(families(exponential), { format: 'protobuf', histograms: { native: true, classic: true } })).length, 4)
  })

  it('merges buckets until they are few and wide enough', () => {
    const fitted = (rules: Partial<SampleRules>) => native(families(exponential), { format: 'protobuf', rules, histograms: { native: true } }).map(({ schema, positive }) => [schema, positive[1]])
    assert.deepEqual(fitted({ bucketLimit: 5 }), [[3, [1, 3, 2, 4]]])
    assert.deepEqual(fitted({ bucketLimit: 4 }), [[2, [4, 6]]])
    assert.deepEqual(fitted({ maxSchema: 2 }), [[2, [4, 6]]])
    assert.throws(() => native(families(exponential), { format: 'protobuf', rules: { bucketLimit: 1 }, histograms: { native: true } }), /histogram bucket limit exceeded/)
  })

  it('refuses spans that do not fit their buckets', () => {
    const broken = { histogram: { ...exponential.histogram, positive_delta: [1] } }
    assert.throws(() => read(families(broken), { format: 'protobuf', histograms: { native: true } }), /positive side: spans require 4 buckets, have 1/)
  })

  it('says the same of protobuf pages it knows', () => {
    const next = target({ format: 'protobuf', histograms: { native: true, classic: true } })
    const first = next(families(exponential))
    const second = next(families(exponential))
    const third = next(families(exponential))
    assert.deepEqual(linesOf(second.batch), linesOf(first.batch))
    // Without the exemplar, which has been said.
    assert.ok(second.batch.bytes.length < first.batch.bytes.length)
    assert.deepEqual(third.batch.bytes, second.batch.bytes)
    assert.equal(second.counts.seriesAdded, 0)
    assert.equal(second.changed, false)
  })
})
