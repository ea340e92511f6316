import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fanOut, toOutput, type LokiConsumer, type OtlpConsumer } from '../../../src/components/contract/consume.ts'
import { ConsumeError, permanent, retryable } from '../../../src/components/contract/errors.ts'
import { fakeCall } from '../../support/call.ts'

const batch = { kind: 'loki' as const, bytes: new Uint8Array() }

describe('fanOut', () => {
  it('waits for every consumer, also when one has failed already', async () => {
    const done: string[] = []
    const slow: LokiConsumer = { consume: async () => { await new Promise(resolve => { setImmediate(resolve) }); done.push('slow') } }
    const failing: LokiConsumer = { consume: async () => { throw retryable('down') } }
    await assert.rejects(fanOut([failing, slow], batch, fakeCall()), ConsumeError)
    assert.deepEqual(done, ['slow'])
  })

  it('joins what failed', async () => {
    const failing = (error: ConsumeError): LokiConsumer => ({ consume: async () => { throw error } })
    await assert.rejects(fanOut([failing(permanent('a')), failing(retryable('b'))], batch, fakeCall()), (error: unknown) => error instanceof ConsumeError && error.kind === 'retryable' && error.message === 'a; b')
  })

  it('hands the same batch to all', async () => {
    const seen: unknown[] = []
    const consumer: LokiConsumer = { consume: async got => { seen.push(got) } }
    await fanOut([consumer, consumer], batch, fakeCall())
    assert.deepEqual(seen.map(got => got === batch), [true, true])
  })
})

it('toOutput picks the consumers of the signal; without any the data ends there', async () => {
  const seen: string[] = []
  const consumer: OtlpConsumer = { consume: async ({ signal }) => { seen.push(signal) } }
  const output = { traces: [consumer], metrics: [], logs: [consumer] }
  for (const signal of ['traces', 'metrics', 'logs'] as const) await toOutput(output, { kind: 'otlp', signal, bytes: new Uint8Array() }, fakeCall())
  assert.deepEqual(seen, ['traces', 'logs'])
})
