import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { LabelsError, labelsOf, renderLabels } from '../../src/telemetry/labels.ts'
import {
  StreamCache, addStreamLabels, compactLoki, countEntries, groupByTenant, lokiBatch, mapStreamLabels, mergeLoki, relabelLoki, splitLoki, streamsOf,
  withTenant, withoutInternal, writeLoki,
} from '../../src/telemetry/loki.ts'
import { compileRules } from '../../src/telemetry/relabel.ts'
import { WireError } from '../../src/wire/error.ts'
import { survives } from '../support/hostile.ts'
import { decode, encode, samplePush } from '../support/prompb.ts'

const sample = lokiBatch(encode('PushRequest', samplePush))
const read = (batch: typeof sample) => [...streamsOf(batch)].map(stream => ({ labels: stream.labelText, entries: [...stream.entries()] }))
const texts = (batch: typeof sample) => read(batch).map(stream => stream.labels)

describe('Loki batches', () => {
  it('count and read entries to the nanosecond', () => {
    assert.equal(countEntries(sample), 3)
    assert.deepEqual(read(sample), [
      {
        labels: '{app="web", level="info"}',
        entries: [
          { timestamp: 1700000000123456789n, line: 'first line', metadata: [['trace', 'x']] },
          { timestamp: 1700000001000000005n, line: 'zwölf', metadata: [] },
        ],
      },
      { labels: '{app="db", __tenant_id__="t1"}', entries: [{ timestamp: 1000000000n, line: '', metadata: [] }] },
    ])
  })

  it('write what they read, leaving out empty streams', () => {
    const written = writeLoki([...read(sample), { labels: '{a="b"}', entries: [] }])
    assert.deepEqual(read(written), read(sample))
    const early = writeLoki([{ labels: labelsOf([['a', 'b"\n']]), entries: [{ timestamp: -1n, line: 'x' }] }])
    assert.deepEqual(read(early), [{ labels: '{a="b\\"\\n"}', entries: [{ timestamp: -1n, line: 'x', metadata: [] }] }])
    assert.deepEqual((decode('PushRequest', early.bytes) as typeof samplePush).streams[0]!.entries[0]!.timestamp, { seconds: '-1', nanos: 999_999_999 })
  })

  it('relabel streams, dropping those without labels and their outdated hash', () => {
    const rules = compileRules([
      { source_labels: ['app'], regex: 'db', action: 'drop' },
      { source_labels: ['level'], target_label: 'severity' },
      { regex: 'level', action: 'labeldrop' },
    ])
    const cache = new StreamCache()
    for (let round = 0; round < 2; round++) {
      const out = decode('PushRequest', relabelLoki(sample, rules, cache).bytes)
      assert.deepEqual(out, { streams: [{ labels: '{app="web", severity="info"}', entries: (decode('PushRequest', sample.bytes) as typeof samplePush).streams[0]!.entries }] })
    }
    assert.equal(cache.entries, 2)
    assert.equal(countEntries(relabelLoki(sample, compileRules([{ regex: '.*', action: 'labeldrop' }]))), 0)
    const same = writeLoki([{ labels: '{a="b"}', entries: [{ timestamp: 1n, line: 'x' }] }])
    assert.equal(relabelLoki(same, compileRules([])), same)
  })

  it('forward the good streams and report the bad ones', () => {
    const mixed = writeLoki(['{a="b"}', '{a=', 'nonsense}', '{c="d"}'].map(labels => ({ labels, entries: [{ timestamp: 1n, line: 'x' }] })))
    const refused: string[] = []
    assert.deepEqual(texts(mapStreamLabels(mixed, labels => labels, { refuse: error => refused.push(error.message) })), ['{a="b"}', '{c="d"}'])
    assert.equal(refused.length, 2)
    assert.match(refused[0]!, /line 1, col 4: unexpected end/)
    assert.throws(() => mapStreamLabels(mixed, labels => labels), LabelsError)
  })

  it('add labels beneath or above those of the stream', () => {
    const extra = labelsOf([['app', 'x'], ['zone', 'z']])
    assert.deepEqual(texts(addStreamLabels(sample, extra)), ['{app="web", level="info", zone="z"}', '{__tenant_id__="t1", app="db", zone="z"}'])
    assert.deepEqual(texts(addStreamLabels(sample, extra, { overwrite: true })), ['{app="x", level="info", zone="z"}', '{__tenant_id__="t1", app="x", zone="z"}'])
    assert.equal(addStreamLabels(sample, []), sample)
  })

  it('group by tenant and take internal labels off', () => {
    assert.deepEqual([...groupByTenant(sample)].map(([tenant, batch]) => [tenant, texts(batch)]), [['', ['{app="web", level="info"}']], ['t1', ['{app="db"}']]])
    assert.deepEqual([...groupByTenant(withTenant(sample, 'one')).keys()], ['one'])
    assert.deepEqual([...groupByTenant(lokiBatch(new Uint8Array(0)))], [])
    assert.equal(withTenant(sample, ''), sample)
    const labels = labelsOf([['__tenant_id__', 't'], ['__x', 'y'], ['a', 'b']])
    assert.equal(renderLabels(withoutInternal(labels)), '{a="b"}')
    assert.equal(renderLabels(withoutInternal(labels, { keepTenant: true })), '{__tenant_id__="t", a="b"}')
  })

  it('split by bytes, merge, and bring streams together', () => {
    const lines = Array.from({ length: 50 }, (_, i) => ({ timestamp: BigInt(i), line: `${i} `.repeat(10) }))
    const many = writeLoki([{ labels: '{a="1"}', entries: lines }, { labels: '{a="2"}', entries: lines }])
    const parts = splitLoki(many, { maxBytes: 100 })
    assert.ok(parts.length > 10)
    for (const part of parts) {
      const size = read(part).flatMap(stream => stream.entries).reduce((sum, entry) => sum + entry.line.length, 0)
      assert.ok(size <= 100 && size > 0)
    }
    assert.deepEqual(read(compactLoki(mergeLoki(parts))), read(many))
    assert.deepEqual(splitLoki(many, { maxBytes: 1 }).map(countEntries), Array.from({ length: 100 }, () => 1))
    assert.deepEqual(splitLoki(many, { maxBytes: 1_000_000 }), [many])
    assert.equal(compactLoki(many), many)
  })

  it('throw nothing but their own errors when damaged', async () => {
    const rules = compileRules([{ source_labels: ['app'], target_label: 'x' }])
    await survives(sample.bytes, 4000, bytes => {
      const batch = lokiBatch(bytes)
      for (const use of [
        () => countEntries(batch), () => read(batch), () => splitLoki(batch, { maxBytes: 1 }), () => compactLoki(batch),
        () => relabelLoki(batch, rules, new StreamCache()), () => groupByTenant(batch),
      ]) use()
    }, [WireError, LabelsError])
  })
})
