import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Expression, Statement } from '../../src/language/ast.ts'
import { parseExpression, parseFile } from '../../src/language/parse.ts'
import { format, printBody, printExpression } from '../../src/language/print.ts'
import { bodies, expressions, withoutPlaces } from '../support/language.ts'

const cases: [name: string, source: string, wanted: string][] = [
  ['aligns the attributes of a run', 'a=1\nlong = 2\n\nb=3', 'a    = 1\nlong = 2\n\nb = 3\n'],
  ['ends a run at what takes several lines', 'a=1\nlong=[\n1,\n]\nbb=2', 'a    = 1\nlong = [\n\t1,\n]\nbb = 2\n'],
  ['separates blocks by a blank line', 'a { }\nb { x = 1\n}', 'a { }\n\nb {\n\tx = 1\n}\n'],
  ['keeps one blank line of several', 'a=1\n\n\n\nb=2', 'a = 1\n\nb = 2\n'],
  ['indents comments with what follows', 'a {\n// c\nb = 1 // d\n// e\n}', 'a {\n\t// c\n\tb = 1 // d\n\t// e\n}\n'],
  ['aligns comments at the ends of lines', 'a = 1 // x\nlong = 200 // y', 'a    = 1   // x\nlong = 200 // y\n'],
  ['breaks lists where the source does', 'a = [1,\n2, 3,\n]', 'a = [1,\n\t2, 3,\n]\n'],
  ['aligns the fields of an object', 'a = {\nb = 1,\n"c d" = 2,\n}', 'a = {\n\tb     = 1,\n\t"c d" = 2,\n}\n'],
  ['breaks arguments where the source does', 'a = f(\n1,\n2,\n)', 'a = f(\n\t1,\n\t2,\n)\n'],
  ['spaces operators', 'a = -1+2*( 3 )', 'a = -1 + 2 * (3)\n'],
  ['keeps integers and fields apart', 'a = 1 .b', 'a = 1 .b\n'],
  ['counts characters, not bytes', 'é = 1 // a\nbb = 2 // b', 'é  = 1 // a\nbb = 2 // b\n'],
  ['writes nothing but a line break for an empty file', '', '\n'],
  ['keeps a file of comments', '// a\n\n/* b */', '// a\n\n/* b */\n'],
  ['leaves escapes in names of fields alone', 'a = {"x\\n" = 1, `y"z` = 2}', 'a = {"x\\n" = 1, `y"z` = 2}\n'],
]

describe('formatter', () => {
  for (const [name, source, wanted] of cases) {
    it(name, () => {
      assert.equal(format(source), wanted)
      assert.equal(format(wanted), wanted)
    })
  }

  it('keeps code out of a line comment', () => {
    assert.equal(format('a = b.// c\nd'), 'a = b. // c\nd\n')
  })

  it('moves a comment out of a statement where it would break it', () => {
    assert.equal(format('a {\nb = f.g[0].\n// c\nh(1)\n}'), 'a {\n\t// c\n\tb = f.g[0].h(1)\n}\n')
  })

  it('refuses a file with errors, naming the place', () => {
    assert.throws(() => format('a = ]'), /1:5: expected expression/)
  })

  it('changes layout only, and nothing the second time', () => {
    fc.assert(fc.property(bodies.filter(body => body.length > 0), body => {
      const source = printBody(body)
      const parsed = parseFile('f', source)
      assert.deepEqual(parsed.diagnostics, [])
      assert.deepEqual(withoutPlaces(parsed.body), withoutPlaces(body))
      assert.equal(format(source), source)
    }), { numRuns: 300 })
  })

  it('keeps every comment, in order', () => {
    const comment = fc.constantFrom('// one\n', '/* two */', '/* three\n */ ', '// four\n// five\n', '\n\n// six\n')
    fc.assert(fc.property(bodies, fc.array(fc.tuple(fc.nat(), comment), { maxLength: 6 }), (body, insertions) => {
      let source = printBody(body)
      for (const [at, text] of insertions) {
        const breaks = [...source.matchAll(/\n/g)].map(match => match.index + 1)
        const offset = breaks[at % Math.max(1, breaks.length)] ?? 0
        source = source.slice(0, offset) + text + source.slice(offset)
      }
      const before = parseFile('f', source)
      if (before.diagnostics.length > 0) return
      const after = parseFile('f', format(before))
      const comments = (file: typeof before) => file.comments.flat().map(({ text }) => text)
      assert.deepEqual(comments(after), comments(before))
      assert.deepEqual(withoutPlaces(after.body), withoutPlaces(before.body))
    }), { numRuns: 300 })
  })
})

describe('printExpression', () => {
  it('gives source that parses to the same expression', () => {
    fc.assert(fc.property(expressions, expression => {
      const { expression: again, diagnostics } = parseExpression(printExpression(expression))
      assert.deepEqual(diagnostics, [])
      assert.deepEqual(withoutPlaces(again), withoutPlaces(expression))
    }), { numRuns: 500 })
  })
})

describe('printBody', () => {
  it('lays out what code has made', () => {
    const text = (value: string): Expression => ({ kind: 'literal', type: 'string', text: JSON.stringify(value), start: 0, end: 0 })
    const body: Statement[] = [
      { kind: 'attribute', name: 'a', value: { kind: 'array', elements: [text('x')], start: 0, end: 0 }, start: 0, end: 0 },
      {
        kind: 'block', name: 'b.c', label: 'd', open: 0, start: 0, end: 0,
        body: [{
          kind: 'attribute', name: 'e', start: 0, end: 0,
          value: { kind: 'object', fields: [{ name: 'f g', quoted: true, value: text('h'), start: 0, end: 0 }], start: 0, end: 0 },
        }],
      },
    ]
    assert.equal(printBody(body), 'a = ["x"]\n\nb.c "d" {\n\te = {\n\t\t"f g" = "h",\n\t}\n}\n')
    assert.equal(printBody([]), '')
  })
})
