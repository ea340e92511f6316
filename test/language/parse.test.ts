import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { maximumDepth, parseExpression, parseFile } from '../../src/language/parse.ts'
import { printExpression } from '../../src/language/print.ts'

const errorsOf = (source: string) =>
  parseFile('f.alloy', source).diagnostics.map(({ start, message }) => `${start.line}:${start.column} ${message}`)

/** The tree as nested calls, to see what binds to what. */
function shape(source: string): string {
  const { expression, diagnostics } = parseExpression(source)
  assert.deepEqual(diagnostics, [])
  const write = (node: typeof expression): string => node.kind === 'binary'
    ? `(${write(node.left)} ${node.operator} ${write(node.right)})`
    : node.kind === 'unary' ? `(${node.operator}${write(node.value)})` : printExpression(node)
  return write(expression)
}

describe('parser', () => {
  it('reads attributes and blocks', () => {
    const { body, diagnostics } = parseFile('f.alloy', 'a = 1\nx.y "l" {\n  b = [1, "two"]\n  inner { }\n}\n')
    assert.deepEqual(diagnostics, [])
    assert.deepEqual(JSON.parse(JSON.stringify(body)), [
      { kind: 'attribute', name: 'a', start: 0, end: 5, value: { kind: 'literal', type: 'number', text: '1', start: 4, end: 5 } },
      {
        kind: 'block', name: 'x.y', label: 'l', labelStart: 10, open: 14, start: 6, end: 46,
        body: [
          {
            kind: 'attribute', name: 'b', start: 18, end: 32,
            value: {
              kind: 'array', start: 22, end: 32,
              elements: [
                { kind: 'literal', type: 'number', text: '1', start: 23, end: 24 },
                { kind: 'literal', type: 'string', text: '"two"', start: 26, end: 31 },
              ],
            },
          },
          { kind: 'block', name: 'inner', open: 41, body: [], start: 35, end: 44 },
        ],
      },
    ])
  })

  const shapes: [string, string][] = [
    ['1 + 2 * 3', '(1 + (2 * 3))'],
    ['1 - 2 - 3', '((1 - 2) - 3)'],
    ['2 ^ 3 ^ 2', '(2 ^ (3 ^ 2))'],
    ['-2 ^ 2', '((-2) ^ 2)'],
    ['2 ^ -1 * 3', '((2 ^ (-1)) * 3)'],
    ['a || b && c == d', '(a || (b && (c == d)))'],
    ['!a == b', '((!a) == b)'],
    ['a.b[0].c(1, 2)', 'a.b[0].c(1, 2)'],
    ['a + b * c ^ d - e', '((a + (b * (c ^ d))) - e)'],
  ]
  for (const [source, wanted] of shapes) it(`binds ${source}`, () => { assert.equal(shape(source), wanted) })

  const errors: [string, string[]][] = [
    ['a = ', ['1:5 expected expression, got EOF']],
    ['a = 1 b = 2\nc = ]\nd = 3', ['1:7 expected TERMINATOR, got IDENT', '2:5 expected expression, got ]']],
    ['a "x" = 1', ['1:3 attribute names may not have labels']],
    ['a.b = 1', ['1:1 attribute names may only consist of a single identifier with no "."']],
    ['a = b "c" { }', ['1:5 cannot use a block as an expression']],
    ['a = [\n1,\n2\n]', ['3:2 missing \',\' in expression list']],
    ['a = {b = 1 c = 2}', ['1:12 missing \',\' in field list']],
    ['a = {1 = 2}', ['1:6 expected field name (string or identifier), got NUMBER']],
    ['b "1x" { }', ['1:3 expected block label to be a valid identifier, but got "1x"']],
    ['b `x` { }', ['1:3 expected block label to be a double quoted string, but got "`x`"']],
    ['b\n{ }', ['1:2 expected block label, got TERMINATOR']],
    ['b {', ['1:4 expected }, got EOF']],
    ['é = "é" x', ['1:11 expected TERMINATOR, got IDENT']],
  ]
  for (const [source, wanted] of errors) it(`reports ${JSON.stringify(source)}`, () => { assert.deepEqual(errorsOf(source), wanted) })

  it('goes on after errors in several statements', () => {
    assert.equal(errorsOf('a = [1 2]\nb = 2\nc = (\nd = {x: 1}\ne = 3').length >= 3, true)
  })

  it('keeps comments with their places, in groups', () => {
    const { comments } = parseFile('f', '// a\n// b\n\n// c\nx = 1 // d\n')
    assert.deepEqual(comments.map(group => group.map(({ text }) => text)), [['// a', '// b'], ['// c'], ['// d']])
  })

  it('gives hints where the way out is known', () => {
    const hint = (source: string) => parseFile('f', source).diagnostics[0]?.hint
    assert.match(hint('# x')!, /Comments start with \/\//)
    assert.match(hint('b "a b" { }')!, /"a_b" would do/)
    assert.match(hint('a = "\\d"')!, /backticks/)
  })

  const deep: [string, (n: number) => string][] = [
    ['parentheses', n => `a = ${'('.repeat(n)}1${')'.repeat(n)}`],
    ['lists', n => `a = ${'['.repeat(n)}${']'.repeat(n)}`],
    ['objects', n => `a = ${'{a='.repeat(n)}1${'}'.repeat(n)}`],
    ['blocks', n => 'a {\n'.repeat(n) + '}\n'.repeat(n)],
    ['operators to the left', n => `a = 1${' + 1'.repeat(n)}`],
    ['operators to the right', n => `a = 1${' ^ 1'.repeat(n)}`],
    ['signs', n => `a = ${'-'.repeat(n)}1`],
    ['accesses', n => `a = b${'.c'.repeat(n)}`],
    ['indexes', n => `a = b${'[0]'.repeat(n)}`],
    ['calls', n => `a = b${'()'.repeat(n)}`],
    ['nested calls', n => `a = ${'f('.repeat(n)}1${')'.repeat(n)}`],
  ]
  for (const [name, make] of deep) {
    it(`refuses ${name} nested too deep, and takes a hundred`, () => {
      assert.deepEqual(parseFile('f', make(100)).diagnostics, [])
      const { diagnostics } = parseFile('f', make(100_000))
      assert.deepEqual(diagnostics.map(({ code }) => code), ['syntax/too-deep'])
      assert.match(diagnostics[0]!.message, new RegExp(String(maximumDepth)))
    })
  }
})
