/**
 * The Plan: all that compile and run share, as plain data (it is embedded in the build as JSON). Expressions stay AST, so the one
 * evaluator serves a compiled graph and a reloaded one alike; secrets and the environment are read when it runs.
 */

import type { Statement } from '../language/ast.ts'

export interface Plan {
  /** Of this data shape. */
  readonly format: 1
  /** Changes whenever anything in the plan does. */
  readonly version: string
  /** File names as diagnostics show them; nodes point in here. */
  readonly files: readonly string[]
  /** Dependencies come before their dependants. */
  readonly nodes: readonly PlanNode[]
  /** Contents of the files that the configuration reads and the target cannot: base64 by name. */
  readonly embedded: Readonly<Record<string, string>>
}

export interface PlanNode {
  /** `otelcol.receiver.otlp.default`, inside a module `test.my_module/loki.write.default`: what users call it, and the prefix of its state. */
  readonly id: string
  /** The name in the catalogue; absent for a *value node*, which exports its own attributes (what crosses a module's border). */
  readonly component?: string
  /** Index into the plan's files. */
  readonly file: number
  /** Line of its header, for messages at run time. */
  readonly line: number
  readonly body: readonly Statement[]
  readonly uses: readonly Use[]
}

/** A name in a node's expressions, and the node whose exports it means. */
export interface Use {
  /** Dotted: `loki.write.default`, `argument.input`, or a foreach's variable. */
  readonly as: string
  readonly id: string
  /** The name means this one export, not the object of all of them. */
  readonly member?: string
}
