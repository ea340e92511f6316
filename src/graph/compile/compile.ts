/**
 * From source text to a Plan, in five phases that each do one thing and pass on plain data. Problems are collected, never thrown:
 * a user sees all of them at once. Phase 5 (emit) is called by the build, with what this returns.
 */

import type { Diagnostic } from '../../language/diagnostics.ts'
import { clockState } from '../../components/contract/clock.ts'
import type { StateKey } from '../../state/kinds.ts'
import type { Plan } from '../plan.ts'
import { load, type Source } from './1-load.ts'
import { resolve } from './2-resolve.ts'
import { check } from './3-check.ts'
import { place, type Door } from './4-place.ts'
import type { CompileOptions } from './options.ts'
import { reporter } from './report.ts'
import { checkWritten } from './written.ts'

export type { CompileOptions } from './options.ts'

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
  /** Whether any of them works in rounds, so that a clock is needed. */
  readonly clocked: boolean
}

/** Compiles the files of one configuration. */
export async function compile(sources: readonly Source[], options: CompileOptions): Promise<Compiled> {
  const diagnostics: Diagnostic[] = []
  const failed = () => diagnostics.some(diagnostic => diagnostic.severity === 'error')
  const nothing = { diagnostics, sources, doors: [], components: [], functions: [], kinds: [], clocked: false }

  const loaded = load(sources, diagnostics)
  // After a syntax error the rest of the file is a guess, and complaints about a guess help nobody.
  if (failed()) return nothing
  if (options.shapes !== undefined) checkWritten(loaded.statements, { ...options, shapes: options.shapes }, reporter(loaded.sources, diagnostics))
  const resolved = await resolve(loaded, options, diagnostics)
  const checked = check(resolved, options, diagnostics)
  const placed = await place(checked, options, diagnostics)
  const { components, functions } = resolved
  const keys = resolved.nodes.flatMap(({ definition, unused }) => Object.values((unused === true ? undefined : definition?.state) ?? {}))
  const kinds = [...new Set(keys.map(key => key.kind))].sort()
  const clocked = keys.includes(clockState.clock)
  return { ...nothing, sources: resolved.sources, doors: placed.doors, components, functions, kinds, clocked, ...(!failed() && { plan: placed.plan }) }
}
