/**
 * Which shard owns which target, without anyone to ask: a pure function of the targets' hashes and the number of shards.
 *
 * A deployment of n shards is thought of as grown from one. When shard k joins, some targets move to it from the others, and none
 * moves between those: so resizing moves what it must and nothing else. Most moves are each target's own draw (jump hash, which is
 * a ring with endlessly many virtual nodes). Chance alone would leave the busiest of 150 shards up to 1.25 times the mean, so a
 * shard above its capacity hands more to the new one, and a new one takes no more than its own. Those are all that depends on the
 * other targets: few where a shard has fifty targets or more, many where it has ten.
 */

import type { Hash64 } from './xxhash64.ts'

/** How full a shard may be, beside the mean. */
const slack = 1.12
/** Multiples of it are spread evenly, as far as they go. */
const goldenRatio = 0.618_034

/** The shard of each target, from 0, in the order of the hashes, which are distinct; what order that is changes nothing. */
export function assignShards(hashes: readonly Hash64[], shards: number): Int32Array {
  const owner = new Int32Array(hashes.length)
  const members: number[][] = [[...hashes.keys()]]
  /** By shard, who would move there of its own draw. */
  const drawn: number[][] = Array.from({ length: shards }, () => [])
  const draw = (target: number, from: number) => {
    const next = jump(hashes[target]!, from)
    if (next < shards) drawn[next]!.push(target)
  }
  for (const target of members[0]!) draw(target, 0)
  const load = new Int32Array(Math.max(1, shards)).fill(hashes.length, 0, 1)

  for (let shard = 1; shard < shards; shard++) {
    const byRank = ranking(hashes, shard)
    const own = drawn[shard]!
    const capacity = capacities(hashes.length, shard + 1, load)
    for (const target of own) load[owner[target]!]!--
    const leaving = new Set(own)
    const pushed: number[] = []
    for (let from = 0; from < shard; from++) {
      const surplus = load[from]! - capacity(from)
      if (surplus <= 0) continue
      members[from] = members[from]!.filter(target => owner[target] === from)
      pushed.push(...members[from]!.filter(target => !leaving.has(target)).sort(byRank).slice(0, surplus))
      load[from] = capacity(from)
    }
    let surplus = own.length + pushed.length - capacity(shard)
    const joined = surplus <= 0 ? own : own.sort(byRank).reverse().filter(target => {
      const stays = surplus > 0 && load[owner[target]!]! < capacity(owner[target]!)
      if (!stays) return true
      surplus--
      load[owner[target]!]!++
      return false
    })
    const arrived = [...joined, ...pushed]
    for (const target of arrived) owner[target] = shard
    members[shard] = arrived
    load[shard] = arrived.length
    for (const target of leaving) draw(target, shard)
  }
  return owner
}

/**
 * The most that each of `shards` may own. It follows the number of targets in steps of 1/64, so that one more or less changes
 * nothing; and what whole numbers leave is spread over the shards, or many would be one above it at the same time.
 */
function capacities(targets: number, shards: number, load: Int32Array): (shard: number) => number {
  const step = 2 ** Math.max(0, 25 - Math.clz32(targets))
  const rounded = Math.ceil(targets / step) * step
  const most = Math.max(slack * rounded / shards, targets / shards + 1)
  const capacity = (extra: number) => (shard: number) => Math.floor(most - (shard * goldenRatio) % 1) + extra
  const fits = (capacity: (shard: number) => number) =>
    load.reduce((sum, count, shard) => sum + Math.max(0, count - capacity(shard)), 0) <= capacity(shards - 1)
  let extra = 0
  while (!fits(capacity(extra))) extra++
  return capacity(extra)
}

/** The next shard that a target which drew `shard` draws: each later one with equal chances (Lamping and Veach, 2014). */
function jump(hash: Hash64, shard: number): number {
  return Math.floor((shard + 1) * 2 ** 32 / (stir(hash, shard) + 1))
}

/** Who goes first when shard `shard` must take some more, or fewer. */
function ranking(hashes: readonly Hash64[], shard: number): (a: number, b: number) => number {
  return (a, b) => {
    const [left, right] = [hashes[a]!, hashes[b]!]
    return stir(left, ~shard) - stir(right, ~shard) || left.high - right.high || left.low - right.low
  }
}

/** 32 bits that look like chance, of a hash and a number. */
function stir({ high, low }: Hash64, salt: number): number {
  let bits = Math.imul(high ^ Math.imul(salt, 0x9e37_79b1), 0x85eb_ca6b)
  bits = Math.imul(bits ^ (bits >>> 15) ^ low, 0xc2b2_ae35)
  bits = Math.imul(bits ^ (bits >>> 13), 0x27d4_eb2f)
  return (bits ^ (bits >>> 16)) >>> 0
}
