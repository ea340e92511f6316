import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { lagMs, openGate } from '../../../src/state/kinds/gate.ts'
import { gate, type Gate } from '../../../src/state/kinds.ts'
import { StoreError, type Store } from '../../../src/state/store.ts'
import { memoryData, memoryStore } from '../../../src/state/stores/memory.ts'
import { virtualTime, type VirtualTime } from '../../support/virtual-time.ts'
import { seeded } from '../world.ts'

const at = 'gate/node/a'

function start(seed = 1) {
  const time = virtualTime()
  const now = () => time.now()
  const random = seeded(seed)
  const data = memoryData(now)
  const store = () => memoryStore({ now, random }, data)
  const openOn = (on: Store): Gate => openGate(gate({ name: 'a' }), on, at, { now, random, onDamage: () => undefined })
  return { time, random, store, openOn, isolate: () => openOn(store()), sleep: (ms: number) => time.sleep(ms) }
}

const queued = async () => 'queued' as const

/** Runs `work` in virtual time; resolves with how long that took there. */
async function lasts(time: VirtualTime, work: Promise<unknown>): Promise<number> {
  const began = time.now()
  await time.run(work)
  return time.now() - began
}

describe('gate', () => {
  it('is open where nothing was ever queued, and costs one read in two seconds', async () => {
    const { time, store, openOn, sleep } = start()
    const on = store()
    const one = openOn(on)
    await time.run((async () => {
      for (let i = 0; i < 100; i++) {
        assert.equal(await one.passable(sleep), true)
        await time.sleep(100)
      }
    })())
    assert.equal(on.counts.reads, 10_000 / lagMs)
    assert.deepEqual([on.counts.writes, on.counts.lists], [0, 0])
  })

  it('holds back an acknowledgement until no isolate can take it for open', async () => {
    const { time, isolate, sleep } = start()
    const [one, other] = [isolate(), isolate()]
    assert.equal(await time.run(other.passable(sleep)), true)
    assert.equal(await lasts(time, one.hold(queued, sleep)), lagMs)
    assert.equal(await time.run(other.passable(sleep)), false)
    // Once it is known to have been shut for so long, nobody waits.
    assert.equal(await lasts(time, one.hold(queued, sleep)), 0)
    // A full queue holds nothing up.
    assert.deepEqual(await time.run(one.hold(async () => ({ full: 'bytes', depth: { bytes: 1, items: 1, batches: 1 } }), sleep)), { full: 'bytes', depth: { bytes: 1, items: 1, batches: 1 } })
  })

  it('opens behind a queue that is empty twice, and stays shut behind one that is not', async () => {
    const { time, isolate, sleep } = start()
    const [one, drain] = [isolate(), isolate()]
    await time.run(one.hold(queued, sleep))
    assert.equal(await time.run(drain.release(async () => false, sleep)), false)
    assert.equal(await drain.state(), 'shut')
    await assert.rejects(time.run(drain.release(async () => { throw new StoreError('away', { retryable: true }) }, sleep)), { name: 'StoreError' })
    assert.equal(await drain.state(), 'shut')
    assert.equal(await time.run(drain.release(async () => true, sleep)), true)
    assert.equal(await one.isOpen(), true)
  })

  it('that somebody was opening who died is shut by a request, and opened by the next drain', async () => {
    const { time, isolate, sleep } = start()
    const [one, dead, drain] = [isolate(), isolate(), isolate()]
    await time.run(one.hold(queued, sleep))
    void dead.release(() => new Promise(() => undefined), sleep)
    await time.run(time.sleep(lagMs + 1))
    assert.equal(await drain.state(), 'opening')
    assert.equal(await time.run(one.passable(sleep)), false)
    assert.equal(await drain.state(), 'shut')
    assert.equal(await time.run(drain.release(async () => true, sleep)), true)
    assert.equal(await time.run(one.passable(sleep)), true)
  })

  it('that is damaged counts as shut', async () => {
    const { time, store, isolate, sleep } = start()
    await store().put(at, new Uint8Array([1, 2, 3]))
    assert.equal(await time.run(isolate().passable(sleep)), false)
    assert.equal(await time.run(isolate().release(async () => true, sleep)), true)
    assert.equal(await time.run(isolate().passable(sleep)), true)
  })

  it('never lets a batch pass a queue in which an earlier one was acknowledged, nor leaves one behind an open gate', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 2, max: 4 }), async (seed, isolates) => {
      const { time, random, store, openOn, sleep } = start(seed)
      const way = () => time.sleep(random() < 0.05 ? 3_000 * random() : 30 * random())
      const slow = (on: Store): Store => ({
        ...on,
        async get(key) { await way(); const entry = await on.get(key); await way(); return entry },
        async refresh(key, version) { await way(); const entry = await on.refresh(key, version); await way(); return entry },
        async put(key, value, options) { await way(); const outcome = await on.put(key, value, options); await way(); return outcome },
      })
      const gates = Array.from({ length: isolates }, () => openOn(slow(store())))
      const any = () => gates[Math.floor(random() * isolates)]!
      const line: string[] = []
      const arrived: string[] = []
      let over = false
      /** Sends one after the other by any isolate; now and then the destination does not take it. */
      const sender = async (name: string) => {
        for (let number = 0; number < 12; number++) {
          const one = any()
          if (await one.passable(sleep) && random() < 0.7) arrived.push(`${name}${String(number).padStart(3, '0')}`)
          else {
            await one.hold(async () => {
              await way()
              line.push(`${name}${String(number).padStart(3, '0')}`)
              await way()
              return 'queued'
            }, sleep)
          }
          await time.sleep(500 * random())
        }
      }
      const drain = async () => {
        const one = gates[0]!
        const empty = async () => {
          while (line.length > 0) {
            await way()
            arrived.push(line.shift()!)
          }
          return true
        }
        while (!over) {
          await time.sleep(1_000 * random())
          if (await one.isOpen()) continue
          await empty()
          await one.release(empty, sleep)
        }
      }
      const draining = drain()
      await time.run((async () => {
        await Promise.all(['a', 'b', 'c'].map(sender))
        for (let tries = 0; tries < 60 && !(await gates[0]!.isOpen() && line.length === 0); tries++) await time.sleep(1_000)
        over = true
        await draining
      })())
      assert.deepEqual(line, [])
      assert.equal(arrived.length, 36)
      for (const name of ['a', 'b', 'c']) {
        const own = arrived.filter(item => item.startsWith(name))
        assert.deepEqual(own, [...own].sort())
      }
    }), { numRuns: 40 })
  })
})
