import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileWritten, said } from '../../support/shapes.ts'

const problems = async (text: string | Record<string, string>, options = {}) => said((await compileWritten(text, options)).diagnostics)
const warnings = async (text: string) => said((await compileWritten(text)).diagnostics, ({ severity }) => severity === 'warning')

describe('the configuration as written', () => {
  it('is checked declares first, then configuration blocks, components and services', async () => {
    assert.deepEqual(await problems('http {\n  a = 1\n}\ntest.gone "x" { }\nlogging {\n  b = 1\n}\ndeclare "m" {\n  test.gone "y" { }\n}\n'), [
      '9:3 cannot find the definition of component name "test.gone"',
      '6:3 unrecognized attribute name "b"',
      '4:1 cannot find the definition of component name "test.gone"',
      '2:3 unrecognized attribute name "a"',
    ])
  })

  it('says what is wrong with a block, then with its body, then what it refers to', async () => {
    assert.deepEqual(await problems('away.source {\n  names = [true]\n  forward_to = [test.sink.gone.receiver]\n}\n'), [
      '1:1 component "away.source" must have a label',
      '2:12 expected string, got bool',
      '3:17 component "test.sink.gone.receiver" does not exist or is out of scope',
    ])
  })

  it('takes several files for one configuration', async () => {
    const sink = 'test.sink "a" {\n  name = "a"\n}\n'
    assert.deepEqual(await problems({ 'a.alloy': sink, 'b.alloy': sink }), ['1:1 block test.sink.a already declared at a.alloy:1:1'])
  })

  const cases: [name: string, text: string, expected: string[]][] = [
    ['a duplicate, as long as its id', 'logging { }\nlogging { }\n', ['2:1 block logging already declared at test.alloy:1:1']],
    ['a declare twice', 'declare "a" { }\ndeclare "a" { }\n', ['2:1 block declare.a already declared at test.alloy:1:1']],
    ['blocks without a label', 'declare { }\nimport.string {\n  content = ""\n}\n', ['1:1 declare block must have a label', '2:1 import.string block must have a label']],
    ['arguments and exports outside of modules', 'argument "a" { }\nexport "b" {\n  value = 1\n}\n', ['1:1 argument blocks only allowed inside a module', '2:1 export blocks only allowed inside a module']],
    ['settings in a module', 'declare "m" {\n  logging { }\n  http { }\n}\n', ['2:3 logging not allowed in module', '3:3 http not allowed in module']],
    ['settings in a foreach', 'foreach "f" {\n  collection = []\n  var = "x"\n  template {\n    logging { }\n  }\n}\n', ['5:5 logging not allowed in foreach']],
    ['an attribute in a module', 'declare "m" {\n  a = 1\n}\n', ['2:3 unsupported statement type *ast.AttributeStmt']],
    ['a service that takes no block', 'otel { }\n', ['1:1 service "otel" does not support being configured']],
    ['a service with a label, which is no service', 'http "x" { }\n', ['1:1 cannot find the definition of component name "http"']],
    ['a foreach without anything', 'foreach "f" { }\n', [
      '1:1 missing required block "template"', '1:1 missing required attribute "collection"', '1:1 missing required attribute "var"',
    ]],
    ['an export without a value', 'declare "m" {\n  export "e" { }\n}\n', ['2:3 missing required attribute "value"']],
    ['arguments of a module', 'declare "m" {\n  argument "a" { }\n  argument "b" {\n    optional = true\n  }\n}\nm "x" {\n  c = 1\n}\n', [
      '8:3 unrecognized attribute name "c"', '7:1 missing required attribute "a"',
    ]],
    ['a component of an inner module from outside', 'declare "outer" {\n  declare "inner" { }\n  inner "ok" { }\n}\ninner "no" { }\n', ['5:1 cannot find the definition of component name "inner"']],
    ['nothing about the variable of a foreach, nor what stands around it', 'away.fields "f" { }\nforeach "f" {\n  collection = ["a"]\n  var = "item"\n  template {\n    test.sink "s" {\n      name = item + away.fields.f.text\n    }\n  }\n}\n', []],
    ['what stands in a template from outside', 'foreach "f" {\n  collection = ["a"]\n  var = "item"\n  template {\n    test.sink "s" {\n      name = "a"\n    }\n  }\n}\naway.source "o" {\n  forward_to = [test.sink.s.receiver]\n}\n', [
      '11:17 component "test.sink.s.receiver" does not exist or is out of scope',
    ]],
    ['circles of a module at each of their blocks, once', 'declare "m" {\n  test.relay "b" {\n    forward_to = [test.relay.a.receiver]\n  }\n  test.relay "a" {\n    forward_to = [test.relay.b.receiver]\n  }\n  test.relay "c" {\n    forward_to = [test.relay.c.receiver]\n  }\n}\nm "x" { }\n', [
      '5:3 cycle detected: test.relay.a, test.relay.b', '2:3 cycle detected: test.relay.a, test.relay.b', '8:3 cannot reference self',
    ]],
  ]
  for (const [name, text, expected] of cases) it(`reports ${name}`, async () => { assert.deepEqual(await problems(text), expected) })

  it('warns of deprecated functions, and of components that hide the standard library', async () => {
    assert.deepEqual(await warnings('declare "sys" {\n  export "env" {\n    value = "a"\n  }\n}\nsys "sys" { }\ntest.sink "a" {\n  name = sys.sys.env\n}\ntest.sink "b" {\n  name = env("A")\n}\n'), [
      '8:10 a component is shadowing an existing stdlib name',
      '11:10 this stdlib function is deprecated; please refer to the documentation for updated usage and alternatives',
    ])
  })

  it('lets in what the user allows', async () => {
    const text = 'away.kept "a" { }\naway.young "b" { }\ntest.sink "c" {\n  name = array.combine_maps([], [], ["x"])\n}\nforeach "f" {\n  collection = []\n  var = "x"\n  template { }\n}\n'
    const level = (subject: string, level: string) =>
      `${subject} is at stability level "${level}", which is below the minimum allowed stability level "generally-available". Use --stability.level command-line flag to enable "${level}" features`
    assert.deepEqual(await problems(text.replace('["x"]', '[]'), { stability: 'generally-available' }).then(found => found.filter(one => !one.includes('combine_maps:'))), [
      `6:1 ${level('foreach block "foreach"', 'experimental')}`,
      '1:1 the component "away.kept" is a community component. Use the --feature.community-components.enabled command-line flag to enable community components',
      `2:1 ${level('component "away.young"', 'public-preview')}`,
      `4:10 ${level('array.combine_maps', 'experimental')}`,
    ])
    assert.deepEqual(await problems('away.kept "a" { }\naway.young "b" { }\n', { communityComponents: true, stability: 'public-preview' }), [])
  })

  it('says a thing once, though it is checked as written, in each use of its module, and with its values', async () => {
    const text = 'declare "m" {\n  test.sink "a" {\n    name = true\n    size = "x" - 1\n  }\n}\nm "x" { }\nm "y" { }\n'
    assert.deepEqual(await problems(text), ['3:12 expected string, got bool', '4:12 should be one of [number] for binop -, got string'])
  })

  it('takes modules whose text is not known for whatever is used of them', async () => {
    const found = await problems('import.string "m" {\n  content = env("TEXT")\n}\nm.thing "x" {\n  a = gone.gone\n}\n', { functions: {} })
    assert.deepEqual(found.filter(one => one.startsWith('4') || one.startsWith('5')), [])
  })
})

describe('an imported text', () => {
  it('is checked as written too, also what nothing uses of it', async () => {
    const content = 'declare "a" {\n  test.gone "x" { }\n  test.sink "y" { }\n}\n'
    assert.deepEqual(await problems(`import.string "m" {\n  content = ${JSON.stringify(content)}\n}\n`), [
      '2:3 cannot find the definition of component name "test.gone"', '3:3 missing required attribute "name"',
    ])
  })
})
