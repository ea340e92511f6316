/** All that will go wrong in a run, and when: drawn from the seed alone, before anything starts. */

export type PlatformName = 'node' | 'workerd' | 'lambda'

export interface ChaosOptions {
  readonly seed: number
  readonly platform: PlatformName
  /** How long load and faults last; what was acknowledged then has `settleMs` to arrive. */
  readonly runMs: number
  readonly settleMs: number
  readonly kills: number
  /** Kinds of trouble to leave out. */
  readonly without: readonly Trouble[]
  /** Whether the destination refuses a remote-write request with any sample older than the newest of its series, as Prometheus does. */
  readonly strict?: boolean
  /** Whether it is well when something still waits in the end, in a queue or at a sender. */
  readonly mayWait?: boolean
}

export type Trouble = 'kills' | 'destination' | 'store' | 'clock'
export const troubles: readonly Trouble[] = ['kills', 'destination', 'store', 'clock']

/** What a destination does to a request while a phase lasts. `took`: it has taken the data when it fails. */
export type DestinationFault = 'refuse' | 'stall' | 'reset' | 'reset-took' | 'stall-took' | '500' | '503' | '429' | '413' | '400'
/** What becomes of a store's operation. `lost`: it took effect, its answer did not arrive. */
export type StoreFault = 'fail' | 'lost' | 'slow' | 'mixed'

/** From `fromMs` to `toMs` after the start, so many of the requests or operations go wrong. */
export interface Phase<F> {
  readonly fromMs: number
  readonly toMs: number
  readonly fault: F
  readonly share: number
}

export interface Plan {
  /** When which process is killed, in order. */
  readonly kills: readonly { readonly atMs: number; readonly victim: number }[]
  readonly destination: readonly Phase<DestinationFault>[]
  readonly store: readonly Phase<StoreFault>[]
  /** From when on every clock is wrong by how much. */
  readonly clock: readonly { readonly atMs: number; readonly offsetMs: number }[]
}

/** Processes at once: workerd is one, whose isolates are its own affair. */
export const processes: Readonly<Record<PlatformName, number>> = { node: 2, workerd: 1, lambda: 3 }

/** Numbers in [0, 1), the same for the same seed and purpose (mulberry32). */
export function chance(seed: number, purpose: string): () => number {
  let state = seed >>> 0
  for (const character of purpose) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

const between = (random: () => number, low: number, high: number) => low + (high - low) * random()
const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)]!

const destinationFaults: readonly DestinationFault[] = ['refuse', 'stall', 'reset', 'reset-took', 'stall-took', '500', '503', '429', '413', '400']
const storeFaults: readonly StoreFault[] = ['fail', 'lost', 'slow', 'mixed']

/** Everything of a run that is not the machine's own doing. */
export function planOf({ seed, platform, runMs, kills, without }: ChaosOptions): Plan {
  const unless = <T>(trouble: Trouble, make: () => T[]): T[] => (without.includes(trouble) ? [] : make())
  return {
    kills: unless('kills', () => killsOf(chance(seed, 'kills'), runMs, kills, processes[platform])),
    destination: unless('destination', () => phases(chance(seed, 'destination'), runMs, destinationFaults, [2_000, 8_000], [500, 7_000], [0.2, 1, 1])),
    store: unless('store', () => phases(chance(seed, 'store'), runMs, storeFaults, [3_000, 10_000], [500, 5_000], [0.03, 0.2, 0.6])),
    // Of workerd the clock cannot be set: an alarm is a point in its time.
    clock: platform === 'workerd' ? [] : unless('clock', () => jumps(chance(seed, 'clock'), runMs, platform)),
  }
}

/** Spread over the run, each at a random point of its share of it. */
const killsOf = (random: () => number, runMs: number, kills: number, victims: number): Plan['kills'][number][] =>
  Array.from({ length: kills }, (_, i) => ({ atMs: (i + random()) * (runMs / kills), victim: Math.floor(random() * victims) }))

function phases<F>(
  random: () => number, runMs: number, faults: readonly F[], calm: readonly [number, number], trouble: readonly [number, number], shares: readonly number[],
): Phase<F>[] {
  const found: Phase<F>[] = []
  for (let at = between(random, ...calm); at < runMs;) {
    const toMs = Math.min(runMs, at + between(random, ...trouble))
    found.push({ fromMs: at, toMs, fault: pick(random, faults), share: pick(random, shares) })
    at = toMs + between(random, ...calm)
  }
  return found
}

/**
 * Forwards and back, by seconds and by hours. On S3 only forwards: there the clocks of the writers are what orders a queue
 * (FORMAT.md), and AWS's do not go back.
 */
function jumps(random: () => number, runMs: number, platform: PlatformName): Plan['clock'][number][] {
  const found: Plan['clock'][number][] = []
  let offsetMs = 0
  for (let at = between(random, 5_000, 20_000); at < runMs; at += between(random, 10_000, 30_000)) {
    const size = pick(random, [2_000, 30_000, 90_000, 3_600_000]) * between(random, 0.5, 1.5)
    offsetMs += platform !== 'lambda' && random() < 0.5 ? -size : size
    found.push({ atMs: at, offsetMs: Math.round(offsetMs) })
  }
  return found
}

/** The phase that holds at `ms`, or none. */
export const phaseAt = <F>(plan: readonly Phase<F>[], ms: number): Phase<F> | undefined =>
  plan.find(({ fromMs, toMs }) => ms >= fromMs && ms < toMs)
