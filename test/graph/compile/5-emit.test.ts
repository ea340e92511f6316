import assert from 'node:assert/strict'
import { it } from 'node:test'
import { emit } from '../../../src/graph/compile/5-emit.ts'

it('emits imports and data, and no logic but putting them together', () => {
  const plan = { format: 1 as const, version: 'v', files: ['a.alloy'], nodes: [], embedded: {} }
  const text = emit({
    plan,
    components: { 'loki.echo': './components/loki/echo.ts', 'http': './components/http.ts' },
    functions: [
      { module: './language/stdlib/string.ts', namespace: 'string' },
      { module: './language/stdlib/sys.ts', namespace: 'sys', factory: 'sysNamespace' },
      { module: './language/stdlib/constants.ts', namespace: 'constants', factory: 'constantsNamespace' },
    ],
    assembler: './language/stdlib/assemble.ts',
    openers: [{ kind: 'queue', module: './state/kinds/queue.ts', name: 'openQueue' }],
    extras: { clockWork: './graph/run/clocks.ts', invokerOf: undefined },
  })
  assert.deepEqual(text.split('\n').slice(1, -1), [
    'import c0 from "./components/http.ts"',
    'import c1 from "./components/loki/echo.ts"',
    'import { assembleLibrary } from "./language/stdlib/assemble.ts"',
    'import { members as f0 } from "./language/stdlib/string.ts"',
    'import { sysNamespace as f1 } from "./language/stdlib/sys.ts"',
    'import { constantsNamespace as f2 } from "./language/stdlib/constants.ts"',
    'import { openQueue } from "./state/kinds/queue.ts"',
    'export { clockWork } from "./graph/run/clocks.ts"',
    'export const invokerOf = undefined',
    'export const openers = { queue: openQueue }',
    'export const components = { "http": c0, "loki.echo": c1 }',
    'export const functions = (env, host) => assembleLibrary([{ namespace: "string", members: f0 }, { namespace: "sys", members: f1(env) }, { namespace: "constants", members: f2(host) }])',
    `export const plan = ${JSON.stringify(plan)}`,
  ])
})
