/**
 * Destinations in several isolates on one store, in virtual time: senders that go on when they are acknowledged, a destination that
 * goes away and comes back, a store that is slow, fails, and loses answers, and isolates that die in the middle of anything.
 */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Call } from '../../src/components/contract/call.ts'
import { nobody } from '../../src/components/contract/call.ts'
import { retryable } from '../../src/components/contract/errors.ts'
import { StateOpener } from '../../src/graph/run/state.ts'
import { text, utf8 } from '../../src/lib/bytes.ts'
import { openGate } from '../../src/state/kinds/gate.ts'
import { openLease } from '../../src/state/kinds/lease.ts'
import { openQueue } from '../../src/state/kinds/queue.ts'
import { StoreError, type Store } from '../../src/state/store.ts'
import { memoryData, memoryStore } from '../../src/state/stores/memory.ts'
import type { PrometheusBatch } from '../../src/telemetry/batch.ts'
import { destination, type DestinationOptions } from '../../src/transport/destination.ts'
import { seeded } from '../state/world.ts'
import { virtualTime, type VirtualTime } from '../support/virtual-time.ts'

interface Scenario {
  readonly seed: number
  readonly mode: 'through' | 'queued'
  readonly senders: number
  readonly batches: number
  readonly isolates: number
  /** Of a store's operation: the share that fails, and of those the share that took effect. */
  readonly faults: number
  /** Mean time between deaths of an isolate; 0 for none. */
  readonly deathsEveryMs: number
  readonly outages: number
}

/** Lines `sender:number`. */
const batchOf = (lines: readonly string[]): PrometheusBatch => ({ kind: 'prometheus', bytes: utf8(lines.map(line => `${line}\n`).join('')) })
const linesOf = ({ bytes }: { bytes: Uint8Array }) => text(bytes).split('\n').filter(line => line !== '')

/** What arrives, with the rule of a destination that takes no sample that is older than one it has. */
function receiver() {
  const newest = new Map<string, number>()
  const seen = new Set<string>()
  const overtaken: string[] = []
  let repeated = 0
  return {
    seen, overtaken,
    repeated: () => repeated,
    take(line: string) {
      const [sender = '', number = ''] = line.split(':')
      if (seen.has(line)) {
        repeated++
        return
      }
      if (Number(number) < (newest.get(sender) ?? 0)) overtaken.push(`${line} after ${sender}:${newest.get(sender)}`)
      seen.add(line)
      newest.set(sender, Math.max(newest.get(sender) ?? 0, Number(number)))
    },
  }
}

/** A store whose every operation takes a while on its way there and back, and may fail on either. */
function remote(store: Store, time: VirtualTime, random: () => number, faults: number, alive: () => boolean): Store {
  const latency = () => (random() < 0.02 ? 3_500 * random() : 20 * random())
  const way = async <T>(work: () => Promise<T>): Promise<T> => {
    await time.sleep(latency())
    if (!alive()) return new Promise(() => undefined)
    const fails = random() < faults
    if (fails && random() < 0.5) throw new StoreError('lost on the way there', { retryable: true })
    const result = await work()
    await time.sleep(latency())
    if (!alive()) return new Promise(() => undefined)
    if (fails) throw new StoreError('lost on the way back', { retryable: true })
    return result
  }
  return {
    limits: store.limits, counts: store.counts,
    get: key => way(() => store.get(key)),
    refresh: (key, version) => way(() => store.refresh(key, version)),
    put: (key, value, options) => way(() => store.put(key, value, options)),
    append: (prefix, suffix, value) => way(() => store.append(prefix, suffix, value)),
    delete: (key, options) => way(() => store.delete(key, options)),
    deleteAll: keys => way(() => store.deleteAll(keys)),
    list: (prefix, options) => way(() => store.list(prefix, options)),
  }
}

async function play({ seed, mode, senders, batches, isolates, faults, deathsEveryMs, outages }: Scenario) {
  const time = virtualTime()
  const now = () => time.now()
  const random = seeded(seed)
  const data = memoryData(now)
  const arrived = receiver()
  const stores: Store[] = []
  let costs: Store['counts'][] = []
  let down = false
  let over = false

  const isolate = () => {
    let dead = false
    let die = () => {}
    const death = new Promise<void>(resolve => { die = resolve })
    const alive = () => !dead
    const store = memoryStore({ now, random }, data)
    stores.push(store)
    const env = { now, random, shareIo: random() < 0.5, onDamage: (report: object) => assert.fail(JSON.stringify(report)) }
    const state = new StateOpener({ queue: openQueue, gate: openGate, lease: openLease }, remote(store, time, random, faults, alive), env)
    const call = {
      now, random, client: nobody, keepsRefused: false, log: () => undefined,
      signal: new AbortController().signal,
      sleep: (ms: number) => time.sleep(ms),
      open: (key: never) => state.open(key, 'node'),
    } as unknown as Call
    const options: DestinationOptions<PrometheusBatch> = {
      name: 'a', shown: 'dest', mode, lanes: 3,
      retry: { enabled: true, initialMs: 100, maxMs: 4_000, multiplier: 2, jitter: 0.2, maxElapsedMs: 0 },
      items: batch => linesOf(batch).length,
      requests(batch) {
        const lines = linesOf(batch)
        return Array.from({ length: Math.ceil(lines.length / 4) }, (_, i) => batchOf(lines.slice(4 * i, 4 * i + 4)))
      },
      partition: (batch, lanes) => Array.from({ length: lanes }, (_, lane) => batchOf(linesOf(batch).filter(line => Number(line.split(':')[0]) % lanes === lane)))
        .filter(({ bytes }) => bytes.length > 0),
      halve: request => [request],
      note: () => ({}),
      restore: bytes => ({ kind: 'prometheus', bytes }),
      show: linesOf,
      async send(request) {
        await time.sleep(30 * random())
        if (dead) return new Promise(() => undefined)
        if (down) throw retryable('down')
        for (const line of linesOf(request)) arrived.take(line)
        await time.sleep(30 * random())
        if (dead) return new Promise(() => undefined)
        if (random() < 0.02) throw retryable('the answer was lost')
        return 'sent'
      },
    }
    const target = destination(options)
    const one = {
      die() {
        dead = true
        die()
      },
      consume: (lines: readonly string[]) => Promise.race([
        target.consume([batchOf(lines)], call),
        time.sleep(60_000).then(() => { throw retryable('no answer') }),
        death.then(() => { throw retryable('connection closed') }),
      ]),
      drain: () => target.drain!.run(call, false),
      isDone: () => Promise.race([death.then(() => false), isDone()]),
    }
    const isDone = async () => (await call.open(target.drain!.queue).depth({ maxAgeMs: 0 })).batches === 0
        && (mode === 'queued' || await call.open(target.drain!.gate).isOpen())
    void (async () => {
      while (!dead && !over) {
        await time.sleep(1_000)
        await Promise.race([one.drain().catch(() => undefined), death])
      }
    })()
    return one
  }
  const running = Array.from({ length: isolates }, isolate)

  const send = async (sender: number) => {
    for (let number = 1; number <= batches; number++) {
      for (let acknowledged = false; !acknowledged;) {
        acknowledged = await running[Math.floor(random() * isolates)]!.consume([`${sender}:${number}`]).then(() => true, () => false)
        if (!acknowledged) await time.sleep(300)
      }
      await time.sleep(400 * random())
    }
  }
  const toggle = async () => {
    for (let outage = 0; outage < outages; outage++) {
      await time.sleep(8_000 * random())
      down = true
      await time.sleep(20_000 * random() ** 2)
      down = false
    }
  }
  const kill = async () => {
    while (deathsEveryMs > 0 && !over) {
      await time.sleep(2 * deathsEveryMs * random())
      if (over) return
      const victim = Math.floor(random() * isolates)
      running[victim]!.die()
      running[victim] = isolate()
    }
  }
  const settle = async () => {
    await Promise.all([...Array.from({ length: senders }, (_, sender) => send(sender)), toggle()])
    // What follows asks the store itself.
    costs = stores.map(({ counts }) => ({ ...counts }))
    for (let tries = 0; tries < 600; tries++) {
      if (await running[0]!.isDone().catch(() => false)) break
      await time.sleep(1_000)
    }
    over = true
    for (const one of running) one.die()
  }
  const startMs = time.now()
  await time.run(Promise.all([settle(), kill()]))
  return { arrived, missing: senders * batches - arrived.seen.size, costs, virtualSeconds: (time.now() - startMs) / 1000 }
}

const base: Scenario = { seed: 1, mode: 'through', senders: 4, batches: 60, isolates: 3, faults: 0, deathsEveryMs: 0, outages: 3 }

describe('destinations, model-based', () => {
  for (const [name, scenario, seeds] of [
    ['outages alone', {}, 12],
    ['a store that fails and loses answers', { faults: 0.05 }, 8],
    ['isolates that die', { deathsEveryMs: 4_000 }, 8],
    ['everything at once', { faults: 0.05, deathsEveryMs: 3_000, outages: 5 }, 12],
    ['everything by the queue', { mode: 'queued', faults: 0.03, deathsEveryMs: 5_000 }, 6],
  ] as const) {
    it(`nothing is lost and nothing overtakes: ${name}`, async () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const { arrived, missing } = await play({ ...base, ...scenario, seed })
        assert.deepEqual([seed, missing, arrived.overtaken], [seed, 0, []])
      }
    })
  }

  it('writes nothing durable while all goes through, and reads once in two seconds and isolate', async () => {
    const { costs, virtualSeconds, missing } = await play({ ...base, outages: 0 })
    assert.equal(missing, 0)
    // A lost answer of the destination is repeated at once, not queued.
    for (const { writes, deletes, lists } of costs) assert.deepEqual([writes, deletes, lists], [0, 0, 0])
    const reads = costs.reduce((sum, each) => sum + each.reads, 0)
    assert.ok(reads <= costs.length * (virtualSeconds / 2 * 3 + 10), `${reads} reads in ${virtualSeconds} s`)
  })
})
