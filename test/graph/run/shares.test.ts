import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sharesOf } from '../../../src/graph/run/shares.ts'

const target = (labels: Record<string, string>) => ({ labels, intervalMs: 15_000, timeoutMs: 10_000 })
const many = Array.from({ length: 300 }, (_, i) => target({ __address__: `host-${i}:80` }))

describe('shares of targets', () => {
  it('give each target one owner, and the same one whoever asks and in whatever order they stand', () => {
    const owners = sharesOf(many).owners(7)
    const turned = sharesOf([...many].reverse()).owners(7)
    assert.deepEqual([...turned].reverse(), [...owners])
    assert.deepEqual([...new Set(owners)].sort(), [0, 1, 2, 3, 4, 5, 6])
  })

  it('have a name that another order keeps, and another list changes', () => {
    assert.equal(sharesOf([...many].reverse()).name, sharesOf(many).name)
    assert.notEqual(sharesOf(many.slice(1)).name, sharesOf(many).name)
    assert.equal(sharesOf([target({ a: 'b', __meta_x: 'c' })]).name, sharesOf([target({ a: 'b', __meta_x: 'd' })]).name)
  })

  it('are worked out once for a list', () => {
    assert.equal(sharesOf(many), sharesOf(many))
    assert.equal(sharesOf(many).owners(5), sharesOf(many).owners(5))
  })
})
