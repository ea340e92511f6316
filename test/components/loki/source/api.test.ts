import assert from 'node:assert/strict'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, it } from 'node:test'
import api from '../../../../src/components/loki/source/api.ts'
import { retryable } from '../../../../src/components/contract/errors.ts'
import type { LokiBatch } from '../../../../src/telemetry/batch.ts'
import { encodeSnappy } from '../../../../src/wire/snappy.ts'
import { Writer } from '../../../../src/wire/writer.ts'
import { fakeCall } from '../../../support/call.ts'
import { buildComponent, capsuleOf, sink } from '../../../support/component.ts'
import { entries, streams } from '../../../support/loki.ts'

const now = 1_700_000_000_000
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const incoming = 'use_incoming_timestamp = true'
const asJson = { 'content-type': 'application/json' }
const asProto = { 'content-type': 'application/x-protobuf' }

interface Push { path?: string; text?: string; rules?: unknown[]; outcome?: () => void }

async function push(body: Uint8Array, headers: Record<string, string>, { path = '/loki/api/v1/push', text = incoming, rules = [], outcome }: Push = {}) {
  const { batches, capsule } = sink<LokiBatch>('loki.LogsReceiver', outcome)
  const { routes } = buildComponent(api, `forward_to = [next]\nrelabel_rules = rules\n${text}`, { next: capsule, rules: capsuleOf('relabel.Rules', { rules }) })
  const request = new Request(`http://s.test${path}`, { method: 'POST', headers, body: body as BodyInit })
  if (headers['content-type'] === undefined) request.headers.delete('content-type')
  const call = fakeCall({ startMs: now })
  const response = await routes![`POST ${path}`]!(request, call)
  return { status: response.status, body: await response.text(), headers: response.headers, received: batches.flatMap(entries), call }
}

const one = streams([['{a="b"}', ['line', 5, { k: 'v' }]]])
const oneJson = json({ streams: [{ stream: { a: 'b' }, values: [['5', 'line', { k: 'v' }]] }] })
const oneReceived = ['{a="b"} line @5 k=v']

describe('loki.source.api: what it takes', () => {
  const bodies: [string, Uint8Array, Record<string, string>][] = [
    ['JSON', oneJson, asJson],
    ['JSON with a charset', oneJson, { 'content-type': 'application/json; charset=utf-8' }],
    ['JSON, gzip', gzipSync(oneJson), { ...asJson, 'content-encoding': 'gzip' }],
    ['JSON, raw deflate', deflateRawSync(oneJson), { ...asJson, 'content-encoding': 'deflate' }],
    ['JSON, deflate in zlib\'s format', deflateSync(oneJson), { ...asJson, 'content-encoding': 'deflate' }],
    ['JSON, snappy', encodeSnappy(oneJson), { ...asJson, 'content-encoding': 'snappy' }],
    ['protobuf', encodeSnappy(one.bytes), asProto],
    ['protobuf that says snappy', encodeSnappy(one.bytes), { ...asProto, 'content-encoding': 'snappy' }],
    ['protobuf, gzip around snappy', gzipSync(encodeSnappy(one.bytes)), { ...asProto, 'content-encoding': 'gzip' }],
    ['protobuf of any other type', encodeSnappy(one.bytes), { 'content-type': 'application/octet-stream' }],
  ]
  for (const [name, body, headers] of bodies) {
    it(name, async () => {
      for (const path of ['/loki/api/v1/push', '/api/v1/push']) {
        const { status, received, body: said } = await push(body, headers, { path })
        assert.deepEqual([status, said, received], [204, '', oneReceived])
      }
    })
  }

  it('lines', async () => {
    for (const path of ['/loki/api/v1/raw', '/api/v1/raw']) {
      const { status, received } = await push(new TextEncoder().encode('one\r\n\n\ntwo'), {}, { path, text: 'labels = { job = "raw" }' })
      assert.deepEqual([status, received], [204, [`{job="raw"} one @${now}000000`, `{job="raw"} two @${now}000001`]])
    }
    assert.deepEqual((await push(new TextEncoder().encode('\n\n'), {}, { path: '/api/v1/raw', text: '' })).received, [])
  })

  it('is ready', async () => {
    const { routes } = buildComponent(api, 'forward_to = []')
    assert.equal(await (await routes!['GET /ready']!(new Request('http://s.test/ready'), fakeCall())).text(), 'ready')
  })
})

describe('loki.source.api: what it does', () => {
  it('gives entries the present time unless they keep their own, each its own', async () => {
    const { received } = await push(encodeSnappy(streams([['{a="b"}', ['x', 5, { k: 'v' }], ['x', 6]], ['{c="d"}', ['y', 7]]]).bytes), asProto, { text: '' })
    assert.deepEqual(received, [`{a="b"} x @${now}000000 k=v`, `{a="b"} x @${now}000001`, `{c="d"} y @${now}000002`])
  })

  it('lays fixed labels over those of the stream, relabels, and takes internal labels off', async () => {
    const rules = [{ source_labels: ['a'], target_label: 'copy' }, { source_labels: ['__meta'], target_label: 'meta' }, { source_labels: ['c'], regex: 'drop', action: 'drop' }]
    const batch = streams([['{a="sent", __meta="m"}', ['x', 1]], ['{c="drop"}', ['y', 2]]])
    const { received } = await push(encodeSnappy(batch.bytes), asProto, { text: `labels = { a = "fixed" }\n${incoming}`, rules })
    assert.deepEqual(received, ['{a="fixed", copy="fixed", meta="m"} x @1'])
  })

  it('keeps the tenant, each its own', async () => {
    const tenant = async (name: string) => {
      const { received, call } = await push(oneJson, { ...asJson, 'x-scope-orgid': name })
      return [received[0]!.replace(' line @5 k=v', ''), call.logs.length]
    }
    assert.deepEqual(await tenant('team-1'), ['{__tenant_id__="team-1", a="b"}', 0])
    assert.deepEqual(await tenant('t|t'), ['{__tenant_id__="t", a="b"}', 0])
    assert.deepEqual(await tenant(''), ['{a="b"}', 0])
    for (const none of ['a|b', 'a/b', '..', 'x'.repeat(151)]) assert.deepEqual(await tenant(none), ['{a="b"}', 1])
  })

  it('takes the good streams beside bad ones, and answers 400', async () => {
    const { status, body, received } = await push(encodeSnappy(streams([['{a="b"', ['x', 1]], ['{c="d"}', ['y', 2]]]).bytes), asProto)
    assert.deepEqual([status, received], [400, ['{c="d"} y @2']])
    assert.match(body, /^parse error at line 1, col 7: .* in the labels \{a="b"\n$/)
  })
})

describe('loki.source.api: label names', () => {
  it('refuses streams with names that Loki would refuse the whole push for', async () => {
    const body = json({ streams: [{ stream: { 'a b': 'c' }, values: [['1', 'x']] }, { stream: { a: 'b' }, values: [['2', 'y']] }] })
    const { status, body: said, received } = await push(body, asJson)
    assert.deepEqual([status, received], [400, ['{a="b"} y @2']])
    assert.match(said, /"a b" is not a label name/)
  })
})

describe('loki.source.api: what it refuses', () => {
  const bomb = new Writer().varint(101 * 1024 * 1024).finish()
  const cases: [string, Uint8Array, Record<string, string>, number, RegExp][] = [
    ['no media type', oneJson, {}, 400, /Content-Type is missing/],
    ['what is no media type', oneJson, { 'content-type': 'json' }, 400, /Content-Type is missing or none/],
    ['another encoding', oneJson, { ...asJson, 'content-encoding': 'br' }, 400, /"br" is not supported.*snappy, gzip, deflate/],
    ['what is no JSON', new TextEncoder().encode('{"streams": [}'), asJson, 400, /^loki push JSON: .* at /],
    ['an entry without its line', json({ streams: [{ stream: {}, values: [['1']] }] }), asJson, 400, /needs a timestamp and a line/],
    ['JSON nested without end', new TextEncoder().encode(`{"streams":${'['.repeat(20_000)}`), asJson, 400, /^loki push JSON: /],
    ['unknown JSON nested without end', new TextEncoder().encode(`{"x":${'['.repeat(200_000)}`), asJson, 400, /^loki push JSON: /],
    ['an empty body', new Uint8Array(0), asProto, 400, /^snappy: /],
    ['an empty body as JSON', new Uint8Array(0), asJson, 400, /^loki push JSON: /],
    ['what is no gzip', oneJson, { ...asJson, 'content-encoding': 'gzip' }, 400, /gzip: .* at byte 0/],
    ['what is no snappy', new Uint8Array([255, 255, 255, 255, 255, 255]), asProto, 400, /^snappy: /],
    ['what is no protobuf', encodeSnappy(new Uint8Array([10, 200, 1])), asProto, 400, /^loki push: .* at byte \d/],
    ['too much once decompressed', bomb, asProto, 413, /limit of 104857600 bytes/],
    ['too much once decompressed, by name', bomb, { ...asProto, 'content-encoding': 'snappy' }, 413, /limit of 104857600 bytes/],
  ]
  for (const [name, body, headers, status, message] of cases) {
    it(name, async () => {
      const answer = await push(body, headers)
      assert.equal(answer.status, status, answer.body)
      assert.match(answer.body, message)
      assert.deepEqual(answer.received, [])
    })
  }

  it('whatever becomes of a byte, with an answer', async () => {
    const cases: [Uint8Array, (bytes: Uint8Array) => Uint8Array, Record<string, string>][] = [
      [one.bytes, encodeSnappy, asProto], [encodeSnappy(one.bytes), bytes => bytes, asProto], [oneJson, bytes => bytes, asJson],
    ]
    for (const [body, wrap, headers] of cases) {
      for (let at = 0; at < body.length; at++) {
        for (const value of [0, 0x7f, 0xff, body[at]! ^ 1]) {
          const { status } = await push(wrap(body.with(at, value)), headers)
          assert.ok([204, 400, 413].includes(status), `${status} for byte ${at} = ${value}`)
        }
        const cut = await push(wrap(body.subarray(0, at)), headers)
        assert.ok([204, 400].includes(cut.status), `${cut.status} cut at ${at}`)
      }
    }
  })

  it('more than max_send_message_size', async () => {
    for (const [body, headers] of [[oneJson, asJson], [gzipSync(json({ streams: [], x: 'y'.repeat(500) })), { ...asJson, 'content-encoding': 'gzip' }]] as const) {
      const { status } = await push(body, headers, { text: 'max_send_message_size = 60' })
      assert.equal(status, 413)
    }
  })

  it('what follows it does not take', async () => {
    const { status, headers } = await push(oneJson, asJson, { outcome: () => { throw retryable('busy', { status: 429, retryAfterMs: 3000 }) } })
    assert.deepEqual([status, headers.get('retry-after')], [429, '3'])
  })
})
