import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConsumeError, permanent, retryable } from '../../src/components/contract/errors.ts'
import { backOff, persistently, type RetryPolicy } from '../../src/transport/retry.ts'
import { fakeCall } from '../support/call.ts'

const policy: RetryPolicy = { enabled: true, initialMs: 100, maxMs: 5_000, multiplier: 2, jitter: 0, maxElapsedMs: 0 }

/** Fails as often as there are errors, then succeeds; tells what was waited and how often it was tried. */
async function outcome(errors: readonly Error[], more: Partial<RetryPolicy> = {}, patienceMs = 2_000) {
  const call = fakeCall()
  const tried: number[] = []
  const result = await persistently(call, { ...policy, ...more }, patienceMs, async number => {
    tried.push(number)
    const error = errors[number - 1]
    if (error !== undefined) throw error
    return 'done'
  }).catch((error: unknown) => error)
  return { result, tried, sleeps: call.sleeps }
}

describe('persistently', () => {
  it('tries again with back-off', async () => {
    assert.deepEqual(await outcome([retryable('a'), retryable('b')]), { result: 'done', tried: [1, 2, 3], sleeps: [100, 200] })
  })

  it('waits as long as the destination asks, if there is patience for it', async () => {
    assert.deepEqual((await outcome([retryable('a', { retryAfterMs: 1_500 })])).sleeps, [1_500])
    const { result, tried } = await outcome([retryable('a', { retryAfterMs: 60_000 })])
    assert.ok(result instanceof ConsumeError && result.retryAfterMs === 60_000)
    assert.deepEqual(tried, [1])
  })

  it('ends before its patience does', async () => {
    const { result, sleeps } = await outcome(Array.from({ length: 50 }, () => retryable('down')))
    assert.ok(result instanceof ConsumeError)
    assert.ok(sleeps.reduce((sum, ms) => sum + ms, 0) <= 2_000)
  })

  it('never repeats what is refused for good, what is a bug, or where retries are off or used up', async () => {
    assert.deepEqual((await outcome([permanent('no')])).tried, [1])
    assert.deepEqual((await outcome([new TypeError('bug')])).tried, [1])
    assert.deepEqual((await outcome([retryable('a')], { enabled: false })).tried, [1])
    assert.deepEqual((await outcome([retryable('a'), retryable('b'), retryable('c')], { maxAttempts: 2 })).tried, [1, 2])
  })
})

describe('backOff', () => {
  it('grows to its maximum, spread by jitter', () => {
    assert.deepEqual([1, 2, 3, 10, 10_000].map(attempt => backOff(policy, attempt, 0.5)), [100, 200, 400, 5_000, 5_000])
    const spread = { ...policy, jitter: 0.5 }
    assert.deepEqual([backOff(spread, 1, 0), backOff(spread, 1, 0.5)], [50, 100])
  })
})
