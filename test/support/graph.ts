/** Graphs of small made-up components, for tests of the phases and of the running graph. */

import { defineComponent, type Definition } from '../../src/components/contract/define.ts'
import { args, blocks, duration, integer, list, capsule, otlpOutput, receivers, secret, string } from '../../src/components/contract/schema.ts'
import { ArgumentError } from '../../src/components/contract/errors.ts'
import { fanOut, toOutput } from '../../src/components/contract/consume.ts'
import { compile, type CompileOptions } from '../../src/graph/compile/compile.ts'
import { Graph } from '../../src/graph/run/graph.ts'
import type { Host } from '../../src/graph/run/host.ts'
import { FunctionValue, Unknown, objectValue } from '../../src/language/value.ts'
import { sysNamespace } from '../../src/language/stdlib/sys.ts'
import { webHost } from '../../src/handlers/host.ts'
import { seeded } from '../state/world.ts'
import { memoryStore } from '../../src/state/stores/memory.ts'
import type { Batch } from '../../src/telemetry/batch.ts'

const source = defineComponent({
  name: 'test.source',
  stability: 'generally-available',
  args: args({ path: string({ default: '/push' }), forward_to: receivers('loki.LogsReceiver') }),
  build: ({ path, forward_to }) => ({
    routes: {
      [`POST ${path}`]: async (request, call) => {
        await fanOut(forward_to, { kind: 'loki', bytes: new Uint8Array(await request.arrayBuffer()) }, call)
        return new Response(null, { status: 204 })
      },
    },
  }),
})

/** What reached each `test.sink`, by its name argument. */
export const delivered = new Map<string, Batch[]>()

const sink = defineComponent({
  name: 'test.sink',
  stability: 'generally-available',
  args: args({ name: string({ required: true }), size: integer({ default: 1, min: 1 }), key: secret() }),
  exports: { receiver: 'loki.LogsReceiver' },
  build: ({ name, size }) => {
    if (size > 100) throw new ArgumentError(['size'], `size ${size} is more than 100`, { hint: 'Use a smaller one.' })
    return { exports: { receiver: { consume: async (batch: Batch) => { delivered.set(name, [...(delivered.get(name) ?? []), batch]) } } } }
  },
})

const relay = defineComponent({
  name: 'test.relay',
  stability: 'experimental',
  args: args({ forward_to: receivers('loki.LogsReceiver'), rule: blocks({ name: string({ required: true }), every: duration({ default: '1s' }) }) }),
  exports: { receiver: 'loki.LogsReceiver' },
  build: ({ forward_to }) => ({ exports: { receiver: { consume: (batch: never, call: never) => fanOut(forward_to, batch, call) } } }),
})

const otlp = defineComponent({
  name: 'test.otlp',
  stability: 'generally-available',
  args: args({ output: otlpOutput() }),
  exports: { input: 'otelcol.Consumer' },
  build: ({ output }) => ({ exports: { input: { consume: (batch: never, call: never) => toOutput(output, batch, call) } } }),
})

const file = defineComponent({
  name: 'test.file',
  stability: 'generally-available',
  args: args({ filename: string({ required: true, reads: 'text' }) }),
  exports: { content: 'string' },
  build: ({ filename }) => ({
    refresh: { everyMs: 1000, run: async call => ({ content: new TextDecoder().decode(await call.readFile(filename)) }) },
  }),
})

const guard = defineComponent({
  name: 'guard',
  singleton: true,
  stability: 'generally-available',
  args: args({ allow: list(capsule('loki.LogsReceiver', { required: true })) }),
  build: () => ({ guard: { asks: () => true, refuse: headers => (headers.has('authorization') ? undefined : new Response('who are you?\n', { status: 401 })) } }),
})

export const testComponents: Readonly<Record<string, Definition>> = Object.fromEntries([source, sink, relay, otlp, file, guard].map(definition => [definition.name, definition]))

/** The standard library as a check sees it: the environment is unknown. */
const unknownEnvironment = objectValue({ sys: objectValue({ env: new FunctionValue('env', () => new Unknown('string')) }) })

/** Compiles one file of the made-up components. */
export const compileText = (text: string, options: Partial<CompileOptions> = {}) =>
  compile([{ file: 'test.alloy', text }], {
    lookup: async name => testComponents[name],
    names: Object.keys(testComponents),
    functions: unknownEnvironment,
    stability: 'experimental',
    ...options,
  })

export interface FakeWorld {
  nowMs: number
  readonly printed: string[]
  readonly logged: string[]
  readonly files: Map<string, string>
  readonly env: Record<string, string>
}

/** A host whose clock, disk and environment the test holds. */
export function fakeHost(options: { env?: Record<string, string>; files?: Record<string, string>; fetch?: Host['fetch'] } = {}): { host: Host; world: FakeWorld } {
  const world: FakeWorld = { nowMs: 1_700_000_000_000, printed: [], logged: [], files: new Map(Object.entries(options.files ?? {})), env: options.env ?? {} }
  const now = () => world.nowMs
  const random = seeded(1)
  const host: Host = {
    platform: 'node', shareIo: true,
    now,
    random,
    env: name => world.env[name],
    fetch: options.fetch ?? (async url => { throw new Error(`nothing answers ${url}`) }),
    sleep: async ms => { world.nowMs += ms },
    within: webHost.within,
    print: line => { world.printed.push(line) },
    log: line => { world.logged.push(line) },
    readFile: async name => {
      const content = world.files.get(name)
      if (content === undefined) throw new Error(`no such file: ${name}`)
      return new TextEncoder().encode(content)
    },
    readFolder: async folder => [...world.files.keys()].filter(name => name.startsWith(folder)).map(name => name.slice(folder.length)),
    store: memoryStore({ now, random }),
  }
  return { host, world }
}

/** A running graph of one file; throws the diagnostics where there are errors. */
export async function runText(text: string, options: Parameters<typeof fakeHost>[0] = {}) {
  const { plan, diagnostics } = await compileText(text)
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '))
  const { host, world } = fakeHost(options)
  const functions = (env: (name: string) => string | undefined) => objectValue({ sys: sysNamespace(env) })
  return { graph: new Graph({ plan, components: testComponents, functions, openers: {} }, host), host, world }
}
