import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readLogfmt, writeLogfmt, type LogfmtPair } from '../../../src/telemetry/convert/logfmt.ts'

describe('logfmt', () => {
  const lines: [line: string, pairs: LogfmtPair[] | undefined][] = [
    ['level=info msg="two words" done', [['level', 'info'], ['msg', 'two words'], ['done', '']]],
    ['  a=1\tb=""  c= d=1 ', [['a', '1'], ['b', ''], ['c', ''], ['d', '1']]],
    ['q="say \\"hi\\"\\n"', [['q', 'say "hi"\n']]],
    ['first=1\nsecond=2', [['first', '1']]],
    ['', []],
    ['=x', undefined],
    ['a="open', undefined],
    ['a="x"y', undefined],
    ['a=b=c', undefined],
    ['a"b=c', undefined],
    ['a="\\q"', undefined],
  ]
  for (const [line, pairs] of lines) it(`reads ${JSON.stringify(line)}`, () => assert.deepEqual(readLogfmt(line), pairs))

  it('writes quotes where they are needed, and keys without what they may not hold', () => {
    assert.equal(writeLogfmt([['a b', 'x'], ['c', 'two words'], ['d', ''], ['"', 'gone'], ['e', 'a=b'], ['f', 'null'], ['g', '"'], ['h', 'é']]),
      'ab=x c="two words" d= e="a=b" f="null" g="\\"" h=é')
  })

  it('reads what it wrote', () => {
    const key = fc.stringMatching(/^[a-z_.]{1,5}$/)
    fc.assert(fc.property(fc.array(fc.tuple(key, fc.string({ unit: 'grapheme' }))), pairs => {
      assert.deepEqual(readLogfmt(writeLogfmt(pairs)), pairs.map(pair => [...pair]))
    }), { numRuns: 200, seed: 3 })
  })
})
