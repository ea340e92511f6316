import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { evaluate } from '../../../src/language/evaluate.ts'
import { parseExpression } from '../../../src/language/parse.ts'
import {
  assembleLibrary, deprecatedGlobal, isLibraryName, libraryAliases, libraryModules, modulesFor, stabilityOf, stdlib,
} from '../../../src/language/stdlib/index.ts'
import type { ObjectValue, Value } from '../../../src/language/value.ts'
import { isObject, objectValue, OptionalSecret, Secret } from '../../../src/language/value.ts'

const library = stdlib(name => ({ HOME: '/root' })[name], { hostname: 'h', os: 'linux', arch: 'arm64', version: '1.2.3' })
const scope = {
  parent: { variables: library },
  variables: objectValue({ secret: new Secret('s'), plain: new OptionalSecret('p', false), hidden: new OptionalSecret('h', true) }),
}

function run(source: string): Value | { problem: string } {
  const { expression, diagnostics } = parseExpression(source)
  assert.deepEqual(diagnostics, [], source)
  const problems: string[] = []
  const value = evaluate(expression, scope, ({ severity, message }) => { if (severity === 'error') problems.push(message) })
  return problems[0] === undefined ? value : { problem: problems[0] }
}

/** Integers as `1n`, objects as entries: what deepEqual can compare. */
function plain(value: Value | { problem: string }): unknown {
  if (Array.isArray(value)) return Array.from(value, plain)
  return typeof value === 'object' && value !== null && isObject(value)
    ? Object.fromEntries(Object.entries(value as ObjectValue).map(([key, inner]) => [key, plain(inner)]))
    : value
}

const values: [source: string, wanted: unknown][] = [
  ['sys.env("HOME")', '/root'],
  ['sys.env("NONE")', ''],
  ['env("HOME")', '/root'],
  ['constants.version', 'v1.2.3'],
  ['constants.hostname + constants.os + constants.arch', 'hlinuxarm64'],
  ['coalesce("", null, [], {}, 0, 0.0, false, "x", "y")', 'x'],
  ['coalesce("", null)', null],
  ['coalesce()', null],
  ['array.concat([1], [], [2, "x"])', [1n, 2n, 'x']],
  ['array.concat()', []],
  ['array.combine_maps([{a = 1, x = 1}], [{a = 1, y = 2}, {a = 2}], ["a"])', [{ a: 1n, x: 1n, y: 2n }]],
  ['array.combine_maps([{a = 1}], [{a = 2}, {b = 1}], ["a"], true)', [{ a: 1n }, { a: 1n }]],
  ['array.combine_maps([{a = 1}], [{a = 1.0}], ["a"])', []],
  ['targets.merge([{a = 1}], [{a = 1, b = 2}], ["a"])', [{ a: 1n, b: 2n }]],
  ['array.group_by([{k = "x", v = 1}, {k = "y"}, {k = "x", v = 2}, {v = 3}], "k", false)', [
    { k: 'x', items: [{ k: 'x', v: 1n }, { k: 'x', v: 2n }] }, { k: 'y', items: [{ k: 'y' }] }, { k: '', items: [{ v: 3n }] },
  ]],
  ['array.group_by([{v = 3}], "k", true)', []],
  ['convert.nonsensitive(secret)', 's'],
  ['convert.nonsensitive(plain)', 'p'],
  ['encoding.from_json(`{"a": [1, 2.5, null, true, "\\u00e9"]}`)', { a: [1, 2.5, null, true, 'é'] }],
  ['encoding.to_json({b = "<&>", a = [1, 1.0, 1e21, null]})', '{"a":[1,1,1e+21,null],"b":"\\u003c\\u0026\\u003e"}'],
  ['encoding.from_base64("aGk=")', [104n, 105n]],
  ['string.to_upper(encoding.from_base64("aGk="))', 'HI'],
  ['encoding.to_base64("hi?>")', 'aGk/Pg=='],
  ['encoding.to_URLbase64("hi?>")', 'aGk_Pg=='],
  ['string.format("%s", encoding.from_URLbase64("aGk_Pg=="))', '[%!s(int=104) %!s(int=105) %!s(int=63) %!s(int=62)]'],
  ['encoding.url_encode("a b&é~!")', 'a+b%26%C3%A9~%21'],
  ['encoding.url_decode("a+b%26%C3%A9")', 'a b&é'],
  ['encoding.from_yaml("a: 0x1F\\nb: [yes, true, ~, 1.5, .inf]\\nc: |\\n  x\\n")', { a: 31n, b: ['yes', true, null, 1.5, Infinity], c: 'x\n' }],
  ['encoding.from_yaml("a: &x {b: 1}\\nc:\\n  <<: *x\\n  d: *x")', { a: { b: 1n }, c: { b: 1n, d: { b: 1n } } }],
  ['encoding.from_yaml("017")', 15n],
  ['encoding.from_yaml("18446744073709551615")', 18446744073709551615n],
  ['encoding.from_yaml("!!str 1")', '1'],
  ['file.path_join("/a/", "..", "b", "./c")', '/b/c'],
  ['file.path_join("..", "..", "a")', '../../a'],
  ['json_path(`{"a": [{"b": 1, "c": 9007199254740993}, {"b": 2}]}`, "$.a[?(@.b == 1)].c")', [9007199254740993n]],
  ['json_path(`{"a-b": {"c": 1.0}}`, ".a-b.c")', [1]],
  ['json_path(`{"a": "xay"}`, "$[?(search(@, \'a\'))]")', ['xay']],
  ['json_path(`{"a": 1}`, "none")', []],
  ['string.format("%s-%05.1f-%v", "a", 2.25, [1, "x", null])', 'a-002.2-[1 x <nil>]'],
  ['string.join(["a", 1, 2.5], "-")', 'a-1-2.5'],
  ['string.split("a,b", ",")', ['a', 'b']],
  ['string.split("é😀", "")', ['é', '😀']],
  ['string.replace("abc", "", "$&")', '$&a$&b$&c$&'],
  ['string.replace("a.b.c", ".", "$&")', 'a$&b$&c'],
  ['string.trim("xxaxx", "x")', 'a'],
  ['string.trim_space("\\u0085\\t a \\u3000")', 'a'],
  ['string.to_upper("ßé")', 'ßÉ'],
  ['string.to_lower("İÉ")', 'ié'],
  ['string.trim_suffix("a", "")', 'a'],
  ['to_lower("A") + trim_prefix("ab", "a")', 'ab'],
]

const errors: [source: string, wanted: string][] = [
  ['string.trim("a")', 'string.trim expected 2 args, got 1'],
  ['string.format()', 'string.format expected at least 1 args, got 0'],
  ['string.to_upper(secret)', 'secret secrets may not be converted into strings'],
  ['string.join(["a", [1]], "-")', '[1] should be string, got array'],
  ['array.concat([1], "a")', '"a" should be array, got string'],
  ['array.combine_maps([1], [], ["a"])', '1 should be object, got number'],
  ['array.combine_maps([], [], [])', '[] combine_maps: merge conditions must not be empty'],
  ['array.group_by([{k = 1}], "k", true)', '1 should be string, got number'],
  ['convert.nonsensitive(1)', '1 should be capsule, got number'],
  ['encoding.from_json("{")', 'encoding.from_json unexpected end of JSON input'],
  ['encoding.from_json("[1 2]")', 'encoding.from_json invalid character \'2\' after array element'],
  ['encoding.from_json("nulx")', 'encoding.from_json invalid character \'x\' in literal null (expecting \'l\')'],
  ['encoding.from_json("[1e400]")', 'encoding.from_json json: cannot unmarshal number 1e400 into Go value of type float64'],
  ['encoding.to_json([])', 'encoding.to_json jsonEncode only supports map'],
  ['encoding.from_base64("aGk")', 'encoding.from_base64 illegal base64 data at input byte 0'],
  ['encoding.url_decode("%4")', 'encoding.url_decode invalid URL escape "%4"'],
  ['encoding.from_yaml("a: b: c")', 'encoding.from_yaml yaml: mapping values are not allowed in this context'],
]

describe('standard library', () => {
  for (const [source, wanted] of values) it(source, () => { assert.deepEqual(plain(run(source)), wanted) })
  for (const [source, wanted] of errors) it(`${source} fails`, () => { assert.deepEqual(run(source), { problem: wanted }) })

  it('reports what JSONPath does not accept', () => {
    assert.match((run('json_path("{}", "$[")') as { problem: string }).problem, /^json_path ./)
    assert.match((run('json_path("{", "$.a")') as { problem: string }).problem, /unexpected end of JSON input/)
  })

  it('bounds what a document may expand to', () => {
    const levels = Array.from({ length: 12 }, (_, n) => `a${n}: &a${n} [${Array.from({ length: 10 }, () => n === 0 ? 'x' : `*a${n - 1}`).join(', ')}]`)
    const bomb = JSON.stringify(levels.join('\n'))
    assert.match((run(`encoding.from_yaml(${bomb})`) as { problem: string }).problem, /excessive aliasing/)
    assert.match((run(`encoding.from_json("${'['.repeat(5000)}")`) as { problem: string }).problem, /max depth/)
  })
})

describe('its catalogue', () => {
  it('lists what the files have, and nothing else', () => {
    for (const [file, { namespace, members }] of Object.entries(libraryModules)) {
      assert.ok(existsSync(path.resolve(import.meta.dirname, '../../../src/language/stdlib', file)), file)
      const holder = namespace === '' ? library : library[namespace] as ObjectValue
      for (const name of Object.keys(members)) assert.ok(Object.hasOwn(holder, name), `${namespace}.${name}`)
    }
    const listed = new Set(Object.values(libraryModules).flatMap(({ namespace, members }) =>
      Object.keys(members).map(name => namespace === '' ? name : `${namespace}.${name}`)))
    const aliases = new Set(Object.keys(libraryAliases))
    for (const [name, value] of Object.entries(library)) {
      const names = isObject(value) ? Object.keys(value).map(member => `${name}.${member}`) : [name]
      for (const full of names) assert.ok(listed.has(full) || aliases.has(full), full)
    }
  })

  it('knows what is deprecated, experimental, and in which file', () => {
    assert.equal(deprecatedGlobal('env'), 'sys.env')
    assert.equal(deprecatedGlobal('coalesce'), undefined)
    assert.equal(stabilityOf(['array', 'group_by']), 'experimental')
    assert.equal(stabilityOf(['targets', 'merge']), 'experimental')
    assert.equal(stabilityOf(['concat']), 'generally-available')
    assert.equal(stabilityOf(['prometheus', 'scrape']), undefined)
    assert.deepEqual(modulesFor(['encoding', 'from_yaml']), ['encoding-yaml.ts'])
    assert.deepEqual(modulesFor(['encoding']), ['encoding.ts', 'encoding-yaml.ts'])
    assert.deepEqual(modulesFor(['yaml_decode']), ['encoding-yaml.ts'])
    assert.deepEqual(modulesFor(['coalesce']), ['coalesce.ts'])
    assert.equal(isLibraryName('targets'), true)
    assert.equal(isLibraryName('loki'), false)
  })

  it('lets a part of the library stand alone', () => {
    const part = assembleLibrary([{ namespace: 'string', members: (library.string as ObjectValue) }])
    assert.equal(Object.hasOwn(part, 'format'), true)
    assert.equal(Object.hasOwn(part, 'concat'), false)
  })
})
