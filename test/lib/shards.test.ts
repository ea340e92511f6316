import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'node:test'
import { assignShards } from '../../src/lib/shards.ts'
import { targetHash } from '../../src/lib/target-hash.ts'
import type { Hash64 } from '../../src/lib/xxhash64.ts'

function loads(owners: Int32Array, shards: number): number[] {
  const loads = new Array<number>(shards).fill(0)
  for (const owner of owners) loads[owner]!++
  return loads
}

/** How many moved when a shard was added; throws where one moved to another than the new one. */
function moved(before: Int32Array, after: Int32Array, added: number): number {
  let count = 0
  for (const [i, owner] of after.entries()) {
    if (owner === before[i]) continue
    assert.equal(owner, added, 'a target moves to the new shard or stays')
    count++
  }
  return count
}

const addresses = (count: number): Hash64[] =>
  Array.from({ length: count }, (_, i) => targetHash({ __address__: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:9100`, job: 'node' }))

const anyHash = fc.record({ high: fc.integer({ min: 0, max: 0xffff_ffff }), low: fc.integer({ min: 0, max: 0xffff_ffff }) })
const anyHashes = (maxLength: number) => fc.uniqueArray(anyHash, { maxLength, selector: ({ high, low }) => `${high},${low}` })

describe('shards', () => {
  const many = addresses(100_000)

  it('spreads 100,000 targets over 150 shards with at most 1.15 times the mean on one', () => {
    assert.ok(Math.max(...loads(assignShards(many, 150), 150)) <= 1.15 * many.length / 150)
  })

  for (const shards of [1, 2, 9, 10, 149, 150]) {
    it(`moves at most 1/${shards + 1} + 2 % of them from ${shards} to ${shards + 1}, all to the new one`, () => {
      const count = moved(assignShards(many, shards), assignShards(many, shards + 1), shards)
      assert.ok(count <= many.length * (1 / (shards + 1) + 0.02), `${count}`)
      assert.ok(count >= many.length * (1 / (shards + 1) - 0.02), `${count}`)
    })
  }

  for (const count of [2500, 5000, 10_000, 33_333]) {
    it(`does so with ${count} as well`, () => {
      assert.ok(Math.max(...loads(assignShards(many.slice(0, count), 150), 150)) <= 1.15 * count / 150)
    })
  }

  it('leaves the others where they are when a few targets come and go', () => {
    const before = assignShards(many, 150)
    const after = assignShards(many.slice(0, -1000), 150)
    const changed = after.filter((owner, i) => owner !== before[i]).length
    assert.ok(changed < 100, `${changed}`)
  })

  it('holds for hashes of any kind, also those that differ in few bits', () => {
    const kinds: ((i: number) => Hash64)[] = [
      i => ({ high: 0, low: i }), i => ({ high: i, low: 0 }), i => ({ high: i << 16 >>> 0, low: i << 12 >>> 0 }), i => ({ high: i, low: i }),
    ]
    for (const kind of kinds) {
      const owners = assignShards(Array.from({ length: 20_000 }, (_, i) => kind(i)), 150)
      assert.ok(Math.max(...loads(owners, 150)) <= 1.15 * 20_000 / 150)
    }
  })

  it('bounds the busiest shard, and moves only to new ones, for any targets and counts', () => {
    fc.assert(fc.property(anyHashes(400), fc.integer({ min: 1, max: 40 }), (hashes, shards) => {
      const owners = assignShards(hashes, shards)
      assert.ok(owners.every(owner => owner >= 0 && owner < shards))
      const mean = hashes.length / shards
      // Where there are few, whole targets cannot be spread any finer without moving between old shards.
      assert.ok(Math.max(0, ...loads(owners, shards)) <= Math.max(1.15 * mean, Math.ceil(mean) + 2))
      moved(owners, assignShards(hashes, shards + 1), shards)
    }), { numRuns: 200 })
  })

  it('does not depend on the order of the targets', () => {
    fc.assert(fc.property(anyHashes(100), fc.integer({ min: 1, max: 20 }), (hashes, shards) => {
      assert.deepEqual([...assignShards([...hashes].reverse(), shards)].reverse(), [...assignShards(hashes, shards)])
    }))
  })
})
