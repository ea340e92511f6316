import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConsumeError } from '../../src/components/contract/errors.ts'
import { backOff, deliver, retryAfter, shown, type Delivery } from '../../src/transport/deliver.ts'
import { fakeCall, type Answer } from '../support/call.ts'

const retry = { enabled: true, initialMs: 100, maxMs: 5_000, multiplier: 2, jitter: 0, maxElapsedMs: 0 }
const delivery: Delivery = {
  url: 'https://user:secret@dest.test/v1/logs?token=hidden', body: new Uint8Array([1]), headers: new Headers(), timeoutMs: 0, retry,
  retryableStatus: status => status === 429 || status >= 500,
}
const answers = (...list: (Response | Error)[]): Answer => (_request, index) => {
  const answer = list[Math.min(index, list.length - 1)]!
  if (answer instanceof Error) throw answer
  return answer
}
const failure = async (fetch: Answer, more: Partial<Delivery> = {}) => {
  const call = fakeCall({ fetch })
  try {
    await deliver(call, { ...delivery, ...more })
  } catch (error) {
    assert.ok(error instanceof ConsumeError, String(error))
    return { error, call }
  }
  throw new Error('it was delivered')
}
const reply = (status: number, headers: Record<string, string> = {}, body: string | null = null) => new Response(body, { status, headers })

describe('deliver', () => {
  it('resolves with the answer of a destination that took it', async () => {
    const call = fakeCall({ fetch: answers(reply(202, {}, 'thanks')) })
    const { status, body } = await deliver(call, delivery)
    assert.deepEqual([status, new TextDecoder().decode(body)], [202, 'thanks'])
    assert.equal(call.requests[0]!.headers.get('retry-attempt'), null)
  })

  it('tries again with back-off, and tells the destination so', async () => {
    const call = fakeCall({ fetch: answers(reply(503), new TypeError('connection reset'), reply(200)) })
    await deliver(call, delivery)
    assert.deepEqual(call.sleeps, [100, 200])
    assert.deepEqual(call.requests.map(({ headers }) => headers.get('retry-attempt')), [null, '1', '2'])
  })

  it('does not keep the sender waiting: what takes longer is its own to send again', async () => {
    const { error, call } = await failure(answers(reply(503, { 'retry-after': '60' })))
    assert.deepEqual([error.kind, error.status, error.retryAfterMs, call.requests.length], ['retryable', 503, 60_000, 1])
    const endless = await failure(answers(reply(500)))
    assert.ok(endless.call.sleeps.reduce((sum, ms) => sum + ms, 0) <= 2_000)
  })

  it('never tries again what is refused for good, or where retries are off', async () => {
    const refused = await failure(answers(reply(400, {}, 'bad label')))
    assert.deepEqual([refused.error.kind, refused.error.status, refused.call.requests.length], ['permanent', 400, 1])
    assert.match(refused.error.message, /answered 400: bad label$/)
    assert.equal((await failure(answers(reply(503)), { retry: { ...retry, enabled: false } })).call.requests.length, 1)
    assert.equal((await failure(answers(reply(503)), { retry: { ...retry, maxAttempts: 2 } })).call.requests.length, 2)
  })

  it('passes on whose fault it is', async () => {
    const statuses = await Promise.all([400, 401, 403, 404, 413, 501].map(async status => (await failure(answers(reply(status)), { retryableStatus: () => false })).error.status))
    assert.deepEqual(statuses, [400, 500, 500, 500, 400, 500])
    assert.equal((await failure(answers(reply(429)), { retry: { ...retry, enabled: false } })).error.status, 429)
  })

  it('shows no credentials and no query of an address', async () => {
    const { error } = await failure(answers(reply(400)))
    assert.equal(error.message, 'https://dest.test/v1/logs answered 400')
    assert.equal(shown('http://a:b@c.test:8080/p?x=1#y'), 'http://c.test:8080/p')
  })

  it('sends the credentials of an address in a header, as Go does', async () => {
    const call = fakeCall({ fetch: answers(reply(200)) })
    await deliver(call, { ...delivery, url: 'https://a%40b:p%3Aw@dest.test/' })
    assert.deepEqual([call.requests[0]!.url, call.requests[0]!.headers.get('authorization')], ['https://dest.test/', `Basic ${btoa('a@b:p:w')}`])
    await deliver(call, { ...delivery, headers: new Headers({ authorization: 'Bearer own' }) })
    assert.equal(call.requests[1]!.headers.get('authorization'), 'Bearer own')
  })

  it('tells why a destination cannot be reached', async () => {
    const { error } = await failure(answers(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:9') })), { retry: { ...retry, enabled: false } })
    assert.equal(error.message, 'https://dest.test/v1/logs could not be reached: connect ECONNREFUSED 127.0.0.1:9')
    assert.equal(error.kind, 'retryable')
  })

  it('reads a bounded part of an answer', async () => {
    const { body } = await deliver(fakeCall({ fetch: answers(reply(200, {}, 'x'.repeat(1_000_000))) }), delivery)
    assert.equal(body.length, 64 * 1024)
  })
})

describe('waits', () => {
  it('grow to their maximum, spread by jitter', () => {
    const policy = { ...retry, jitter: 0.5 }
    assert.deepEqual([1, 2, 3, 10].map(attempt => backOff(retry, attempt, 0.5)), [100, 200, 400, 5_000])
    assert.deepEqual([backOff(policy, 1, 0), backOff(policy, 1, 0.5)], [50, 100])
  })

  it('are read from Retry-After in seconds or as a date', () => {
    assert.equal(retryAfter('7', 0), 7_000)
    assert.equal(retryAfter('Sun, 06 Nov 1994 08:49:37 GMT', 784_111_770_000), 7_000)
    assert.equal(retryAfter('Sun, 06 Nov 1994 08:49:37 GMT', 784_111_790_000), 0)
    for (const none of [null, 'soon', '-1']) assert.equal(retryAfter(none, 0), undefined)
  })
})
