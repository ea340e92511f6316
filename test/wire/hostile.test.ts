import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { fuzzTargets, takes } from '../support/fuzz-wire.ts'
import { damagedCopies } from '../support/hostile.ts'

/** Formats that say where they end, so that no part of one is whole; the others are lines, fields or frames in a row. */
const saysItsEnd = (name: string) => /json|^(snappy|gzip|zlib|deflate|zstd|lz4|dns|xml)$/.test(name)

describe('every format that is read', () => {
  for (const target of fuzzTargets) {
    it(`${target.name}: whole it is taken; cut at any byte, or damaged, it is refused by the codec's own error or usable`, async () => {
      const { length } = target.sample
      assert.ok(await takes(target, target.sample))
      let tried = 0
      let partsTaken = 0
      for (const bytes of damagedCopies(target.sample, 500)) {
        if (await takes(target, bytes) && tried < length && bytes.length > 0) partsTaken++
        tried++
      }
      assert.equal(tried, length + 500)
      if (saysItsEnd(target.name)) assert.equal(partsTaken, 0)
    })
  }
})
