import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import batch from '../../../../src/components/otelcol/processor/batch.ts'
import type { OtlpConsumer } from '../../../../src/components/contract/consume.ts'
import { retryable } from '../../../../src/components/contract/errors.ts'
import type { OtlpBatch } from '../../../../src/telemetry/batch.ts'
import { fakeCall } from '../../../support/call.ts'
import { buildComponent, problemsOf, sink } from '../../../support/component.ts'
import { namesOf, spans } from '../otlp.ts'

function setUp(text: string, outcome?: (given: OtlpBatch) => void) {
  const next = sink<OtlpBatch>('otelcol.Consumer', outcome)
  const instance = buildComponent(batch, `${text}\noutput {\n traces = [next]\n}`, { next: next.capsule })
  return { next, input: instance.exports!['input'] as OtlpConsumer }
}

describe('otelcol.processor.batch', () => {
  it('passes a batch on at once, as it is', async () => {
    const { next, input } = setUp('')
    const given = spans('a', 'b')
    const call = fakeCall()
    await input.consume(given, call)
    assert.equal(next.batches[0], given)
    assert.deepEqual(call.sleeps, [])
  })

  it('divides a batch that is too large, in order', async () => {
    const { next, input } = setUp('send_batch_size = 2\nsend_batch_max_size = 2')
    await input.consume(spans('a', 'b', 'c', 'd', 'e'), fakeCall())
    assert.deepEqual(next.batches.map(namesOf), [['a', 'b'], ['c', 'd'], ['e']])
    const whole = setUp('send_batch_max_size = 0')
    await whole.input.consume(spans('a', 'b', 'c'), fakeCall())
    assert.equal(whole.next.batches.length, 1)
  })

  it('is done when everything is safe, and fails when a part is not', async () => {
    const { input } = setUp('send_batch_size = 1\nsend_batch_max_size = 1', given => {
      if (namesOf(given).includes('b')) throw retryable('full')
    })
    await assert.rejects(input.consume(spans('a', 'b', 'c'), fakeCall()), retryable('full'))
  })

  it('remembers of the sender only what it is told to', async () => {
    const client = { metadata: { 'x-tenant': ['t'], cookie: ['c'] }, auth: { username: 'ann' }, address: '192.0.2.1' }
    const some = setUp('metadata_keys = ["X-Tenant", "gone"]')
    await some.input.consume(spans('a'), fakeCall({ client }))
    assert.deepEqual(some.next.calls[0]!.client, { metadata: { 'x-tenant': ['t'] }, auth: {} })
    const none = setUp('')
    await none.input.consume(spans('a'), fakeCall({ client }))
    assert.deepEqual(none.next.calls[0]!.client, { metadata: {}, auth: {} })
  })

  it('checks its arguments and says what has no effect', () => {
    assert.throws(() => setUp('send_batch_size = 10\nsend_batch_max_size = 5'), /send_batch_max_size must be greater or equal to send_batch_size when not 0/)
    assert.throws(() => setUp('metadata_keys = ["A", "a"]'), /duplicate entry in metadata_keys: "a"/)
    assert.match(problemsOf(batch, 'timeout = "1s"\noutput { }').join(), /^inert timeout: Nothing is held here/)
    assert.deepEqual(buildComponent(batch, 'send_batch_size = 10\nsend_batch_max_size = 20\noutput { }').gather, { items: 10, most: 20 })
    for (const text of ['send_batch_size = 0', 'timeout = "0s"']) assert.equal(buildComponent(batch, `${text}\noutput { }`).gather, undefined)
  })
})
