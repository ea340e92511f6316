import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../../../src/lib/bytes.ts'
import { cell, lease, type Held } from '../../../src/state/kinds.ts'
import { open } from '../../../src/state/open.ts'
import type { Store } from '../../../src/state/store.ts'
import { faulty } from '../faulty.ts'
import { world } from '../world.ts'

const ttlMs = 1000

function start() {
  const around = world()
  const openOn = (store: Store) => open(lease({ name: 'drain' }), store, 'loki.write.a', around.env)
  return { ...around, openOn, lease: openOn(around.isolate()) }
}

function assertHeld(outcome: Held | 'lost' | { takenUntilMs: number }): asserts outcome is Held {
  assert.ok(typeof outcome === 'object' && 'token' in outcome, `not held: ${JSON.stringify(outcome)}`)
}

describe('lease', () => {
  it('is held by one, until its time is over', async () => {
    const { lease, openOn, isolate, clock } = start()
    const first = await lease.acquire(ttlMs)
    assertHeld(first)
    assert.deepEqual(await openOn(isolate()).acquire(ttlMs), { takenUntilMs: first.untilMs })
    // Nor does the same isolate get it twice: two drains may run in it.
    assert.deepEqual(await lease.acquire(ttlMs), { takenUntilMs: first.untilMs })
    clock.ms += ttlMs
    const second = await openOn(isolate()).acquire(ttlMs)
    assertHeld(second)
    assert.ok(second.token > first.token)
    assert.equal(await first.renew(ttlMs), 'lost')
    await first.release()
    assert.deepEqual(await lease.acquire(ttlMs), { takenUntilMs: second.untilMs })
  })

  it('of a dead holder does not last longer than it was taken for when the clock is set back', async () => {
    const { lease, openOn, isolate, clock } = start()
    const first = await lease.acquire(ttlMs)
    assertHeld(first)
    clock.ms -= 3_600_000
    const second = await openOn(isolate()).acquire(ttlMs)
    assertHeld(second)
    assert.ok(second.token > first.token)
    assert.equal(await first.renew(ttlMs), 'lost')
    assert.deepEqual(await lease.acquire(ttlMs), { takenUntilMs: second.untilMs })
  })

  it('is renewed with the same token, and given back at once', async () => {
    const { lease, openOn, isolate, clock } = start()
    const first = await lease.acquire(ttlMs)
    assertHeld(first)
    clock.ms += 900
    const renewed = await first.renew(ttlMs)
    assertHeld(renewed)
    assert.equal(renewed.token, first.token)
    clock.ms += 900
    assert.deepEqual(await openOn(isolate()).acquire(ttlMs), { takenUntilMs: renewed.untilMs })
    await renewed.release()
    const next = await openOn(isolate()).acquire(ttlMs)
    assertHeld(next)
    assert.equal(next.token, first.token + 1)
  })

  it('goes to one of many who ask at once', async () => {
    const { openOn, isolate } = start()
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => openOn(isolate()).acquire(ttlMs)))
    assert.equal(outcomes.filter(outcome => 'token' in outcome).length, 1)
  })

  it('is held although the answer was lost', async () => {
    const { openOn, isolate } = start()
    const outcome = await openOn(faulty(isolate(), name => (name === 'put' && lose-- > 0 ? 'after' : undefined))).acquire(ttlMs)
    assertHeld(outcome)
    assert.deepEqual(await openOn(isolate()).acquire(ttlMs), { takenUntilMs: outcome.untilMs })
  })
  let lose = 1

  it('goes on with higher tokens after damage', async () => {
    const { lease, isolate, damage, clock } = start()
    const first = await lease.acquire(ttlMs)
    assertHeld(first)
    await isolate().put('lease/loki.write.a/drain', utf8('rubbish'))
    clock.ms += ttlMs
    const second = await lease.acquire(ttlMs)
    assertHeld(second)
    assert.ok(second.token > first.token)
    assert.equal(damage.length, 1)
  })

  it('model: one holder at a time, tokens that only grow, whatever write or answer is lost', async () => {
    const processes = 2
    const step = fc.oneof(
      fc.record({ do: fc.constant('acquire' as const), by: fc.nat(processes - 1) }),
      fc.record({ do: fc.constant('renew' as const), by: fc.nat(processes - 1) }),
      fc.record({ do: fc.constant('release' as const), by: fc.nat(processes - 1) }),
      fc.record({ do: fc.constant('work' as const), by: fc.nat(processes - 1) }),
      fc.record({ do: fc.constant('crash' as const), by: fc.nat(processes - 1) }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(100, 500, ttlMs, ttlMs) }),
    )
    const faults = fc.array(fc.constantFrom('before' as const, 'after' as const, undefined, undefined, undefined, undefined, undefined), { maxLength: 60, size: 'max' })
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), faults, async (steps, faults) => {
      const { openOn, isolate, clock, env } = start()
      let operation = 0
      const shaky = () => faulty(isolate(), () => faults[operation++])
      const leases = Array.from({ length: processes }, () => openOn(shaky()))
      const work = open(cell({ name: 'cursor' }), isolate(), 'loki.write.a', env)
      const held: (Held | undefined)[] = Array<undefined>(processes).fill(undefined)
      let highest = 0
      let fenced = 0
      const noOther = (by: number) => held.forEach((other, i) => {
        assert.ok(i === by || other === undefined || other.untilMs <= clock.ms, 'two holders at once')
      })
      for (const each of steps) {
        if (each.do === 'wait') clock.ms += each.ms
        else if (each.do === 'crash') held[each.by] = undefined
        else if (each.do === 'acquire') {
          const outcome = await leases[each.by]!.acquire(ttlMs).catch(() => undefined)
          if (outcome === undefined || !('token' in outcome)) continue
          noOther(each.by)
          assert.ok(outcome.token > highest, 'a token came again')
          highest = outcome.token
          held[each.by] = outcome
        } else if (each.do === 'renew') {
          const outcome = await held[each.by]?.renew(ttlMs).catch(() => undefined)
          if (typeof outcome === 'object') noOther(each.by)
          if (outcome !== undefined) held[each.by] = outcome === 'lost' ? undefined : outcome
        } else if (each.do === 'release') {
          await held[each.by]?.release().catch(() => undefined)
          held[each.by] = undefined
        } else {
          // Work goes on after the time is over, as in a process that was suspended: the fence must stop it.
          const token = held[each.by]?.token
          if (token === undefined) continue
          const outcome = await work.write(utf8(String(token)), { fence: token })
          assert.equal(outcome === 'conflict', token < fenced)
          fenced = Math.max(fenced, token)
        }
      }
      clock.ms += 2 * ttlMs
      assertHeld(await openOn(isolate()).acquire(ttlMs))
    }), { numRuns: 300, seed: 5 })
  })
})
