/** Graphs of real components, from the text of a configuration, on a host that the test holds in its hand. */

import { catalog } from '../../src/components/catalog.gen.ts'
import { lookup } from '../../src/cli/compile.ts'
import { compile } from '../../src/graph/compile/compile.ts'
import { Graph } from '../../src/graph/run/graph.ts'
import type { Host } from '../../src/graph/run/host.ts'
import { createApp } from '../../src/handlers/http/app.ts'
import { stdlib } from '../../src/language/stdlib/index.ts'
import { open } from '../../src/state/open.ts'
import { memoryStore } from '../../src/state/stores/memory.ts'
import { seeded } from '../state/world.ts'
import { fakeHost } from './graph.ts'

export interface RunningOptions {
  readonly env?: Record<string, string>
  readonly fetch?: Host['fetch']
  /** Instead of what a fake host has. */
  readonly host?: Partial<Host>
}

/** Compiles and starts a configuration; `ask` sends a request to its door, `drain` sends what waits, `isolate` starts another one on the same store. */
export async function running(text: string, { env = {}, fetch, host: given = {} }: RunningOptions = {}) {
  const { plan, components: names, diagnostics } = await compile([{ file: 'config.alloy', text }], { lookup, names: Object.keys(catalog), functions: stdlib(name => env[name]), stability: 'experimental' })
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '))
  const { host: made, world } = fakeHost({ env, ...(fetch && { fetch }) })
  // Ids of writes must differ from each other.
  const random = seeded(1)
  const host: Host = { ...made, random, store: memoryStore({ now: made.now, random }), ...given }
  const components = Object.fromEntries(await Promise.all(names.map(async name => [name, (await lookup(name))!] as const)))
  const openers = Object.fromEntries((['queue', 'cell', 'window', 'lease', 'gate'] as const).map(kind => [kind, open]))
  const isolate = () => {
    const graph = new Graph({ plan, components, functions: stdlib, openers }, host)
    const app = createApp(graph)
    return {
      graph,
      ask: async (path: string, init?: RequestInit) => app.fetch(new Request(`http://sluice.test${path}`, init), { incoming: {} }),
      drain: () => graph.drain(new AbortController().signal, { woken: true }),
    }
  }
  return { ...isolate(), isolate, host, world }
}
