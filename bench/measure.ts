/** Measuring two ways of doing the same, in turns, so that a noisy machine troubles both alike. */

export interface Row {
  /** What is measured. */
  row: string
  /** Items (spans, points, records, samples, entries) a batch. */
  items: number
  /** Items a CPU second. */
  perSecond: number
  baselinePerSecond: number
  ratio: number
  /** What else a row wants to say. */
  [extra: string]: string | number
}

export interface BenchOptions {
  /** Only rows whose name contains this. */
  only: string
  /** Milliseconds to measure each of the two ways. */
  ms: number
}

export interface Case {
  row: string
  items: number
  /** Both do the work for one batch (or as many as `items` says) and answer something of it, so that nothing is optimized away. */
  ours: () => unknown
  baseline: () => unknown
}

const ROUNDS = 7
let sink: unknown

/** CPU milliseconds of this process: what a function is billed for, and what neighbours on the machine do not disturb. */
const cpu = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Calls a CPU second of `work` within about `ms`. */
function rate(work: () => unknown, ms: number): number {
  let calls = 0
  let step = 1
  const start = cpu()
  for (;;) {
    for (let i = 0; i < step; i++) sink = work()
    calls += step
    const elapsed = Math.max(cpu() - start, 0.001)
    if (elapsed >= ms) return calls / elapsed * 1000
    // Looking at the clock must not weigh on what takes microseconds.
    step = Math.max(1, Math.min(10 * step, Math.ceil(calls / elapsed * ms / 20)))
  }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!

/** The median of several rounds in turns, after a warm-up of both. */
export function measure({ row, items, ours, baseline }: Case, { ms }: BenchOptions): Row {
  rate(ours, ms / 2)
  rate(baseline, ms / 2)
  const our: number[] = []
  const their: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    our.push(rate(ours, ms / ROUNDS))
    their.push(rate(baseline, ms / ROUNDS))
  }
  void sink
  const perSecond = median(our) * items
  const baselinePerSecond = median(their) * items
  return { row, items, perSecond: Math.round(perSecond), baselinePerSecond: Math.round(baselinePerSecond), ratio: Math.round(perSecond / baselinePerSecond * 100) / 100 }
}
