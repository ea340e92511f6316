import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { permanent, retryable } from '../../src/components/contract/errors.ts'
import { HttpError, guarded, mediaType, readBody, refusal } from '../../src/transport/receive.ts'
import { fakeCall } from '../support/call.ts'

const rules = { limit: 100, encodings: ['gzip'] }
const post = (body: BodyInit, headers: Record<string, string> = {}) => new Request('http://sluice.test/', { method: 'POST', body, headers })
const refused = (request: Request, more = {}) => readBody(request, { ...rules, ...more }).then(() => 'read', (error: unknown) => (error instanceof HttpError ? error.status : error))

describe('readBody', () => {
  it('reads plain and compressed bodies', async () => {
    assert.equal(new TextDecoder().decode(await readBody(post('hello'), rules)), 'hello')
    assert.equal(new TextDecoder().decode(await readBody(post('hello', { 'content-encoding': 'Identity' }), rules)), 'hello')
    assert.equal(new TextDecoder().decode(await readBody(post(gzipSync('hello'), { 'content-encoding': 'GZIP' }), rules)), 'hello')
    assert.equal((await readBody(new Request('http://sluice.test/', { method: 'POST' }), rules)).length, 0)
  })

  it('refuses what is larger than the limit: declared, as sent, once decompressed', async () => {
    assert.equal(await refused(post('x'.repeat(101))), 413)
    assert.equal(await refused(post('x'.repeat(100))), 'read')
    const parts = new ReadableStream<Uint8Array>({ pull: controller => { controller.enqueue(new Uint8Array(60)) } })
    const endless = new Request('http://sluice.test/', { method: 'POST', body: parts, duplex: 'half' } as RequestInit)
    assert.equal(await refused(endless), 413)
    assert.equal(await refused(post(gzipSync(Buffer.alloc(101)), { 'content-encoding': 'gzip' })), 413)
  })

  it('refuses codings that are not accepted, and damaged ones', async () => {
    assert.equal(await refused(post('x', { 'content-encoding': 'br' })), 415)
    assert.equal(await refused(post('x', { 'content-encoding': 'br' }), { unknownEncoding: 400 }), 400)
    assert.equal(await refused(post('no gzip', { 'content-encoding': 'gzip' })), 400)
  })
})

describe('refusals', () => {
  it('say when to come again, in whole seconds', () => {
    assert.deepEqual(refusal(retryable('down', { retryAfterMs: 1_200 })), { status: 503, message: 'down', headers: { 'retry-after': '2' }, retryAfterMs: 1_200 })
    assert.deepEqual(refusal(permanent('bad')), { status: 400, message: 'bad', headers: {}, retryAfterMs: undefined })
  })

  it('are worded by the receiver; a bug is not a refusal', async () => {
    const answer = (status: number, message: string) => new Response(message, { status })
    const response = await guarded(async () => { throw new HttpError(413, 'too large') }, answer)(post(''), fakeCall())
    assert.deepEqual([response.status, await response.text()], [413, 'too large'])
    await assert.rejects(guarded(async () => { throw new TypeError('bug') }, answer)(post(''), fakeCall()), TypeError)
  })

  it('know media types without their parameters', () => {
    assert.equal(mediaType(post('', { 'content-type': 'Application/JSON; charset=utf-8' })), 'application/json')
  })
})
