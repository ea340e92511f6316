import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConsumeError, permanent, retryable } from '../../src/components/contract/errors.ts'
import { sendInOrder } from '../../src/transport/in-order.ts'

/** Sends parts 1, 2, 3 of that many items each, where `outcomes` says what becomes of a part. */
async function outcome(outcomes: Record<number, Error>): Promise<{ sent: number[]; error: unknown }> {
  const sent: number[] = []
  const send = async (part: number) => {
    sent.push(part)
    if (outcomes[part] !== undefined) throw outcomes[part]
  }
  const error = await sendInOrder([1, 2, 3], part => part, send).then(() => undefined, (reason: unknown) => reason)
  return { sent, error }
}

describe('parts in order', () => {
  it('sends all', async () => {
    assert.deepEqual(await outcome({}), { sent: [1, 2, 3], error: undefined })
  })

  it('goes on after a part that is refused for good, and counts it', async () => {
    const { sent, error } = await outcome({ 2: permanent('bad', { status: 400 }) })
    assert.deepEqual(sent, [1, 2, 3])
    assert.ok(error instanceof ConsumeError)
    assert.deepEqual([error.kind, error.message, error.rejected], ['permanent', 'bad', 2])
  })

  it('has no count where nothing was delivered', async () => {
    const { error } = await outcome({ 1: permanent('bad'), 2: permanent('bad'), 3: permanent('worse') })
    assert.ok(error instanceof ConsumeError)
    assert.deepEqual([error.message, error.rejected], ['bad; worse', undefined])
  })

  it('stops at a part that may succeed later', async () => {
    const { sent, error } = await outcome({ 1: permanent('bad'), 2: retryable('down', { retryAfterMs: 7 }) })
    assert.deepEqual(sent, [1, 2])
    assert.ok(error instanceof ConsumeError)
    assert.deepEqual([error.kind, error.retryAfterMs, error.rejected], ['retryable', 7, undefined])
  })

  it('does not take a bug for a refusal', async () => {
    const { error } = await outcome({ 2: new TypeError('bug') })
    assert.ok(error instanceof TypeError)
  })
})
