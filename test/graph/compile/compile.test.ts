import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileText } from '../../support/graph.ts'

const place = ({ start, code, message }: { start: { line: number; column: number }; code: string; message: string }) => `${start.line}:${start.column} ${code}: ${message}`
const diagnose = async (text: string, options = {}) => (await compileText(text, options)).diagnostics.map(place)

const good = `
test.source "in" {
  forward_to = [test.relay.middle.receiver]
}
test.relay "middle" {
  forward_to = [test.sink.out.receiver]
  rule {
    name = "a"
  }
}
test.sink "out" {
  name = "out"
}
`

describe('compile', () => {
  it('puts dependencies before their dependants', async () => {
    const { plan, diagnostics, components } = await compileText(good)
    assert.deepEqual(diagnostics, [])
    assert.deepEqual(plan?.nodes.map(({ id, uses }) => [id, uses.map(use => use.id)]), [
      ['test.sink.out', []],
      ['test.relay.middle', ['test.sink.out']],
      ['test.source.in', ['test.relay.middle']],
    ])
    assert.deepEqual(components, ['test.relay', 'test.sink', 'test.source'])
  })

  it('makes the same version of the same text, and another of another', async () => {
    const version = async (text: string) => (await compileText(text)).plan?.version
    assert.equal(await version(good), await version(good))
    assert.notEqual(await version(good), await version(good.replace('"a"', '"b"')))
  })

  it('is plain data: the plan survives JSON', async () => {
    const { plan } = await compileText(good)
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan)
  })
})

describe('resolve', () => {
  it('names unknown components, with the nearest one that exists', async () => {
    const { diagnostics } = await compileText('test.snk "x" {\n}\n')
    assert.equal(place(diagnostics[0]!), '1:1 graph/unknown-component: cannot find the definition of component name "test.snk"')
    assert.equal(diagnostics[0]!.hint, 'Did you mean test.sink?')
  })

  it('checks what a component refers to that is known and not here', async () => {
    const text = 'test.later "a" {\n  forward_to = [test.gone.x.receiver]\n}\ntest.later "a" { }\ntest.source "b" {\n  forward_to = [test.later.a.receiver]\n}\n'
    assert.deepEqual(await diagnose(text, { unavailable: (name: string) => (name === 'test.later' ? 'it comes later' : undefined) }), [
      '1:1 graph/unsupported-component: "test.later" is known to Alloy, but not available here: it comes later',
      '4:1 graph/duplicate: block test.later.a already declared at test.alloy:1:1',
      '2:17 graph/unknown-reference: component "test.gone.x.receiver" does not exist or is out of scope',
    ])
  })

  const cases: [name: string, text: string, expected: string[]][] = [
    ['a component without a label', 'test.sink {\n  name = "a"\n}\n', ['1:1 graph/label-missing: component "test.sink" must have a label']],
    ['a configuration block with one', 'guard "x" { }\n', ['1:1 graph/label-refused: block "guard" requires empty label']],
    ['an attribute at the top', 'a = 1\n', ['1:1 graph/top-level-attribute: unrecognized attribute name "a"']],
    ['a duplicate', 'test.sink "a" {\n  name = "1"\n}\ntest.sink "a" {\n  name = "2"\n}\n', ['4:1 graph/duplicate: block test.sink.a already declared at test.alloy:1:1']],
    ['a missing target', 'test.source "a" {\n  forward_to = [test.sink.gone.receiver]\n}\n', ['2:17 graph/unknown-reference: component "test.sink.gone.receiver" does not exist or is out of scope']],
    ['an unknown component once, and not what refers to it', 'test.gone "a" {\n}\ntest.source "b" {\n  forward_to = [test.gone.a.receiver]\n}\n', ['1:1 graph/unknown-component: cannot find the definition of component name "test.gone"']],
    ['a reference to itself', 'test.relay "a" {\n  forward_to = [test.relay.a.receiver]\n}\n', ['1:1 graph/self-reference: cannot reference self']],
    ['a circle', 'test.relay "a" {\n  forward_to = [test.relay.b.receiver]\n}\ntest.relay "b" {\n  forward_to = [test.relay.a.receiver]\n}\n',
      ['1:1 graph/cycle: cycle detected: test.relay.a, test.relay.b', '4:1 graph/cycle: cycle detected: test.relay.a, test.relay.b']],
  ]
  for (const [name, text, expected] of cases) it(`reports ${name}`, async () => { assert.deepEqual(await diagnose(text), expected) })
})

describe('check', () => {
  const cases: [name: string, text: string, expected: string[]][] = [
    ['missing and unknown attributes', 'test.sink "a" {\n  nam = "x"\n}\n',
      ['2:3 check/unknown-attribute: unrecognized attribute name "nam"', '1:1 check/missing-attribute: missing required attribute "name"']],
    ['a wrong type, at the element', 'test.source "a" {\n  forward_to = ["x"]\n}\n',
      ['2:17 check/invalid-value: "x" should be capsule("loki.LogsReceiver"), got string']],
    ['a capsule of the wrong kind', 'test.otlp "o" {\n  output { }\n}\ntest.source "a" {\n  forward_to = [test.otlp.o.input]\n}\n',
      ['5:17 check/invalid-value: test.otlp.o.input should be capsule("loki.LogsReceiver"), got capsule("otelcol.Consumer")']],
    ['an export that does not exist', 'test.sink "s" {\n  name = "s"\n}\ntest.source "a" {\n  forward_to = [test.sink.s.reciever]\n}\n',
      ['5:29 eval/unknown-field: field "reciever" does not exist']],
    ['a number out of bounds', 'test.sink "a" {\n  name = "x"\n  size = 0\n}\n', ['3:10 check/invalid-value: 0 must be at least 1']],
    ['what the component itself refuses', 'test.sink "a" {\n  name = "x"\n  size = 101\n}\n', ['3:10 check/invalid-argument: size 101 is more than 100']],
    ['a block written as an attribute', 'test.otlp "a" {\n  output = 1\n}\n', ['2:3 check/expected-block: "output" must be a block, but is used as an attribute', '1:1 check/missing-block: missing required block "output"']],
    ['a problem inside the second of several blocks', 'test.relay "a" {\n  forward_to = []\n  rule {\n    name = "a"\n  }\n  rule {\n    every = "soon"\n    name = "b"\n  }\n}\n',
      ['7:13 check/invalid-value: "soon" is no duration such as "30s" or "1m30s": time: invalid duration "soon"']],
  ]
  for (const [name, text, expected] of cases) it(`reports ${name}`, async () => { assert.deepEqual(await diagnose(text), expected) })

  it('refuses what is less stable than allowed', async () => {
    const found = await diagnose('test.relay "a" {\n  forward_to = []\n}\n', { stability: 'generally-available' })
    assert.match(found[0]!, /^1:1 check\/stability: component "test.relay" is at stability level "experimental"/)
  })

  it('does not fold the environment, and accepts it where text or a secret is wanted', async () => {
    const { plan, diagnostics } = await compileText('test.sink "a" {\n  name = sys.env("NAME")\n  key = sys.env("KEY")\n}\n')
    assert.deepEqual(diagnostics, [])
    assert.match(JSON.stringify(plan), /NAME/)
  })

  it('reports everything at once', async () => {
    assert.equal((await diagnose('test.sink "a" { }\ntest.sink "b" { }\ntest.nothing "c" { }\n')).length, 3)
  })
})

describe('place', () => {
  const twins = 'test.source "a" {\n  forward_to = []\n}\ntest.source "b" {\n  forward_to = []\n}\n'

  it('gives a path that two components claim to neither', async () => {
    const { doors, diagnostics } = await compileText(twins)
    assert.deepEqual(doors, [
      { id: 'test.source.a', method: 'POST', path: '/push', short: false },
      { id: 'test.source.b', method: 'POST', path: '/push', short: false },
    ])
    assert.deepEqual(diagnostics.map(({ severity, message }) => [severity, message]), [['warning', '/push is claimed by test.source.a, test.source.b, so none of them gets it']])
  })

  it('lets no unguarded receiver onto the internet', async () => {
    const open = await diagnose('test.source "a" {\n  forward_to = []\n}\n', { requireAuthentication: true })
    assert.deepEqual(open, ['1:1 place/unguarded-receiver: receiver test.source.a would accept data from anyone'])
    assert.deepEqual(await diagnose('guard { }\ntest.source "a" {\n  forward_to = []\n}\n', { requireAuthentication: true }), [])
  })

  it('leaves out the guard where it is asked to', async () => {
    const { plan } = await compileText('guard { }\ntest.source "a" {\n  forward_to = []\n}\n', { withoutGuard: true })
    assert.deepEqual(plan?.nodes.map(({ id }) => id), ['test.source.a'])
  })

  it('embeds the files that are read, for a target without a disk', async () => {
    const text = 'test.file "a" {\n  filename = "greeting.txt"\n}\n'
    const readFile = async (name: string) => new TextEncoder().encode(`content of ${name}`)
    const { plan } = await compileText(text, { target: 'cloudflare', readFile })
    assert.equal(Buffer.from(plan!.embedded['greeting.txt']!, 'base64').toString(), 'content of greeting.txt')
    assert.deepEqual((await compileText(text, { target: 'node', readFile })).plan?.embedded, {})
    const missing = await diagnose(text, { target: 'lambda', readFile: async () => { throw new Error('ENOENT') } })
    assert.deepEqual(missing, ['2:14 place/unreadable-file: the file "greeting.txt" cannot be embedded: ENOENT'])
  })
})

it('orders a chain of ten thousand components without overflowing', async () => {
  const length = 10_000
  const parts = Array.from({ length }, (_, i) => `test.relay "n${i}" {\n  forward_to = [${i + 1 < length ? `test.relay.n${i + 1}.receiver` : ''}]\n}\n`)
  const { plan } = await compileText(parts.join(''))
  assert.equal(plan?.nodes[0]?.id, `test.relay.n${length - 1}`)
})
