import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  LabelsError, compareNames, isLegacyLabelName, isLegacyMetricName, isUtf8Name, labelsOf, mergeLabels, parseLabels, renderLabels,
} from '../../src/telemetry/labels.ts'

const problemOf = (text: string) => {
  try {
    parseLabels(text)
  } catch (error) {
    assert.ok(error instanceof LabelsError)
    return `${error.offset}: ${error.message}`
  }
  return 'none'
}

describe('label sets', () => {
  it('sort names as bytes and let the last value of a name win', () => {
    assert.deepEqual(labelsOf([['b', '1'], ['a', '2'], ['b', '3']]), [['a', '2'], ['b', '3']])
    assert.deepEqual(mergeLabels([['a', '1'], ['b', '1']], [['b', '2'], ['c', '2']]), [['a', '1'], ['b', '2'], ['c', '2']])
    const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      assert.equal(Math.sign(compareNames(a, b)), byBytes(a, b))
    }), { numRuns: 2000 })
    for (const [a, b] of [['\u{1F600}', '\uFFFD'], ['a\uE000', 'a\u{10000}']]) assert.equal(Math.sign(compareNames(a!, b!)), byBytes(a!, b!))
  })

  it('survive writing and reading', () => {
    const pairs = fc.array(fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'binary', minLength: 1 })))
    fc.assert(fc.property(pairs, some => {
      const labels = labelsOf(some)
      assert.deepEqual(parseLabels(renderLabels(labels)), labels)
    }), { numRuns: 1000 })
  })

  it('are written as Go quotes', () => {
    assert.equal(renderLabels([['a', 'x"y\\z\n\t\x00\x7f'], ['odd name', 'é\u200b😀\u{e0001}']]), String.raw`{a="x\"y\\z\n\t\x00\x7f", "odd name"="é\u200b😀\U000e0001"}`)
    assert.equal(renderLabels([]), '{}')
  })

  it('are read in every form that promql takes', () => {
    assert.deepEqual(parseLabels(' { b = \'x\' , a=`raw\\n`, } '), [['a', 'raw\\n'], ['b', 'x']])
    assert.deepEqual(parseLabels('up{a="b"}'), [['__name__', 'up'], ['a', 'b']])
    assert.deepEqual(parseLabels('ns:up'), [['__name__', 'ns:up']])
    assert.deepEqual(parseLabels('{"up.time", "a b"="c"}'), [['__name__', 'up.time'], ['a b', 'c']])
    assert.deepEqual(parseLabels(String.raw`{a="\a\b\f\n\r\t\v\\\"\x41\101\u00e9\U0001f600\xc3\xa9"}`), [['a', '\x07\b\f\n\r\t\v\\"AAé😀é']])
    assert.deepEqual(parseLabels('{}'), [])
    assert.deepEqual(parseLabels('{a="", b="c"}'), [['b', 'c']], 'an empty value is no label')
    assert.deepEqual(parseLabels('{a="1", a="2"}'), [['a', '2']])
  })

  it('say where they cannot be read', () => {
    for (const [text, expected] of [
      ['', /^0: .*line 1, col 1: unexpected end where \{ should stand/],
      ['{a', /^2: .*unexpected end where = should stand/],
      ['{a=b}', /^3: .*col 4: unexpected "b" where a quoted value should stand/],
      ['{a="b"', /^6: .*unexpected end where , or \} should stand/],
      ['{a="b}', /^3: .*the string has no closing "/],
      ['{a="b" c="d"}', /^7: .*unexpected "c" where , or \}/],
      ['{a="b"} x', /^8: .*unexpected "x" after the labels/],
      ['{a="\\q"}', /^4: .*invalid escape \\q/],
      ['{a="\\ud800"}', /^4: .*invalid escape/],
      ['{1a="b"}', /^1: .*unexpected "1" where a label name or \} should stand/],
      ['{""="b"}', /^1: .*a label name is empty/],
      ['{\na=\n,}', /^5: .*line 3, col 1: unexpected ","/],
      ['{,}', /^1: /],
    ] as const) assert.match(problemOf(text), expected)
  })

  it('are never read in more than linear time', () => {
    const long = `{${Array.from({ length: 20_000 }, (_, i) => `l${i}="${'v'.repeat(20)}"`).join(', ')}}`
    assert.equal(parseLabels(long).length, 20_000)
    assert.match(problemOf(`{a="${'\\x41'.repeat(100_000)}`), /no closing/)
  })

  it('know valid names', () => {
    assert.deepEqual(['a', '_a1', '1a', 'a:b', 'a.b', '', 'é', 'a\n'].map(isLegacyLabelName), [true, true, false, false, false, false, false, false])
    assert.deepEqual(['a:b', ':a', '1:a', ''].map(isLegacyMetricName), [true, true, false, false])
    assert.deepEqual(['a.b', 'é', ' ', '', '\ud800'].map(isUtf8Name), [true, true, true, false, false])
  })
})
