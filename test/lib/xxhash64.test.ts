import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'node:test'
import { utf8 } from '../../src/lib/bytes.ts'
import { hash64Text, xxhash64 } from '../../src/lib/xxhash64.ts'

/** The same as its specification says it, with slow integers. */
function plain(bytes: Uint8Array): bigint {
  const mask = (1n << 64n) - 1n
  const [p1, p2, p3]: [bigint, bigint, bigint] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n]
  const [p4, p5]: [bigint, bigint] = [0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n]
  const times = (a: bigint, b: bigint) => (a * b) & mask
  const left = (a: bigint, by: bigint) => ((a << by) | (a >> (64n - by))) & mask
  const round = (lane: bigint, word: bigint) => times(left((lane + times(word, p2)) & mask, 31n), p1)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  let h = p5
  if (bytes.length >= 32) {
    const lanes = [(p1 + p2) & mask, p2, 0n, -p1 & mask]
    for (; at <= bytes.length - 32; at += 32) for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i]!, view.getBigUint64(at + 8 * i, true))
    h = [1n, 7n, 12n, 18n].reduce((sum, by, i) => (sum + left(lanes[i]!, by)) & mask, 0n)
    for (const lane of lanes) h = (times(h ^ round(0n, lane), p1) + p4) & mask
  }
  h = (h + BigInt(bytes.length)) & mask
  for (; at <= bytes.length - 8; at += 8) h = (times(left(h ^ round(0n, view.getBigUint64(at, true)), 27n), p1) + p4) & mask
  if (at <= bytes.length - 4) {
    h = (times(left(h ^ times(BigInt(view.getUint32(at, true)), p1), 23n), p2) + p3) & mask
    at += 4
  }
  for (; at < bytes.length; at++) h = times(left(h ^ times(BigInt(bytes[at]!), p5), 11n), p1)
  h = times(h ^ (h >> 33n), p2)
  h = times(h ^ (h >> 29n), p3)
  return h ^ (h >> 32n)
}

describe('xxhash64', () => {
  // Published digests.
  const known: [string, string][] = [
    ['', 'ef46db3751d8e999'],
    ['a', 'd24ec4f1a98c6e5b'],
    ['abc', '44bc2cf5ad770999'],
    ['Nobody inspects the spammish repetition', 'fbcea83c8a378bf1'],
  ]
  for (const [text, digest] of known) it(`knows ${JSON.stringify(text)}`, () => { assert.equal(hash64Text(xxhash64(utf8(text))), digest) })

  it('agrees with the specification on any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      assert.equal(hash64Text(xxhash64(bytes)), plain(bytes).toString(16).padStart(16, '0'))
    }), { numRuns: 500 })
  })

  it('takes the beginning of a longer array', () => {
    assert.deepEqual(xxhash64(utf8('abcdef'), 3), xxhash64(utf8('abc')))
  })
})
