/** Phase 2, resolve: statements to nodes with their definitions, what each refers to, and an order in which dependencies come first. */

import type { Definition } from '../../components/contract/define.ts'
import { stabilities } from '../../components/contract/schema.ts'
import type { Block } from '../../language/ast.ts'
import { headSpan, nameSpan } from '../../language/ast.ts'
import type { Diagnostic } from '../../language/diagnostics.ts'
import { references, type Reference } from '../../language/references.ts'
import { deprecatedGlobal, isLibraryName, modulesFor, stabilityOf } from '../../language/stdlib/catalog.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Loaded } from './1-load.ts'
import type { CompileOptions } from './compile.ts'
import { graphMessages as messages } from './messages.ts'
import { reporter, type Report } from './report.ts'

/** A block that is a component (or a configuration block), with what it depends on. */
export interface ResolvedNode {
  readonly id: string
  readonly definition: Definition
  readonly file: number
  readonly block: Block
  readonly uses: readonly string[]
}

export interface Resolved extends Pick<Loaded, 'sources'> {
  /** Dependencies first; otherwise in the order written. */
  readonly nodes: readonly ResolvedNode[]
  readonly components: readonly string[]
  /** Files of the standard library that expressions need. */
  readonly functions: readonly string[]
}

export async function resolve(loaded: Loaded, options: CompileOptions, diagnostics: Diagnostic[]): Promise<Resolved> {
  const report = reporter(loaded.sources, diagnostics)
  const declared = await declare(loaded, options, report)
  const functions = new Set<string>()
  const nodes = declared.map(node => ({ ...node, uses: uses(node, declared, options, functions, report) }))
  return {
    sources: loaded.sources,
    nodes: inOrder(nodes, report),
    components: [...new Set(nodes.map(node => node.definition.name))].sort(),
    functions: [...functions].sort(),
  }
}

type Declared = Omit<ResolvedNode, 'uses'>

/** Names every block, and refuses the unknown, the unlabelled and the doubled. */
async function declare(loaded: Loaded, options: CompileOptions, report: Report): Promise<Declared[]> {
  const nodes = new Map<string, Declared>()
  for (const { file, statement } of loaded.statements) {
    if (statement.kind === 'attribute') {
      report(file, nameSpan(statement), messages.topLevelAttribute(statement.name))
      continue
    }
    const definition = await options.lookup(statement.name)
    if (definition === undefined) {
      report(file, nameSpan(statement), messages.unknownComponent(statement.name, nearest(statement.name, options.names)))
      continue
    }
    if (definition.singleton === true && statement.label !== undefined) report(file, nameSpan(statement), messages.labelRefused(statement.name))
    if (definition.singleton !== true && statement.label === undefined) {
      report(file, nameSpan(statement), messages.labelMissing(statement.name))
      continue
    }
    const id = definition.singleton === true ? statement.name : `${statement.name}.${statement.label}`
    const first = nodes.get(id)
    if (first !== undefined) report(file, headSpan(statement), messages.duplicateNode(id, report.place(first.file, first.block.start)))
    else nodes.set(id, { id, definition, file, block: statement })
  }
  return [...nodes.values()]
}

/** The ids that a node's body refers to; names of the standard library are collected on the way. */
function uses(node: Declared, all: readonly Declared[], options: CompileOptions, functions: Set<string>, report: Report): string[] {
  const ids = new Set(all.map(other => other.id))
  const found = new Set<string>()
  for (const reference of references(node.block.body)) {
    const { path } = reference
    const id = longestId(path, ids)
    const library = isLibraryName(path[0]!)
    if (id !== undefined) {
      found.add(id)
      if (library) report(node.file, firstName(reference), messages.shadowing())
    } else if (library) {
      for (const module of modulesFor(path)) functions.add(module)
      checkFunction(node.file, reference, options, report)
    } else {
      report(node.file, reference, messages.unknownReference(path.join('.'), nearest(path.slice(0, -1).join('.'), [...ids])))
    }
  }
  return [...found]
}

function checkFunction(file: number, reference: Reference, { stability }: CompileOptions, report: Report): void {
  const { path } = reference
  if (deprecatedGlobal(path[0]!) !== undefined) report(file, firstName(reference), messages.deprecatedFunction())
  const level = stabilityOf(path)
  if (level !== undefined && stabilities.indexOf(level) > stabilities.indexOf(stability)) report(file, reference, messages.gated(path.join('.'), level, stability))
}

const firstName = ({ path, start }: Reference) => ({ start, end: start + path[0]!.length })

/** The node id that `path` starts with; ids never contain one another at a dot, but names may be prefixes of names. */
function longestId(path: readonly string[], ids: ReadonlySet<string>): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const id = path.slice(0, length).join('.')
    if (ids.has(id)) return id
  }
  return undefined
}

/** Depth first, dependencies before dependants; each cycle is reported once, with its whole path, at the node that closes it. */
function inOrder(nodes: readonly ResolvedNode[], report: Report): ResolvedNode[] {
  const byId = new Map(nodes.map(node => [node.id, node]))
  const state = new Map<string, 'open' | 'done'>()
  const order: ResolvedNode[] = []
  for (const root of nodes) {
    // An explicit stack: a chain of ten thousand components must not overflow the one of the language.
    const stack = [{ node: root, next: 0 }]
    if (state.has(root.id)) continue
    state.set(root.id, 'open')
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!
      const used = top.node.uses[top.next++]
      if (used === undefined) {
        state.set(top.node.id, 'done')
        order.push(top.node)
        stack.pop()
      } else if (used === top.node.id) {
        report(top.node.file, headSpan(top.node.block), messages.selfReference())
      } else if (state.get(used) === 'open') {
        const path = stack.map(entry => entry.node.id)
        report(top.node.file, headSpan(top.node.block), messages.cycle([...path.slice(path.indexOf(used)), used]))
      } else if (!state.has(used)) {
        state.set(used, 'open')
        stack.push({ node: byId.get(used)!, next: 0 })
      }
    }
  }
  return order
}
