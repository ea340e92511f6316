import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { OtlpBatch, OtlpSignal } from '../../src/telemetry/batch.ts'
import {
  type AttributeValue, type ItemView, countItems, decodeLogs, decodeMetrics, decodeTraces, editOtlp, editResources, encodeOtlp as makeOtlp, isEmpty, mergeOtlp, readOtlp, splitOtlp,
} from '../../src/telemetry/otlp.ts'
import { type Plain, attributes, decodeOtlp, encodeOtlp, everyMetric, everyValue, sampleBatch, sampleSpan } from '../support/otlp.ts'

const signals: OtlpSignal[] = ['traces', 'metrics', 'logs']
const collect = (batch: OtlpBatch, read: (item: ItemView) => unknown): unknown[] => {
  const found: unknown[] = []
  readOtlp(batch, item => void found.push(read(item)))
  return found
}
/** The attributes of every item of a decoded batch, found by their key wherever they are. */
const itemsOf = (value: unknown): Plain[] => {
  if (Array.isArray(value)) return value.flatMap(itemsOf)
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    ['spans', 'logRecords', 'dataPoints'].includes(key) ? (inner as Plain[]) : itemsOf(inner))
}
const string = (value: unknown) => typeof value === 'string' ? value : assert.fail('no string')
const map = (item: Plain) => Object.fromEntries((item['attributes'] as { key: string; value: Plain }[]).map(({ key, value }) => [key, Object.values(value)[0]]))

describe('OTLP batches', () => {
  for (const signal of signals) {
    describe(signal, () => {
      const batch = sampleBatch(signal, 20, 3)

      it('count their items', () => {
        assert.equal(countItems(batch), 20)
        assert.equal(isEmpty(batch), false)
        assert.equal(countItems({ ...batch, bytes: new Uint8Array(0) }), 0)
        assert.equal(isEmpty(sampleBatch(signal, 0)), true)
      })

      it('stay the same object when nothing changes', () => {
        assert.equal(editOtlp(batch, item => void item.get('k8s.pod.name')), batch)
        assert.equal(editOtlp(batch, item => void item.delete('no such key')), batch)
      })

      it('take edits of attributes on every item, like decode, edit, encode', () => {
        const edited = editOtlp(batch, item => {
          item.delete('http.response.status_code')
          item.set('http.request.method', 'x'.repeat(200)).set('new', 7n)
        })
        const before = itemsOf(decodeOtlp(batch)).map(map)
        const after = itemsOf(decodeOtlp(edited)).map(map)
        assert.equal(after.length, 20)
        assert.deepEqual(after, before.map(({ 'http.response.status_code': _, ...rest }) => ({ ...rest, 'http.request.method': 'x'.repeat(200), new: '7' })))
      })

      it('come out byte for byte as they went in when every edit is undone', () => {
        const key = 'http.request.method'
        const there = editOtlp(batch, { resource: r => void r.set('added', true), item: item => void item.set(key, string(item.get(key)) + '!') })
        const back = editOtlp(there, { resource: r => void r.delete('added'), item: item => void item.set(key, string(item.get(key)).slice(0, -1)) })
        assert.notDeepEqual(there.bytes, batch.bytes)
        assert.deepEqual(back.bytes, batch.bytes)
      })

      it('lose dropped items, and what becomes empty by that', () => {
        const half = editOtlp(batch, item => {
          if (item.get('http.request.method') === 'GET') item.drop()
        })
        assert.deepEqual(itemsOf(decodeOtlp(half)).map(map), itemsOf(decodeOtlp(batch)).map(map).filter(item => item['http.request.method'] === 'POST'))
        const one = editOtlp(batch, item => {
          if (item.resource.get('service.name') !== 'shop-1') item.drop()
        })
        assert.deepEqual((Object.values(decodeOtlp(one))[0] as Plain[]).length, 1)
        assert.equal(editOtlp(batch, item => item.drop()).bytes.length, 0)
      })

      it('drop whole resources and scopes', () => {
        const kept = editResources(batch, resource => {
          if (resource.get('service.name') === 'shop-0') resource.drop()
        })
        assert.deepEqual(collect(kept, item => item.resource.get('service.name')).includes('shop-0'), false)
        assert.equal(countItems(kept), 13)
        assert.equal(editOtlp(batch, { scope: scope => scope.drop() }).bytes.length, 0)
      })

      it('split by items and come together again', () => {
        for (const maxItems of [1, 3, 7, 20, 100]) {
          const pieces = splitOtlp(batch, { maxItems })
          assert.deepEqual(pieces.map(countItems), Array.from({ length: Math.ceil(20 / maxItems) }, (_, i) => Math.min(maxItems, 20 - i * maxItems)))
          assert.deepEqual(pieces.flatMap(piece => itemsOf(decodeOtlp(piece))), itemsOf(decodeOtlp(batch)))
          const labels = (of: OtlpBatch) => collect(of, item => [item.resource.get('service.name'), item.scope.name, item.signal === 'metrics' && [item.metric.name, item.metric.isMonotonic]])
          assert.deepEqual(pieces.flatMap(labels), labels(batch))
          assert.deepEqual(itemsOf(decodeOtlp(mergeOtlp(pieces))), itemsOf(decodeOtlp(batch)))
        }
      })

      it('split by bytes', () => {
        for (const maxBytes of [1, 800, 2000, batch.bytes.length, batch.bytes.length + 1]) {
          const pieces = splitOtlp(batch, { maxBytes })
          for (const piece of pieces) assert.ok(piece.bytes.length <= maxBytes || countItems(piece) === 1, `${piece.bytes.length} > ${maxBytes}`)
          assert.deepEqual(pieces.flatMap(piece => itemsOf(decodeOtlp(piece))), itemsOf(decodeOtlp(batch)))
        }
        assert.equal(splitOtlp(batch, { maxBytes: batch.bytes.length })[0], batch)
      })
    })
  }

  it('read and write values of every kind exactly', () => {
    const batch = encodeOtlp('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ attributes: everyValue }] }] }] })
    const wanted: [string, AttributeValue][] = [
      ['string', 'é'], ['int', -42n], ['double', 1.5], ['bool', false], ['bytes', Uint8Array.of(32, 39, 46, 53, 60)],
      ['array', ['a', 9223372036854775807n, null]], ['map', new Map([['inner', true]])], ['none', null],
    ]
    assert.deepEqual(collect(batch, item => [...item.entries()]), [wanted])
    const written = editOtlp(encodeOtlp('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{}] }] }] }), item => {
      for (const [key, value] of wanted) item.set(key, value)
    })
    assert.deepEqual(written.bytes, batch.bytes)
  })

  it('insert and update by presence, and read what was written', () => {
    const batch = encodeOtlp('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [{ attributes: attributes({ a: 'old', b: 2n }) }] }] }] })
    const seen: unknown[] = []
    const edited = editOtlp(batch, item => {
      seen.push(item.insert('a', 'no'), item.insert('c', 'yes'), item.update('d', 'no'), item.update('b', 3n))
      seen.push(item.get('c'), item.get('b'), item.has('d'), item.delete('a'), item.delete('a'), item.has('a'))
      seen.push(item.keys())
      item.set('a', 'again')
      item.set('a', 'and again')
    })
    assert.deepEqual(seen, [false, true, false, true, 'yes', 3n, false, true, false, false, ['b', 'c']])
    assert.deepEqual(itemsOf(decodeOtlp(edited)).map(map), [{ b: '3', c: 'yes', a: 'and again' }])
  })

  it('read and write the fields of spans', () => {
    const batch = encodeOtlp('traces', { resourceSpans: [{ scopeSpans: [{ spans: [sampleSpan(0), {}] }] }] })
    assert.deepEqual(
      collect(batch, item => item.signal === 'traces' && [item.name, item.kind, item.startTimeUnixNano, item.status, item.statusCode, item.events.length, item.links[0]?.traceState]),
      [['GET /api/v1/items/0', 2, 1_700_000_000_000_000_000n, { message: 'boom', code: 2 }, 2, 1, 'a=b'], ['', 0, 0n, { message: '', code: 0 }, 0, 0, undefined]])
    const edited = editOtlp(batch, item => {
      if (item.signal !== 'traces') return
      item.name = 'é'.repeat(100)
      item.kind = 3
      item.endTimeUnixNano = (1n << 64n) - 1n
      item.statusMessage = 'bad'
      item.traceId = new Uint8Array(16).fill(1)
      item.flags = 0xffff_ffff
    })
    const [first, second] = itemsOf(decodeOtlp(edited))
    const written = { name: 'é'.repeat(100), kind: 3, endTimeUnixNano: '18446744073709551615', traceId: 'AQEBAQEBAQEBAQEBAQEBAQ==', flags: 4294967295 }
    assert.deepEqual(first, { ...itemsOf(decodeOtlp(batch))[0], ...written, status: { code: 2, message: 'bad' } })
    assert.deepEqual(second, { ...written, status: { message: 'bad' } })
  })

  it('replace events and links as a whole', () => {
    const batch = encodeOtlp('traces', { resourceSpans: [{ scopeSpans: [{ spans: [sampleSpan(0), { name: 'none' }] }] }] })
    const edited = editOtlp(batch, item => {
      if (item.signal !== 'traces') return
      item.events = [...item.events, { name: 'more', attributes: [{ key: 'n', value: 1n }] }].filter(event => event.name !== 'exception')
      item.links = []
      assert.equal(item.events.length, 1)
    })
    const [first, second] = itemsOf(decodeOtlp(edited))
    const events = [{ name: 'more', attributes: attributes({ n: 1n }) }]
    const { links: _, ...rest } = itemsOf(decodeOtlp(batch))[0]!
    assert.deepEqual(first, { ...rest, events })
    assert.deepEqual(second, { name: 'none', events })
    const made = makeOtlp.traces([...decodeTraces(edited)])
    assert.deepEqual([...decodeTraces(made)], [...decodeTraces(edited)])
  })

  it('read and write the fields of log records', () => {
    const batch = sampleBatch('logs', 1)
    assert.deepEqual(collect(batch, item => item.signal === 'logs' && [item.severityNumber, item.severityText, string(item.body).length]), [[17, 'ERROR', 52]])
    const edited = editOtlp(batch, item => {
      if (item.signal !== 'logs') return
      item.body = new Map<string, AttributeValue>([['line', item.body], ['n', [1n, 2.5]]])
      item.severityText = 'FATAL'
      item.eventName = 'e'
    })
    assert.deepEqual(collect(edited, item => item.signal === 'logs' && [item.severityText, item.eventName, item.body]),
      [['FATAL', 'e', new Map<string, AttributeValue>([['line', '10.0.0.0 - "GET /api/v1/items/0" 200 1532 "curl/8.0"'], ['n', [1n, 2.5]]])]])
  })

  it('read and write metrics and points of all kinds', () => {
    const batch = encodeOtlp('metrics', everyMetric)
    assert.deepEqual(collect(batch, item => item.signal === 'metrics' && [item.metric.name, item.metric.type, item.metric.aggregationTemporality, item.metric.isMonotonic, item.value]), [
      ['gauge', 'gauge', 0, false, 1 / 3], ['sum', 'sum', 1, true, -9223372036854775808n], ['histogram', 'histogram', 2, false, undefined],
      ['exponential', 'exponentialHistogram', 1, false, undefined], ['summary', 'summary', 0, false, undefined],
    ])
    const edited = editOtlp(batch, {
      metric: metric => {
        if (metric.name === 'empty') metric.drop()
        metric.name = `app.${metric.name}`
      },
      item: item => {
        if (item.signal === 'metrics' && item.value !== undefined) item.value = 5n
        item.set('a', 'c')
      },
    })
    assert.deepEqual(collect(edited, item => item.signal === 'metrics' && [item.metric.name, item.value, item.get('a')]), [
      ['app.gauge', 5n, 'c'], ['app.sum', 5n, 'c'], ['app.histogram', undefined, 'c'], ['app.exponential', undefined, 'c'], ['app.summary', undefined, 'c'],
    ])
    const metrics = ((decodeOtlp(edited)['resourceMetrics'] as Plain[])[0]!['scopeMetrics'] as Plain[])[0]!['metrics'] as Plain[]
    assert.deepEqual(metrics[0]!['metadata'], attributes({ origin: 'm' }))
    assert.equal(metrics.length, 5)
  })

  it('take edits of resource, scope and metric from inside an item', () => {
    const batch = encodeOtlp('metrics', everyMetric)
    const edited = editOtlp(batch, item => {
      if (item.signal !== 'metrics') return
      if (item.metric.name === 'sum') item.drop()
      item.resource.set('seen', item.metric.name)
      item.scope.name += '+'
      item.metric.unit = 'u'
    })
    const wanted = structuredClone(decodeOtlp(batch)) as { resourceMetrics: [{ resource: Plain; scopeMetrics: [{ scope: Plain; metrics: Plain[] }] }] }
    const [resource] = wanted.resourceMetrics
    ;(resource.resource['attributes'] as Plain[]).push(...attributes({ seen: 'summary' }))
    resource.scopeMetrics[0].scope['name'] = 'io.example.http+++++'
    resource.scopeMetrics[0].metrics = resource.scopeMetrics[0].metrics.filter(metric => metric['name'] !== 'sum')
    for (const metric of resource.scopeMetrics[0].metrics) if (metric['name'] !== 'empty') metric['unit'] = 'u'
    assert.deepEqual(decodeOtlp(edited), wanted)
  })

  it('get a resource where there was none', () => {
    const bare = encodeOtlp('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'a' }] }] }] })
    const edited = editResources(bare, resource => void resource.set('k', 'v'))
    assert.deepEqual(decodeOtlp(edited), { resourceSpans: [{ resource: { attributes: attributes({ k: 'v' }) }, scopeSpans: [{ spans: [{ name: 'a' }] }] }] })
    assert.deepEqual(decodeOtlp(editOtlp(bare, item => void item.resource.set('k', 'v'))), decodeOtlp(edited))
  })

  it('keep unknown fields, and headers that come last', () => {
    const unknown = [0xa2, 0x06, 3, 1, 2, 3]
    const span = [0x2a, 1, 0x61, ...unknown]
    const scopeSpans = [0x12, span.length, ...span, ...unknown, 0x0a, 3, 0x0a, 1, 0x73]
    const resourceSpans = [0x12, scopeSpans.length, ...scopeSpans, ...unknown, 0x0a, ...[2 + unknown.length, 0x10, 5, ...unknown]]
    const bytes = Uint8Array.from([0x0a, resourceSpans.length, ...resourceSpans, ...unknown])
    const batch: OtlpBatch = { kind: 'otlp', signal: 'traces', bytes }
    assert.deepEqual(collect(batch, item => [item.scope.name, item.resource.droppedAttributesCount]), [['s', 5]])
    const edited = editOtlp(batch, { resource: r => void r.set('k', 'v'), scope: s => { s.version = '2' }, item: item => void item.set('a', 1n) })
    const count = (haystack: Uint8Array) => Buffer.from(haystack).toString('latin1').split(Buffer.from(unknown).toString('latin1')).length - 1
    assert.equal(count(edited.bytes), 5)
    assert.deepEqual(collect(edited, item => [item.scope.name, item.scope.version, item.resource.droppedAttributesCount, item.get('a')]), [['s', '2', 5, 1n]])
  })

  it('decode whole, as protobufjs does', () => {
    const [resource] = [...decodeMetrics(encodeOtlp('metrics', everyMetric))]
    const metrics = resource!.scopeMetrics[0]!.metrics
    assert.deepEqual(metrics.map(metric => metric.name), ['gauge', 'sum', 'histogram', 'exponential', 'summary', 'empty'])
    assert.deepEqual(metrics[2]!.histogram!.dataPoints[0]!.bucketCounts, [1n, 2n, 3n])
    assert.equal(metrics[2]!.histogram!.dataPoints[0]!.timeUnixNano, (1n << 64n) - 1n)
    assert.deepEqual(metrics[3]!.exponentialHistogram!.dataPoints[0]!.positive, { offset: -4, bucketCounts: [1n, 0n, 9007199254740993n] })
    assert.equal(metrics[0]!.sum, undefined)
    assert.deepEqual(resource!.resource.entityRefs, [{ schemaUrl: 'u', type: 'service', idKeys: ['service.name'], descriptionKeys: ['service.version'] }])
    assert.equal([...decodeTraces(sampleBatch('traces', 3))][0]!.scopeSpans[0]!.spans[0]!.events[0]!.attributes[0]!.value, 'IOError')
    assert.equal([...decodeLogs(sampleBatch('logs', 3))][0]!.scopeLogs[0]!.logRecords[1]!.severityText, 'INFO')
    assert.throws(() => [...decodeLogs(sampleBatch('traces', 1))], /a batch of traces cannot be decoded as logs/)
  })

  it('follow any sequence of edits as an ordered map would', () => {
    const key = fc.constantFrom('a', 'b', 'http.route', 'é', 'k'.repeat(140))
    const value = fc.oneof(fc.string(), fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), fc.double(), fc.boolean(), fc.constant('y'.repeat(300)))
    const step = fc.tuple(fc.constantFrom('set', 'insert', 'update', 'delete'), key, value)
    fc.assert(fc.property(fc.array(fc.tuple(key, fc.string())), fc.array(step), (start, steps) => {
      const model = new Map<string, AttributeValue>(start)
      const batch = encodeOtlp('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'n', attributes: attributes(Object.fromEntries(start)), status: { code: 1 } }] }] }] })
      // Integer-like keys would be reordered by the object above; none of these is.
      const edited = editOtlp(batch, item => {
        for (const [op, k, v] of steps) {
          if (op === 'delete') {
            assert.equal(item.delete(k), model.delete(k))
          } else {
            const apply = op === 'set' || model.has(k) === (op === 'update')
            if (op === 'set') item.set(k, v)
            else assert.equal(item[op](k, v), apply)
            if (apply) model.set(k, v)
          }
          assert.deepEqual(item.get(k), model.get(k))
        }
      })
      assert.deepEqual(collect(edited, item => [...item.entries()]), [[...model]])
      assert.equal((itemsOf(decodeOtlp(edited))[0]!['status'] as Plain)['code'], 1)
    }))
  })
})
