import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeLive, encodeLive } from '../../../src/graph/run/live-format.ts'
import { cipherOf } from '../../../src/handlers/cipher.ts'
import { Capsule, OptionalSecret, Secret, equal, objectValue, type Value } from '../../../src/language/value.ts'
import { text } from '../../../src/lib/bytes.ts'

const atMs = 1_700_000_000_000
const exports = (value: Value) => objectValue({ value })
const cipher = cipherOf('a key')

describe('live values as bytes', () => {
  const values: Value[] = [
    null, true, 'text ü', 12n, -(2n ** 63n), 1.5, Number.POSITIVE_INFINITY, [], ['a', [1n]],
    [objectValue({ __address__: 'a:1' })], objectValue({ int: 'no tag', ['__proto__']: 'a name like any other' }),
  ]
  for (const [i, value] of values.entries()) {
    it(`brings back value ${i}`, async () => {
      const bytes = (await encodeLive({ exports: exports(value), atMs }, undefined, 'a'))!
      const decoded = (await decodeLive(bytes, undefined, 'a'))!
      assert.equal(decoded.atMs, atMs)
      assert.ok(equal(decoded.exports['value']!, value))
    })
  }

  const secrets: Value[] = [new Secret('hidden'), new OptionalSecret('hidden', true), objectValue({ deep: [new Secret('hidden')] })]
  for (const value of secrets) {
    it(`seals ${JSON.stringify(value)}, for its own node and key`, async () => {
      const bytes = (await encodeLive({ exports: exports(value), atMs }, cipher, 'a'))!
      assert.doesNotMatch(text(bytes), /hidden/)
      const decoded = (await decodeLive(bytes, cipherOf('a key'), 'a'))!
      assert.ok(equal(decoded.exports['value']!, value))
      for (const [key, context] of [[cipherOf('another'), 'a'], [cipher, 'b'], [undefined, 'a']] as const) {
        assert.equal(await decodeLive(bytes, key, context), undefined)
      }
      bytes[bytes.length - 1]! ^= 1
      assert.equal(await decodeLive(bytes, cipher, 'a'), undefined)
    })
  }

  it('never seals the same twice alike', async () => {
    const once = await encodeLive({ exports: exports(new Secret('x')), atMs }, cipher, 'a')
    assert.notDeepEqual(await encodeLive({ exports: exports(new Secret('x')), atMs }, cipher, 'a'), once)
  })

  it('writes no secret without a key, and an optional one that is none as it is', async () => {
    assert.equal(await encodeLive({ exports: exports(new Secret('hidden')), atMs }, undefined, 'a'), undefined)
    const open = (await encodeLive({ exports: exports(new OptionalSecret('open', false)), atMs }, undefined, 'a'))!
    assert.match(text(open), /open/)
  })

  it('does not read a format from the future, and does not write what is no value', async () => {
    assert.equal(await decodeLive(Uint8Array.of(9, 1, 2), cipher, 'a'), undefined)
    await assert.rejects(encodeLive({ exports: exports(new Capsule('x', 1)), atMs }, cipher, 'a'), /cannot be kept|can be kept/)
  })
})
