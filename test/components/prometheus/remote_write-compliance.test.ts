/**
 * What the public compliance suite of remote-write 2.0 expects of a sender, in cases of our own; and what becomes of the answers
 * that it plays to one: partial writes, fallback to 1.0, retries.
 */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import remoteWrite from '../../../src/components/prometheus/remote_write.ts'
import type { PrometheusConsumer } from '../../../src/components/contract/consume.ts'
import { ConsumeError } from '../../../src/components/contract/errors.ts'
import type { PrometheusBatch } from '../../../src/telemetry/batch.ts'
import { writePrometheus } from '../../../src/telemetry/prometheus.ts'
import { decodeSnappyBlock } from '../../../src/wire/snappy.ts'
import { Writer } from '../../../src/wire/writer.ts'
import { fakeCall, type Answer, type FakeCallOptions } from '../../support/call.ts'
import { buildComponent } from '../../support/component.ts'
import { decode } from '../../support/prompb.ts'
import { sentLines, series, type TestSeries } from '../../support/prometheus.ts'

const startMs = 1_700_000_000_000
const v2 = 'protobuf_message = "io.prometheus.write.v2.Request"\nsend_native_histograms = true'
const told = (samples: number, more: Record<string, string> = {}) => ({ 'x-prometheus-remote-write-samples-written': String(samples), ...more })
const taken: Answer = () => new Response(null, { status: 204, headers: told(1000) })

/** A component, and what sending several batches through it gave. */
function component(more = v2) {
  const { exports, drains } = buildComponent(remoteWrite, `endpoint {\nurl = "http://prom.test/w"\n${more}\n}`)
  const receiver = exports!['receiver'] as PrometheusConsumer
  return { drains: drains!, consume: (batch: PrometheusBatch, call: ReturnType<typeof fakeCall>) => receiver.consume(batch, call).then(() => undefined, (error: unknown) => error) }
}
async function send(batch: PrometheusBatch, fetch: Answer = taken, more = v2, options: FakeCallOptions = {}) {
  const call = fakeCall({ fetch, startMs, ...options })
  const error = await component(more).consume(batch, call)
  return { call, error, requests: call.requests }
}

interface Series2 {
  labels_refs: number[]
  samples?: { value?: number; timestamp: string }[]
  histograms?: { timestamp: string }[]
  exemplars?: { labels_refs: number[]; value: number; timestamp: string }[]
  metadata?: { type: number; help_ref?: number; unit_ref?: number }
}
interface Request2 { symbols: string[]; timeseries: Series2[] }
const read = (body: Uint8Array) => decode('Request2', decodeSnappyBlock(body, 1 << 20)) as unknown as Request2
const labelsOf = ({ symbols }: Request2, refs: readonly number[]) => refs.flatMap((ref, i) => (i % 2 === 0 ? [`${symbols[ref]}=${symbols[refs[i + 1]!]}`] : []))

const up: TestSeries = [{ __name__: 'up', job: 'a' }, [[42, startMs]]]
const histogram = { histograms: [{ bytes: new Writer().tag(15, 0).varint(startMs).finish() }] }

describe('prometheus.remote_write: compliance of 2.0', () => {
  it('headers, and a snappy block', async () => {
    const { requests: [request] } = await send(series([up]))
    const { method, headers, body } = request!
    assert.equal(method, 'POST')
    assert.equal(headers.get('content-type'), 'application/x-protobuf;proto=io.prometheus.write.v2.Request')
    assert.equal(headers.get('content-encoding'), 'snappy')
    assert.equal(headers.get('x-prometheus-remote-write-version'), '2.0.0')
    assert.notEqual(headers.get('user-agent') ?? '', '')
    assert.notDeepEqual([...body.subarray(0, 4)], [0xff, 6, 0, 0])
    assert.deepEqual(read(body).timeseries.length, 1)
  })

  it('1.0 says so, and has no parameter, symbols or start timestamps', async () => {
    const { requests: [request] } = await send(series([up]), taken, '')
    assert.equal(request!.headers.get('content-type'), 'application/x-protobuf')
    assert.equal(request!.headers.get('x-prometheus-remote-write-version'), '0.1.0')
    assert.deepEqual(sentLines(request!.body), [`__name__=up,job=a 42 ${startMs}`])
  })

  for (const [name, value] of Object.entries({ float: 123.45, integer: 42, zero: 0, negative: -15.5, infinite: Infinity, lowest: -Infinity, NaN, large: 1.7e308, small: 5e-324, precise: 0.000123 })) {
    it(`a value: ${name}`, async () => {
      const { requests: [request] } = await send(series([[{ __name__: 'a' }, [[value, startMs]]]]))
      const [sample] = read(request!.body).timeseries[0]!.samples!
      assert.deepEqual([sample!.value ?? 0, sample!.timestamp], [value, String(startMs)])
    })
  }

  it('symbols begin with the empty one, are there once, and every reference finds one', async () => {
    const { requests: [request] } = await send(series([up, [{ __name__: 'up', job: 'b', empty: '' }, [[1, startMs]]]], [{ type: 'gauge', family: 'up', help: '', unit: '' }]))
    const { symbols, timeseries } = read(request!.body)
    assert.equal(symbols[0], '')
    assert.equal(new Set(symbols).size, symbols.length)
    for (const { labels_refs, metadata } of timeseries) {
      assert.equal(labels_refs.length % 2, 0)
      for (const ref of [...labels_refs, metadata!.help_ref ?? 0, metadata!.unit_ref ?? 0]) assert.ok(ref < symbols.length)
    }
  })

  it('labels in order, whatever they hold, and after relabelling too', async () => {
    const all = { __name__: 'a:b', z: 'ünï"\\\n', a: 'x'.repeat(5000), m: '測試', ['l'.repeat(200)]: '1' }
    const { requests: [request] } = await send(series([[all, [[1, startMs]]]]), taken, `${v2}\nwrite_relabel_config {\nsource_labels = ["m"]\ntarget_label = "b"\n}`)
    const sent = read(request!.body)
    const expected = Object.entries({ ...all, b: '測試' }).map(([name, value]) => `${name}=${value}`).sort()
    assert.deepEqual(labelsOf(sent, sent.timeseries[0]!.labels_refs), expected)
  })

  it('samples in order of time, and never beside histograms', async () => {
    const { requests: [request] } = await send(series([[{ __name__: 'a' }, [[1, startMs], [2, startMs + 1], [3, startMs + 2]], histogram]]))
    const { timeseries } = read(request!.body)
    assert.deepEqual(timeseries.map(({ samples = [], histograms = [] }) => [samples.length, histograms.length]), [[3, 0], [0, 1]])
    assert.deepEqual(timeseries[0]!.samples!.map(({ timestamp }) => Number(timestamp) - startMs), [0, 1, 2])
  })

  it('metadata with each series, in each request, also when it came before', async () => {
    const { consume } = component(`${v2}\nqueue_config {\nmax_samples_per_send = 1\n}`)
    const call = fakeCall({ fetch: taken, startMs })
    const metadata = [{ type: 'histogram' as const, family: 'h', help: 'How "long"\n.', unit: 'seconds' }]
    const parts: TestSeries[] = ['h_bucket', 'h_sum', 'h_count'].map(__name__ => [{ __name__ }, [[1, startMs]]])
    assert.equal(await consume(series(parts, metadata), call), undefined)
    assert.equal(await consume(series(parts.slice(0, 1)), call), undefined)
    assert.equal(await consume(series([], metadata), call), undefined)
    const texts = call.requests.map(({ body }) => read(body)).map(({ symbols, timeseries: [one] }) => [one!.metadata!.type, symbols[one!.metadata!.help_ref!], symbols[one!.metadata!.unit_ref!]])
    assert.deepEqual(texts, Array.from({ length: 4 }, () => [3, 'How "long"\n.', 'seconds']))
  })

  it('exemplars with their labels, value and time', async () => {
    const exemplars = [{ labels: [['trace_id', 'abc'], ['span_id', 'd']] as const, value: 0.5, timestamp: startMs - 1 }, { labels: [] as const, value: 1, timestamp: startMs }]
    const { requests: [request] } = await send(series([[{ __name__: 'h_bucket', le: '1' }, [[1, startMs]], { exemplars }]]))
    const sent = read(request!.body)
    const [first, second] = sent.timeseries[0]!.exemplars!
    assert.deepEqual([labelsOf(sent, first!.labels_refs), first!.value, first!.timestamp], [['trace_id=abc', 'span_id=d'], 0.5, String(startMs - 1)])
    assert.equal(second!.value, 1)
  })

  it('a stale sample keeps its bits', async () => {
    const { requests: [request] } = await send(writePrometheus([{ labels: [['__name__', 'a']], samples: [{ value: NaN, timestamp: startMs, stale: true }] }]))
    const body = decodeSnappyBlock(request!.body, 1000)
    assert.ok(Array.from(body).join().includes('9,2,0,0,0,0,0,240,127'))
  })
})

describe('prometheus.remote_write: answers', () => {
  const batch = series([[{ __name__: 'a' }, [[1, startMs]]], [{ __name__: 'b' }, [[2, startMs]]], [{ __name__: 'h' }, [], histogram]])
  const counted = (call: ReturnType<typeof fakeCall>, name: string) => [...call.counts].find(([key]) => key.startsWith(`prometheus_remote_storage_${name}_total{`))?.[1] ?? 0
  const answering = (status: number, headers: Record<string, string> = {}, body: string | null = null): Answer => () => new Response(body, { status, headers })

  for (const status of [200, 202, 204]) {
    it(`${status} is success, whatever its body says`, async () => {
      const { error, call, requests } = await send(batch, answering(status, told(2, { 'x-prometheus-remote-write-histograms-written': '1' }), status === 204 ? null : 'no'))
      assert.deepEqual([error, requests.length, counted(call, 'samples'), counted(call, 'samples_failed')], [undefined, 1, 3, 0])
    })
  }

  it('success that confirms less is told and counted, and is no reason to send again', async () => {
    const { error, call, requests } = await send(batch, answering(204, told(1)))
    assert.deepEqual([error, requests.length, counted(call, 'samples'), counted(call, 'samples_failed')], [undefined, 1, 1, 2])
    assert.equal(call.logs.filter(({ level }) => level === 'error').length, 1)
  })

  it('success that confirms nothing is a failure: the receiver has read it as 1.0', async () => {
    for (const headers of [{}, told(0), { 'x-prometheus-remote-write-samples-written': 'many' }]) {
      const { error, call, requests } = await send(batch, answering(200, headers))
      assert.ok(error instanceof ConsumeError && error.kind === 'permanent')
      assert.match(error.message, /none of 3 samples was written/)
      assert.deepEqual([requests.length, counted(call, 'samples_failed')], [1, 3])
    }
  })

  it('nothing need be confirmed in 1.0', async () => {
    const { error, call } = await send(batch, answering(204), 'send_native_histograms = true')
    assert.deepEqual([error, counted(call, 'samples')], [undefined, 3])
  })

  it('a partial write is told as one, counted, and logged with the words of the answer', async () => {
    const { error, call, requests } = await send(batch, answering(400, told(2), 'out of order sample'))
    assert.ok(error instanceof ConsumeError)
    assert.deepEqual([error.kind, error.status, error.rejected], ['permanent', 400, 1])
    assert.deepEqual([requests.length, counted(call, 'samples'), counted(call, 'samples_failed')], [1, 2, 1])
    assert.match(String(call.logs.find(({ level }) => level === 'error')!.fields['err']), /out of order sample$/)
  })

  it('a refusal without numbers means that nothing was written', async () => {
    const { error, call } = await send(batch, answering(400, {}, 'e'.repeat(100_000)))
    assert.ok(error instanceof ConsumeError)
    assert.deepEqual([error.rejected, counted(call, 'samples'), counted(call, 'samples_failed')], [undefined, 0, 3])
    assert.ok(error.message.length < 1000)
  })

  for (const status of [400, 401, 403, 404, 405, 409, 413, 422]) {
    it(`${status} is not tried again`, async () => {
      const { requests, error } = await send(series([up]), answering(status))
      assert.equal(requests.length, 1)
      assert.ok(error instanceof ConsumeError && error.kind === 'permanent')
    })
  }

  for (const status of [429, 500, 502, 503, 504]) {
    it(`${status} is tried again, later each time, by number`, async () => {
      const { requests, error, call } = await send(series([up]), (request, n) => (n < 3 ? answering(status) : taken)(request, n))
      assert.deepEqual([error, requests.length], [undefined, 4])
      assert.deepEqual(requests.map(({ headers }) => headers.get('retry-attempt')), [null, '1', '2', '3'])
      assert.deepEqual(call.sleeps, [30, 60, 120])
    })
  }

  it('Retry-After is kept to', async () => {
    const { call } = await send(series([up]), (request, n) => (n === 0 ? answering(503, { 'retry-after': '1' }) : taken)(request, n))
    assert.deepEqual(call.sleeps, [1000])
  })

  it('a connection that fails is tried again', async () => {
    const { requests, error } = await send(series([up]), (request, n) => {
      if (n === 0) throw new TypeError('refused')
      return taken(request, n)
    })
    assert.deepEqual([requests.length, error], [2, undefined])
  })
})

describe('prometheus.remote_write: fallback to 1.0', () => {
  const version = (headers: Headers) => headers.get('x-prometheus-remote-write-version')
  const only1: Answer = ({ headers }) => (version(headers) === '2.0.0' ? new Response('use 1.0', { status: 415 }) : new Response(null, { status: 204 }))

  it('on 415, at once, and remembered', async () => {
    const { consume } = component()
    const call = fakeCall({ fetch: only1, startMs })
    assert.equal(await consume(series([up]), call), undefined)
    assert.equal(await consume(series([up]), call), undefined)
    assert.deepEqual(call.requests.map(({ headers }) => version(headers)), ['2.0.0', '0.1.0', '0.1.0'])
    assert.deepEqual(call.requests.map(({ headers }) => headers.get('content-type')), ['application/x-protobuf;proto=io.prometheus.write.v2.Request', 'application/x-protobuf', 'application/x-protobuf'])
    assert.deepEqual(sentLines(call.requests[1]!.body), [`__name__=up,job=a 42 ${startMs}`])
    call.advance(2 * 60 * 60_000)
    await consume(series([up]), call)
    assert.equal(version(call.requests[3]!.headers), '2.0.0')
  })

  it('never on success, nor for 1.0', async () => {
    const { consume } = component()
    const call = fakeCall({ fetch: taken, startMs })
    for (let i = 0; i < 3; i++) await consume(series([up]), call)
    assert.deepEqual(call.requests.map(({ headers }) => version(headers)), ['2.0.0', '2.0.0', '2.0.0'])
    const refused = await send(series([up]), () => new Response(null, { status: 415 }), '')
    assert.equal(refused.requests.length, 1)
  })

  it('is not remembered where 1.0 fails too', async () => {
    const { consume } = component()
    const call = fakeCall({ fetch: () => new Response('neither', { status: 415 }), startMs })
    const error = await consume(series([up]), call)
    assert.ok(error instanceof ConsumeError && error.kind === 'permanent')
    await consume(series([up]), call)
    assert.deepEqual(call.requests.map(({ headers }) => version(headers)), ['2.0.0', '0.1.0', '2.0.0', '0.1.0'])
  })
})

describe('prometheus.remote_write: metadata in 1.0', () => {
  const metadata = (help: string) => series([up], [{ type: 'gauge', family: 'up', help, unit: '' }])
  const helps = (call: ReturnType<typeof fakeCall>) => call.requests.map(({ body }) => sentLines(body).filter(line => line.startsWith('#')).join())

  it('goes out once in send_interval, and when it has changed', async () => {
    const { consume } = component('metadata_config {\nsend_interval = "30s"\n}')
    const call = fakeCall({ fetch: taken, startMs })
    await consume(metadata('one'), call)
    await consume(metadata('one'), call)
    await consume(metadata('two'), call)
    call.advance(30_000)
    await consume(metadata('one'), call)
    assert.deepEqual(helps(call), ['# up one', '', '# up two', '# up one'])
  })

  it('that did not arrive goes out again', async () => {
    const { consume } = component('')
    const call = fakeCall({ fetch: (_, n) => new Response(null, { status: n === 0 ? 400 : 204 }), startMs })
    assert.ok(await consume(metadata('one'), call))
    assert.equal(await consume(metadata('one'), call), undefined)
    assert.deepEqual(helps(call), ['# up one', '# up one'])
  })

  it('alone is sent, and not twice', async () => {
    const { consume } = component('')
    const call = fakeCall({ fetch: taken, startMs })
    const alone = series([], [{ type: 'gauge', family: 'up', help: 'one', unit: '' }])
    assert.deepEqual([await consume(alone, call), await consume(alone, call)], [undefined, undefined])
    assert.equal(call.requests.length, 1)
  })

  it('always goes out where the interval is 0', async () => {
    const { consume } = component('metadata_config {\nsend_interval = "0s"\n}')
    const call = fakeCall({ fetch: taken, startMs })
    await consume(metadata('one'), call)
    await consume(metadata('one'), call)
    assert.deepEqual(helps(call), ['# up one', '# up one'])
  })
})
