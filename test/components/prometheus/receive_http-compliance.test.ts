/**
 * What the public compliance suite of remote-write 2.0 expects of a receiver, in cases of our own: the status, what the
 * X-Prometheus-Remote-Write-*-Written headers say, and here also what went on.
 */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import receiveHttp from '../../../src/components/prometheus/receive_http.ts'
import type { PrometheusBatch } from '../../../src/telemetry/batch.ts'
import { countSamples } from '../../../src/telemetry/prometheus.ts'
import { encodeSnappy } from '../../../src/wire/snappy.ts'
import { fakeCall } from '../../support/call.ts'
import { buildComponent, sink } from '../../support/component.ts'
import { encode } from '../../support/prompb.ts'

const now = 1_700_000_000_000
const headers2 = {
  'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request', 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '2.0.0',
}

interface Series {
  readonly labels: Record<string, string>
  readonly samples?: readonly { value: number; timestamp: number }[]
  readonly histograms?: readonly object[]
  readonly exemplars?: readonly { labels: Record<string, string>; value: number; timestamp?: number }[]
  readonly metadata?: { type: number; help?: string; unit?: string }
  readonly created?: number
}

/** A 2.0 request, as protobufjs writes it. */
function request2(all: readonly Series[]): Uint8Array {
  const symbols = ['']
  const ref = (symbol = '') => {
    if (!symbols.includes(symbol)) symbols.push(symbol)
    return symbols.indexOf(symbol)
  }
  const refs = (labels: Record<string, string>) => Object.entries(labels).flatMap(([name, value]) => [ref(name), ref(value)])
  const timeseries = all.map(({ labels, samples, histograms, exemplars, metadata, created }) => ({
    labels_refs: refs(labels), samples, histograms,
    exemplars: exemplars?.map(({ labels, ...rest }) => ({ timestamp: now, labels_refs: refs(labels), ...rest })),
    ...(metadata && { metadata: { type: metadata.type, help_ref: ref(metadata.help), unit_ref: ref(metadata.unit) } }),
    ...(created && { created_timestamp: created }),
  }))
  return encodeSnappy(encode('Request2', { symbols, timeseries }))
}

async function push(body: Uint8Array, headers: Record<string, string> = headers2, more = '') {
  const { batches, capsule } = sink<PrometheusBatch>('storage.Appendable')
  const text = `forward_to = [next]\naccepted_remote_write_protobuf_messages = ["prometheus.WriteRequest", "io.prometheus.write.v2.Request"]\n${more}`
  const { routes } = buildComponent(receiveHttp, text, { next: capsule })
  const request = new Request('http://s.test/api/v1/metrics/write', { method: 'POST', headers, body: body as BodyInit })
  const response = await routes!['POST /api/v1/metrics/write']!(request, fakeCall({ startMs: now }))
  const written = ['samples', 'histograms', 'exemplars'].map(kind => Number(response.headers.get(`x-prometheus-remote-write-${kind}-written`)))
  return { status: response.status, written, forwarded: batches.reduce((sum, batch) => sum + countSamples(batch), 0), body: await response.text() }
}

const sample = (labels: Record<string, string>, value = 1, more: Partial<Series> = {}): Series => ({ labels, samples: [{ value, timestamp: now }], ...more })
const buckets = { positive_spans: [{ offset: 0, length: 2 }], positive_deltas: [1, 1] }
const histogram = (more: object = {}) => ({ count_int: 3, sum: 2.5, timestamp: now, ...buckets, ...more })
const native = (labels: Record<string, string>, one: object = histogram(), more: Partial<Series> = {}): Series => ({ labels, histograms: [one], ...more })
const job = { __name__: 'up', job: 'j', instance: 'localhost:1' }
const trace = (labels: Record<string, string> = { trace_id: 'abc' }, value = 1) => ({ exemplars: [{ labels, value }] })
const counter = { metadata: { type: 1, help: 'How many.', unit: 'requests' } }
const negative = { negative_spans: [{ offset: 0, length: 2 }], negative_deltas: [1, 0] }

/** What is sent, the status, and how many samples, histograms and exemplars are said to be written. */
type Case = [name: string, series: readonly Series[], status: number, written: [number, number, number]]

const specials = { 'one': 1, 'NaN': NaN, '+Inf': Infinity, '-Inf': -Infinity, 'zero': 0, 'negative': -1.5, 'large': 1e10, 'small': 1e-10 }
const cases: Case[] = [
  ...Object.entries(specials).flatMap(([name, value]): Case[] => [
    [`a sample of ${name}`, [sample({ __name__: 'up' }, value)], 204, [1, 0, 0]],
    [`a sample of ${name} with labels`, [sample(job, value)], 204, [1, 0, 0]],
    [`an exemplar of ${name}`, [sample({ __name__: 'a' }, value, trace(undefined, value))], 204, [1, 0, 1]],
  ]),
  ['line ends in values', [sample({ ...job, job: 'a\nb\n' })], 204, [1, 0, 0]],
  ['dots in names', [sample({ '__name__': 'cpu.usage', 'job.name': 'j' })], 204, [1, 0, 0]],
  ['spaces in names', [sample({ '__name__': 'cpu usage', 'job name': 'j' })], 204, [1, 0, 0]],
  ['no name', [sample({ job: 'j' })], 400, [0, 0, 0]],
  ['no labels', [sample({})], 400, [0, 0, 0]],
  ['an empty name', [sample({ __name__: '' })], 400, [0, 0, 0]],
  ['a created timestamp', [sample(job, 1, { created: now - 3_600_000 })], 204, [1, 0, 0]],
  ['several series', [1, 2, 3, 4].map(n => sample({ ...job, instance: String(n) })), 204, [4, 0, 0]],
  ['several series without names', [1, 2].map(n => sample({ job: String(n) })), 400, [0, 0, 0]],
  ['several series, one without a name', [sample({ job: 'j' }), ...[1, 2, 3].map(n => sample({ ...job, instance: String(n) }))], 400, [3, 0, 0]],

  ...[0, 1, 2, 3, 4, 5, 6, 7].map((type): Case => [`metadata of type ${type}`, [sample({ __name__: 'a' }, 1, { metadata: { type, help: 'Help "me"\n.', unit: 'bytes/sec' } })], 204, [1, 0, 0]]),
  ['metadata without texts', [sample({ __name__: 'a' }, 1, { metadata: { type: 1 } })], 204, [1, 0, 0]],
  ['metadata and a created timestamp', [sample(job, 1, { ...counter, created: now - 1 })], 204, [1, 0, 0]],
  ['metadata without a name', [sample({ job: 'j' }, 1, counter)], 400, [0, 0, 0]],
  ['metadata of an empty name', [sample({ __name__: '' }, 1, counter)], 400, [0, 0, 0]],
  ['metadata alone', [{ labels: { __name__: 'a' }, ...counter }], 400, [0, 0, 0]],

  ['an exemplar of a span', [sample(job, 1, trace({ trace_id: 'a', span_id: 'b' }))], 204, [1, 0, 1]],
  ['an exemplar of something else', [sample(job, 1, trace({ user: 'u' }))], 204, [1, 0, 1]],
  ['an exemplar without labels', [sample(job, 1, trace({}))], 204, [1, 0, 1]],
  ['an exemplar of other scripts', [sample({ ...job, region: '🌍' }, 1, trace({ trace_id: '测试' }))], 204, [1, 0, 1]],
  ['several exemplars', [sample(job, 1, trace()), sample({ ...job, job: 'k' }, 1, trace())], 204, [2, 0, 2]],
  ['an old exemplar', [sample(job, 1, { exemplars: [{ labels: { trace_id: 'a' }, value: 1, timestamp: now - 3_600_000 }] })], 204, [1, 0, 1]],
  ['an exemplar without a name', [sample({ job: 'j' }, 1, trace())], 400, [0, 0, 0]],
  ['an exemplar of an empty name', [sample({ __name__: '' }, 1, trace())], 400, [0, 0, 0]],
  ['an exemplar alone', [{ labels: { __name__: 'a' }, ...trace() }], 400, [0, 0, 0]],

  ['a histogram', [native({ __name__: 'h' }, histogram({ count_int: 6, zero_count_int: 1, ...negative }))], 204, [0, 1, 0]],
  ['a histogram of custom buckets', [native({ __name__: 'h' }, histogram({ schema: -53, custom_values: [0.5, 1] }))], 204, [0, 1, 0]],
  ['a histogram of positive buckets', [native({ __name__: 'h' })], 204, [0, 1, 0]],
  ['a histogram of negative buckets', [native({ __name__: 'h' }, { count_int: 2, sum: -1, timestamp: now, ...negative })], 204, [0, 1, 0]],
  ['a histogram of a zero bucket', [native({ __name__: 'h' }, { count_int: 1, zero_count_int: 1, timestamp: now })], 204, [0, 1, 0]],
  ['a histogram of nothing', [native({ __name__: 'h' }, { timestamp: now })], 204, [0, 1, 0]],
  ['a histogram of floats', [native({ __name__: 'h' }, { count_float: 2.5, sum: 1, timestamp: now, positive_spans: [{ length: 1 }], positive_counts: [2.5] })], 204, [0, 1, 0]],
  ['a histogram with a wrong count', [native({ __name__: 'h' }, histogram({ count_int: 99 }))], 400, [0, 0, 0]],
  ['a histogram with a wrong count among others', [native({ __name__: 'h' }, histogram({ count_int: 99 })), native({ __name__: 'i' }), sample(job)], 400, [1, 1, 0]],
  ['a histogram with a created timestamp', [native({ __name__: 'h' }, histogram(), { created: now - 1 })], 204, [0, 1, 0]],
  ['several histograms', [native({ __name__: 'h' }), native({ __name__: 'i' })], 204, [0, 2, 0]],
  ['a histogram with everything', [native({ __name__: 'h' }, histogram(), { metadata: { type: 3, help: 'H', unit: 'seconds' }, ...trace() })], 204, [0, 1, 1]],
  ['samples with everything', [sample(job, 1, { ...counter, ...trace() }), sample({ ...job, job: 'k' }, 2, counter)], 204, [2, 0, 1]],
  ['labels out of order', [sample({ job: 'j', __name__: 'up' })], 204, [1, 0, 0]],
  ['samples of the future', [sample(job), { labels: { __name__: 'a' }, samples: [{ value: 1, timestamp: now + 700_000 }] }], 400, [1, 0, 0]],
]

describe('prometheus.receive_http: compliance of 2.0', () => {
  for (const [name, series, status, written] of cases) {
    it(`${name}: ${status}`, async () => {
      const answer = await push(request2(series))
      assert.deepEqual([answer.status, answer.written], [status, written], answer.body)
      assert.equal(answer.forwarded, written[0] + written[1])
      if (status === 400) assert.notEqual(answer.body, '')
    })
  }

  it('a stale sample keeps its bits', async () => {
    const stale = Uint8Array.of(2, 0, 0, 0, 0, 0, 0xf0, 0x7f)
    const bytes = Uint8Array.of(0x22, 0, 0x22, 8, ...new TextEncoder().encode('__name__'), 0x22, 1, 97, 0x2a, 15, 0x0a, 2, 1, 2, 0x12, 9, 9, ...stale)
    const answer = await push(encodeSnappy(bytes))
    assert.deepEqual([answer.status, answer.written], [204, [1, 0, 0]])
  })

  it('a label twice', async () => {
    const twice = encode('Request2', { symbols: ['', '__name__', 'a', 'l', 'x'], timeseries: [{ labels_refs: [1, 2, 3, 4, 3, 4], samples: [{ value: 1, timestamp: now }] }] })
    const answer = await push(encodeSnappy(twice))
    assert.deepEqual([answer.status, answer.written], [400, [0, 0, 0]])
    assert.match(answer.body, /duplicate label with name: l/)
  })

  const good = request2([sample({ __name__: 'up' })])
  const damaged = good.with(0, 0x30)
  const refused: [string, Uint8Array, Record<string, string>, number][] = [
    ['JSON', damaged, { ...headers2, 'content-type': 'application/json' }, 415],
    ['an image', damaged, { ...headers2, 'content-type': 'image/png' }, 415],
    ['gzip', damaged, { ...headers2, 'content-encoding': 'gzip' }, 415],
    ['deflate', damaged, { ...headers2, 'content-encoding': 'deflate' }, 415],
    ['damage', damaged, headers2, 400],
    ['damaged 1.0', encodeSnappy(encode('WriteRequest', {})).with(0, 0xff), { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }, 400],
  ]
  for (const [name, body, headers, status] of refused) {
    it(`${name}: ${status}`, async () => {
      const answer = await push(body, headers)
      assert.deepEqual([answer.status, answer.forwarded], [status, 0])
    })
  }

  it('1.0 is taken beside 2.0, and is told of no numbers', async () => {
    const labels = [{ name: '__name__', value: 'up' }]
    const body = encodeSnappy(encode('WriteRequest', { timeseries: [{ labels, samples: [{ value: 1, timestamp: now }] }] }))
    const answer = await push(body, { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' })
    assert.deepEqual([answer.status, answer.written, answer.forwarded], [204, [0, 0, 0], 1])
  })
})
