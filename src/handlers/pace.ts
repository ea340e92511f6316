/** How clocks go on each platform; see graph/run/clock.ts. */

import type { Platform } from '../components/contract/define.ts'
import type { Pace } from '../graph/run/clock.ts'

const minute = 60_000

/**
 * The object on Workers rings when something is due, and invocations that wait cost next to nothing; they end within half a minute.
 * Node is the same without the way to others. Lambda is ticked once a minute, which may come some seconds late: where something is due
 * more often, an invocation lasts until the next tick, and hands out a little more; otherwise waiting would only cost, and what fell due
 * since the last tick is done at once.
 */
const paces: Readonly<Record<Platform, Pick<Pace, 'stretch' | 'lookMs' | 'maxShards'>>> = {
  cloudflare: { stretch: () => ({ aheadMs: 1_000, lengthMs: 11_000 }), lookMs: minute, maxShards: 300 },
  lambda: {
    stretch: leastMs => (leastMs < minute ? { aheadMs: minute / 2, lengthMs: minute + 3_000 } : { aheadMs: 2_000, lengthMs: 3_000 }),
    lookMs: minute, maxShards: 300,
  },
  node: { stretch: () => ({ aheadMs: 500, lengthMs: 5_500 }), lookMs: 5_000, maxShards: 30 },
}

/** The pace of a platform, with the bounds that the deployment sets (SLUICE_MIN_SHARDS, SLUICE_MAX_SHARDS). */
export function paceOf(platform: Platform, env: (name: string) => string | undefined): Pace {
  const pace = paces[platform]
  const maxShards = Math.min(pace.maxShards, count(env('SLUICE_MAX_SHARDS')) ?? pace.maxShards)
  return { ...pace, maxShards, minShards: Math.min(maxShards, count(env('SLUICE_MIN_SHARDS')) ?? 1) }
}

/** A whole number from 1; anything else counts as not set. */
const count = (text: string | undefined): number | undefined => (text !== undefined && /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined)

/** Ends at an order's deadline. */
export const untilDeadline = ({ deadlineMs }: { readonly deadlineMs: number }, nowMs: number): AbortSignal => AbortSignal.timeout(Math.max(0, Math.ceil(deadlineMs - nowMs)))
