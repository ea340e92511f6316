import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { RegexError, compileRegex, type Regex } from '../../src/lib/regex.ts'

const problemOf = (pattern: string, anchored = false) => {
  try {
    compileRegex(pattern, { anchored })
  } catch (error) {
    assert.ok(error instanceof RegexError)
    assert.equal(error.pattern, pattern)
    return error.message
  }
  return undefined
}

describe('compileRegex', () => {
  it('matches leftmost-first, with groups by index and by name', () => {
    const match = compileRegex('(?P<first>a|ab)(?P<rest>c|bcd)?(x)?').exec('zabcdy')!
    assert.deepEqual([match.index, match.end, match.text], [1, 5, 'abcd'])
    assert.deepEqual([...match.groups], ['abcd', 'a', 'bcd', undefined])
    assert.equal(match.named('rest'), 'bcd')
    assert.equal(match.named('none'), undefined)
    assert.equal(compileRegex('b').exec('aaa'), undefined)
  })

  it('anchors as Prometheus does', () => {
    const regex = compileRegex('f.*o|bar', { anchored: true })
    assert.deepEqual(['foo', 'f\no', 'xfoo', 'foox', 'bar', 'barx'].map(text => regex.test(text)), [true, true, false, false, true, false])
    assert.equal(compileRegex('a.b', { dotAll: true }).test('xa\nby'), true)
    assert.equal(compileRegex('a.b').test('a\nb'), false)
    assert.equal(compileRegex('', { anchored: true }).test(''), true)
    assert.equal(compileRegex('^a$', { anchored: true }).test('a'), true)
  })

  it('gives positions of groups, natively matched or not', () => {
    for (const pattern of ['key=(\\w+)(;)?', '(?-i:key=(\\w+)(;)?)']) {
      assert.deepEqual([...compileRegex(pattern).spans('a key=value key=b', 0)!], [2, 11, 6, 11, -1, -1])
      assert.deepEqual([...compileRegex(pattern).spans('a key=value key=b', 3)!], [12, 17, 16, 17, -1, -1])
    }
  })

  it('finds all matches as Go does', () => {
    const all = (pattern: string, text: string) => [...compileRegex(pattern).matchAll(text)].map(match => [match.index, match.text])
    assert.deepEqual(all('a*', 'baac'), [[0, ''], [1, 'aa'], [4, '']])
    assert.deepEqual(all('', '😀a'), [[0, ''], [2, ''], [3, '']])
    assert.deepEqual(all('x', 'abc'), [])
    assert.deepEqual(all('^a', 'aaa'), [[0, 'a']])
  })

  it('expands templates as Go does', () => {
    const regex = compileRegex('(?P<host>[^:]+):(?P<port>\\d+)')
    const match = regex.exec('web:80')!
    for (const [template, out] of [
      ['$1-$2', 'web-80'], ['${1}x', 'webx'], ['$1x', ''], ['$host/${port}', 'web/80'], ['$$1', '$1'], ['$', '$'], ['a$', 'a$'], ['${', '${'], ['${}', '${}'], ['$0', 'web:80'],
      ['$9', ''], ['$none.', '.'], ['${ho st}', '${ho st}'], ['$01', ''], ['$-', '$-'], ['é$1é', 'é'],
    ] as const) {
      // A letter of any script belongs to the name, so `1é` is another one than `1`.
      assert.equal(regex.expand(template, match), out, template)
    }
  })

  it('replaces all matches by templates or functions', () => {
    assert.equal(compileRegex('a(x*)b').replaceAll('-ab-axxb-', '<$1>'), '-<>-<xx>-')
    assert.equal(compileRegex('\\d+').replaceAll('a1b22', match => String(match.text.length)), 'a1b2')
    assert.equal(compileRegex('x*').replaceAll('abc', '-'), '-a-b-c-')
    assert.equal(compileRegex('z').replaceAll('abc', '-'), 'abc')
  })

  it('lets groups share a name, as Go does', () => {
    const regex = compileRegex('(?P<n>a)|(?P<n>b)|[(?P<n>]|\\(?P<n>')
    assert.deepEqual(regex.names, ['', 'n', 'n'])
    assert.equal(regex.exec('b')!.named('n'), 'b')
  })

  it('refuses what RE2 refuses, in Go\'s words', () => {
    for (const [pattern, message] of [
      ['[a', 'missing closing ]: `[a`'], ['(a', 'missing closing ): `(a`'], ['a)', 'unexpected ): `a)`'], ['*a', 'missing argument to repetition operator: `*`'],
      ['a**', 'invalid nested repetition operator: `**`'], ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'], ['\\1', 'invalid escape sequence: `\\1`'],
      ['a{2,1}', 'invalid repeat count: `{2,1}`'], ['a{1001}', 'invalid repeat count: `{1001}`'], ['[z-a]', 'invalid character class range: `z-a`'],
      ['\\', 'trailing backslash at end of expression: ``'], ['(?P<a b>x)', 'invalid named capture: `(?P<a b>`'], ['(?<=a)b', undefined], ['\\p{Nope}', 'invalid character class range: `\\p{Nope}`'],
    ] as const) {
      if (message === undefined) assert.notEqual(problemOf(pattern), undefined, pattern)
      else assert.equal(problemOf(pattern), `error parsing regexp: ${message}`)
      assert.equal(problemOf(pattern, true), problemOf(pattern), 'the anchors do not show')
    }
    assert.match(problemOf('(((a{100}){100}){100}){100}')!, /invalid repeat count|expression too large/)
    assert.match(problemOf(`${'('.repeat(2000)}a${')'.repeat(2000)}`)!, /nests too deeply/)
  })

  it('matches natively what is proven linear, and nothing else', () => {
    const native = (pattern: string, anchored = true) => compileRegex(pattern, { anchored }).native
    for (const pattern of ['(.*)', 'prod|staging', 'f(.*)', '(.+):(\\d+)', '([^:]+)(?::\\d+)?', '.*error.*', 'go_.*|node_.*', '']) assert.ok(native(pattern), pattern)
    for (const pattern of ['level=(\\w+)', '\\d{4}-\\d{2}', 'a|b', 'password=\\S+', 'error.*']) assert.ok(native(pattern, false), pattern)
    for (const pattern of [
      '(a+)+', '(a|a)*', '(.*)-(.*)-(.*)', '.*a.*b', 'a*a*', '(?:a?){30}a{30}', '(.*)[a-z]+;', '(?i)a', '\\bx', 'a?a?a?a?a?a?a?a?aaaaaaaa', '[[:alpha:]]+', '(?m)^a',
      '.*(a|ab)[^;]*;',
    ]) assert.ok(!native(pattern), pattern)
    for (const pattern of ['\\w+=', '[a-z]+:', '\\s+$', '.*x', 'a.*b', 'a.*$']) assert.ok(!native(pattern, false), pattern)
  })

  it('leaves long texts to RE2', () => {
    const regex = compileRegex('(.*)x', { anchored: true })
    assert.ok(regex.native)
    assert.equal(regex.exec(`${'a'.repeat(5_000_000)}x`)!.groups[1]!.length, 5_000_000)
    assert.equal(regex.test('a'.repeat(5_000_000)), false)
  })
})

describe('native matching', () => {
  const atom = fc.constantFrom('a', 'b', '-', '.', '[ab]', '[^a]', '\\d', '\\w', '\\s', '\\W', '1', 'é', '😀', '\\.', '[a-c1-]', '\\n')
  const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{2,}', '*?', '+?', '??')
  const simple = fc.tuple(atom, quantifier).map(([a, q]) => a + q)
  const { pattern } = fc.letrec<{ pattern: string; sequence: string; piece: string }>(tie => ({
    piece: fc.oneof({ weight: 5, arbitrary: simple }, {
      weight: 1, arbitrary: fc.tuple(fc.constantFrom('(', '(?:', '(?P<n>'), tie('pattern'), fc.constantFrom('', '', '?')).map(([open, inner, q]) => `${open}${inner})${q}`),
    }),
    sequence: fc.array(tie('piece'), { maxLength: 4 }).map(parts => parts.join('')),
    pattern: fc.array(tie('sequence'), { minLength: 1, maxLength: 3 }).map(parts => parts.join('|')),
  }))
  const anchoring = fc.constantFrom(['', ''], ['^', ''], ['', '$'], ['^', '$'])
  const text = fc.array(fc.constantFrom('a', 'b', 'c', '1', '2', '-', ' ', '\n', '.', 'é', '😀', '_'), { maxLength: 12 }).map(parts => parts.join(''))
  const answers = (regex: Regex, input: string) => ({
    test: regex.test(input),
    all: [...regex.matchAll(input)].map(match => [match.index, ...match.groups]),
    spans: regex.spans(input),
    replaced: regex.replaceAll(input, '<$1$n>'),
  })

  it('answers as RE2 does', () => {
    let native = 0
    const same = (source: string, anchored: boolean, inputs: string[]) => {
      const fast = compileRegex(source, { anchored })
      if (!fast.native) return
      native++
      // A flag that changes nothing keeps a pattern with RE2.
      const slow = compileRegex(`(?-i:${source})`, { anchored })
      assert.ok(!slow.native)
      assert.deepEqual(fast.names, slow.names)
      for (const input of inputs) assert.deepEqual(answers(fast, input), answers(slow, input), `${source} on ${JSON.stringify(input)}`)
    }
    fc.assert(fc.property(pattern, anchoring, fc.boolean(), fc.array(text, { minLength: 3, maxLength: 3 }), (source, [begin, end], anchored, inputs) => {
      same(`${begin}${source}${end}`, anchored, inputs)
    }), { numRuns: 4000 })
    assert.ok(native > 400, `only ${native} patterns were matched natively`)
  })
})
