import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'node:test'
import { shardCount } from '../../src/lib/shard-count.ts'

const bounds = { min: 1, max: 500, current: 0 }
const targets = (count: number, durationMs: number | undefined, intervalMs = 60_000) => Array.from({ length: count }, () => ({ durationMs, intervalMs }))

describe('the number of shards', () => {
  it('follows the number of targets, how long they take, and how often they are scraped', () => {
    assert.equal(shardCount(targets(100, 200), bounds), 1)
    assert.equal(shardCount(targets(10_000, 200), bounds), 10)
    assert.equal(shardCount(targets(10_000, 2000), bounds), 92)
    assert.equal(shardCount(targets(10_000, 200, 15_000), bounds), 37)
    assert.equal(shardCount(targets(10_000, 200), { ...bounds, connections: 50 }), 2)
  })

  it('takes the median for targets not seen yet, and half a second before any was', () => {
    assert.equal(shardCount([...targets(5000, undefined), ...targets(5000, 200)], bounds), shardCount(targets(10_000, 200), bounds))
    assert.equal(shardCount(targets(10_000, undefined), bounds), shardCount(targets(10_000, 500), bounds))
  })

  it('stays within its bounds', () => {
    assert.equal(shardCount([], { ...bounds, min: 3 }), 3)
    assert.equal(shardCount(targets(100_000, 5000), { ...bounds, max: 20 }), 20)
  })

  it('does not swing: small changes leave it as it is, large ones do not', () => {
    const current = shardCount(targets(10_000, 200), bounds)
    for (const durationMs of [150, 180, 210]) assert.equal(shardCount(targets(10_000, durationMs), { ...bounds, current }), current)
    assert.ok(shardCount(targets(10_000, 400), { ...bounds, current }) > current)
    assert.ok(shardCount(targets(10_000, 50), { ...bounds, current }) < current)
  })

  it('comes to rest at once', () => {
    fc.assert(fc.property(fc.array(fc.record({ durationMs: fc.integer({ min: 1, max: 60_000 }), intervalMs: fc.constant(60_000) })), fc.nat(50), (work, current) => {
      const once = shardCount(work, { ...bounds, current })
      assert.equal(shardCount(work, { ...bounds, current: once }), once)
    }))
  })
})
