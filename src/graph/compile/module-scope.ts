/** What names mean inside a module. */

import type { Definition } from '../../components/contract/define.ts'
import type { Block, Statement } from '../../language/ast.ts'
import type { Use } from '../plan.ts'

/** A node before its references are followed. Without a definition it is a value node. */
export interface DeclaredNode {
  readonly id: string
  readonly definition?: Definition
  /** Of a component that is known and not here: it is checked, and goes no further. */
  readonly standIn?: Definition
  readonly file: number
  /** The block that it comes from, for places. */
  readonly block: Block
  readonly body: readonly Statement[]
  readonly scope: ModuleScope
  /** Of what a module exports: where the module is used. */
  readonly usedAt?: { readonly file: number; readonly block: Block }
  /** Of a module that nothing uses: it is checked, and goes no further. */
  readonly unused?: true
}

/** What names mean in one module: its nodes, the declares it can use, and where it was written. */
export class ModuleScope {
  /** In front of the ids of its nodes: empty, or `test.my_module/`. */
  readonly prefix: string
  /** Where declares are looked for next: the module around the text. */
  readonly parent: ModuleScope | undefined
  /** A foreach's template also sees the nodes around it. */
  readonly outer: ModuleScope | undefined
  readonly path: string
  readonly declares = new Map<string, Declare>()
  readonly imports = new Map<string, Import>()
  readonly nodes = new Map<string, Use>()
  /** Names of blocks that have been reported: what refers to them is not reported again. */
  readonly broken = new Map<string, { readonly file: number; readonly block: Block }>()

  constructor(options: { prefix: string; path: string; parent?: ModuleScope | undefined; outer?: ModuleScope | undefined }) {
    this.prefix = options.prefix
    this.path = options.path
    this.parent = options.parent
    this.outer = options.outer
  }

  /** The node that a chain of names starts with. */
  find(path: readonly string[]): Use | undefined {
    for (let length = path.length; length > 0; length--) {
      const use = this.nodes.get(path.slice(0, length).join('.'))
      if (use !== undefined) return use
    }
    return this.outer?.find(path)
  }

  /** Whether a chain of names starts with a block that has been reported. */
  isBroken(path: readonly string[]): boolean {
    return path.some((_, index) => this.broken.has(path.slice(0, index + 1).join('.'))) || this.outer?.isBroken(path) === true
  }

  /** Whether a component's name belongs to an import that could not be read, which has been reported. */
  isOfBrokenImport(name: string): boolean {
    const found = this.imports.get(name.slice(0, name.indexOf('.')))
    return found === undefined ? this.parent?.isOfBrokenImport(name) === true : found.scope === undefined
  }

  /** The declare that a component's name stands for: one of this module or of those around it, or one of an import. */
  declare(name: string): Declare | undefined {
    const dot = name.indexOf('.')
    const found = dot < 0 ? this.declares.get(name) : this.imports.get(name.slice(0, dot))?.scope?.declares.get(name.slice(dot + 1))
    return found ?? this.parent?.declare(name)
  }
}

/** An import block, and what it brought; no scope where it could not be read. */
export interface Import {
  readonly file: number
  readonly block: Block
  readonly scope?: ModuleScope
}

/** A `declare` and where it was written. */
export interface Declare {
  readonly file: number
  readonly block: Block
  readonly scope: ModuleScope
}
