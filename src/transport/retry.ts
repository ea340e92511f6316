/** When to try again: exponential back-off between attempts, with the arguments that Alloy's exporters have. */

import type { Call } from '../components/contract/call.ts'
import { ConsumeError } from '../components/contract/errors.ts'

export interface RetryPolicy {
  readonly enabled: boolean
  readonly initialMs: number
  readonly maxMs: number
  readonly multiplier: number
  /** Each wait is spread over ±this share of itself. */
  readonly jitter: number
  /** Give up on a batch this long after it was accepted; 0 means never. */
  readonly maxElapsedMs: number
  /** Give up after this many attempts. */
  readonly maxAttempts?: number
}

/** The wait after `attempt` failures, in milliseconds; `chance` in [0, 1) places it within its jitter. */
export function backOff({ initialMs, maxMs, multiplier, jitter }: RetryPolicy, attempt: number, chance: number): number {
  const base = Math.min(maxMs, initialMs * multiplier ** Math.min(attempt - 1, 100))
  return base * (1 + jitter * (2 * chance - 1))
}

/** How long to wait after `attempt` failures, the last of which was `error`: what the destination asks for, or the back-off. */
export const waitAfter = (error: ConsumeError, policy: RetryPolicy, attempt: number, call: Call): number =>
  error.retryAfterMs ?? backOff(policy, attempt, call.random())

/**
 * Runs `attempt` (numbered from 1) until it succeeds, is refused for good, or the wait before the next one would end after
 * `patienceMs`. Rejects with the last ConsumeError; any other error is a bug and passes at once.
 */
export async function persistently<T>(call: Call, policy: RetryPolicy, patienceMs: number, attempt: (number: number) => Promise<T>): Promise<T> {
  const started = call.now()
  for (let number = 1; ; number++) {
    try {
      return await attempt(number)
    } catch (error) {
      if (!(error instanceof ConsumeError) || error.kind === 'permanent' || !policy.enabled) throw error
      const waitMs = waitAfter(error, policy, number, call)
      const elapsed = call.now() - started + waitMs
      const over = elapsed > patienceMs || (policy.maxElapsedMs > 0 && elapsed > policy.maxElapsedMs)
      if (over || number >= (policy.maxAttempts ?? Infinity) || call.signal.aborted) throw error
      call.log('debug', 'will send again', { attempt: number, wait_ms: Math.round(waitMs), err: error.message })
      await call.sleep(waitMs)
    }
  }
}
