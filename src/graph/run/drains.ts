/** Emptying the queues of a graph: every destination's for itself, so that one that stands still holds up no other. */

import type { Call } from '../../components/contract/call.ts'
import type { Drain } from '../../components/contract/define.ts'

/** A destination's queue and the node that it belongs to. */
export interface GraphDrain extends Drain {
  readonly id: string
}

export interface DrainOptions {
  /** Something was put in: queues that were just seen empty are read again. */
  readonly woken?: boolean
  /** Only the queues for which this says so. */
  readonly only?: (drain: GraphDrain) => boolean
}

/** Runs all drains side by side; resolves with the shortest wait that any of them asks for, or undefined when nothing waits. A failure is told to `failed`, and waits a little. */
export async function runDrains(
  drains: readonly GraphDrain[], callOf: (id: string) => Call, failed: (drain: GraphDrain, error: unknown) => void, { woken = false, only }: DrainOptions,
): Promise<number | undefined> {
  const chosen = only === undefined ? drains : drains.filter(only)
  const waits = await Promise.all(chosen.map(async drain => {
    try {
      return await drain.run(callOf(drain.id), woken)
    } catch (error) {
      failed(drain, error)
      return afterFailureMs
    }
  }))
  const due = waits.filter(wait => wait !== undefined)
  return due.length === 0 ? undefined : Math.min(...due)
}

const afterFailureMs = 5_000
