import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { world } from '../../../src/cli/compile.ts'
import { compile } from '../../../src/graph/compile/compile.ts'

const receiver = (handler: string) => `otelcol.receiver.otlp "in" {
	http {
		auth = ${handler}
	}

	output {
		traces = [otelcol.exporter.otlphttp.out.input]
	}
}

otelcol.exporter.otlphttp "out" {
	client {
		endpoint = "https://traces.example.com"
	}
}
`

async function said(text: string): Promise<string[]> {
  const { diagnostics } = await compile([{ file: 'config.alloy', text }], { ...world, stability: 'generally-available', advice: true })
  return diagnostics.map(({ start, code, message }) => `${start.line}:${start.column} ${code}: ${message}`)
}

describe('credentials at a receiver', () => {
  it('are checked by a handler that can check them, and then nobody writes unasked', async () => {
    assert.deepEqual(await said(`${receiver('otelcol.auth.bearer.a.handler')}\notelcol.auth.bearer "a" {\n	token = "x"\n}\n`), [])
    assert.deepEqual(await said(`${receiver('otelcol.auth.bearer.a.handler')}\notelcol.auth.bearer "a" {\n	token = sys.env("TOKEN")\n}\n`), [])
  })

  it('cannot be checked by a handler that only adds them', async () => {
    const headers = 'otelcol.auth.headers "a" {\n	header {\n		key   = "x-token"\n		value = "x"\n	}\n}\n'
    assert.deepEqual(await said(`${receiver('otelcol.auth.headers.a.handler')}\n${headers}`), [
      '3:10 check/invalid-argument: the handler can only add credentials to requests that go out, not check those that come in',
    ])
  })

  it('are looked for through the border of a module', async () => {
    const inside = receiver('argument.auth.value').replace(/^(?=.)/gm, '	')
    const module = (auth: string) => `declare "m" {\n	argument "auth" { }\n\n${inside}}\n\nm "x" {\n	auth = ${auth}\n}\n\notelcol.auth.bearer "a" {\n	token = "x"\n}\n`
    assert.deepEqual(await said(module('otelcol.auth.bearer.a.handler')), [])
    assert.deepEqual(await said(module('otelcol.auth.bearer.a.handler').replace('		auth = argument.auth.value\n', '')), [
      '2:2 graph/unused-argument: argument "auth" is never read',
      '4:2 place/unguarded-receiver-warning: receiver m.x/otelcol.receiver.otlp.in accepts data from anyone',
    ])
  })
})
