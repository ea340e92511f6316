import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { s3Store } from '../../../src/state/stores/s3.ts'
import { StoreError, writeId } from '../../../src/state/store.ts'
import { fakeS3, type FakeS3, type S3Fault } from '../../support/fake-s3.ts'
import { storeContract } from '../store-contract.ts'

/** An SDK that retries at once, so that a test of faults does not wait. */
const clientFor = ({ endpoint }: { endpoint: string }) => ({
  endpoint, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  retryStrategy: quick,
})

const quick = {
  mode: 'quick',
  async acquireInitialRetryToken() { return { getRetryCount: () => 0, getRetryDelay: () => 0 } },
  async refreshRetryTokenForRetry(token: { getRetryCount(): number }, { errorType }: { errorType: string }) {
    const count = token.getRetryCount() + 1
    if (count >= 3 || errorType === 'CLIENT_ERROR') throw new Error('no more retries')
    return { getRetryCount: () => count, getRetryDelay: () => 0 }
  },
  recordSuccess() { /* nothing to learn */ },
}

const env = { now: Date.now, random: Math.random }
const openOn = (fake: FakeS3, now = Date.now) => s3Store({ ...env, now, bucket: 'state', prefix: 'p/', client: clientFor(fake) })

/** The fault `what` for the next `times` requests other than lists of the look-ahead. */
function next(fake: FakeS3, fault: S3Fault, times: number, only = /./): void {
  let left = times
  fake.fault = what => (only.test(what) && left-- > 0 ? fault : undefined)
}

storeContract('s3 (in-process fake)', async () => {
  const fake = await fakeS3()
  return {
    open: () => openOn(fake),
    loseNextAnswer: () => next(fake, { kind: 'drop' }, 1, /PUT|DELETE|POST/),
    failNext: () => next(fake, { kind: 'refuse', status: 503, code: 'SlowDown' }, 3),
    close: () => fake.close(),
  }
})

describe('s3', () => {
  let fake: FakeS3
  before(async () => { fake = await fakeS3() })
  after(() => fake.close())
  beforeEach(() => {
    fake.fault = () => undefined
    fake.objects.clear()
    fake.requests.length = 0
    fake.pageSize = 1000
  })

  it('waits out SlowDown and resets, and counts every attempt at a write', async () => {
    const store = openOn(fake)
    next(fake, { kind: 'refuse', status: 503, code: 'SlowDown' }, 2)
    await store.put('a', Uint8Array.of(1))
    assert.equal(store.counts.writes, 3)
    next(fake, { kind: 'reset' }, 2)
    assert.deepEqual((await store.get('a'))?.value, Uint8Array.of(1))
  })

  it('takes 409 for a lost race', async () => {
    const store = openOn(fake)
    next(fake, { kind: 'refuse', status: 409, code: 'ConditionalRequestConflict' }, 1)
    assert.equal(await store.put('a', Uint8Array.of(1), { ifVersion: null }), 'conflict')
  })

  it('recognises its own write behind a 412, and not another of the same bytes', async () => {
    const store = openOn(fake)
    next(fake, { kind: 'drop' }, 1, /PUT/)
    const put = await store.put('a', Uint8Array.of(1), { ifVersion: null })
    assert.deepEqual(fake.requests, ['PUT', 'PUT', 'GET'])
    assert.deepEqual(await store.get('a'), { value: Uint8Array.of(1), version: (put as { version: string }).version })
    assert.equal(await openOn(fake).put('a', Uint8Array.of(1), { ifVersion: null }), 'conflict')
  })

  it('does not claim a write that another has already replaced', async () => {
    const store = openOn(fake)
    const id = writeId(env.random)
    next(fake, { kind: 'drop' }, 3, /PUT|GET/)
    await assert.rejects(store.put('a', Uint8Array.of(1), { ifVersion: null, writeId: id }), StoreError)
    await openOn(fake).put('a', Uint8Array.of(2))
    assert.equal(await store.put('a', Uint8Array.of(1), { ifVersion: null, writeId: id }), 'conflict')
  })

  it('lists on when the server gives smaller pages than it was asked for', async () => {
    const store = openOn(fake)
    fake.pageSize = 2
    for (let i = 0; i < 5; i++) await store.put(`k/${i}`, Uint8Array.of(i))
    const sizes: number[] = []
    for (let after: string | undefined = ''; after !== undefined;) {
      const page = await store.list('k/', { limit: 100, after })
      sizes.push(page.entries.length)
      after = page.next
    }
    assert.deepEqual(sizes, [2, 2, 1])
  })

  it('appends with one request, but for a look at the clocks of others once a minute', async () => {
    let ms = 1_763_640_000_000
    const store = openOn(fake, () => ms)
    for (let i = 0; i < 10; i++) await store.append('q/', `-${i}`, Uint8Array.of(i))
    assert.deepEqual(fake.requests, ['GET ?list', ...Array<string>(10).fill('PUT')])
    ms += 61_000
    await store.append('q/', '-x', Uint8Array.of(0))
    assert.equal(fake.requests.filter(what => what === 'GET ?list').length, 2)
    assert.deepEqual({ writes: store.counts.writes, lists: store.counts.lists }, { writes: 11, lists: 2 })
  })

  it('goes on after the positions of a writer whose clock is ahead', async () => {
    let ahead = 3_600_000
    const clock = () => 1_763_640_000_000 + ahead
    const first = await openOn(fake, clock).append('q/', '-a', Uint8Array.of(1))
    ahead = 0
    const second = await openOn(fake, clock).append('q/', '-b', Uint8Array.of(2))
    assert.ok(second.key > first.key)
  })

  it('notices that only part of many keys was deleted', async () => {
    const store = openOn(fake)
    for (const key of ['a', 'b', 'c']) await store.put(key, Uint8Array.of(1))
    next(fake, { kind: 'partial' }, 1)
    await assert.rejects(store.deleteAll(['a', 'b', 'c']), (error: unknown) => error instanceof StoreError && error.retryable && /InternalError/.test(error.message))
    assert.deepEqual([...fake.objects.keys()], ['p/b', 'p/c'])
    await store.deleteAll(['a', 'b', 'c'])
    assert.equal(fake.objects.size, 0)
  })

  it('says what was refused, and that it stays refused', async () => {
    const store = openOn(fake)
    for (const [status, code] of [[403, 'AccessDenied'], [404, 'NoSuchBucket'], [400, 'InvalidRequest']] as const) {
      next(fake, { kind: 'refuse', status, code }, 9)
      await assert.rejects(store.get('a'), (error: unknown) => error instanceof StoreError && !error.retryable && error.message.includes(code))
    }
  })

  it('is slow when the server is, but does not wait for ever', async () => {
    next(fake, { kind: 'late', ms: 20 }, 1)
    assert.equal(await openOn(fake).get('absent'), undefined)
    const hasty = s3Store({
      ...env, bucket: 'state', client: { ...clientFor(fake), requestHandler: { requestTimeout: 30, throwOnRequestTimeout: true } },
    })
    next(fake, { kind: 'late', ms: 500 }, 9)
    await assert.rejects(hasty.get('absent'), (error: unknown) => error instanceof StoreError && error.retryable)
  })

  it('does not append while it cannot know the positions of others', async () => {
    const store = openOn(fake)
    next(fake, { kind: 'refuse', status: 503, code: 'SlowDown' }, 3)
    await assert.rejects(store.append('q/', '-a', Uint8Array.of(1)), StoreError)
    await store.append('q/', '-a', Uint8Array.of(1))
    assert.deepEqual(fake.requests, ['GET ?list', 'GET ?list', 'GET ?list', 'GET ?list', 'PUT'])
  })

  it('keeps its prefix to itself', async () => {
    await openOn(fake).put('a', Uint8Array.of(1))
    assert.deepEqual([...fake.objects.keys()], ['p/a'])
    assert.deepEqual((await openOn(fake).list('', { limit: 5 })).entries.map(({ key }) => key), ['a'])
  })
})
