/**
 * Phase 5, emit: the text of `graph.gen.ts`, which holds imports and data and no logic. Imports of just what the configuration uses:
 * the bundler finds nothing else.
 */

import type { Plan } from '../plan.ts'

export interface EmitInput {
  readonly plan: Plan
  /** Modules (as import specifiers) of the components used, by name. */
  readonly components: Readonly<Record<string, string>>
  /** Files of the standard library used: their module, namespace, and the function that makes them where they need to be told of their host. */
  readonly functions: readonly { readonly module: string; readonly namespace: string; readonly factory?: 'sysNamespace' | 'constantsNamespace' }[]
  /** Where `assembleLibrary` is. */
  readonly assembler: string
  /** Modules of the kinds of state used, with the function that opens each. */
  readonly openers: readonly { readonly kind: string; readonly module: string; readonly name: string }[]
  /** What only some configurations need: modules by the name that they export; undefined where nothing needs it. */
  readonly extras: Readonly<Record<string, string | undefined>>
}

/** The generated module: `plan`, `components`, `functions`, `openers` and the extras, as handlers import them from `#graph`. */
export function emit({ plan, components, functions, assembler, openers, extras }: EmitInput): string {
  const names = Object.keys(components).sort()
  return [
    '// Generated from the configuration by `sluice build`. Do not edit.',
    ...names.map((name, index) => `import c${index} from ${JSON.stringify(components[name])}`),
    `import { assembleLibrary } from ${JSON.stringify(assembler)}`,
    ...functions.map(({ factory, module }, index) => `import { ${factory ?? 'members'} as f${index} } from ${JSON.stringify(module)}`),
    ...openers.map(({ name, module }) => `import { ${name} } from ${JSON.stringify(module)}`),
    ...Object.entries(extras).map(([name, module]) => (module === undefined ? `export const ${name} = undefined` : `export { ${name} } from ${JSON.stringify(module)}`)),
    `export const openers = { ${openers.map(({ kind, name }) => `${kind}: ${name}`).join(', ')} }`,
    `export const components = { ${names.map((name, index) => `${JSON.stringify(name)}: c${index}`).join(', ')} }`,
    `export const functions = (env, host) => assembleLibrary([${functions.map(library).join(', ')}])`,
    `export const plan = ${JSON.stringify(plan)}`,
    '',
  ].join('\n')
}

const library = ({ namespace, factory }: EmitInput['functions'][number], index: number) => {
  const members = factory === undefined ? `f${index}` : `f${index}(${factory === 'sysNamespace' ? 'env' : 'host'})`
  return `{ namespace: ${JSON.stringify(namespace)}, members: ${members} }`
}
