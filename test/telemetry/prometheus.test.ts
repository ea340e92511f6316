import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { labelsOf, type Labels } from '../../src/telemetry/labels.ts'
import {
  LabelCache, addExternalLabels, countSamples, countSeries, mapLabels, mergePrometheus, metadataOf, prometheusBatch, relabelPrometheus, seriesOf,
  splitPrometheus, stripPrometheus, writePrometheus,
} from '../../src/telemetry/prometheus.ts'
import { dropInvalidSeries } from '../../src/telemetry/prometheus-validate.ts'
import { compileRules } from '../../src/telemetry/relabel.ts'
import { Writer } from '../../src/wire/writer.ts'
import { LENGTH } from '../../src/wire/reader.ts'
import { WireError } from '../../src/wire/error.ts'
import { survives } from '../support/hostile.ts'
import { decode, encode, sampleWriteRequest } from '../support/prompb.ts'

interface Series {
  labels?: { name: string; value: string }[]
  samples?: object[]
  exemplars?: object[]
  histograms?: object[]
}
const sample = prometheusBatch(encode('WriteRequest', sampleWriteRequest))
const series = (bytes: Uint8Array) => (decode('WriteRequest', bytes) as { timeseries?: Series[] }).timeseries ?? []
const labelText = (one: Series) => (one.labels ?? []).map(({ name, value }) => `${name}=${value}`).join(' ')
const of = (...pairs: [string, string][]): Labels => labelsOf(pairs)

describe('Prometheus batches', () => {
  it('count samples, native histograms and series', () => {
    assert.equal(countSamples(sample), 4)
    assert.equal(countSeries(sample), 3)
    assert.equal(countSamples(prometheusBatch(new Uint8Array(0))), 0)
  })

  it('read every part of a series', () => {
    const [first, second, third, ...more] = collect()
    assert.equal(more.length, 0)
    assert.deepEqual(first, {
      labels: [['__name__', 'http_requests_total'], ['code', '200'], ['job', 'api']],
      samples: [{ value: 1.5, timestamp: 1700000000000, stale: false }, { value: 2.5, timestamp: 1700000015000, stale: false }],
      exemplars: [{ labels: [['trace_id', 'abc']], value: 1, timestamp: 1700000000001 }],
      histograms: [],
    })
    assert.deepEqual(second!.histograms, [1700000000000])
    assert.deepEqual(third!.samples, [{ value: 1, timestamp: -5, stale: false }])
    assert.deepEqual([...metadataOf(sample)], [{ type: 'counter', family: 'http_requests_total', help: 'Requests.', unit: 'requests' }])
  })
  function* collect() {
    for (const one of seriesOf(sample)) {
      yield {
        labels: one.labels(),
        samples: [...one.readSamples()],
        exemplars: [...one.readExemplars()],
        histograms: [...one.readHistograms()].map(histogram => histogram.timestamp),
      }
    }
  }

  it('write what they read, stale markers to the bit', () => {
    const written = writePrometheus(
      [{ labels: of(['__name__', 'a']), samples: [{ value: 0, timestamp: 7, stale: true }, { value: Number.NaN, timestamp: 8 }] }],
      [{ type: 'gauge', family: 'a', help: '', unit: '' }],
    )
    const [one] = [...seriesOf(written)].map(s => [...s.readSamples()])
    assert.deepEqual(one!.map(s => [s.stale, s.timestamp]), [[true, 7], [false, 8]])
    const whole = writePrometheus([...collectData()], [...metadataOf(sample)])
    assert.deepEqual(decode('WriteRequest', whole.bytes), decode('WriteRequest', sample.bytes))
  })
  function* collectData() {
    for (const one of seriesOf(sample)) {
      yield { labels: one.labels(), samples: [...one.readSamples()], exemplars: [...one.readExemplars()], histograms: [...one.readHistograms()] }
    }
  }

  it('relabel, copying everything but the labels', () => {
    const rules = compileRules([
      { source_labels: ['job'], regex: 'db', action: 'drop' },
      { regex: 'code|zone', action: 'labeldrop' },
      { target_label: 'cluster', replacement: 'eu' },
    ])
    for (const cache of [undefined, new LabelCache()]) {
      for (let round = 0; round < 2; round++) {
        const relabeled = series(relabelPrometheus(sample, rules, cache).bytes)
        assert.deepEqual(relabeled.map(labelText), ['__name__=http_requests_total cluster=eu job=api', '__name__=latency cluster=eu job=api'])
        const before = series(sample.bytes)
        relabeled.forEach((one, i) => assert.deepEqual({ ...one, labels: 0 }, { ...before[i], labels: 0 }))
      }
      if (cache !== undefined) assert.deepEqual([cache.hits, cache.misses], [3, 3])
    }
    assert.equal(relabelPrometheus(sample, compileRules([{ regex: 'nothing', action: 'labeldrop' }])), sample)
    assert.equal(relabelPrometheus(sample, compileRules([{ regex: '.*', action: 'labeldrop' }])).bytes.length > 0, true, 'metadata stays')
    assert.equal(countSeries(relabelPrometheus(sample, compileRules([{ regex: '.*', action: 'labeldrop' }]))), 0)
  })

  it('take labels wherever a sender scatters them', () => {
    const label = (name: string, value: string) => new Writer().tag(1, LENGTH).string(name).tag(2, LENGTH).string(value).finish()
    const sampleBytes = new Writer().tag(2, LENGTH).string('').finish()
    const content = new Writer().tag(1, LENGTH).bytes(label('z', '1')).raw(sampleBytes).tag(1, LENGTH).bytes(label('a', '2')).tag(9, LENGTH).string('unknown').finish()
    const batch = prometheusBatch(new Writer().tag(1, LENGTH).bytes(content).tag(7, LENGTH).string('other').finish())
    const out = mapLabels(batch, labels => of(...labels.map(([n, v]): [string, string] => [n, `${v}!`])))
    assert.equal(labelText(series(out.bytes)[0]!), 'a=2! z=1!')
    assert.equal(countSamples(out), 1)
    const text = new TextDecoder().decode(out.bytes)
    assert.ok(text.includes('unknown') && text.endsWith('other'), 'unknown fields survive')
  })

  it('add external labels without overwriting', () => {
    const out = addExternalLabels(sample, of(['code', 'no'], ['a', 'first'], ['zzz', 'last']), new LabelCache())
    assert.equal(labelText(series(out.bytes)[0]!), '__name__=http_requests_total a=first code=200 job=api zzz=last')
    assert.equal(labelText(series(out.bytes)[2]!), '__name__=up a=first code=no job=db zzz=last')
    assert.equal(addExternalLabels(sample, []), sample)
  })

  it('split by samples in the order of each series, and merge back', () => {
    const many = writePrometheus([
      { labels: of(['__name__', 'a']), samples: Array.from({ length: 5 }, (_, i) => ({ value: i, timestamp: i })) },
      { labels: of(['__name__', 'b']), samples: [{ value: 9, timestamp: 9 }] },
      { labels: of(['__name__', 'c']), samples: [{ value: 9, timestamp: 9 }] },
    ], [{ type: 'gauge', family: 'a', help: 'h', unit: '' }])
    for (const maxSamples of [1, 2, 3, 4, 5, 6, 7, 100]) {
      const parts = splitPrometheus(many, { maxSamples })
      assert.ok(parts.every(part => countSamples(part) <= maxSamples), `${maxSamples}`)
      assert.ok(parts.every(part => countSamples(part) > 0))
      const merged = mergePrometheus(parts)
      const seen = new Map<string, number[]>()
      for (const one of seriesOf(merged)) {
        const [, name] = one.labels()[0]!
        seen.set(name, [...(seen.get(name) ?? []), ...[...one.readSamples()].map(s => s.timestamp)])
      }
      assert.deepEqual([...seen], [['a', [0, 1, 2, 3, 4]], ['b', [9]], ['c', [9]]])
      assert.equal([...metadataOf(merged)].length, 1)
    }
    assert.equal(splitPrometheus(many, { maxSamples: 7 })[0], many)
  })

  it('strip exemplars, native histograms and metadata', () => {
    const kinds = (batch: typeof sample) => series(batch.bytes).map(one => Object.keys(one).sort().join(' '))
    assert.deepEqual(kinds(stripPrometheus(sample, { exemplars: true })), ['labels samples', 'histograms labels', 'labels samples'])
    assert.deepEqual(kinds(stripPrometheus(sample, { histograms: true })), ['exemplars labels samples', 'labels samples'])
    assert.equal([...metadataOf(stripPrometheus(sample, { metadata: true }))].length, 0)
    assert.equal(stripPrometheus(sample, {}), sample)
    const bare = prometheusBatch(encode('WriteRequest', { timeseries: [{ labels: [{ name: '__name__', value: 'x' }], exemplars: [{ value: 1 }] }] }))
    assert.equal(countSeries(stripPrometheus(bare, { exemplars: true })), 0)
  })

  it('bound what a cache holds', () => {
    const cache = new LabelCache(100)
    for (let i = 0; i < 10_000; i++) {
      const key = new TextEncoder().encode(`series ${i % 1000}`)
      assert.deepEqual(cache.lookUp(key, 0, key.length, () => key), key)
      assert.ok(cache.entries <= 102)
    }
  })
})

describe('dropInvalidSeries', () => {
  const bytes = (text: string) => Uint8Array.from(text, char => char.charCodeAt(0))
  const request = (...labels: [string, string][]) => {
    const w = new Writer().tag(1, LENGTH).fork()
    for (const [name, value] of labels) w.tag(1, LENGTH).fork().tag(1, LENGTH).bytes(bytes(name)).tag(2, LENGTH).bytes(bytes(value)).join()
    return prometheusBatch(w.tag(2, LENGTH).string('').join().finish())
  }
  const cases: [labels: [string, string][], reason: RegExp | undefined][] = [
    [[['__name__', 'a'], ['b', 'c']], undefined],
    [[['__name__', 'a b'], ['c.d', 'e']], undefined],
    [[['b', 'c']], /missing metric name/],
    [[['__name__', '']], /invalid metric name/],
    [[['__name__', 'a\xff']], /invalid metric name/],
    [[['', 'x'], ['__name__', 'a']], /invalid label name/],
    [[['__name__', 'a'], ['l\xff', 'x']], /invalid label name/],
    [[['__name__', 'a'], ['l', '\xff']], /invalid label value/],
    [[['__name__', 'a'], ['__name__', 'b']], /duplicate label with name: __name__/],
    [[['b', '1'], ['__name__', 'a'], ['b', '2']], /duplicate label with name: b/],
  ]
  for (const [labels, reason] of cases) {
    it(JSON.stringify(labels), () => {
      const good = request(['__name__', 'good'])
      const result = dropInvalidSeries(mergePrometheus([good, request(...labels), good]))
      assert.equal(result.droppedSeries, reason === undefined ? 0 : 1)
      assert.equal(result.droppedSamples, reason === undefined ? 0 : 1)
      assert.equal(countSamples(result.batch), reason === undefined ? 3 : 2)
      if (reason !== undefined) assert.match(result.reason!, reason)
    })
  }
  it('sorts labels that are not sorted', () => {
    const result = dropInvalidSeries(request(['b', '2'], ['a', '1'], ['__name__', 'x']))
    assert.equal(labelText(series(result.batch.bytes)[0]!), '__name__=x a=1 b=2')
  })
})

describe('damaged Prometheus batches', () => {
  it('throw nothing but WireError, whatever is done with them', async () => {
    const rules = compileRules([{ source_labels: ['job'], target_label: 'x' }])
    await survives(sample.bytes, 4000, bytes => {
      const batch = prometheusBatch(bytes)
      const read = () => [...seriesOf(batch)].map(one => [one.labels(), ...one.readSamples(), ...one.readExemplars(), ...one.readHistograms()])
      for (const use of [
        read, () => countSamples(batch), () => relabelPrometheus(batch, rules, new LabelCache()), () => splitPrometheus(batch, { maxSamples: 1 }),
        () => dropInvalidSeries(batch), () => stripPrometheus(batch, { exemplars: true, histograms: true, metadata: true }), () => [...metadataOf(batch)],
      ]) use()
    }, [WireError])
  })
})
