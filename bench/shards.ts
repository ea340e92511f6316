/**
 * Sharding: how evenly targets are spread, what moves when shards or targets come and go, and what it costs; beside the ring of an
 * Alloy cluster over the same targets.
 */
import { utf8 } from '../src/lib/bytes.ts'
import { shardCount } from '../src/lib/shard-count.ts'
import { assignShards } from '../src/lib/shards.ts'
import { targetHash } from '../src/lib/target-hash.ts'
import { xxhash64, type Hash64 } from '../src/lib/xxhash64.ts'
import { measure, type BenchOptions, type Row } from './measure.ts'
import { alloyRing } from './support/ring.ts'

type Figures = Readonly<{ row: string } & Record<string, string | number>>
type Assign = (hashes: readonly Hash64[], shards: number) => Int32Array

const intervalMs = 60_000
const minutes = 30
/** Of all targets, how many are replaced each minute. */
const churn = 0.01
/** Scrapes take this long: most little, some much. */
const durations = [50, 80, 120, 200, 300, 2000]
const sizes = [{ shards: 1, targets: 600 }, { shards: 10, targets: 8_000 }, { shards: 150, targets: 100_000 }]

const labelsOf = (i: number) => ({ __address__: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}:9100`, __metrics_path__: '/metrics', job: `job-${i % 17}`, node: `node-${i}` })
const hashesOf = (from: number, count: number): Hash64[] => Array.from({ length: count }, (_, i) => targetHash(labelsOf(from + i)))

const busiest = (owners: Int32Array, shards: number): number => {
  const loads = new Array<number>(shards).fill(0)
  for (const owner of owners) loads[owner]!++
  return Math.max(...loads) * shards / owners.length
}
const movedShare = (before: Int32Array, after: Int32Array): number => after.filter((owner, i) => owner !== before[i]).length / after.length

/** Half an hour in which targets come and go: the worst balance, and of those that stayed the part that moved in an average minute. */
function simulate(assign: Assign, shards: number, targets: number): { busiest: number; movedPercent: number } {
  const replaced = Math.max(1, Math.floor(targets * churn))
  let hashes = hashesOf(0, targets)
  let owners = assign(hashes, shards)
  let worst = busiest(owners, shards)
  let moved = 0
  for (let minute = 0; minute < minutes; minute++) {
    const next = [...hashes.slice(replaced), ...hashesOf(targets + minute * replaced, replaced)]
    const after = assign(next, shards)
    moved += movedShare(owners.slice(replaced), after.slice(0, targets - replaced))
    worst = Math.max(worst, busiest(after, shards))
    hashes = next
    owners = after
  }
  return { busiest: worst, movedPercent: 100 * moved / minutes }
}

/** Dollars a month (platform prices of 2025) for scraping once a minute. A scrape is taken to need 2 ms of CPU. */
function costs(targets: number, shards: number): { workers: number; lambda: number } {
  const invocations = shards * 60 * 24 * 30
  const scrapes = targets * 60 * 24 * 30
  const meanMs = durations.reduce((sum, ms) => sum + ms) / durations.length
  const seconds = scrapes * meanMs / 1000 / 6
  return { workers: invocations * 0.3e-6 + scrapes * 2 * 0.02e-6, lambda: invocations * 0.2e-6 + seconds * 0.0000133334 }
}

export function* rows(options: BenchOptions): Generator<Row | Figures> {
  const wanted = (row: string) => row.includes(options.only)
  for (const { shards, targets } of sizes) {
    const name = `${shards} shards, ${targets} targets`
    const hashes = hashesOf(0, targets)
    for (const [kind, assign] of [['sluice', assignShards], ['alloy ring', alloyRing]] as const) {
      const row = `${name}: ${kind}`
      if (!wanted(row)) continue
      const { busiest: worst, movedPercent } = simulate(assign, shards, targets)
      const before = assign(hashes, shards)
      const after = assign(hashes, shards + 1)
      const between = after.filter((owner, i) => owner !== before[i] && owner !== shards).length
      yield {
        row, busiestToMean: worst, movedByChurnPercentAMinute: movedPercent,
        movedByOneMorePercent: 100 * movedShare(before, after), leastPossiblePercent: 100 / (shards + 1), movedBetweenOld: between,
      }
    }
    if (wanted(`${name}: cost`)) {
      const work = hashes.map((_, i) => ({ intervalMs, durationMs: durations[i % durations.length]! }))
      const { workers, lambda } = costs(targets, shards)
      yield { row: `${name}: cost`, shardsByWork: shardCount(work, { min: 1, max: 1000, current: 0 }), workersDollarsAMonth: workers, lambdaDollarsAMonth: lambda }
    }
  }
  const hashes = hashesOf(0, 100_000)
  if (wanted('speed: assign')) yield measure({ row: 'speed: assign 100,000 to 150, beside the ring', items: 100_000, ours: () => assignShards(hashes, 150), baseline: () => alloyRing(hashes, 150) }, options)
  const bytes = utf8('x'.repeat(200))
  if (wanted('speed: hash')) yield measure({ row: 'speed: XXH64 of 200 bytes, beside BigInt', items: 1, ours: () => xxhash64(bytes), baseline: () => slowHash(bytes) }, options)
}

/** XXH64 of whole stripes as its specification writes it. */
function slowHash(bytes: Uint8Array): bigint {
  const [p1, p2] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn]
  const view = new DataView(bytes.buffer)
  const cut = (word: bigint) => BigInt.asUintN(64, word)
  const lanes = [cut(p1 + p2), p2, 0n, cut(-p1)]
  for (let at = 0; at <= bytes.length - 32; at += 32) {
    for (let lane = 0; lane < 4; lane++) {
      const sum = cut(lanes[lane]! + cut(view.getBigUint64(at + 8 * lane, true) * p2))
      lanes[lane] = cut(cut((sum << 31n) | (sum >> 33n)) * p1)
    }
  }
  return lanes.reduce((sum, lane) => cut(sum + lane))
}
