/** How many shards the work asks for. */

/** A target as far as the count depends on it. */
export interface ShardWork {
  readonly intervalMs: number
  /** How long its scrapes took lately; undefined before the first one. */
  readonly durationMs: number | undefined
}

export interface ShardBounds {
  readonly min: number
  readonly max: number
  /** How many there are now; 0 before the first count. */
  readonly current: number
  /** How many requests a shard has under way at once: Workers allow six an invocation. */
  readonly connections?: number
}

/** What a target is taken to need before anything is known of any. */
const assumedMs = 500
/** The busiest shard's share above the mean (shards.ts). */
const imbalance = 1.15
/** Shards are added when more than this part of their connections is in use, so that a slow minute is not a late one ... */
const full = 0.7
/** ... and taken away when it is less than this with fewer of them, so that the count does not swing. */
const roomy = 0.5

/** The number of shards for this work: `current` for as long as it is neither too few nor too many. */
export function shardCount(work: readonly ShardWork[], { min, max, current, connections = 6 }: ShardBounds): number {
  const observed = work.flatMap(({ durationMs }) => durationMs ?? []).sort((a, b) => a - b)
  const typicalMs = observed[observed.length >> 1] ?? assumedMs
  // Little's law: the connections that are in use on average.
  const busy = work.reduce((sum, { durationMs, intervalMs }) => sum + Math.min(1, (durationMs ?? typicalMs) / intervalMs), 0)
  const needed = (used: number) => Math.max(1, Math.ceil(busy * imbalance / (connections * used)))
  const wanted = current < 1 ? needed(full) : Math.min(Math.max(current, needed(full)), needed(roomy))
  return Math.min(Math.max(wanted, min), max)
}
