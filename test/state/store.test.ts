import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compare, utf8 } from '../../src/lib/bytes.ts'
import { escapePart, storeKey } from '../../src/state/kinds/keys.ts'
import { compareKeys, positions, writeId } from '../../src/state/store.ts'
import { seeded } from './world.ts'

const someText = fc.string({ unit: 'grapheme', maxLength: 12 })

describe('keys', () => {
  it('are in the order of their UTF-8 bytes', () => {
    fc.assert(fc.property(someText, someText, (a, b) => {
      assert.equal(Math.sign(compareKeys(a, b)), Math.sign(compare(utf8(a), utf8(b))))
    }), { seed: 5, numRuns: 500 })
    assert.ok(compareKeys('\uffee', '\u{1f680}') < 0)
  })

  it('hold any name, and no two names the same', () => {
    fc.assert(fc.property(someText, name => {
      assert.match(escapePart(name), /^[A-Za-z0-9_%-][A-Za-z0-9._%-]*$|^$/)
      assert.equal(decodeURIComponent(escapePart(name)), name)
    }), { seed: 5, numRuns: 500 })
    assert.equal(storeKey({ kind: 'queue', name: 'sending' }, 'mod.a/otelcol.exporter.otlphttp.b'), 'queue/mod.a%2Fotelcol.exporter.otlphttp.b/sending')
    assert.equal(escapePart('..'), '%2E.')
    assert.equal(escapePart('\ud800'), '%EF%BF%BD')
  })
})

describe('positions', () => {
  it('only grow, whatever the clock does, each prefix for itself', () => {
    let ms = 1_763_640_000_000
    const position = positions(() => ms)
    const first = position.next('a')
    assert.equal(first, '1763640000000000')
    ms -= 5_000
    assert.equal(position.next('a'), '1763640000000001')
    assert.equal(position.next('b'), '1763639995000000')
    position.saw('a', 'a1763640000000777-suffix')
    position.saw('a', 'a0000000000000001-suffix')
    position.saw('a', 'anything else')
    assert.equal(position.next('a'), '1763640000000778')
    position.forget()
    assert.equal(position.knows('a'), false)
  })
})

describe('write ids', () => {
  it('are 128 bits of chance as hexadecimal digits', () => {
    const random = seeded(3)
    const ids = Array.from({ length: 100 }, () => writeId(random))
    for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/)
    assert.equal(new Set(ids).size, 100)
    assert.equal(writeId(() => 0), '0'.repeat(32))
  })
})
