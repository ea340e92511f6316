import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nobody, type Call } from '../../src/components/contract/call.ts'
import { permanent, retryable } from '../../src/components/contract/errors.ts'
import { StateOpener } from '../../src/graph/run/state.ts'
import { text, utf8 } from '../../src/lib/bytes.ts'
import { openGate } from '../../src/state/kinds/gate.ts'
import { openLease } from '../../src/state/kinds/lease.ts'
import { openQueue } from '../../src/state/kinds/queue.ts'
import type { PrometheusBatch } from '../../src/telemetry/batch.ts'
import { destination, type DeliveryEvent } from '../../src/transport/destination.ts'
import { world } from '../state/world.ts'

const batchOf = (lines: readonly string[]): PrometheusBatch => ({ kind: 'prometheus', bytes: utf8(lines.map(line => `${line}\n`).join('')) })
const linesOf = ({ bytes }: { bytes: Uint8Array }) => text(bytes).split('\n').filter(line => line !== '')

/** Puts batches of lines into a queue and drains it into `send`, which throws for what it refuses. */
async function drained(batches: readonly (readonly string[])[], send: (lines: readonly string[]) => void, lanes = 1) {
  const { env, isolate } = world()
  const state = new StateOpener({ queue: openQueue, gate: openGate, lease: openLease }, isolate(), env)
  const call = {
    now: env.now, random: env.random, client: nobody, keepsRefused: false, log: () => undefined, count: () => undefined, signal: new AbortController().signal,
    sleep: async () => undefined, open: (key: never) => state.open(key, 'node'),
  } as unknown as Call
  const events: DeliveryEvent[] = []
  let sends = 0
  const target = destination<PrometheusBatch>({
    name: 'a', shown: 'dest', mode: 'queued', lanes,
    retry: { enabled: true, initialMs: 100, maxMs: 4_000, multiplier: 2, jitter: 0, maxElapsedMs: 0 },
    items: batch => linesOf(batch).length,
    requests: batch => linesOf(batch).length > 40 && lanes > 1 ? [batchOf(linesOf(batch).slice(0, 40)), batchOf(linesOf(batch).slice(40))] : [batch],
    partition: (batch, parts) => Array.from({ length: parts }, (_, part) => batchOf(linesOf(batch).filter((_line, i) => i % parts === part))),
    halve(request) {
      const lines = linesOf(request)
      const middle = Math.ceil(lines.length / 2)
      return lines.length < 2 ? [request] : [batchOf(lines.slice(0, middle)), batchOf(lines.slice(middle))]
    },
    note: () => ({}),
    restore: bytes => ({ kind: 'prometheus', bytes }),
    show: linesOf,
    async send(request) {
      sends++
      send(linesOf(request))
      return 'sent'
    },
    observe: event => { events.push(event) },
  })
  for (const lines of batches) await target.consume([batchOf(lines)], call)
  // A wait ends the round; whoever is woken comes back.
  for (let rounds = 0; await target.drain!.run(call, true) !== undefined; rounds++) assert.ok(rounds < 10)
  const dropped = events.filter(({ kind }) => kind === 'dropped').reduce((sum, { items }) => sum + items, 0)
  return { sends, dropped }
}

describe('draining', () => {
  it('gives up one bad item alone, not those that were joined to it', async () => {
    const arrived: string[] = []
    const batches = Array.from({ length: 20 }, (_, i) => [`${i}:a`, i === 7 ? 'bad' : `${i}:b`])
    const { sends, dropped } = await drained(batches, lines => {
      if (lines.includes('bad')) throw permanent('bad data')
      arrived.push(...lines)
    })
    assert.deepEqual(arrived, batches.flat().filter(line => line !== 'bad'))
    assert.equal(dropped, 1)
    assert.ok(sends <= 13, `${sends} requests`)
  })

  it('brings what is new to a destination that refuses what a crash repeats together with it', async () => {
    const newest = { value: 12 }
    const { dropped } = await drained(Array.from({ length: 30 }, (_, i) => [String(i)]), lines => {
      if (Number(lines[0]) < newest.value) throw permanent('out of order sample')
      newest.value = Number(lines.at(-1))
    })
    assert.equal(newest.value, 29)
    assert.equal(dropped, 12)
  })

  it('goes on where a round had to end, and repeats nothing that has arrived', async () => {
    const arrived: string[] = []
    let refusals = 0
    await drained(Array.from({ length: 80 }, (_, i) => [String(i)]), lines => {
      if (lines.includes('1') && refusals++ < 3) throw retryable('slow down', { retryAfterMs: 30_000 })
      arrived.push(...lines)
    }, 2)
    assert.deepEqual(arrived.toSorted((a, b) => Number(a) - Number(b)), Array.from({ length: 80 }, (_, i) => String(i)))
  })

  it('does not divide without end what is refused as a whole, nor at all where the refusal is not about the data', async () => {
    const batches = Array.from({ length: 500 }, (_, i) => [String(i)])
    const all = await drained(batches, () => { throw permanent('no') })
    assert.equal(all.dropped, 500)
    assert.ok(all.sends < 150, `${all.sends} requests`)
    const strangers = await drained(batches, () => { throw permanent('who are you?', { status: 500 }) })
    assert.deepEqual(strangers, { sends: 1, dropped: 500 })
  })
})
