/**
 * From source text to a Plan, in five phases that each do one thing and pass on plain data. Problems are collected, never thrown:
 * a user sees all of them at once. Phase 5 (emit) is called by the build, with what this returns.
 */

import type { Definition, Platform } from '../../components/contract/define.ts'
import type { Stability } from '../../components/contract/schema.ts'
import type { Diagnostic } from '../../language/diagnostics.ts'
import type { ObjectValue } from '../../language/value.ts'
import type { StateKey } from '../../state/kinds.ts'
import type { Plan } from '../plan.ts'
import { load, type Source } from './1-load.ts'
import { resolve } from './2-resolve.ts'
import { check } from './3-check.ts'
import { place, type Door } from './4-place.ts'

export interface CompileOptions {
  /** The definition behind a component's name, or undefined. */
  readonly lookup: (name: string) => Promise<Definition | undefined>
  /** Every name that `lookup` knows. */
  readonly names: readonly string[]
  /** The standard library as a scope, with the environment unknown. */
  readonly functions: ObjectValue
  readonly stability: Stability
  /** Whether components that are not kept by the project may be used. */
  readonly communityComponents?: boolean
  /** Where the result will run; without one, nothing is said about platforms. */
  readonly target?: Platform
  /** Receivers that anyone may write to are an error, for a target on the internet. */
  readonly requireAuthentication?: boolean
  /** Also warn of what is allowed and probably not meant: unguarded receivers, components and arguments that nobody uses. */
  readonly advice?: boolean
  /** Leaves out the guard of the `http` block, for serving on the machine's own address. */
  readonly withoutGuard?: boolean
  /** Why a name that Alloy knows cannot be used, and what to use instead; undefined for names it does not know. */
  readonly unavailable?: (name: string) => string | undefined
  /** The folder that `module_path` is in the configuration itself. */
  readonly modulePath?: string
  /** Reads the module (a file, or the *.alloy files of a folder) that an `import.file` names. */
  readonly readModule?: (name: string) => Promise<{ readonly sources: readonly Source[]; readonly path: string }>
  /** Reads the files that the configuration names, for targets without a disk. */
  readonly readFile?: (name: string) => Promise<Uint8Array>
}

export interface Compiled {
  /** Absent when there are errors. */
  readonly plan?: Plan
  readonly diagnostics: readonly Diagnostic[]
  readonly sources: readonly Source[]
  /** The routes that receivers serve, as far as they are known before it runs. */
  readonly doors: readonly Door[]
  /** Names of the components and of the standard library's namespaces that the configuration uses. */
  readonly components: readonly string[]
  readonly functions: readonly string[]
  /** Kinds of state that these components keep. */
  readonly kinds: readonly StateKey['kind'][]
}

/** Compiles the files of one configuration. */
export async function compile(sources: readonly Source[], options: CompileOptions): Promise<Compiled> {
  const diagnostics: Diagnostic[] = []
  const failed = () => diagnostics.some(diagnostic => diagnostic.severity === 'error')
  const nothing = { diagnostics, sources, doors: [], components: [], functions: [], kinds: [] }

  const loaded = load(sources, diagnostics)
  // After a syntax error the rest of the file is a guess, and complaints about a guess help nobody.
  if (failed()) return nothing
  const resolved = await resolve(loaded, options, diagnostics)
  const checked = check(resolved, options, diagnostics)
  const placed = await place(checked, options, diagnostics)
  const { components, functions } = resolved
  const kinds = [...new Set(resolved.nodes.flatMap(({ definition }) => Object.values(definition?.state ?? {}).map(key => key.kind)))].sort()
  return { ...nothing, sources: resolved.sources, doors: placed.doors, components, functions, kinds, ...(!failed() && { plan: placed.plan }) }
}
