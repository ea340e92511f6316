import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { globFolder, globMatcher, isGlob } from '../../src/lib/glob.ts'

describe('globs', () => {
  const cases: [pattern: string, matches: string[], others: string[]][] = [
    ['targets/*.json', ['targets/a.json', 'targets/.json', 'targets/ü.json'], ['targets/a.yml', 'targets/b/a.json', 'targets/ajson', 'a.json']],
    ['a?.yml', ['ab.yml'], ['a.yml', 'a/.yml']],
    ['[a-c]+(x).json', ['b+(x).json'], ['d+(x).json', 'bb(x).json']],
    ['plain.json', ['plain.json'], ['plainxjson']],
    ['\\*.json', ['*.json'], ['a.json']],
    ['*a*b*', ['ab', 'xaxbx', 'aab'], ['ba', 'a/b', 'xx']],
    ['[^a-c]x', ['dx', '\u00fcx'], ['ax', '/x', 'x']],
    ['**', ['', 'anything'], ['a/b']],
  ]
  for (const [pattern, matches, others] of cases) {
    it(pattern, () => {
      const matcher = globMatcher(pattern)
      assert.deepEqual([...matches, ...others].filter(matcher), matches)
    })
  }

  it('refuses what is no pattern, and takes no time over what never matches', () => {
    for (const pattern of ['[', '[a', '[]', '[a-', 'a\\']) assert.throws(() => globMatcher(pattern), RangeError, pattern)
    assert.equal(globMatcher(`${'*a'.repeat(50)}b`)('a'.repeat(5_000)), false)
  })

  it('tells patterns from names, and knows their folder', () => {
    assert.deepEqual(['a/b.json', 'a/*.json'].map(isGlob), [false, true])
    assert.deepEqual(['/etc/*.json', '*.json'].map(globFolder), ['/etc/', ''])
  })
})
