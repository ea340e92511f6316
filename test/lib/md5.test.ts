import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { md5 } from '../../src/lib/md5.ts'

describe('md5', () => {
  it('agrees with the platform at every length around a block, and on anything', () => {
    const check = (bytes: Uint8Array) => assert.deepEqual(md5(bytes), Uint8Array.from(createHash('md5').update(bytes).digest()))
    for (let length = 0; length < 200; length++) check(new Uint8Array(length).fill(length))
    fc.assert(fc.property(fc.uint8Array({ maxLength: 1000 }), check))
  })
})
