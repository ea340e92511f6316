import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConsumeError, joinFailures, permanent, retryable } from '../../../src/components/contract/errors.ts'

describe('failures of several consumers', () => {
  it('are one failure as it is', () => {
    const only = permanent('no')
    assert.equal(joinFailures([only]), only)
  })

  it('are retryable as soon as one is, with the longest wait and all the reasons', () => {
    const joined = joinFailures([permanent('bad data', { rejected: 3 }), retryable('down', { retryAfterMs: 1000 }), retryable('slow', { status: 429, retryAfterMs: 5000 })])
    assert.ok(joined instanceof ConsumeError)
    assert.deepEqual([joined.kind, joined.status, joined.retryAfterMs, joined.rejected, joined.message], ['retryable', 503, 5000, undefined, 'bad data; down; slow'])
  })

  it('count what was refused for good when each refused a part', () => {
    const joined = joinFailures([permanent('a', { rejected: 2 }), permanent('b', { rejected: 5 })])
    assert.ok(joined instanceof ConsumeError)
    assert.deepEqual([joined.kind, joined.status, joined.rejected], ['permanent', 400, 5])
  })

  it('do not hide a bug', () => {
    const bug = new TypeError('undefined is not a function')
    assert.equal(joinFailures([retryable('down'), bug]), bug)
  })
})
