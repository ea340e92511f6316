import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConsumeError } from '../../src/components/contract/errors.ts'
import { deliver, retryAfter, shorter, shown, type Delivery } from '../../src/transport/deliver.ts'
import { fakeCall, type Answer } from '../support/call.ts'

const delivery: Delivery = {
  url: 'https://user:secret@dest.test/v1/logs?token=hidden', body: new Uint8Array([1]), headers: new Headers(), timeoutMs: 0, attempt: 1,
  retryableStatus: status => status === 429 || status >= 500,
}
const answers = (...list: (Response | Error)[]): Answer => (_request, index) => {
  const answer = list[Math.min(index, list.length - 1)]!
  if (answer instanceof Error) throw answer
  return answer
}
const delivered = async (fetch: Answer, more: Partial<Delivery> = {}) => {
  const call = fakeCall({ fetch })
  const answer = await deliver(call, { ...delivery, ...more })
  assert.ok(answer !== 'too large')
  return { ...answer, call }
}
const failure = async (fetch: Answer, more: Partial<Delivery> = {}) => {
  const call = fakeCall({ fetch })
  const error: unknown = await deliver(call, { ...delivery, ...more }).then(() => assert.fail('it was delivered'), (reason: unknown) => reason)
  assert.ok(error instanceof ConsumeError, String(error))
  return error
}
const reply = (status: number, headers: Record<string, string> = {}, body: string | null = null) => new Response(body, { status, headers })

describe('deliver', () => {
  it('resolves with the answer of a destination that took it', async () => {
    const { status, body, call } = await delivered(answers(reply(202, {}, 'thanks')))
    assert.deepEqual([status, new TextDecoder().decode(body)], [202, 'thanks'])
    assert.equal(call.requests[0]!.headers.get('retry-attempt'), null)
  })

  it('tells the destination which attempt it is', async () => {
    const { call } = await delivered(answers(reply(200)), { attempt: 3 })
    assert.equal(call.requests[0]!.headers.get('retry-attempt'), '2')
  })

  it('tells what may succeed later from what never will, and when to come again', async () => {
    const later = await failure(answers(reply(503, { 'retry-after': '60' })))
    assert.deepEqual([later.kind, later.status, later.retryAfterMs], ['retryable', 503, 60_000])
    assert.deepEqual([(await failure(answers(reply(429)))).kind, (await failure(answers(reply(429)))).status], ['retryable', 429])
    const never = await failure(answers(reply(400, {}, 'bad label')))
    assert.deepEqual([never.kind, never.status], ['permanent', 400])
    assert.match(never.message, /answered 400: bad label$/)
  })

  it('says that a request is too large, for its exporter to divide', async () => {
    assert.equal(await deliver(fakeCall({ fetch: answers(reply(413)) }), delivery), 'too large')
  })

  it('passes on whose fault it is', async () => {
    const statuses = await Promise.all([400, 401, 403, 404, 501].map(async status => (await failure(answers(reply(status)), { retryableStatus: () => false })).status))
    assert.deepEqual(statuses, [400, 500, 500, 500, 500])
  })

  it('shows no credentials and no query of an address', async () => {
    assert.equal((await failure(answers(reply(400)))).message, 'https://dest.test/v1/logs answered 400')
    assert.equal(shown('http://a:b@c.test:8080/p?x=1#y'), 'http://c.test:8080/p')
  })

  it('sends the credentials of an address in a header, as Go does', async () => {
    const { call } = await delivered(answers(reply(200)), { url: 'https://a%40b:p%3Aw@dest.test/' })
    assert.deepEqual([call.requests[0]!.url, call.requests[0]!.headers.get('authorization')], ['https://dest.test/', `Basic ${btoa('a@b:p:w')}`])
    const own = await delivered(answers(reply(200)), { headers: new Headers({ authorization: 'Bearer own' }) })
    assert.equal(own.call.requests[0]!.headers.get('authorization'), 'Bearer own')
  })

  it('tells why a destination cannot be reached', async () => {
    const error = await failure(answers(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:9') })))
    assert.equal(error.message, 'https://dest.test/v1/logs could not be reached: connect ECONNREFUSED 127.0.0.1:9')
    assert.equal(error.kind, 'retryable')
  })

  it('reads a bounded part of an answer', async () => {
    assert.equal((await delivered(answers(reply(200, {}, 'x'.repeat(1_000_000))))).body.length, 64 * 1024)
  })

  it('takes the shorter of two limits, of which 0 is none', () => {
    assert.deepEqual([shorter(0, 5), shorter(5, 0), shorter(3, 5), shorter(0, 0)], [5, 5, 3, 0])
  })
})

describe('Retry-After', () => {
  it('is read in seconds or as a date', () => {
    assert.equal(retryAfter('7', 0), 7_000)
    assert.equal(retryAfter('Sun, 06 Nov 1994 08:49:37 GMT', 784_111_770_000), 7_000)
    assert.equal(retryAfter('Sun, 06 Nov 1994 08:49:37 GMT', 784_111_790_000), 0)
    for (const none of [null, 'soon', '-1']) assert.equal(retryAfter(none, 0), undefined)
  })
})
