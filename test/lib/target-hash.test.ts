import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { labelsHash, targetHash } from '../../src/lib/target-hash.ts'
import { hash64Text } from '../../src/lib/xxhash64.ts'

const numbered = (name: (i: number) => string, value: (i: number) => string) =>
  Object.fromEntries(Array.from({ length: 10 }, (_, i) => [name(i), value(i)]))

describe('the hash of a target', () => {
  // What Alloy's own tests hold it to, so that a cluster may be changed over without targets lost or doubled.
  it('is that of Alloy', () => {
    assert.equal(hash64Text(targetHash(numbered(i => `label_${i}`, i => `value_${i}`))), 'a28155048ff30d6f')
    const some = { ...numbered(i => `t3_l${i}`, i => `3_${i}`), foo: 'bar', bin: 'baz' }
    assert.equal(hash64Text(labelsHash(some, name => name === 'foo' || name === 'bin')), 'bbbe498586b668f3')
  })

  it('leaves out what discovery says of the target', () => {
    const labels = numbered(i => `label_${i}`, i => `val_${i}`)
    assert.equal(hash64Text(targetHash({ __meta_t1_l1: '1_1', ...labels })), '77c5d28715ca6a11')
    assert.deepEqual(targetHash({ ...labels, __meta_b: 'other' }), targetHash(labels))
    assert.notDeepEqual(targetHash({ ...labels, __metrics_path__: '/m' }), targetHash(labels))
  })

  it('tells labels apart whatever they hold, in any order, however long', () => {
    assert.notDeepEqual(targetHash({ a: 'bc' }), targetHash({ ab: 'c' }))
    assert.notDeepEqual(targetHash({ a: '\u00ff' }), targetHash({ a: '', '': '' }))
    assert.deepEqual(targetHash({ b: '2', a: '1' }), targetHash({ a: '1', b: '2' }))
    assert.notDeepEqual(targetHash({ a: 'ü'.repeat(10_000) }), targetHash({ a: 'ü'.repeat(10_001) }))
  })
})
