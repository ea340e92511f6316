/** Phase 2, resolve: modules expanded into one flat graph, what each node refers to, and an order in which dependencies come first. */

import { stabilities } from '../../components/contract/schema.ts'
import { headSpan } from '../../language/ast.ts'
import type { Diagnostic } from '../../language/diagnostics.ts'
import { references, type Reference } from '../../language/references.ts'
import { deprecatedGlobal, isLibraryName, modulesFor, stabilityOf } from '../../language/stdlib/catalog.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Use } from '../plan.ts'
import type { Loaded } from './1-load.ts'
import { connected } from './circles.ts'
import type { CompileOptions } from './options.ts'
import { graphMessages as messages } from './messages.ts'
import { ModuleScope, type DeclaredNode } from './module-scope.ts'
import { Expansion } from './modules.ts'
import { reporter, type Report } from './report.ts'

/** A node with what its expressions refer to. */
export interface ResolvedNode extends DeclaredNode {
  readonly uses: readonly Use[]
  /** Chains that lead nowhere; they have been reported, and count as unknown from here on. */
  readonly lost: readonly string[]
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
  const expansion = new Expansion(loaded.sources, options, report)
  const root = new ModuleScope({ prefix: '', path: options.modulePath ?? '' })
  await expansion.expand(loaded.statements, root, 'root')
  await expansion.checkUnused(root)
  const functions = new Set<string>()
  // Nodes made on the way (`module_path`) have no references of their own.
  const nodes = [...expansion.nodes.values()].map(node => follow(node, expansion, options, functions, report))
  const extra = [...expansion.nodes.values()].slice(nodes.length).map(node => ({ ...node, uses: [], lost: [] }))
  const names = nodes.flatMap(({ definition, unused }) => (unused === true ? [] : definition?.name ?? []))
  return {
    sources: loaded.sources,
    nodes: inOrder([...extra, ...nodes], report),
    components: [...new Set(names)].sort(),
    functions: [...functions].sort(),
  }
}

/** Follows a node's references to other nodes; what the standard library must hold is collected on the way. */
function follow(node: DeclaredNode, expansion: Expansion, options: CompileOptions, functions: Set<string>, report: Report): ResolvedNode {
  const uses = new Map<string, Use>()
  const lost: string[] = []
  for (const reference of references(node.body)) {
    const { path } = reference
    const use = path[0] === 'module_path' ? expansion.modulePath(node.scope) : node.scope.find(path)
    const library = isLibraryName(path[0]!)
    if (use !== undefined) {
      uses.set(use.as, use)
      if (library) report(node.file, reference.names[0]!, messages.shadowing())
    } else if (node.scope.isBroken(path)) {
      lost.push(path.join('.'))
    } else if (library) {
      if (node.unused !== true) for (const module of modulesFor(path)) functions.add(module)
      checkFunction(node.file, reference, options, report)
    } else {
      report(node.file, reference, messages.unknownReference(path.join('.'), nearest(path.slice(0, -1).join('.'), [...node.scope.nodes.keys()])))
      lost.push(path.join('.'))
    }
  }
  return { ...node, uses: [...uses.values()], lost }
}

function checkFunction(file: number, { path, names, start, end }: Reference, { stability }: CompileOptions, report: Report): void {
  if (deprecatedGlobal(path[0]!) !== undefined) report(file, names[0]!, messages.deprecatedFunction())
  const level = stabilityOf(path)
  if (level !== undefined && stabilities.indexOf(level) > stabilities.indexOf(stability)) report(file, { start, end }, messages.gated(path.join('.'), level, stability))
}

/** Dependencies before dependants, and the circles among them; each node of a circle is reported, as `alloy validate` does it. */
function inOrder(nodes: readonly ResolvedNode[], report: Report): ResolvedNode[] {
  const order: ResolvedNode[] = []
  const byId = new Map(nodes.map(node => [node.id, node]))
  for (const circle of connected(nodes, node => node.uses.flatMap(({ id }) => byId.get(id) ?? []))) {
    order.push(...circle)
    const [first] = circle
    if (circle.length > 1) {
      const ids = circle.map(({ id }) => id).sort()
      for (const id of ids) {
        const { file, block } = circle.find(node => node.id === id)!
        report(file, headSpan(block), messages.cycle(ids))
      }
    } else if (first!.uses.some(({ id }) => id === first!.id)) {
      report(first!.file, headSpan(first!.block), messages.selfReference())
    }
  }
  return order
}
