import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { sha1, sha256 } from '../../src/lib/sha.ts'
import { hex } from '../../src/lib/bytes.ts'

describe('SHA', () => {
  // Every length around the places where padding needs another block.
  const messages = [...Array.from({ length: 130 }, (_, length) => length), 1000, 100_003].map(length => Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255))

  it('agrees with Node on messages of every length around a block', () => {
    for (const message of messages) {
      assert.equal(hex(sha256(message)), createHash('sha256').update(message).digest('hex'))
      assert.equal(hex(sha1(message)), createHash('sha1').update(message).digest('hex'))
    }
  })
})
