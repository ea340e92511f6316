/** What the compile phases are given beside the sources: everything outside, as functions and plain choices. */

import type { Definition, Platform } from '../../components/contract/define.ts'
import type { Stability } from '../../components/contract/schema.ts'
import type { ObjectValue } from '../../language/value.ts'
import type { Source } from './1-load.ts'
import type { Shapes } from './shapes.ts'

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
  /** What everything that Alloy has takes and exports: with it the text is first checked as `alloy validate` does it. */
  readonly shapes?: Shapes
  /** Why a name that Alloy knows cannot be used, and what to use instead; undefined for names it does not know. */
  readonly unavailable?: (name: string) => string | undefined
  /** The folder that `module_path` is in the configuration itself. */
  readonly modulePath?: string
  /** Reads the module (a file, or the *.alloy files of a folder) that an `import.file` names. */
  readonly readModule?: (name: string) => Promise<{ readonly sources: readonly Source[]; readonly path: string }>
  /** Reads the files that the configuration names, for targets without a disk. */
  readonly readFile?: (name: string) => Promise<Uint8Array>
  /** The names in a folder, for patterns among them. */
  readonly readFolder?: (name: string) => Promise<readonly string[]>
}
