import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { toNumber, toOptionalSecret, toSecret, toText } from '../../src/language/convert.ts'
import type { Value } from '../../src/language/value.ts'
import {
  ByteList, CallError, Capsule, compareStrings, FunctionValue, hasSecret, hasUnknown, isObject, objectValue, OptionalSecret, Secret, typeName, Unknown,
} from '../../src/language/value.ts'

describe('values', () => {
  it('have the names of Alloy\'s types', () => {
    const all: [Value, string][] = [
      [null, 'null'], [1n, 'number'], [1, 'number'], ['', 'string'], [true, 'bool'], [[], 'array'], [objectValue(), 'object'],
      [new FunctionValue('f', () => null), 'function'], [new Capsule('x', 1), 'capsule'], [new Secret(''), 'capsule'],
      [new OptionalSecret('', false), 'capsule'], [new Unknown('string'), 'string'], [new Unknown('otelcol.Consumer'), 'capsule'],
    ]
    for (const [value, name] of all) assert.equal(typeName(value), name)
    assert.deepEqual(all.filter(([value]) => isObject(value)).map(([, name]) => name), ['object'])
  })

  it('hide secrets from every way of printing', () => {
    for (const value of [new Secret('hunter2'), new OptionalSecret('hunter2', true)]) {
      const shown = [String(value), `${value.toString()}`, JSON.stringify({ value }), inspect(value), inspect({ a: [value] }, { showHidden: true, depth: 9 })]
      for (const text of shown) {
        assert.ok(!text.includes('hunter2'), text)
        assert.ok(text.includes('(secret)'), text)
      }
      assert.deepEqual(Object.keys(value).filter(key => key !== 'isSecret'), [])
    }
    assert.equal(new Secret('hunter2').reveal(), 'hunter2')
    assert.equal(String(new OptionalSecret('plain', false)), 'plain')
  })

  it('are searched for secrets and unknowns at any depth', () => {
    assert.equal(hasSecret([objectValue({ a: [new Secret('x')] })]), true)
    assert.equal(hasSecret([new OptionalSecret('x', false)]), false)
    assert.equal(hasUnknown(objectValue({ a: [new Unknown()] })), true)
    assert.equal(hasUnknown([1n]), false)
  })

  it('make objects that inherit nothing', () => {
    const object = objectValue([['__proto__', 1n], ['constructor', 2n]])
    assert.deepEqual(Object.entries(object), [['__proto__', 1n], ['constructor', 2n]])
    assert.equal(Object.getPrototypeOf(object), null)
  })

  it('are ordered by code point', () => {
    const sorted = ['b', 'a', '\u{10000}', '\uffff', 'ab', ''].sort(compareStrings)
    assert.deepEqual(sorted, ['', 'a', 'ab', 'b', '\uffff', '\u{10000}'])
  })
})

describe('conversions', () => {
  const texts: [Value, string][] = [
    [1n, '1'], [18446744073709551615n, '18446744073709551615'], [1.5, '1.5'], [1e21, '1000000000000000000000'], [1e-7, '0.0000001'], [null, ''],
    [new OptionalSecret('x', false), 'x'], [ByteList.fromBytes(new TextEncoder().encode('é')), 'é'],
  ]
  for (const [value, wanted] of texts) it(`makes the text ${wanted}`, () => { assert.equal(toText(value), wanted) })

  const numbers: [Value, bigint | number | undefined][] = [
    ['12', 12n], ['-12', -12n], ['1.5', 1.5], ['1e3', 1000], ['18446744073709551615', 18446744073709551615n], ['+1.5', 1.5],
    ['18446744073709551616', undefined], ['-1.5', undefined], ['', undefined], ['x', undefined], ['+1', undefined], ['0x1', undefined], [true, undefined],
    [new OptionalSecret('12', false), 12n],
  ]
  for (const [value, wanted] of numbers) {
    it(`makes ${String(wanted)} of ${inspect(value)}`, () => {
      if (wanted === undefined) assert.throws(() => toNumber(value), CallError)
      else assert.equal(toNumber(value), wanted)
    })
  }

  it('never make a plain value of a secret', () => {
    for (const secret of [new Secret('x'), new OptionalSecret('x', true)]) {
      assert.throws(() => toText(secret), /secrets may not be converted into strings/)
      assert.throws(() => toNumber(secret), /secrets may not be converted into strings/)
    }
  })

  it('make secrets of strings, and optional ones as secret as they were', () => {
    assert.equal(toSecret('x').reveal(), 'x')
    assert.equal(toSecret(new OptionalSecret('x', false)).reveal(), 'x')
    assert.equal(toOptionalSecret(new Secret('x')).isSecret, true)
    assert.equal(toOptionalSecret('x').isSecret, false)
    assert.throws(() => toSecret(1n), /should be capsule, got number/)
  })
})
