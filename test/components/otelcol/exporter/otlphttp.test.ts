import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { userAgent } from '../../../../src/transport/user-agent.ts'
import { gunzipSync, inflateSync } from 'node:zlib'
import exporter from '../../../../src/components/otelcol/exporter/otlphttp.ts'
import type { OtlpConsumer } from '../../../../src/components/contract/consume.ts'
import { ConsumeError } from '../../../../src/components/contract/errors.ts'
import type { Value } from '../../../../src/language/value.ts'
import type { OtlpBatch } from '../../../../src/telemetry/batch.ts'
import { otlpBatch } from '../../../../src/telemetry/otlp.ts'
import { encodeExportResponse } from '../../../../src/wire/otlp-response.ts'
import { fakeCall, type Answer } from '../../../support/call.ts'
import { buildComponent, capsuleOf, problemsOf } from '../../../support/component.ts'
import { batchOf, namesOf, spans } from '../otlp.ts'

const ok: Answer = () => new Response(null, { status: 200 })
const client = (more = '', endpoint = 'https://otlp.test/base/') => `client {\n endpoint = "${endpoint}"\n compression = "none"\n${more}\n}\n`
const build = (text: string, variables: Record<string, Value> = {}) => buildComponent(exporter, text, variables).exports!['input'] as OtlpConsumer

async function sendOne(text: string, batch: OtlpBatch = spans('a'), fetch: Answer = ok, variables: Record<string, Value> = {}) {
  const call = fakeCall({ fetch })
  await build(text, variables).consume(batch, call)
  return call
}
async function refusal(text: string, fetch: Answer, batch: OtlpBatch = spans('a', 'b')): Promise<ConsumeError> {
  try {
    await sendOne(text, batch, fetch)
  } catch (error) {
    assert.ok(error instanceof ConsumeError, String(error))
    return error
  }
  assert.fail('the batch was accepted')
}

describe('otelcol.exporter.otlphttp', () => {
  it('posts the bytes of a batch to the path of its signal', async () => {
    for (const [signal, path] of [['traces', '/base/v1/traces'], ['metrics', '/base/v1/metrics'], ['logs', '/base/v1/logs']] as const) {
      const batch = batchOf(signal, {})
      const { requests: [request] } = await sendOne(client(), batch)
      assert.equal(request!.url, `https://otlp.test${path}`)
      assert.equal(request!.method, 'POST')
      assert.equal(request!.headers.get('content-type'), 'application/x-protobuf')
      assert.equal(request!.headers.get('content-encoding'), null)
      assert.deepEqual(request!.body, batch.bytes)
    }
  })

  it('prefers the address of a signal, and refuses a signal without one', async () => {
    const text = `${client('', '')}traces_endpoint = "http://t.test/in"`
    assert.equal((await sendOne(text)).requests[0]!.url, 'http://t.test/in')
    await assert.rejects(sendOne(text, batchOf('logs', {})), /no address for logs/)
  })

  it('compresses, gzip unless told otherwise', async () => {
    const batch = spans('a')
    const [gzip] = (await sendOne('client {\n endpoint = "http://x.test"\n}', batch)).requests
    assert.equal(gzip!.headers.get('content-encoding'), 'gzip')
    assert.deepEqual(new Uint8Array(gunzipSync(gzip!.body)), batch.bytes)
    const [zlib] = (await sendOne('client {\n endpoint = "http://x.test"\n compression = "zlib"\n}', batch)).requests
    assert.deepEqual(new Uint8Array(inflateSync(zlib!.body)), batch.bytes)
  })

  it('sends gzip for what cannot be written, and says so', async () => {
    const text = 'client {\n endpoint = "http://x.test"\n compression = "zstd"\n}'
    const { requests: [request] } = await sendOne(text)
    assert.equal(request!.headers.get('content-encoding'), 'gzip')
    assert.match(problemsOf(exporter, text).join(), /^inert client.compression: .*gzip is sent/)
  })

  it('encodes JSON when asked to', async () => {
    const { requests: [request] } = await sendOne(`${client()}encoding = "json"`)
    assert.equal(request!.headers.get('content-type'), 'application/json')
    assert.equal((JSON.parse(new TextDecoder().decode(request!.body)) as { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] }).resourceSpans[0]!.scopeSpans[0]!.spans[0]!.name, 'a')
  })

  it('sends headers and credentials along', async () => {
    const handler = capsuleOf('auth.Handler', { authorize: async headers => headers.set('authorization', 'Bearer t') })
    const { requests: [request] } = await sendOne(client('headers = { "X-Scope-OrgID" = "t1" }\nauth = handler'), spans('a'), ok, { handler })
    assert.deepEqual([request!.headers.get('x-scope-orgid'), request!.headers.get('authorization'), request!.headers.get('user-agent')], ['t1', 'Bearer t', userAgent])
  })

  it('sends again what may succeed later, as soon as the destination says', async () => {
    const call = await sendOne(client(), spans('a'), (_, index) => new Response(null, index === 0 ? { status: 503, headers: { 'retry-after': '1' } } : { status: 200 }))
    assert.deepEqual([call.requests.length, call.sleeps], [2, [1000]])
    assert.equal(call.requests[1]!.headers.get('retry-attempt'), '1')
  })

  it('tells what may succeed later from what never will', async () => {
    const off = `${client()}retry_on_failure {\n enabled = false\n}`
    for (const status of [429, 502, 503, 504]) assert.equal((await refusal(off, () => new Response(null, { status }))).kind, 'retryable', String(status))
    for (const status of [400, 401, 404, 500, 501]) assert.equal((await refusal(off, () => new Response('why', { status }))).kind, 'permanent', String(status))
    const down = await refusal(off, () => { throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }) })
    assert.equal(down.kind, 'retryable')
    assert.match(down.message, /could not be reached: connect ECONNREFUSED/)
  })

  it('divides what is too large for the destination', async () => {
    const accepted: string[] = []
    const limit: Answer = ({ body }) => {
      const names = namesOf(otlpBatch('traces', body))
      if (names.length > 2) return new Response(null, { status: 413 })
      accepted.push(...names)
      return new Response(null, { status: 200 })
    }
    await sendOne(client(), spans('a', 'b', 'c', 'd', 'e'), limit)
    assert.deepEqual(accepted, ['a', 'b', 'c', 'd', 'e'])
  })

  it('loses only the item that is too large by itself', async () => {
    const accepted: string[] = []
    const error = await refusal(client(), ({ body }) => {
      const names = namesOf(otlpBatch('traces', body))
      if (names.includes('huge')) return new Response(null, { status: 413 })
      accepted.push(...names)
      return new Response(null, { status: 200 })
    }, spans('a', 'b', 'huge', 'd'))
    assert.deepEqual(accepted.sort(), ['a', 'b', 'd'])
    assert.deepEqual([error.kind, error.status, error.rejected], ['permanent', 400, 1])
  })

  it('counts what it sends, and what it gives up or gives back', async () => {
    const counted = async (text: string, fetch: Answer) => {
      const call = fakeCall({ fetch })
      await build(text).consume(spans('a', 'b'), call).catch(() => undefined)
      return Object.fromEntries(call.counts)
    }
    assert.deepEqual(await counted(client(), ok), { 'otelcol_exporter_sent_spans_total{otlp_http}': 2 })
    assert.deepEqual(await counted(client(), () => new Response(null, { status: 400 })), { 'otelcol_exporter_send_failed_spans_total{otlp_http}': 2 })
    const once = `${client()}\nretry_on_failure { enabled = false }`
    assert.deepEqual(await counted(once, () => new Response(null, { status: 503 })), { 'otelcol_exporter_send_failed_spans_total{otlp_http}': 2 })
    const full = `${client()}\nsending_queue {\n queue_size = 1\n sizer = "items"\n}`
    assert.deepEqual(await counted(full, () => new Response(null, { status: 503 })), { 'otelcol_exporter_enqueue_failed_spans_total{otlp_http}': 2 })
  })

  it('says how much waits in each signal\'s queue, in the unit of its size', () => {
    const { drains } = buildComponent(exporter, `${client()}\nsending_queue {\n queue_size = 50\n sizer = "items"\n}`)
    const read = drains!.map(drain => drain.readings!({ bytes: 100, items: 7, batches: 2 }).map(({ metric, value, labels }) => [metric.name, labels['data_type'], value]))
    assert.deepEqual(read[0], [['otelcol_exporter_queue_size', 'traces', 7], ['otelcol_exporter_queue_capacity', 'traces', 50]])
  })

  it('logs what the destination dropped of a batch that it accepted', async () => {
    const body = encodeExportResponse('traces', 'proto', { rejected: 3, errorMessage: 'too old' })
    const { logs } = await sendOne(client(), spans('a'), () => new Response(body as BodyInit, { status: 200, headers: { 'content-type': 'application/x-protobuf' } }))
    assert.deepEqual(logs, [{ level: 'warn', message: 'Partial success response', fields: { url: 'https://otlp.test/base/v1/traces', message: 'too old', dropped_spans: 3 } }])
  })

  it('does not send twice because an answer cannot be read', async () => {
    const call = await sendOne(client(), spans('a'), () => new Response('\u0007', { status: 200, headers: { 'content-type': 'application/x-protobuf' } }))
    assert.equal(call.requests.length, 1)
    assert.match(call.logs[0]!.message, /cannot be read/)
  })

  it('refuses arguments that cannot work', () => {
    assert.throws(() => build(client('', '')), /at least one endpoint must be specified/)
    assert.throws(() => build(client('', 'otlp.test:4318')), /not an address to send to/)
    assert.throws(() => build(client('', 'https://user:word@otlp.test')), /credentials do not belong/)
    assert.throws(() => build(`${client()}encoding = "xml"`), /invalid encoding type xml/)
    assert.throws(() => build('client {\n endpoint = "http://x.test"\n compression = "lz4"\n}'), /unrecognized compression type "lz4"/)
    assert.throws(() => build(client('headers = { "bad name" = "x" }')), /"bad name" cannot be sent as a header/)
    assert.throws(() => build(`${client()}retry_on_failure {\n multiplier = 1\n}`), /multiplier must be greater than 1.0/)
    assert.throws(() => build(`${client()}sending_queue {\n queue_size = 0\n}`), /queue_size must be greater than zero/)
    assert.throws(() => build(`${client()}sending_queue {\n batch {\n min_size = 10\n sizer = "requests"\n }\n}`), /supports only `items` or `bytes` sizer/)
  })

  it('says what has no effect, and only where it is written', () => {
    assert.deepEqual(problemsOf(exporter, client()), [])
    assert.deepEqual(problemsOf(exporter, client('max_idle_conns = 3\n tls {\n insecure = true\n }')).map(problem => problem.split(':')[0]), ['inert client.max_idle_conns', 'inert client.tls'])
  })
})
