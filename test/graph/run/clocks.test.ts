import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RoundTarget, Rounds } from '../../../src/components/contract/define.ts'
import { runClock, type ClockRun } from '../../../src/graph/run/clocks.ts'
import { paceOf } from '../../../src/handlers/pace.ts'
import { fakeCall } from '../../support/call.ts'

/** Rounds over a list that the test holds; tells how often ends were asked for. */
function roundsOver(targets: RoundTarget[]) {
  const asked = { retired: 0 }
  const rounds: Rounds = {
    targets: () => targets,
    dues: async () => fromMs => (targets.length === 0 ? undefined : fromMs + 1_000),
    run: async () => assert.fail('nothing is carried out here'),
    async retire() {
      asked.retired++
      throw new Error('the store is away')
    },
  }
  return { rounds, asked }
}

const run: ClockRun = { pace: paceOf('node', () => undefined), hand: async () => undefined }

describe('clocks', () => {
  it('end the series of the last targets too, when there is no round left that would, and survive a failure of that', async () => {
    const targets: RoundTarget[] = []
    const { rounds, asked } = roundsOver(targets)
    const call = fakeCall()
    assert.ok(await runClock(call, 'prometheus.scrape.a', rounds, run) > call.now())
    assert.equal(asked.retired, 1)
    assert.match(call.logs.map(({ message }) => message).join(), /targets that are gone could not be ended/)
    targets.push({ labels: { a: '1' }, intervalMs: 15_000, timeoutMs: 10_000 })
    await runClock(call, 'prometheus.scrape.a', rounds, run)
    assert.equal(asked.retired, 1)
  })
})
