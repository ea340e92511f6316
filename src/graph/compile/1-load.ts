/** Phase 1, load: source files to one list of statements, each with its file. */

import type { Statement } from '../../language/ast.ts'
import type { Diagnostic } from '../../language/diagnostics.ts'
import { parseFile } from '../../language/parse.ts'

export interface Source {
  /** As diagnostics show it. */
  readonly file: string
  readonly text: string
}

/** A statement and the index of its file. */
export interface Located {
  readonly file: number
  readonly statement: Statement
}

export interface Loaded {
  /** Phase 2 appends the modules that it imports. */
  readonly sources: Source[]
  readonly statements: readonly Located[]
}

/** Parses every source; the statements of a folder's files form one configuration, as in Alloy. */
export function load(sources: readonly Source[], diagnostics: Diagnostic[]): Loaded {
  const statements = sources.flatMap(({ file, text }, index) => {
    const parsed = parseFile(file, text)
    diagnostics.push(...parsed.diagnostics)
    return parsed.body.map(statement => ({ file: index, statement }))
  })
  return { sources: [...sources], statements }
}
