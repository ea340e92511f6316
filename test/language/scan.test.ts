import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createScanner, isIdentifier, sanitizeIdentifier } from '../../src/language/scan.ts'
import { decodeSource } from '../../src/language/source.ts'

function scanAll(text: string) {
  const errors: string[] = []
  const scan = createScanner(text, ({ message }, offset) => errors.push(`${offset} ${message}`))
  const tokens: string[] = []
  for (let token = scan(); ; token = scan()) {
    tokens.push(token.text === '' || token.kind === 'TERMINATOR' ? token.kind : `${token.kind} ${token.text}`)
    if (token.kind === 'EOF') return { tokens, errors }
  }
}

describe('scanner', () => {
  it('ends a statement at a line break only after what can end one', () => {
    assert.deepEqual(scanAll('a =\n 1\nb').tokens, ['IDENT a', '=', 'NUMBER 1', 'TERMINATOR', 'IDENT b', 'TERMINATOR', 'EOF'])
    assert.deepEqual(scanAll('[\n]\n{\n').tokens, ['[', ']', 'TERMINATOR', '{', 'EOF'])
  })

  it('ends the statement before a comment that runs to the end of the line, and not before one that does not', () => {
    assert.deepEqual(scanAll('a // x\n').tokens, ['IDENT a', 'TERMINATOR', 'COMMENT // x', 'EOF'])
    assert.deepEqual(scanAll('a /* x */ b').tokens, ['IDENT a', 'COMMENT /* x */', 'IDENT b', 'TERMINATOR', 'EOF'])
    assert.deepEqual(scanAll('a /* x\n */ b').tokens, ['IDENT a', 'TERMINATOR', 'COMMENT /* x\n */', 'IDENT b', 'TERMINATOR', 'EOF'])
  })

  it('tells numbers, floats and what looks like them apart', () => {
    assert.deepEqual(scanAll('1 1.5 .5 1e3 1.e-2 1.a').tokens.slice(0, -2),
      ['NUMBER 1', 'FLOAT 1.5', 'FLOAT .5', 'FLOAT 1e3', 'FLOAT 1.e-2', 'FLOAT 1.', 'IDENT a'])
    assert.deepEqual(scanAll('1e').errors, ['0 exponent has no digits'])
  })

  it('takes letters of every script in identifiers', () => {
    assert.deepEqual(scanAll('Σ_1 été').tokens.slice(0, 2), ['IDENT Σ_1', 'IDENT été'])
    assert.equal(isIdentifier('été'), true)
    assert.equal(isIdentifier('1a'), false)
    assert.equal(isIdentifier('null'), false)
    assert.equal(isIdentifier(''), false)
  })

  const errors: [string, string[]][] = [
    ['"abc', ['0 string literal not terminated']],
    ['"a\nb"', ['0 string literal not terminated', '4 string literal not terminated']],
    ['"\\q"', ['2 unknown escape sequence']],
    ['"\\u12"', ['2 illegal character U+0022 \'"\' in escape sequence']],
    ['"\\ud800"', ['2 escape sequence is invalid Unicode code point']],
    ['"\\400"', ['2 escape sequence is invalid Unicode code point']],
    ['\'a\'', ['0 illegal single-quoted string; use double quotes']],
    ['/* a', ['0 block comment not terminated']],
    ['a | b', ['3 missing second | in ||']],
    ['a;', ['1 illegal character U+003B \';\'']],
    ['a\0', ['1 illegal character NUL', '1 illegal character U+0000']],
    ['a\ufeff', ['1 illegal byte order mark']],
  ]
  for (const [text, wanted] of errors) {
    it(`reports ${JSON.stringify(text)}`, () => { assert.deepEqual(scanAll(text).errors, wanted) })
  }

  it('reports bytes that are not UTF-8, one position a byte', () => {
    const text = decodeSource(Uint8Array.of(0x61, 0xff, 0xc3, 0xa9, 0xe2, 0x82))
    assert.equal(text.replace(/[\ud800-\udfff]/g, '?'), 'a?é??')
    assert.deepEqual(scanAll(text).errors.filter(error => error.includes('UTF-8')),
      ['1 illegal UTF-8 encoding', '3 illegal UTF-8 encoding', '4 illegal UTF-8 encoding'])
  })

  it('keeps a byte order mark at the start out of the tokens', () => {
    assert.deepEqual(scanAll('\ufeffa').tokens, ['IDENT a', 'TERMINATOR', 'EOF'])
  })

  it('drops carriage returns from comments, but never makes a closing mark of one', () => {
    assert.deepEqual(scanAll('/* a\r\n*\r/ */').tokens, ['COMMENT /* a\n*\r/ */', 'EOF'])
  })

  it('makes identifiers of any text', () => {
    assert.equal(sanitizeIdentifier('0-a b'), '_0_a_b')
    assert.equal(sanitizeIdentifier('fine_1'), 'fine_1')
    assert.equal(sanitizeIdentifier('😀'), '_')
  })
})
