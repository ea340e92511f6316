import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileWritten, said } from '../../support/shapes.ts'

const sink = 'test.sink "logs" {\n  name = "a"\n}\naway.fields "f" { }\n'
const found = async (text: string) => (await compileWritten(sink + text)).diagnostics.filter(({ code }) => code !== 'graph/unsupported-component')

describe('wires', () => {
  it('fit, also between components that are not here', async () => {
    assert.deepEqual(await found('away.source "s" {\n  forward_to = [test.sink.logs.receiver]\n  metrics = [away.fields.f.metrics]\n  targets = away.fields.f.targets\n  names = [away.fields.f.text, away.fields.f.hidden]\n}\n'), [])
  })

  it('that do not fit are errors that name both ends', async () => {
    const [problem, ...rest] = await found('away.source "s" {\n  forward_to = [away.fields.f.metrics]\n}\n')
    assert.deepEqual(rest, [])
    assert.equal(problem!.message, 'away.fields.f.metrics should be capsule("loki.LogsReceiver"), got capsule("storage.Appendable")')
    assert.equal(problem!.hint, 'away.source.s.forward_to sends Loki logs, and away.fields.f.metrics takes Prometheus metrics. Wire it to a component that takes Loki logs.')
  })

  it('that need a translation say which component makes it', async () => {
    const [problem] = await found('test.otlp "o" {\n  output {\n    logs = [test.sink.logs.receiver]\n  }\n}\n')
    assert.equal(problem!.hint, 'test.otlp.o.output.logs sends OpenTelemetry data, and test.sink.logs.receiver takes Loki logs. Put otelcol.exporter.loki between them.')
  })

  const wrong: [name: string, body: string, message: string, hint?: string][] = [
    ['a receiver where a list of them is wanted', 'forward_to = test.sink.logs.receiver', 'test.sink.logs.receiver should be list(capsule("loki.LogsReceiver")), got capsule("loki.LogsReceiver")',
      'away.source.s.forward_to takes a list: write [test.sink.logs.receiver].'],
    ['a list of something else', 'forward_to = away.fields.f.targets', 'away.fields.f.targets should be list(capsule("loki.LogsReceiver")), got list(map(string))'],
    ['text where a list is wanted', 'forward_to = []\n  names = away.fields.f.text', 'away.fields.f.text should be list(string), got string'],
    ['targets where a duration is wanted', 'forward_to = []\n  every = away.fields.f.targets', 'away.fields.f.targets should be duration, got list(map(string))'],
    ['an export that is not there', 'forward_to = [away.fields.f.receiver]', 'field "receiver" does not exist'],
  ]
  for (const [name, body, message, hint] of wrong) {
    it(`report ${name}`, async () => {
      const problems = await found(`away.source "s" {\n  ${body}\n}\n`)
      assert.deepEqual(problems.map(one => one.message), [message])
      if (hint !== undefined) assert.equal(problems[0]!.hint, hint)
    })
  }

  it('are followed through modules', async () => {
    const text = 'declare "m" {\n  argument "to" { }\n  away.source "s" {\n    forward_to = [argument.to.value]\n  }\n}\nm "x" {\n  to = away.fields.f.metrics\n}\n'
    assert.deepEqual(said(await found(text)), ['8:19 argument.to.value should be capsule("loki.LogsReceiver"), got capsule("storage.Appendable")'])
  })
})
