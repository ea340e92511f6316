import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { utf8 } from '../../src/lib/bytes.ts'
import {
  canonicalFloat, floatProblem, isUtf8, parseFloat, quoteBytes, unescapeHelp, unescapeLabel,
} from '../../src/wire/exposition-value.ts'

const parse = (word: string) => {
  const bytes = utf8(word)
  const value = parseFloat(bytes, 0, bytes.length)
  return floatProblem(bytes, bytes.length, value) ?? value
}

describe('floats as Go reads them', () => {
  for (const [word, value] of [
    ['0', 0], ['-0', -0], ['+1', 1], ['1.', 1], ['.5', 0.5], ['1e5', 1e5], ['1E+05', 1e5], ['-1.5e-3', -0.0015], ['1e0005', 1e5],
    ['123456789012345678901234567890', 1.2345678901234568e29], ['4.9e-324', 5e-324], ['1e-400', 0], ['0e999', 0],
    ['inf', Infinity], ['-Infinity', -Infinity], ['+INF', Infinity], ['NaN', NaN], ['nan', NaN],
  ] as const) it(`${word} is ${value}`, () => assert.ok(Object.is(parse(word), value)))

  for (const word of ['', '.', '+', '-', 'e5', '1e', '1e+', '1.2.3', '1 ', '+nan', 'infin', '0x1', '0b1', '1_0', '١']) {
    it(`${JSON.stringify(word)} is none`, () => assert.equal(parse(word), 'invalid syntax'))
  }

  it('says what is out of range', () => {
    assert.equal(parse('1e309'), 'value out of range')
    assert.equal(parse(`-${'9'.repeat(400)}`), 'value out of range')
  })

  it('reads what JavaScript writes, exactly', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, min: -1e307, max: 1e307 }), fc.nat(20), (value, digits) => {
      assert.ok(Object.is(parse(String(value)), Number(String(value))))
      assert.ok(Object.is(parse(value.toExponential(digits)), Number(value.toExponential(digits))))
    }), { numRuns: 500, seed: 1 })
  })
})

describe('floats in labels', () => {
  for (const [value, written] of [
    ['1', '1.0'], ['.5', '0.5'], ['1e6', '1e+06'], ['100000', '100000.0'], ['+Inf', '+Inf'], ['inf', '+Inf'], ['nan', 'NaN'],
    ['0x1p3', '8.0'], ['0x1.8p1', '3.0'], ['1_000', '1000.0'], ['1__0', '1__0'], ['abc', 'abc'], ['', ''], ['1e999', '1e999'],
  ] as const) it(`${value} becomes ${written}`, () => assert.equal(canonicalFloat(value), written))
})

describe('text of an exposition', () => {
  it('loses its escapes, and keeps a backslash before anything else', () => {
    assert.equal(unescapeLabel('a\\nb\\\\n\\"c\\d\\'), 'a\nb\\n"c\\d\\')
    assert.equal(unescapeHelp('a\\nb\\\\n\\"c'), 'a\nb\\n\\"c')
  })

  it('is UTF-8 exactly where the platform says so', () => {
    const strict = new TextDecoder('utf-8', { fatal: true })
    const telling = [0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xe1, 0xed, 0xf0, 0xf1, 0xf4, 0xf5]
    const bytes = fc.array(fc.constantFrom(...telling), { maxLength: 6 })
    fc.assert(fc.property(bytes, array => {
      const sample = Uint8Array.from(array)
      let valid = true
      try {
        strict.decode(sample)
      } catch {
        valid = false
      }
      assert.equal(isUtf8(sample, 0, sample.length), valid)
    }), { numRuns: 2000, seed: 1 })
  })

  it('is quoted as Go quotes it', () => {
    const quote = (bytes: Uint8Array) => quoteBytes(bytes, 0, bytes.length)
    assert.equal(quote(utf8('a"\\\n\0ü\x7f')), '"a\\"\\\\\\n\\x00ü\\x7f"')
    assert.equal(quote(Uint8Array.from([0x61, 0xff, 0xc3, 0xbc, 0xc3])), '"a\\xffü\\xc3"')
    assert.equal(quote(utf8('ü'.repeat(600))), `"${'ü'.repeat(512)}..."`)
    assert.equal(quote(utf8(`a${'ü'.repeat(600)}`)), `"a${'ü'.repeat(511)}..."`)
  })
})
