import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import limiter from '../../../../src/components/otelcol/processor/memory_limiter.ts'
import type { OtlpConsumer } from '../../../../src/components/contract/consume.ts'
import { ConsumeError, permanent } from '../../../../src/components/contract/errors.ts'
import type { OtlpBatch } from '../../../../src/telemetry/batch.ts'
import { fakeCall } from '../../../support/call.ts'
import { buildComponent, sink } from '../../../support/component.ts'

/** A batch of one empty span and as much of a field that nobody knows. */
const ofSize = (bytes: number): OtlpBatch => {
  const span = [0x0a, 4, 0x12, 2, 0x12, 0]
  return { kind: 'otlp', signal: 'traces', bytes: Uint8Array.from({ length: bytes }, (_, i) => span[i] ?? (i % 2 === 0 ? 0x10 : 0)) }
}
const build = (text: string, outcome?: () => Promise<void>) => {
  const next = sink<OtlpBatch>('otelcol.Consumer', outcome)
  return buildComponent(limiter, `${text}\noutput {\n traces = [next]\n}`, { next: next.capsule }).exports!['input'] as OtlpConsumer
}

describe('otelcol.processor.memory_limiter', () => {
  it('refuses what comes while too much is under way, and takes it again afterwards', async () => {
    const waiting: (() => void)[] = []
    const input = build('check_interval = "1s"\nlimit = "100B"\nspike_limit = "20B"', () => new Promise(resolve => { waiting.push(resolve) }))
    const call = fakeCall()
    const first = input.consume(ofSize(50), call)
    const second = input.consume(ofSize(30), call)
    await assert.rejects(input.consume(ofSize(6), call), (error: unknown) => error instanceof ConsumeError && error.kind === 'retryable' && error.status === 503 && error.message === 'data refused due to high memory usage')
    waiting[1]!()
    await second
    const third = input.consume(ofSize(30), call)
    for (const finish of waiting) finish()
    await Promise.all([first, third])
    assert.deepEqual(Object.fromEntries(call.counts), {
      'otelcol_processor_memory_limiter_accepted_spans_total{memory_limiter}': 3,
      'otelcol_processor_memory_limiter_refused_spans_total{memory_limiter}': 1,
      'otelcol_processor_incoming_items_total{memory_limiter,traces}': 3,
      'otelcol_processor_outgoing_items_total{memory_limiter,traces}': 3,
    })
  })

  it('forgets what failed', async () => {
    const input = build('check_interval = "1s"\nlimit = "100B"', async () => { throw permanent('no') })
    for (let i = 0; i < 3; i++) await assert.rejects(input.consume(ofSize(80), fakeCall()), permanent('no'))
  })

  it('takes a batch that comes alone, however large', async () => {
    await build('check_interval = "1s"\nlimit = "100B"').consume(ofSize(1000), fakeCall())
  })

  it('counts percentages of 128 MiB', async () => {
    const waiting: (() => void)[] = []
    const input = build('check_interval = "1s"\nlimit_percentage = 50\nspike_limit_percentage = 25', () => new Promise(resolve => { waiting.push(resolve) }))
    const first = input.consume(ofSize(31 * 1024 * 1024), fakeCall())
    await assert.rejects(input.consume(ofSize(2 * 1024 * 1024), fakeCall()), /refused/)
    const second = input.consume(ofSize(1024 * 1024), fakeCall())
    for (const finish of waiting) finish()
    await Promise.all([first, second])
  })

  it('refuses limits that contradict each other', () => {
    const table: [string, RegExp][] = [
      ['check_interval = "0s"\nlimit = "1MiB"', /check_interval must be greater than zero/],
      ['check_interval = "1s"', /either limit or limit_percentage must be set to greater than zero/],
      ['check_interval = "1s"\nlimit = "1MiB"\nlimit_percentage = 5', /but not both/],
      ['check_interval = "1s"\nlimit = "1MiB"\nspike_limit = "1MiB"', /spike_limit must be less than limit/],
      ['check_interval = "1s"\nlimit_percentage = 101\nspike_limit_percentage = 5', /less or equal than 100/],
      ['check_interval = "1s"\nlimit_percentage = 50', /must be greater than 0/],
      ['check_interval = "1s"\nlimit_percentage = 50\nspike_limit_percentage = 50', /less than limit_percentage/],
    ]
    for (const [text, message] of table) assert.throws(() => build(text), message, text)
    assert.throws(() => build('limit = "1MiB"'), /missing-attribute check_interval/)
  })
})
