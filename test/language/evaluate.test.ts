import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Scope } from '../../src/language/evaluate.ts'
import { evaluate } from '../../src/language/evaluate.ts'
import { parseExpression } from '../../src/language/parse.ts'
import type { Value } from '../../src/language/value.ts'
import { Capsule, FunctionValue, objectValue, OptionalSecret, Secret, Unknown } from '../../src/language/value.ts'

const scope: Scope = {
  parent: { variables: objectValue({ answer: 42n, shadowed: 'outer' }) },
  variables: objectValue({
    shadowed: 'inner',
    nothing: null,
    list: [1n, 2n, 3n],
    thing: objectValue({ name: 'n', inner: objectValue({ deep: 1.5 }) }),
    secret: new Secret('s'),
    maybe: new OptionalSecret('m', false),
    hidden: new OptionalSecret('h', true),
    consumer: new Capsule('otelcol.Consumer', {}),
    later: new Unknown(),
    double: new FunctionValue('double', ([value]) => [value!, value!]),
    tell: new FunctionValue('tell', ([value]) => value instanceof Secret ? value.reveal() : ''),
    reveal: new FunctionValue('reveal', ([value]) => (value as Secret).reveal(), { reveals: true }),
  }),
}

function run(source: string) {
  const { expression, diagnostics } = parseExpression(source)
  assert.deepEqual(diagnostics, [])
  const problems: string[] = []
  const value = evaluate(expression, scope, ({ severity, message }, node) => {
    problems.push(`${severity === 'warning' ? 'warning ' : ''}${node.start}-${node.end} ${message}`)
  })
  return { value, problems }
}

const values: [source: string, wanted: Value][] = [
  ['9223372036854775807', 9223372036854775807n],
  ['18446744073709551615', 18446744073709551615n],
  ['18446744073709551616', 18446744073709551616],
  ['017', 15n],
  ['1.0', 1],
  ['9223372036854775807 + 1', -9223372036854775808n],
  ['18446744073709551615 + 18446744073709551615', 18446744073709551614n],
  ['9007199254740993 + 0', 9007199254740993n],
  ['7 / 2', 3n],
  ['-7 % 3', -1n],
  ['7 / 2.0', 3.5],
  ['2 ^ 62', 4611686018427387904n],
  ['2 ^ 9223372036854775807', 0n],
  ['1.0 ^ (1e308 * 10)', 1],
  ['1 == 1.0', true],
  ['"1" == 1', false],
  ['[1, {a = 2}] == [1.0, {a = 2}]', true],
  ['"a" < "b"', true],
  ['"\\uffff" < "\\U00010000"', true],
  ['"\\xc3\\xa9" == "é"', true],
  ['`a\\n`', 'a\\n'],
  ['!false && true', true],
  ['list[2]', 3n],
  ['list[1.9]', 2n],
  ['thing.inner.deep', 1.5],
  ['thing["none"]', null],
  ['shadowed', 'inner'],
  ['answer', 42n],
  ['nothing', null],
  ['double(1)', [1n, 1n]],
  ['maybe + "x"', 'mx'],
  ['maybe == "m"', true],
  ['secret == "s"', true],
  ['hidden == hidden', true],
]

const errors: [source: string, wanted: string[]][] = [
  ['none', ['0-4 identifier "none" does not exist']],
  ['thing.none.x', ['6-10 field "none" does not exist']],
  ['answer.x', ['0-6 answer cannot access field "x" on value of type number']],
  ['list["a"]', ['5-8 "a" should be number, got string']],
  ['list[3]', ['5-6 3 index 3 is out of range of array with length 3']],
  ['"a"[0]', ['0-3 "a" expected object or array, got string']],
  ['answer()', ['0-6 answer should be function, got number']],
  ['-"a"', ['1-4 "a" should be number, got string']],
  ['!1', ['1-2 1 should be bool, got number']],
  ['1 + "a"', ['4-7 "a" should be number, got string']],
  ['true < 1', ['0-4 true should be one of [number string] for binop <, got bool']],
  ['1 / 0', ['4-5 0 divide by zero error']],
  ['1 % 0.0', ['4-7 0.0 divide by zero error']],
  ['consumer + consumer', ['0-8 consumer could not perform binop + for unknown types lhs capsule rhs capsule']],
  ['1e400', ['0-5 strconv.ParseFloat: parsing "1e400": value out of range']],
  ['[none, 1 + true, thing.x]', ['1-5 identifier "none" does not exist', '11-15 true should be one of [number string capsule] for binop +, got bool', '23-24 field "x" does not exist']],
]

describe('evaluator', () => {
  for (const [source, wanted] of values) {
    it(`computes ${source}`, () => { assert.deepEqual(run(source), { value: wanted, problems: [] }) })
  }

  for (const [source, wanted] of errors) {
    it(`reports ${source}`, () => { assert.deepEqual(run(source).problems, wanted) })
  }

  it('makes what comes of an error unknown, once', () => {
    const { value, problems } = run('(none + 1).x[0] == 2')
    assert.ok(value instanceof Unknown)
    assert.equal(problems.length, 1)
  })

  it('makes what is computed from an unknown value unknown, and says nothing', () => {
    for (const source of ['later', 'later.a.b', 'later[0]', 'later("x")', 'later + 1', '1 + later', '-later', 'double(later)', 'double([later])', '[later] == [1]', 'list[later]']) {
      const { value, problems } = run(source)
      assert.ok(value instanceof Unknown, source)
      assert.deepEqual(problems, [], source)
    }
    const { value } = run('{ a = later, b = 1 }')
    assert.ok((value as { a: Value }).a instanceof Unknown)
  })

  it('keeps what a secret touches secret', () => {
    assert.ok(run('secret + "x"').value instanceof Secret)
    assert.ok(run('"x" + secret').value instanceof Secret)
    assert.ok(run('maybe + secret').value instanceof Secret)
    const mixed = run('"x" + hidden').value
    assert.ok(mixed instanceof OptionalSecret && mixed.isSecret && mixed.value === 'xh')
  })

  it('warns where a function makes a plain string of a secret, unless that is what it is for', () => {
    assert.deepEqual(run('tell(secret)').problems, ['warning 0-12 tell turns a secret into a plain string'])
    assert.deepEqual(run('reveal(secret)').problems, [])
  })
})
