import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseExpression, parseFile } from '../../src/language/parse.ts'
import { isConstant, references } from '../../src/language/references.ts'

const pathsOf = (source: string) => references(parseExpression(source).expression).map(({ path, start, end }) => `${path.join('.')} ${start}-${end}`)

describe('references', () => {
  it('are the chains of names of an expression', () => {
    assert.deepEqual(pathsOf('[a.b.c, f(x)[y.z].w, {k = v, "q" = (1 + u.t)}]'),
      ['a.b.c 1-6', 'f 8-9', 'x 10-11', 'y.z 13-16', 'v 26-27', 'u.t 40-43'])
    assert.deepEqual(pathsOf('1 + 2'), [])
  })

  it('tell where each name stands', () => {
    assert.deepEqual(references(parseExpression('a . bc.d').expression)[0]!.names, [{ start: 0, end: 1 }, { start: 4, end: 6 }, { start: 7, end: 8 }])
  })

  it('are found in blocks at any depth', () => {
    const { body } = parseFile('f', 'a = x.y\nb {\n  c {\n    d = z\n  }\n}\n')
    assert.deepEqual(references(body).map(({ path }) => path.join('.')), ['x.y', 'z'])
  })

  it('are what a constant has none of', () => {
    assert.equal(isConstant(parseExpression('[1, {a = "b" + "c"}]').expression), true)
    assert.equal(isConstant(parseExpression('[1, a]').expression), false)
  })
})
