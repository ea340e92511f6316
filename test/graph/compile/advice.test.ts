import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toOutput } from '../../../src/components/contract/consume.ts'
import { defineComponent, type Definition } from '../../../src/components/contract/define.ts'
import { args, blocks, byteSize, duration, labels, otlpOutput, receivers, string } from '../../../src/components/contract/schema.ts'
import { bundleProblem } from '../../../src/graph/compile/advice-limits.ts'
import { compileText, testComponents } from '../../support/graph.ts'

const nowhere = { consume: async () => undefined }

const extra: readonly Definition[] = [
  defineComponent({
    name: 'test.writer',
    stability: 'generally-available',
    args: args({
      names: labels(),
      endpoint: blocks({ url: string({ required: true, means: 'destination' }), timeout: duration({ default: '1h', means: 'answer-time' }) }),
    }),
    exports: { receiver: 'loki.LogsReceiver' },
    build: () => ({ exports: { receiver: nowhere } }),
  }),
  defineComponent({
    name: 'test.otlp_source',
    stability: 'generally-available',
    args: args({ limit: byteSize({ default: '100GiB', means: 'request-size' }), output: otlpOutput() }),
    build: ({ output }) => {
      const signals = (['traces', 'metrics', 'logs'] as const).filter(signal => output[signal].length > 0)
      return { routes: Object.fromEntries(signals.map(signal => [`POST /${signal}`, async () => new Response()])) }
    },
  }),
  defineComponent({
    name: 'otelcol.connector.test',
    stability: 'generally-available',
    args: args({ output: otlpOutput() }),
    exports: { input: 'otelcol.Consumer' },
    build: ({ output }) => ({ exports: { input: { consume: (batch: never, call: never) => toOutput(output, batch, call) } } }),
  }),
  defineComponent({
    name: 'test.otlp_sink',
    stability: 'generally-available',
    args: args({ endpoint: string({ default: '', means: 'destination' }) }),
    exports: { input: 'otelcol.Consumer' },
    build: () => ({ exports: { input: nowhere } }),
  }),
  defineComponent({
    name: 'test.clock',
    stability: 'generally-available',
    args: args({ every: duration({ required: true }), forward_to: receivers('loki.LogsReceiver') }),
    build: ({ every }) => ({ schedule: { everyMs: every, run: async () => undefined } }),
  }),
]
const components = { ...testComponents, ...Object.fromEntries(extra.map(definition => [definition.name, definition])) }

async function said(text: string, options = {}): Promise<string[]> {
  const { diagnostics } = await compileText(text, { lookup: async name => components[name], ...options })
  return diagnostics.filter(({ code }) => code !== 'place/unguarded-receiver-warning').map(({ severity, start, code, message }) => {
    assert.equal(severity, 'warning', message)
    return `${start.line}:${start.column} ${code}: ${message}`
  })
}
const advice = (text: string) => said(text, { advice: true })

describe('advice on what does no work', () => {
  it('is silent where all is well, and unless it is asked for', async () => {
    const text = 'test.sink "a" {\n  name = "a"\n}\ntest.source "b" {\n  forward_to = [test.sink.a.receiver]\n}\n'
    assert.deepEqual(await advice(text), [])
    assert.deepEqual(await said('test.sink "idle" {\n  name = "x"\n}\n'), [])
  })

  it('names the first of a chain that nothing asks for', async () => {
    assert.deepEqual(await advice('test.sink "a" {\n  name = "a"\n}\ntest.relay "b" {\n  forward_to = [test.sink.a.receiver]\n}\n'), [
      '4:1 place/unreachable: nothing uses test.relay.b',
    ])
  })

  it('names receivers that nothing can reach, and not what they send to', async () => {
    assert.deepEqual(await advice('test.otlp_source "in" {\n  output { }\n}\n'), ['1:1 advice/serves-nothing: test.otlp_source.in receives nothing'])
  })

  const module = `declare "m" {
  argument "to" { }
  argument "unused" {
    optional = true
  }
  test.relay "r" {
    forward_to = argument.to.value
  }
  test.sink "forgotten" {
    name = "x"
  }
  export "receiver" {
    value = test.relay.r.receiver
  }
}
test.sink "end" {
  name = "end"
}
`
  it('says it once of a module that is used twice', async () => {
    const uses = ['a', 'b'].map(name => `m "${name}" {\n  to = [test.sink.end.receiver]\n}\n`).join('')
    assert.deepEqual(await advice(`${module}${uses}test.source "in" {\n  forward_to = [m.a.receiver, m.b.receiver]\n}\n`), [
      '3:3 graph/unused-argument: argument "unused" is never read',
      '9:3 place/unreachable: nothing uses m.b/test.sink.forgotten',
    ])
  })

  it('names a module of which nothing is used, and nothing of what is inside', async () => {
    const uses = ['a', 'b'].map(name => `m "${name}" {\n  to = [test.sink.end.receiver]\n  unused = 1\n}\n`).join('')
    assert.deepEqual(await advice(`${module.replace(/ {2}argument "unused" \{[^}]*\}\n/, '')}${uses.replaceAll('  unused = 1\n', '')}test.source "in" {\n  forward_to = [m.a.receiver]\n}\n`), [
      '6:3 place/unreachable: nothing uses m.a/test.sink.forgotten',
      '19:1 place/unreachable: nothing uses m.b',
    ])
  })

  it('names a module that is never used, but not in a file of modules alone', async () => {
    const text = 'declare "m" {\n  test.source "in" {\n    forward_to = []\n  }\n}\n'
    assert.deepEqual(await advice(text), [])
    assert.deepEqual(await advice(`${text}guard { }\n`), ['1:1 advice/unused-module: nothing uses the module "m"'])
  })

  it('says it once of a foreach', async () => {
    const text = 'foreach "f" {\n  collection = ["a", "b"]\n  var = "item"\n  template {\n    test.sink "s" {\n      name = item\n    }\n  }\n}\n'
    assert.deepEqual(await advice(text), ['5:5 place/unreachable: nothing uses foreach.f/foreach_b_1/test.sink.s'])
  })

  it('leaves alone what a component that is not here may use', async () => {
    const text = 'test.sink "a" {\n  name = "a"\n}\ntest.later "b" {\n  forward_to = [test.sink.a.receiver]\n}\n'
    const { diagnostics } = await compileText(text, { advice: true, unavailable: () => 'it comes later' })
    assert.deepEqual(diagnostics.map(({ code }) => code), ['graph/unsupported-component'])
  })
})

describe('advice on where data ends', () => {
  it('names what sends nowhere, where it says so', async () => {
    assert.deepEqual(await advice('test.source "in" {\n  forward_to = []\n}\n'), [
      '2:16 advice/data-ends: the way of data ends at test.source.in, which acknowledges all of it: forward_to is empty',
    ])
    assert.deepEqual(await advice('test.source "in" {\n  forward_to = [test.writer.w.receiver]\n}\ntest.writer "w" { }\n'), [
      '4:1 advice/data-ends: the way of data ends at test.writer.w, which acknowledges all of it: it has no endpoint',
    ])
    assert.deepEqual(await advice('test.source "in" {\n  forward_to = [test.writer.w.receiver]\n}\ntest.writer "w" {\n  endpoint {\n    url = sys.env("URL")\n  }\n}\n'), [])
  })

  it('follows signals: one that comes in and has no way on', async () => {
    const text = `test.otlp_source "in" {
  output {
    traces  = [test.otlp.middle.input]
    metrics = [test.otlp.middle.input]
  }
}
test.otlp "middle" {
  output {
    traces = [test.otlp_sink.out.input]
  }
}
test.otlp_sink "out" {
  endpoint = "x"
}
`
    assert.deepEqual(await advice(text), ['8:3 advice/data-ends: the way of metrics ends at test.otlp.middle, which acknowledges all of it: output.metrics is empty'])
    assert.deepEqual(await advice(text.replace('    metrics = [test.otlp.middle.input]\n', '')), [])
  })

  it('lets a connector turn one signal into another', async () => {
    const text = `test.otlp_source "in" {
  output {
    traces = [otelcol.connector.test.c.input]
  }
}
otelcol.connector.test "c" {
  output {
    metrics = [test.otlp_sink.out.input]
  }
}
test.otlp_sink "out" {
  endpoint = "x"
}
`
    assert.deepEqual(await advice(text), [])
  })

  it('sees through the borders of modules', async () => {
    const text = `declare "m" {
  argument "to" { }
  test.relay "r" {
    forward_to = argument.to.value
  }
  export "receiver" {
    value = test.relay.r.receiver
  }
}
m "x" {
  to = [test.writer.w.receiver]
}
test.source "in" {
  forward_to = [m.x.receiver]
}
test.writer "w" { }
`
    assert.deepEqual(await advice(text), ['16:1 advice/data-ends: the way of data ends at test.writer.w, which acknowledges all of it: it has no endpoint'])
    assert.deepEqual(await advice(text.replace('[test.writer.w.receiver]', '[]').replace('test.writer "w" { }\n', '')), [
      '4:18 advice/data-ends: the way of data ends at m.x/test.relay.r, which acknowledges all of it: forward_to is empty',
    ])
  })
})

describe('advice on names', () => {
  it('points at the name of a label that destinations refuse, with one that they take', async () => {
    const text = 'test.source "in" {\n  forward_to = [test.writer.w.receiver]\n}\ntest.writer "w" {\n  names = { good = "1", "a.b-c" = "2", "0" = "3", "é" = "4", __internal = "5" }\n  endpoint {\n    url = "x"\n  }\n}\n'
    const { diagnostics } = await compileText(text, { lookup: async name => components[name], advice: true })
    const names = diagnostics.filter(({ code }) => code === 'advice/label-name')
    assert.deepEqual(names.map(({ start, end, message, hint }) => [start.column, end.column, message, hint]), [
      [25, 31, '"a.b-c" is not a label name that every destination takes', 'Write a_b_c.'],
      [40, 42, '"0" is not a label name that every destination takes', 'Write _0.'],
      [51, 54, '"é" is not a label name that every destination takes', 'Names start with a letter or underscore, followed by letters, digits and underscores.'],
    ])
  })
})

describe('limits of the target', () => {
  const route = (body: string) => `test.source "in" {\n  forward_to = [test.writer.w.receiver]\n}\ntest.writer "w" {\n${body}}\n`

  it('say which size cannot be used, of those that are written', async () => {
    const text = (size: string) => `test.otlp_source "in" {\n  limit = ${size}\n  output {\n    traces = [test.otlp_sink.out.input]\n  }\n}\ntest.otlp_sink "out" { }\n`
    const lambda = 'limit of 20 MiB cannot be used on AWS Lambda, where a request has at most 4.5 MiB: Lambda takes 6 MB, and binary data arrives as base64, a third larger'
    assert.deepEqual(await said(text('"20MiB"'), { target: 'lambda' }), [`2:11 limit/request-size: ${lambda}`])
    assert.deepEqual(await said(text('"20MiB"'), { target: 'cloudflare' }), [])
    assert.deepEqual((await said(text('"1GiB"'), { target: 'cloudflare' })).length, 1)
    assert.deepEqual(await said(text('"1GiB"'), { target: 'node' }), [])
    assert.deepEqual(await said(text('sys.env("SIZE")'), { target: 'lambda' }), [])
    assert.deepEqual(await said(text('"20MiB"').replace('  limit = "20MiB"\n', ''), { target: 'lambda' }), [])
  })

  it('say which time cannot pass', async () => {
    const text = route('  endpoint {\n    url = "x"\n    timeout = "20m"\n  }\n')
    assert.match((await said(text, { target: 'lambda' })).join(), /^7:15 limit\/answer-time: timeout is longer than a request lasts on AWS Lambda: .*15 minutes/)
    assert.deepEqual(await said(text, { target: 'cloudflare' }), [])
  })

  it('count the destinations of one request', async () => {
    const six = route('  endpoint {\n    url = "x"\n  }\n'.repeat(6))
    assert.deepEqual(await said(six, { target: 'cloudflare' }), [])
    const seven = route('  endpoint {\n    url = "x"\n  }\n'.repeat(7))
    assert.deepEqual(await said(seven, { target: 'cloudflare' }), [
      '1:1 limit/connections: one request to test.source.in goes on to 7 destinations, and Cloudflare Workers has 6 connections at a time: the others wait',
    ])
    assert.deepEqual(await said(seven, { target: 'lambda' }), [])
    const sinks = Array.from({ length: 4 }, (_, i) => `test.otlp_sink "s${i}" {\n  endpoint = "x"\n}\n`).join('')
    const all = Array.from({ length: 4 }, (_, i) => `test.otlp_sink.s${i}.input`).join(', ')
    const bySignal = `${sinks}test.otlp_source "in" {\n  output {\n    traces = [${all}]\n    logs = [${all}]\n  }\n}\n`
    assert.deepEqual(await said(bySignal, { target: 'cloudflare' }), [])
  })

  it('judge a bundle by its size, where the platform has a limit', () => {
    const mib = 1024 * 1024
    const size = (plain: number, gzip: number) => ({ plain: plain * mib, gzip: gzip * mib })
    assert.equal(bundleProblem('cloudflare', size(20, 2)), undefined)
    assert.deepEqual([bundleProblem('cloudflare', size(20, 4))].map(problem => [problem?.severity, problem?.message]), [
      ['warning', 'the bundle has 4 MiB after gzip, more than the 3 MiB of the free plan of Cloudflare Workers'],
    ])
    assert.equal(bundleProblem('cloudflare', size(20, 11))?.severity, 'error')
    assert.equal(bundleProblem('lambda', size(249, 100)), undefined)
    assert.equal(bundleProblem('lambda', size(251, 100))?.message, 'the bundle has 251 MiB, and AWS Lambda takes at most 250 MiB')
    assert.equal(bundleProblem('node', size(1000, 1000)), undefined)
  })

  it('say that a file is read when it is built, to those who ask for advice', async () => {
    const text = 'test.sink "s" {\n  name = test.file.f.content\n}\ntest.file "f" {\n  filename = "a.txt"\n}\ntest.source "in" {\n  forward_to = [test.sink.s.receiver]\n}\n'
    const readFile = async () => new Uint8Array()
    assert.deepEqual(await said(text, { target: 'lambda', readFile }), [])
    assert.deepEqual(await said(text, { target: 'node', readFile, advice: true }), [])
    assert.deepEqual(await said(text, { target: 'lambda', readFile, advice: true }), [
      '5:14 limit/frozen-file: AWS Lambda has no disk: the file "a.txt" goes into the build as it is then, and changes with the next build only',
    ])
  })

  it('say how intervals are met that are shorter than the clock', async () => {
    const text = (every: string) => `test.sink "s" {\n  name = "s"\n}\ntest.clock "c" {\n  every = "${every}"\n  forward_to = [test.sink.s.receiver]\n}\n`
    assert.match((await said(text('15s'), { target: 'lambda' })).join(), /^4:1 limit\/interval: test\.clock\.c runs every 15 s, and the clock of AWS Lambda is slower: .*rounds/)
    assert.deepEqual(await said(text('1m'), { target: 'lambda' }), [])
    assert.deepEqual(await said(text('15s'), { target: 'cloudflare' }), [])
  })

  it('count the variables that are read, by what is known of them', async () => {
    const sinks = (count: number, name: string) => Array.from({ length: count }, (_, i) => `test.sink "s${i}" {\n  name = sys.env("${name}${i}")\n}\n`).join('')
    assert.deepEqual(await said(sinks(128, 'A'), { target: 'cloudflare' }), [])
    assert.deepEqual(await said(sinks(130, 'A'), { target: 'cloudflare' }), [
      '386:10 limit/variables: the configuration reads 130 variables, and Cloudflare Workers has room for 128',
    ])
    assert.deepEqual(await said(sinks(130, 'A'), { target: 'lambda' }), [])
    assert.match((await said(sinks(42, 'A'.repeat(98)), { target: 'lambda' })).join(), /^125:10 limit\/variables: .* 4096 bytes/)
  })
})
