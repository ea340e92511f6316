/** A clock, a chance and a memory store that a test holds in its hand. */

import { memoryData, memoryStore } from '../../src/state/stores/memory.ts'
import type { DamageReport } from '../../src/state/open.ts'
import type { Store } from '../../src/state/store.ts'

/** A source of numbers in [0, 1) that gives the same ones every time (a 32-bit linear congruence). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 0x1_0000_0000
  }
}

/** One database, one clock, any number of isolates. */
export function world({ seed = 1, startMs = 1_763_640_000_000 } = {}) {
  const clock = { ms: startMs }
  const damage: DamageReport[] = []
  const now = () => clock.ms
  const random = seeded(seed)
  const data = memoryData(now)
  return {
    clock,
    damage,
    data,
    env: { now, random, onDamage: (report: DamageReport) => { damage.push(report) }, shareIo: true },
    /** A store with counts of its own on the common data. */
    isolate: (): Store => memoryStore({ now, random }, data),
  }
}
