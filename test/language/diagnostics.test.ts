import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Diagnostic } from '../../src/language/diagnostics.ts'
import { diagnose, positionAt, renderDiagnostic, renderDiagnostics, toJson } from '../../src/language/diagnostics.ts'
import { lineMap } from '../../src/language/source.ts'

const at = (source: string, start: number, end: number, severity: Diagnostic['severity'] = 'error'): Diagnostic =>
  diagnose({ severity, code: 'x/y', message: 'is wrong', hint: 'do better' }, 'f.alloy', lineMap(source), { start, end })

describe('positions', () => {
  it('count bytes', () => {
    const source = 'é = 1\n😀x'
    assert.deepEqual(positionAt(source, 4), { offset: 5, line: 1, column: 6 })
    assert.deepEqual(positionAt(source, 8), { offset: 11, line: 2, column: 5 })
    assert.deepEqual(positionAt(source, 7), positionAt(source, 6))
  })

  it('are the same in any order of asking', () => {
    const source = 'aé\nbü\n\ncß😀d'
    const offsets = [...Array.from({ length: source.length + 1 }).keys()]
    const forward = lineMap(source)
    const back = lineMap(source)
    const wanted = offsets.map(offset => positionAt(source, offset))
    assert.deepEqual(offsets.map(offset => forward.position(offset)), wanted)
    assert.deepEqual([...offsets].reverse().map(offset => back.position(offset)).reverse(), wanted)
  })
})

describe('diagnostics', () => {
  it('end with the last character that belongs to them', () => {
    const { start, end } = at('abc def', 4, 7)
    assert.deepEqual([start.column, end.column], [5, 7])
    const point = at('abc', 3, 3)
    assert.deepEqual(point.start, point.end)
  })

  it('are shown with the lines around, underlined', () => {
    const source = 'a {\n\tb = cde\n}\n'
    assert.equal(renderDiagnostic(at(source, 9, 12), source), [
      'Error: f.alloy:2:6: is wrong', '', '1 | a {', '2 |     b = cde', '  |         ^^^', '3 | }', '', 'Hint: do better', '',
    ].join('\n'))
  })

  it('of several lines are drawn with a bracket', () => {
    const source = 'x = [\n  1,\n]\n'
    assert.equal(renderDiagnostic(at(source, 4, 12, 'warning'), source, { hints: false }), [
      'Warning: f.alloy:1:5: is wrong', '', '1 |   x = [', '  |  _____^', '2 | |   1,', '3 | | ]', '  | |_^', '4 |   ', '',
    ].join('\n'))
  })

  it('keep their place under characters of several bytes', () => {
    const source = 'é = "ü" x'
    const lines = renderDiagnostic(at(source, 8, 9), source, { hints: false }).split('\n')
    assert.equal(lines[3], '  |         ^')
  })

  it('leave out lines that no one could read', () => {
    const source = `a = ${'1'.repeat(3000)}`
    assert.equal(renderDiagnostic(at(source, 0, 1), source, { hints: false }), 'Error: f.alloy:1:1: is wrong\n')
  })

  it('can be coloured, and are separated by a blank line', () => {
    assert.match(renderDiagnostic(at('a', 0, 1), undefined, { color: true }), /^\x1b\[31;1mError: \x1b\[0m/)
    const text = renderDiagnostics([at('a', 0, 1), at('a', 0, 1)], () => undefined, { hints: false })
    assert.equal(text, 'Error: f.alloy:1:1: is wrong\n\nError: f.alloy:1:1: is wrong\n')
  })

  it('as JSON are flat', () => {
    assert.deepEqual(toJson(at('ab', 0, 2)), {
      file: 'f.alloy', line: 1, column: 1, endLine: 1, endColumn: 2, severity: 'error', code: 'x/y', message: 'is wrong', hint: 'do better',
    })
    const { hint: _, ...withoutHint } = at('ab', 0, 2)
    assert.equal(toJson(withoutHint).hint, '')
  })
})
