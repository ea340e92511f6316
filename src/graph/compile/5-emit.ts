/**
 * Phase 5, emit: the text of `graph.gen.ts`, which holds imports and data and no logic. Imports of just what the configuration uses:
 * the bundler finds nothing else.
 */

import type { Plan } from '../plan.ts'

export interface EmitInput {
  readonly plan: Plan
  /** Modules (as import specifiers) of the components used, by name. */
  readonly components: Readonly<Record<string, string>>
  /** Modules of the standard library's namespaces used, by name; each exports its namespace as the default. */
  readonly functions: readonly { readonly module: string; readonly name: string; readonly expression: string }[]
  /** Modules of the kinds of state used, with the function that opens each. */
  readonly openers: readonly { readonly kind: string; readonly module: string; readonly name: string }[]
}

/** The generated module: `plan`, `components`, `functions` and `openers`, as handlers import them from `#graph`. */
export function emit({ plan, components, functions, openers }: EmitInput): string {
  const names = Object.keys(components).sort()
  return [
    '// Generated from the configuration by `sluice build`. Do not edit.',
    ...names.map((name, index) => `import c${index} from ${JSON.stringify(components[name])}`),
    ...functions.map(({ name, module }, index) => `import { ${name} as f${index} } from ${JSON.stringify(module)}`),
    ...openers.map(({ name, module }) => `import { ${name} } from ${JSON.stringify(module)}`),
    `export const openers = { ${openers.map(({ kind, name }) => `${kind}: ${name}`).join(', ')} }`,
    `export const components = { ${names.map((name, index) => `${JSON.stringify(name)}: c${index}`).join(', ')} }`,
    `export const functions = env => ({ ${functions.map(({ expression }, index) => `...${expression.replace('$', `f${index}`)}`).join(', ')} })`,
    `export const plan = ${JSON.stringify(plan)}`,
    '',
  ].join('\n')
}
