import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import receiveHttp from '../../../src/components/prometheus/receive_http.ts'
import { ArgumentError, permanent, retryable } from '../../../src/components/contract/errors.ts'
import type { PrometheusBatch } from '../../../src/telemetry/batch.ts'
import { encodeRemoteWrite2 } from '../../../src/wire/remote-write-2-encode.ts'
import { encodeSnappy } from '../../../src/wire/snappy.ts'
import { Writer } from '../../../src/wire/writer.ts'
import { fakeCall } from '../../support/call.ts'
import { buildComponent, decodeArguments, problemsOf, sink } from '../../support/component.ts'
import { lines, series } from '../../support/prometheus.ts'

const now = 1_700_000_000_000
const v1 = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }
const v2 = { ...v1, 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request' }
const both = 'accepted_remote_write_protobuf_messages = ["prometheus.WriteRequest", "io.prometheus.write.v2.Request"]'
const up = series([[{ __name__: 'up', job: 'a' }, [[1, now]]]])

async function push(body: Uint8Array, headers: Record<string, string>, { text = '', outcome }: { text?: string; outcome?: () => void } = {}) {
  const { batches, capsule } = sink<PrometheusBatch>('storage.Appendable', outcome)
  const { routes } = buildComponent(receiveHttp, `forward_to = [next]\n${text}`, { next: capsule })
  const request = new Request('http://s.test/api/v1/metrics/write', { method: 'POST', headers, body: body as BodyInit })
  if (headers['content-type'] === undefined) request.headers.delete('content-type')
  const call = fakeCall({ startMs: now })
  const response = await routes!['POST /api/v1/metrics/write']!(request, call)
  return { status: response.status, body: await response.text(), headers: response.headers, received: batches.flatMap(lines), call }
}

describe('prometheus.receive_http: what it takes', () => {
  it('takes remote-write 1.0', async () => {
    for (const headers of [v1, {}, { 'content-encoding': 'snappy' }, { 'content-type': 'application/x-protobuf;proto=prometheus.WriteRequest' }]) {
      const { status, body, received } = await push(encodeSnappy(up.bytes), headers)
      assert.deepEqual([status, body, received], [204, '', [`__name__=up,job=a 1 ${now}`]])
    }
  })

  it('takes remote-write 2.0 where it is allowed, and says what it has written', async () => {
    const body = encodeSnappy(encodeRemoteWrite2(up.bytes))
    const { status, received, headers } = await push(body, v2, { text: both })
    assert.deepEqual([status, received], [204, [`__name__=up,job=a 1 ${now}`]])
    assert.equal(headers.get('x-prometheus-remote-write-samples-written'), '1')
    assert.equal(headers.get('x-prometheus-remote-write-histograms-written'), '0')
    assert.equal(headers.get('x-prometheus-remote-write-exemplars-written'), '0')
  })

  it('leaves metadata out unless asked for it', async () => {
    const body = encodeSnappy(series([[{ __name__: 'up' }, [[1, now]]]], [{ type: 'gauge', family: 'up', help: 'is it', unit: '' }]).bytes)
    assert.deepEqual((await push(body, v1)).received, [`__name__=up 1 ${now}`])
    assert.deepEqual((await push(body, v1, { text: 'append_metadata = true' })).received, [`__name__=up 1 ${now}`, '# up is it'])
  })

  it('takes nothing from an empty request, and says yes', async () => {
    const { status, received } = await push(encodeSnappy(new Uint8Array(0)), v1)
    assert.deepEqual([status, received], [204, []])
  })

  it('drops series with invalid labels, and tells only senders of 2.0', async () => {
    const batch = series([[{ job: 'nameless' }, [[1, now]]], [{ __name__: 'up' }, [[2, now]]]])
    const first = await push(encodeSnappy(batch.bytes), v1)
    assert.deepEqual([first.status, first.received], [204, [`__name__=up 2 ${now}`]])
    assert.equal(first.call.logs[0]!.fields['samples'], 1)
    const second = await push(encodeSnappy(encodeRemoteWrite2(batch.bytes)), v2, { text: both })
    assert.deepEqual([second.status, second.received], [400, [`__name__=up 2 ${now}`]])
    assert.match(second.body, /missing metric name.*1 series were refused/)
    assert.equal(second.headers.get('x-prometheus-remote-write-samples-written'), '1')
  })

  it('takes all but what lies too far in the future', async () => {
    const batch = series([[{ __name__: 'up' }, [[1, now], [2, now + 600_000], [3, now + 600_001]]], [{ __name__: 'ahead' }, [[1, now + 700_000]]]])
    const { status, body, received } = await push(encodeSnappy(batch.bytes), v1)
    assert.deepEqual([status, received], [400, [`__name__=up 1 ${now}`, `__name__=up 2 ${now + 600_000}`]])
    assert.match(body, /^out of bounds: 2 samples/)
  })

  it('takes no exemplars of the future, and says nothing of it', async () => {
    const exemplars = [{ labels: [['t', 'x'] as const], value: 2, timestamp: now + 700_000 }, { labels: [['t', 'y'] as const], value: 3, timestamp: now }]
    const { status, received } = await push(encodeSnappy(series([[{ __name__: 'a' }, [[1, now]], { exemplars }]]).bytes), v1)
    assert.deepEqual([status, received], [204, [`__name__=a 1 ${now}`, '__name__=a exemplar t=y 3']])
  })

  it('makes labels of types and units where it is asked to', async () => {
    const metadata = [{ type: 'gauge' as const, family: 'a', help: 'A', unit: 'seconds' }]
    const body = encodeSnappy(encodeRemoteWrite2(series([[{ __name__: 'a', job: 'j' }, [[1, now]]]], metadata).bytes))
    const { status, received } = await push(body, v2, { text: `${both}\nenable_type_and_unit_labels = true` })
    assert.deepEqual([status, received], [204, [`__name__=a,__type__=gauge,__unit__=seconds,job=j 1 ${now}`]])
  })
})

describe('prometheus.receive_http: what it refuses', () => {
  const good = encodeSnappy(up.bytes)
  const bomb = new Writer().varint(33 * 1024 * 1024).finish()
  const cases: [string, Uint8Array, Record<string, string>, number, RegExp][] = [
    ['another media type', good, { ...v1, 'content-type': 'application/json' }, 415, /^expected application\/x-protobuf .* got application\/json content-type\n$/],
    ['an unknown message', good, { ...v1, 'content-type': 'application/x-protobuf;proto=yolo' }, 415, /unknown type for remote write protobuf message yolo/],
    ['2.0 where it is not allowed', good, v2, 415, /not accepted by this server; only prometheus\.WriteRequest is acceptable/],
    ['another encoding', good, { ...v1, 'content-encoding': 'gzip' }, 415, /^gzip encoding \(compression\) is not accepted by this server; only snappy is acceptable\n$/],
    ['what is no snappy', new Uint8Array([255, 255, 255, 255, 255]), v1, 400, /snappy.* at byte \d/],
    ['what is no snappy, unnamed', new Uint8Array([200, 1, 7]), {}, 400, /snappy.* at byte \d/],
    ['what is no protobuf', encodeSnappy(new Uint8Array([10, 200])), v1, 400, /^remote-write: .* at byte \d/],
    ['a series that is cut off', encodeSnappy(up.bytes.subarray(0, up.bytes.length - 3)), v1, 400, /^remote-write: .* at byte \d/],
    ['too much once decompressed', bomb, v1, 413, /limit of 33554432 bytes/],
    ['too much once decompressed, unnamed', bomb, {}, 413, /limit of 33554432 bytes/],
    ['too much as sent', new Uint8Array(33 * 1024 * 1024), v1, 413, /limit of 33554432 bytes/],
  ]
  for (const [name, body, headers, status, message] of cases) {
    it(name, async () => {
      const answer = await push(body, headers)
      assert.equal(answer.status, status, answer.body)
      assert.match(answer.body, message)
      assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
      assert.deepEqual(answer.received, [])
    })
  }

  it('whatever becomes of a byte, with an answer', async () => {
    const cases: [Uint8Array, (bytes: Uint8Array) => Uint8Array, Record<string, string>][] = [
      [up.bytes, encodeSnappy, v1], [good, bytes => bytes, v1], [encodeRemoteWrite2(up.bytes), encodeSnappy, v2],
    ]
    for (const [body, wrap, headers] of cases) {
      for (let at = 0; at < body.length; at++) {
        for (const value of [0, 0x7f, 0xff, body[at]! ^ 1]) {
          const { status } = await push(wrap(body.with(at, value)), headers, { text: both })
          assert.ok([204, 400, 413].includes(status), `${status} for byte ${at} = ${value}`)
        }
        const cut = await push(wrap(body.subarray(0, at)), headers, { text: both })
        assert.ok([204, 400].includes(cut.status), `${cut.status} cut at ${at}`)
      }
    }
  })

  it('damaged 2.0', async () => {
    const answer = await push(encodeSnappy(new Uint8Array([0x2a, 3, 0x0a, 1, 9])), v2, { text: both })
    assert.equal(answer.status, 400)
    assert.match(answer.body, /^an odd number of label references\n/)
    const cut = await push(encodeSnappy(new Uint8Array([0x2a, 9])), v2, { text: both })
    assert.deepEqual([cut.status, cut.body.slice(0, 18)], [400, 'remote-write 2.0: '])
  })

  it('what follows it does not take', async () => {
    const busy = await push(good, v1, { outcome: () => { throw retryable('too many', { status: 429, retryAfterMs: 1500 }) } })
    assert.deepEqual([busy.status, busy.headers.get('retry-after'), busy.body], [429, '2', 'too many\n'])
    const down = await push(good, v1, { outcome: () => { throw retryable('down') } })
    assert.equal(down.status, 503)
    const bad = await push(good, v1, { outcome: () => { throw permanent('out of order') } })
    assert.deepEqual([bad.status, bad.body, bad.headers.get('x-prometheus-remote-write-samples-written')], [400, 'out of order\n', null])
  })

  it('of a part that is refused further on, and tells senders of 2.0 how much arrived', async () => {
    const body = encodeSnappy(encodeRemoteWrite2(series([[{ __name__: 'a' }, [[1, now], [2, now + 1], [3, now + 2]]]]).bytes))
    const written = async (outcome: () => void) => {
      const { status, headers } = await push(body, v2, { text: both, outcome })
      return [status, headers.get('x-prometheus-remote-write-samples-written')]
    }
    assert.deepEqual(await written(() => { throw permanent('one is too old', { rejected: 1 }) }), [400, '2'])
    assert.deepEqual(await written(() => { throw permanent('all are') }), [400, '0'])
    assert.deepEqual(await written(() => { throw retryable('later') }), [503, null])
  })

  it('parameters of the media type that are none', async () => {
    const answer = await push(good, { ...v1, 'content-type': 'application/x-protobuf;proto' })
    assert.deepEqual([answer.status, answer.received], [415, []])
  })
})

describe('prometheus.receive_http: arguments', () => {
  const build = (text: string) => buildComponent(receiveHttp, `forward_to = []\n${text}`)

  it('listens where Alloy would', () => {
    assert.deepEqual(build('').listen, { host: '0.0.0.0', port: 8080 })
    assert.deepEqual(build('http { listen_address = "127.0.0.1"\n listen_port = 9999 }').listen, { host: '127.0.0.1', port: 9999 })
    assert.equal(build('http { listen_port = 0 }').listen, undefined)
  })

  it('refuses unknown messages', () => {
    assert.throws(() => build('accepted_remote_write_protobuf_messages = []'), ArgumentError)
    assert.throws(() => build('accepted_remote_write_protobuf_messages = ["x"]'), (error: unknown) => error instanceof ArgumentError && error.path[1] === 0)
  })

  it('gates what Alloy gates', () => {
    const gated = (text: string) =>
      decodeArguments(receiveHttp, `forward_to = []\n${text}`, {}, 'generally-available').problems.filter(({ kind }) => kind === 'gated').map(({ name }) => name)
    assert.deepEqual(gated('append_metadata = false\naccepted_remote_write_protobuf_messages = ["prometheus.WriteRequest"]'), [])
    assert.deepEqual(gated(`append_metadata = true\nenable_type_and_unit_labels = true\n${both}`),
      ['append_metadata', 'enable_type_and_unit_labels', 'accepted_remote_write_protobuf_messages'])
  })

  it('explains what has no effect', () => {
    const names = problemsOf(receiveHttp, 'forward_to = []\nhttp { conn_limit = 3\n tls { } }\ngrpc { }\ngraceful_shutdown_timeout = "1s"').map(problem => problem.split(':')[0])
    assert.deepEqual(names, ['inert graceful_shutdown_timeout', 'inert http.conn_limit', 'inert http.tls', 'inert grpc'])
  })
})
