import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileText, delivered, runText } from '../../support/graph.ts'

const signal = new AbortController().signal
const diagnose = async (text: string, options = {}) => (await compileText(text, options)).diagnostics.map(({ start, code, message }) => `${start.line}:${start.column} ${code}: ${message}`)

const module = `
declare "pipeline" {
  argument "name" {
    optional = true
    default  = "fallback"
  }
  argument "next" { }
  test.relay "first" {
    forward_to = [argument.next.value, test.sink.own.receiver]
  }
  test.sink "own" {
    name = argument.name.value
  }
  export "receiver" {
    value = test.relay.first.receiver
  }
}
`
const use = `
test.sink "last" {
  name = "last"
}
pipeline "one" {
  name = "inside one"
  next = test.sink.last.receiver
}
test.source "in" {
  forward_to = [pipeline.one.receiver]
}
`

async function push(text: string, options = {}) {
  const { graph } = await runText(text, options)
  const route = graph.routes[0]!
  await route.handle(new Request('http://sluice/push', { method: 'POST', body: '' }), graph.enter(route.id, signal))
  return graph
}

describe('declare', () => {
  it('becomes nodes of the flat graph, wired across its border', async () => {
    delivered.clear()
    const graph = await push(module + use)
    assert.deepEqual([...delivered.keys()].sort(), ['inside one', 'last'])
    assert.deepEqual(graph.nodes.map(({ id }) => id).sort(), ['pipeline.one/test.relay.first', 'pipeline.one/test.sink.own', 'test.sink.last', 'test.source.in'])
  })

  it('uses the default of an argument that is not given', async () => {
    delivered.clear()
    await push(module + use.replace('name = "inside one"', ''))
    assert.ok(delivered.has('fallback'))
  })

  it('checks types across the border: the argument is reported where it lands', async () => {
    const found = await diagnose(module + use.replace('next = test.sink.last.receiver', 'next = "text"'))
    assert.deepEqual(found, ['9:19 check/invalid-value: argument.next.value should be capsule("loki.LogsReceiver"), got string'])
  })

  const cases: [name: string, text: string, expected: string[]][] = [
    ['a missing argument', module + use.replace('next = test.sink.last.receiver', ''), ['22:1 check/missing-attribute: missing required attribute "next"', '9:19 check/invalid-value: argument.next.value should be capsule("loki.LogsReceiver"), got null']],
    ['an unknown argument', module + use.replace('next =', 'other = 1\n  next ='), ['24:3 check/unknown-attribute: unrecognized attribute name "other"']],
    ['an unknown export', module + use.replace('pipeline.one.receiver', 'pipeline.one.sender'), ['27:30 eval/unknown-field: field "sender" does not exist']],
    ['an argument outside of a module', 'argument "a" { }\n', ['1:1 graph/only-in-module: argument blocks only allowed inside a module']],
    ['a setting inside of a module', 'declare "m" {\n  guard { }\n}\nm "a" { }\n', ['2:3 graph/not-in-module: guard not allowed in module']],
    ['a declare that uses itself', 'declare "m" {\n  m "a" { }\n}\nm "b" { }\n', ['2:3 graph/declare-cycle: self reference: declare.m']],
    ['a second declare of a name', 'declare "m" { }\ndeclare "m" { }\n', ['2:1 graph/duplicate: block declare.m already declared at test.alloy:1:1']],
    ['a name from outside of the module', 'test.sink "s" {\n  name = "s"\n}\ndeclare "m" {\n  test.source "a" {\n    forward_to = [test.sink.s.receiver]\n  }\n}\nm "b" { }\n',
      ['6:19 graph/unknown-reference: component "test.sink.s.receiver" does not exist or is out of scope']],
  ]
  for (const [name, text, expected] of cases) it(`reports ${name}`, async () => { assert.deepEqual(await diagnose(text), expected) })

  it('is checked also where nothing uses it, and then goes no further', async () => {
    const { plan, diagnostics, components } = await compileText(`${module}declare "wrong" {\n  argument "a" { }\n  test.sink "s" {\n    nam = argument.a.value\n  }\n}\n`)
    assert.deepEqual(diagnostics.map(({ code }) => code), ['check/unknown-attribute', 'check/missing-attribute'])
    assert.equal(plan, undefined)
    const fine = await compileText(module)
    assert.deepEqual([fine.plan?.nodes, fine.components], [[], []])
    assert.deepEqual(components, [])
  })

  it('reports a mistake once, however often the module is used', async () => {
    const text = 'declare "m" {\n  test.sink "a" { }\n}\nm "x" { }\nm "y" { }\n'
    assert.deepEqual(await diagnose(text), ['2:3 check/missing-attribute: missing required attribute "name"'])
  })
})

describe('import', () => {
  it('string brings the declares of a text', async () => {
    delivered.clear()
    const text = `import.string "lib" {\n  content = \`${module}\`\n}\n${use.replaceAll('pipeline.one', 'lib.pipeline.one').replace('pipeline "one"', 'lib.pipeline "one"')}`
    await push(text)
    assert.deepEqual([...delivered.keys()].sort(), ['inside one', 'last'])
  })

  it('file reads a module, which may import others beside it', async () => {
    const files: Record<string, string> = {
      'outer.alloy': 'import.file "deep" {\n  filename = module_path + "/inner.alloy"\n}\ndeclare "outer" {\n  deep.inner "a" { }\n}\n',
      '/modules/inner.alloy': 'declare "inner" {\n  test.sink "s" {\n    name = module_path\n  }\n}\n',
    }
    const readModule = async (name: string) => ({ sources: [{ file: name, text: files[name]! }], path: '/modules' })
    const { plan, diagnostics } = await compileText('import.file "m" {\n  filename = "outer.alloy"\n}\nm.outer "x" { }\n', { readModule })
    assert.deepEqual(diagnostics, [])
    assert.ok(plan?.nodes.some(({ id }) => id === 'm.outer.x/deep.inner.a/test.sink.s'))
  })

  const broken: [name: string, text: string, expected: RegExp][] = [
    ['components at the top of a module', 'import.string "m" {\n  content = "test.sink \\"a\\" { }"\n}\n', /graph\/only-declares-in-import/],
    ['a syntax error in a module', 'import.string "m" {\n  content = "declare {"\n}\n', /syntax\//],
    ['a declare outside of the module', 'declare "hidden" { }\nimport.string "m" {\n  content = "declare \\"a\\" { hidden \\"x\\" { } }"\n}\nm.a "b" { }\n', /cannot find the definition of component name "hidden"/],
    ['a second import of a name', 'import.string "m" {\n  content = ""\n}\nimport.string "m" {\n  content = ""\n}\n', /^4:1 graph\/duplicate: block import\.string\.m already declared at test\.alloy:1:1$/],
    ['an import that cannot be read once, and not what uses it', 'import.http "m" {\n  url = "x"\n}\nm.thing "a" { }\n', /^1:1 graph\/import-not-yet: [^\n]*$/],
    ['content that is only known later', 'import.string "m" {\n  content = sys.env("MODULE")\n}\n', /graph\/not-constant/],
  ]
  for (const [name, text, expected] of broken) it(`reports ${name}`, async () => { assert.match((await diagnose(text)).join('\n'), expected) })
})

describe('foreach', () => {
  const each = (collection: string, more = '') => `foreach "f" {
  collection = ${collection}
  var        = "item"
  ${more}
  template {
    test.sink "s" {
      name = item
    }
  }
}
`

  it('repeats its template for each element, with ids by content', async () => {
    const { plan, diagnostics } = await compileText(each('["a", "b-c", "a", 1, 2.5, true]').replace('name = item', 'name = "x"'))
    assert.deepEqual(diagnostics, [])
    assert.deepEqual(plan!.nodes.filter(({ component }) => component !== undefined).map(({ id }) => id).sort(), [
      'foreach.f/foreach_1_1/test.sink.s', 'foreach.f/foreach_2_500000_1/test.sink.s', 'foreach.f/foreach_a_1/test.sink.s',
      'foreach.f/foreach_a_2/test.sink.s', 'foreach.f/foreach_b_c_1/test.sink.s', 'foreach.f/foreach_true_1/test.sink.s',
    ])
  })

  it('gives the template its element, and the nodes around it', async () => {
    delivered.clear()
    const text = `${each('["a", "b"]').replace('test.sink "s" {\n      name = item\n    }', 'test.source "s" {\n      path = "/" + item\n      forward_to = [test.sink.out.receiver]\n    }')}
test.sink "out" {
  name = "out"
}`
    const graph = await push(text)
    assert.deepEqual(graph.routes.map(({ path }) => path).sort(), ['/a', '/b'])
    assert.equal(delivered.get('out')?.length, 1)
  })

  it('takes a field for the id of objects, and hashes where it is asked to', async () => {
    const { plan } = await compileText(each('[{ "n" = "x", "v" = 1 }]', 'id = "n"\n  hash_string_id = true').replace('name = item', 'name = item.n'))
    assert.match(plan!.nodes.map(({ id }) => id).join(' '), /foreach\.f\/foreach_[0-9a-f]{64}_1\/test\.sink\.s/)
  })

  it('is experimental', async () => {
    assert.match((await diagnose(each('[]'), { stability: 'generally-available' })).join('\n'), /foreach block "foreach" is at stability level "experimental"/)
  })
})
