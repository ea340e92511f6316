/** Which targets are whose: the same in every isolate that knows the same targets, and worked out once for each list of them. */

import type { RoundTarget } from '../../components/contract/define.ts'
import { assignShards } from '../../lib/shards.ts'
import { targetHash } from '../../lib/target-hash.ts'
import { hash64Text, type Hash64 } from '../../lib/xxhash64.ts'

export interface Shares {
  /** A name for the list: another list has another one. */
  readonly name: string
  /** The shard of each target where there are so many. */
  owners(shards: number): Int32Array
}

const known = new WeakMap<readonly RoundTarget[], Shares>()

/** How a list of targets is shared out. */
export function sharesOf(targets: readonly RoundTarget[]): Shares {
  const found = known.get(targets)
  if (found !== undefined) return found
  const hashes = targets.map(({ labels }) => targetHash(labels))
  // A number of shards is followed by another one, and hardly ever by a third while work for the first is open.
  const shared = new Map<number, Int32Array>()
  const shares: Shares = {
    name: nameOf(hashes),
    owners(shards) {
      let owners = shared.get(shards)
      if (owners === undefined) {
        if (shared.size > 1) shared.clear()
        shared.set(shards, owners = assignShards(hashes, shards))
      }
      return owners
    },
  }
  known.set(targets, shares)
  return shares
}

/** The sum of all hashes, whatever order they stand in. */
function nameOf(hashes: readonly Hash64[]): string {
  let [high, low] = [0, hashes.length]
  for (const hash of hashes) {
    high = (high + hash.high) >>> 0
    low = (low + hash.low) >>> 0
  }
  return hash64Text({ high, low })
}
