import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileWritten, said } from '../../support/shapes.ts'

const fields = async (body: string) => (await compileWritten(`away.fields "f" {\n${body}\n}\n`)).diagnostics
const problems = async (body: string) => said(await fields(body))

describe('literals against types', () => {
  const cases: [body: string, expected: string[]][] = [
    ['text = 10', []],
    ['text = null', []],
    ['text = true', ['2:8 expected string, got bool']],
    ['text = ["a"]', ['2:8 expected string, got array']],
    ['text = { a = 1 }', ['2:8 expected string, got object']],
    ['number = "10"', []],
    ['number = "-1"', []],
    ['number = "1.5e3"', []],
    ['number = "ten"', ['2:10 expected number, got string']],
    ['number = true', ['2:10 expected number, got bool']],
    ['number = -"a"', ['2:11 expected number, got string']],
    ['number = -10', []],
    ['flag = !true', []],
    ['flag = !10', ['2:9 expected bool, got number']],
    ['flag = "true"', ['2:8 expected bool, got string']],
    ['number = 1 + 2', []],
    ['number = "a" + "b"', ['2:10 expected number, got string']],
    ['number = 1 + "b"', ['2:10 expected number, got string']],
    ['number = true - 1', ['2:10 should be one of [number] for binop -, got bool']],
    ['number = 1 / 0', ['2:10 divide by zero error']],
    ['every = "1m"', []],
    ['every = "soon"', ['2:9 time: invalid duration "soon"']],
    ['every = 10', ['2:9 time: missing unit in duration "10"']],
    ['every = true', ['2:9 expected string, got bool']],
    ['size = "1MiB"', []],
    ['size = "10"', ['2:8 units: missing unit in 10']],
    ['size = "10XB"', ['2:8 units: unknown unit XB in 10XB']],
    ['size = "big"', ['2:8 units: invalid big']],
    ['regex = "a("', ['2:9 error parsing regexp: missing closing ): `a(`']],
    ['key = "a"', []],
    ['key = 10', ['2:7 expected capsule, got number']],
    ['key = { a = "b" }', ['2:7 expected capsule, got object']],
    ['hidden = "a"', []],
    ['target = { a = "b" }', []],
    ['target = "a"', ['2:10 target::ConvertFrom: conversion from \'string\' is not supported']],
    ['target = 1.5', ['2:10 target::ConvertFrom: conversion from \'float64\' is not supported']],
    ['any = [1, { a = "b" }]', []],
    ['list = "a"', ['2:8 expected array, got string']],
    ['list = ["a", true, ["b"]]', ['2:14 expected string, got bool', '2:20 expected string, got array']],
    ['map = { a = "b", c = true }', ['2:22 expected string, got bool']],
    ['map = ["a"]', ['2:7 expected object, got array']],
    ['numbers = { a = 1, b = "x" }', ['2:24 expected number, got string']],
    ['action = "Upsert"', []],
    ['action = "Random"', ['2:10 unknown action random']],
    ['handler = "a"', ['2:11 expected capsule, got string']],
    ['handler = ["a"]', ['2:11 expected capsule, got array']],
    ['object = { name = "a" }', []],
    ['object = { every = "x", other = 1 }', [
      '2:20 time: invalid duration "x"', '2:25 unrecognized attribute name "other"', '2:10 missing required attribute "name"',
    ]],
  ]
  for (const [body, expected] of cases) it(`${body}: ${expected.length === 0 ? 'fits' : expected.join('; ')}`, async () => { assert.deepEqual(await problems(body), expected) })

  it('leaves alone what has to be evaluated, and interfaces', async () => {
    assert.deepEqual(said((await compileWritten('away.source "s" {\n  forward_to = [1, "a"]\n  every = (true)\n}\n')).diagnostics, one => one.code === 'check/type-mismatch'), [])
  })

  it('says in the hint how the value is written', async () => {
    const hint = async (body: string) => (await fields(body)).find(({ code }) => code === 'check/type-mismatch')?.hint
    assert.equal(await hint('every = 10'), 'every takes a duration, such as "30s" or "1m30s".')
    assert.equal(await hint('list = "a"'), 'list takes list(string).')
    assert.equal(await hint('action = "x"'), 'It is one of insert, update, upsert, delete.')
  })
})

describe('names in a body', () => {
  const cases: [name: string, body: string, expected: string[]][] = [
    ['an unknown attribute and block', 'txt = 1\nmanny { }', ['2:1 unrecognized attribute name "txt"', '3:1 unrecognized block name "manny"']],
    ['an attribute twice', 'text = "a"\ntext = true', ['3:1 attribute "text" may only be provided once']],
    ['an attribute that is a block, and the other way round', 'one = 1\ntext { }', ['2:1 "one" must be a block, but is used as an attribute', '3:1 "text" must be an attribute, but is used as a block']],
    ['a block twice, at both', 'one {\n name = "a"\n}\none { }', ['2:1 block "one" may only be specified once', '5:1 block "one" may only be specified once']],
    ['a repeated block, and what is missing in it', 'many {\n name = "a"\n}\nmany { }', ['5:1 missing required attribute "name"']],
    ['a block with a label', 'named "x" {\n value = "a"\n}', []],
  ]
  for (const [name, body, expected] of cases) it(name, async () => { assert.deepEqual(await problems(body), expected) })

  it('finds what is wrong in blocks within blocks of their own kind', async () => {
    const text = 'away.steps "s" {\n  forward_to = []\n  step.match {\n    selector = "a"\n    step.match {\n      step.drop { }\n    }\n    step.mach { }\n  }\n}\n'
    const { diagnostics } = await compileWritten(text)
    assert.deepEqual(said(diagnostics), [
      '6:7 missing required attribute "name"', '5:5 missing required attribute "selector"', '8:5 unrecognized block name "step.mach"',
    ])
    assert.equal(diagnostics.find(({ start }) => start.line === 8)!.hint, 'Did you mean step.match?')
  })

  it('points at the whole block where something is missing', async () => {
    const { diagnostics } = await compileWritten('test.sink "a" {\n}\n')
    const [{ start, end } = assert.fail('nothing was said')] = diagnostics
    assert.deepEqual([start.line, start.column, end.line, end.column], [1, 1, 2, 1])
  })
})
