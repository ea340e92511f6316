import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import receiver from '../../../../src/components/otelcol/receiver/otlp.ts'
import { permanent, retryable } from '../../../../src/components/contract/errors.ts'
import { Unknown, objectValue, type Value } from '../../../../src/language/value.ts'
import type { OtlpBatch } from '../../../../src/telemetry/batch.ts'
import { decodeExportResponse, decodeStatus } from '../../../../src/wire/otlp-response.ts'
import { fakeCall } from '../../../support/call.ts'
import { buildComponent, capsuleOf, problemsOf, sink } from '../../../support/component.ts'
import { namesOf, objectOf, spans, spansJson } from '../otlp.ts'

const output = 'output {\n traces = [next]\n metrics = [next]\n logs = [next]\n}\n'

function setUp(http = '', outcome?: (batch: OtlpBatch) => void, variables: Record<string, Value> = {}) {
  const next = sink<OtlpBatch>('otelcol.Consumer', outcome)
  const instance = buildComponent(receiver, `http {\n${http}\n}\n${output}`, { next: next.capsule, ...variables })
  const call = fakeCall()
  const send = async (path: string, body: Uint8Array | string | undefined, headers: Record<string, string> = {}, method = 'POST') => {
    const request = new Request(`http://door${path}`, { method, headers: { 'content-type': 'application/x-protobuf', ...headers }, ...(body !== undefined && { body: body as BodyInit }) })
    const response = await instance.routes![`${method} ${path}`]!(request, call)
    return { status: response.status, headers: response.headers, body: new Uint8Array(await response.arrayBuffer()) }
  }
  return { instance, next, send, call }
}
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const json = { 'content-type': 'application/json' }

describe('otelcol.receiver.otlp', () => {
  it('hands protobuf on as it came and answers in protobuf', async () => {
    const { next, send } = setUp()
    const { bytes } = spans('a', 'b')
    const answer = await send('/v1/traces', bytes)
    assert.deepEqual([answer.status, answer.headers.get('content-type'), answer.body.length], [200, 'application/x-protobuf', 0])
    assert.deepEqual(next.batches.map(batch => [batch.signal, batch.bytes]), [['traces', bytes]])
  })

  it('takes JSON, by its camelCase and its proto names, and answers in JSON', async () => {
    const { next, send } = setUp()
    const answer = await send('/v1/traces', JSON.stringify(spansJson('a')), { 'content-type': 'application/json; charset=utf-8' })
    assert.deepEqual([answer.status, answer.headers.get('content-type'), text(answer.body)], [200, 'application/json', '{}'])
    await send('/v1/logs', '{"resource_logs":[{"scope_logs":[{"log_records":[{"time_unix_nano":"5","severity_number":"SEVERITY_NUMBER_WARN","body":{"string_value":"x"}}]}]}]}', json)
    await send('/v1/metrics', '{"resourceMetrics":[]}', json)
    assert.deepEqual(namesOf(next.batches[0]!), ['a'])
    assert.deepEqual(objectOf(next.batches[1]!), { resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '5', severityNumber: 13, body: { stringValue: 'x' } }] }] }] })
  })

  it('counts what was accepted and what was refused, by signal', async () => {
    let refuse: (() => never) | undefined
    const { send, call } = setUp('', () => { refuse?.() })
    await send('/v1/traces', spans('a', 'b').bytes)
    refuse = () => { throw permanent('one is wrong', { rejected: 1 }) }
    await send('/v1/traces', spans('a', 'b', 'c').bytes)
    refuse = () => { throw retryable('later') }
    await send('/v1/traces', spans('a').bytes)
    await send('/v1/traces', 'damaged')
    assert.deepEqual(Object.fromEntries(call.counts), {
      'otelcol_receiver_accepted_spans_total{otlp,http}': 4,
      'otelcol_receiver_refused_spans_total{otlp,http}': 2,
    })
  })

  it('takes an empty request as a success without troubling anybody', async () => {
    const { next, send } = setUp()
    assert.equal((await send('/v1/traces', new Uint8Array(0))).status, 200)
    assert.equal((await send('/v1/traces', '{}', json)).status, 200)
    assert.deepEqual(next.batches, [])
  })

  it('decompresses what it is told to and no other', async () => {
    const { next, send } = setUp('compression_algorithms = ["gzip"]')
    assert.equal((await send('/v1/traces', gzipSync(spans('a').bytes), { 'content-encoding': 'gzip' })).status, 200)
    assert.deepEqual(next.batches.map(namesOf), [['a']])
    const refused = await send('/v1/traces', 'x', { 'content-encoding': 'zstd' })
    assert.equal(refused.status, 415)
    assert.match(decodeStatus(refused.body, 'proto').message, /"zstd" is not supported/)
    assert.equal((await send('/v1/traces', spans('a').bytes)).status, 415, 'plain is not in the list')
  })

  it('answers bad requests with a Status in the encoding of the request', async () => {
    const { next, send } = setUp('max_request_body_size = "100B"')
    const table: [string, Uint8Array | string, Record<string, string>, number, number, RegExp][] = [
      ['cut off', spans('a').bytes.slice(0, -1), {}, 400, 3, /OTLP traces/],
      ['no protobuf', new Uint8Array([0xff, 0xff, 0xff]), {}, 400, 3, /OTLP traces/],
      ['no gzip', 'junk', { 'content-encoding': 'gzip' }, 400, 3, /gzip/],
      ['too large', new Uint8Array(101), {}, 413, 3, /limit of 100 bytes/],
      ['too large once decompressed', gzipSync(new Uint8Array(5000)), { 'content-encoding': 'gzip' }, 413, 3, /limit of 100 bytes once decompressed/],
      ['no JSON', '{"resourceSpans":', json, 400, 3, /JSON/],
      ['wrong JSON', '{"resourceSpans":3}', json, 400, 3, /resourceSpans/],
    ]
    for (const [name, body, headers, status, code, message] of table) {
      const encoding = headers['content-type'] === undefined ? 'proto' : 'json'
      const answer = await send('/v1/traces', body, headers)
      assert.equal(answer.status, status, name)
      assert.equal(answer.headers.get('content-type'), encoding === 'json' ? 'application/json' : 'application/x-protobuf', name)
      const said = decodeStatus(answer.body, encoding)
      assert.equal(said.code, code, name)
      assert.match(said.message, message, name)
    }
    assert.deepEqual(next.batches, [])
  })

  it('answers an unknown content type with plain text', async () => {
    const { send } = setUp()
    for (const type of ['text/plain', '']) {
      const answer = await send('/v1/traces', 'x', { 'content-type': type })
      assert.deepEqual([answer.status, answer.headers.get('content-type'), text(answer.body)],
        [415, 'text/plain', '415 unsupported media type, supported: [application/json, application/x-protobuf]'])
    }
  })

  it('tells the sender what became of the data', async () => {
    const outcomes: [Error, number, number, string | null][] = [
      [permanent('no good'), 400, 3, null],
      [permanent('not yours', { status: 500 }), 500, 13, null],
      [retryable('later'), 503, 14, null],
      [retryable('slower', { status: 429, retryAfterMs: 1500 }), 429, 8, '2'],
      [retryable('half of it later', { rejected: 1 }), 503, 14, null],
      [permanent('all of it', { rejected: 2 }), 400, 3, null],
    ]
    for (const [outcome, status, code, retryAfter] of outcomes) {
      const { send } = setUp('', () => { throw outcome })
      const answer = await send('/v1/traces', spans('a', 'b').bytes)
      assert.deepEqual([answer.status, answer.headers.get('retry-after')], [status, retryAfter], outcome.message)
      assert.deepEqual(decodeStatus(answer.body, 'proto'), { code, message: outcome.message })
    }
  })

  it('answers a part that is refused for good with a partial success', async () => {
    const { send } = setUp('', () => { throw permanent('too old', { rejected: 1 }) })
    const answer = await send('/v1/traces', spans('a', 'b').bytes)
    assert.equal(answer.status, 200)
    assert.deepEqual(decodeExportResponse(answer.body, 'traces', 'proto'), { rejected: 1, errorMessage: 'too old' })
    const inJson = await send('/v1/traces', JSON.stringify(spansJson('a', 'b')), json)
    assert.deepEqual(JSON.parse(text(inJson.body)), { partialSuccess: { rejectedSpans: '1', errorMessage: 'too old' } })
  })

  it('throws a bug on', async () => {
    const { send } = setUp('', () => { throw new TypeError('a bug') })
    await assert.rejects(send('/v1/traces', spans('a').bytes), new TypeError('a bug'))
  })

  it('asks for credentials before it reads anything', async () => {
    const handler = capsuleOf('auth.Handler', {
      challenge: 'Basic',
      authenticate: async headers => (headers.get('authorization') === 'good' ? { username: 'ann' } : undefined),
    })
    const { instance, next, send } = setUp('auth = handler\ninclude_metadata = true', undefined, { handler })
    assert.equal(instance.guarded, true)
    const refused = await send('/v1/traces', 'not even protobuf')
    assert.deepEqual([refused.status, refused.headers.get('www-authenticate'), decodeStatus(refused.body, 'proto').code], [401, 'Basic', 16])
    assert.equal((await send('/v1/traces', spans('a').bytes, { authorization: 'good', 'X-Scope-OrgID': 't1' })).status, 200)
    const { client } = next.calls[0]!
    assert.deepEqual(client.auth, { username: 'ann' })
    assert.deepEqual(client.metadata['x-scope-orgid'], ['t1'])
  })

  it('counts as guarded already while the handler is not known yet', () => {
    const next = sink('otelcol.Consumer').capsule
    const instance = buildComponent(receiver, `http {\n auth = handler\n}\n${output}`, { next, handler: new Unknown('capsule("auth.Handler")') })
    assert.equal(instance.guarded, true)
    assert.equal(setUp().instance.guarded, undefined)
  })

  it('keeps no metadata unless it is asked to', async () => {
    const { next, send } = setUp()
    await send('/v1/traces', spans('a').bytes, { 'X-Scope-OrgID': 't1' })
    assert.deepEqual(next.calls[0]!.client, { metadata: {}, auth: {} })
  })

  it('lets browsers of allowed origins in', async () => {
    const cors = 'cors {\n allowed_origins = ["https://*.example.com"]\n allowed_headers = ["X-Tenant"]\n exposed_headers = ["X-Seen"]\n max_age = 60\n}'
    const { send } = setUp(cors)
    const ask = (origin: string, headers = 'content-type, x-tenant') => send('/v1/traces', undefined, {
      origin, 'access-control-request-method': 'POST', 'access-control-request-headers': headers,
    }, 'OPTIONS')
    const allowed = await ask('https://app.example.com')
    assert.deepEqual([allowed.status, allowed.headers.get('access-control-allow-origin'), allowed.headers.get('access-control-allow-headers'), allowed.headers.get('access-control-max-age')],
      [204, 'https://app.example.com', 'content-type, x-tenant', '60'])
    for (const refused of [await ask('https://evil.test'), await ask('https://app.example.com', 'x-other')]) {
      assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [204, null])
    }
    const sent = await send('/v1/traces', spans('a').bytes, { origin: 'https://app.example.com' })
    assert.deepEqual([sent.status, sent.headers.get('access-control-allow-origin'), sent.headers.get('access-control-expose-headers')], [200, 'https://app.example.com', 'X-Seen'])
    const failed = await send('/v1/traces', 'junk', { origin: 'https://app.example.com' })
    assert.deepEqual([failed.status, failed.headers.get('access-control-allow-origin')], [400, 'https://app.example.com'])
  })

  it('serves the paths of the signals that go somewhere, and listens where Alloy would', () => {
    const next = sink('otelcol.Consumer').capsule
    const instance = buildComponent(receiver, 'http {\n endpoint = "[::1]:5318"\n logs_url_path = "in/logs"\n}\noutput {\n logs = [next]\n}', { next })
    assert.deepEqual(Object.keys(instance.routes!), ['POST /in/logs'])
    assert.deepEqual(instance.listen, { host: '::1', port: 5318 })
    assert.deepEqual(buildComponent(receiver, 'grpc { }\noutput { }'), {})
  })

  it('knows grpc, and says that it is not served', () => {
    assert.match(problemsOf(receiver, 'grpc {\n endpoint = "0.0.0.0:4317"\n keepalive {\n server_parameters { }\n }\n}\noutput { }').join(), /^inert grpc: gRPC cannot be served here.*OTLP\/HTTP/)
  })

  it('refuses arguments that cannot work', () => {
    const build = (http: string) => buildComponent(receiver, `http {\n${http}\n}\noutput { }`, objectValue({ clientOnly: capsuleOf('auth.Handler', { authorize: async () => undefined }) }))
    assert.throws(() => build('traces_url_path = ""'), /traces_url_path cannot be empty/)
    assert.throws(() => build('endpoint = "nowhere"'), /not an address to listen on/)
    assert.throws(() => build('auth = clientOnly'), /not check those that come in/)
    assert.throws(() => build('compression_algorithms = ["br"]'), /"br" is not one of/)
    assert.throws(() => build('tls {\n cert_pem = "x"\n}'), /exactly one of key_pem or key_file/)
  })
})
