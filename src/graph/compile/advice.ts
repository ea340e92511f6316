/**
 * Advice, for `sluice validate`: what Alloy accepts and is probably not meant. One warning a cause: a module that is used ten times
 * is written once.
 */

import { headSpan, nameSpan } from '../../language/ast.ts'
import { locateArgument } from '../scope.ts'
import type { CheckedNode } from './3-check.ts'
import { arrivals, isForeign, outletsFor, stationsOf, type Flow, type Outlet, type Station } from './advice-flow.ts'
import { adviceMessages as messages } from './advice-messages.ts'
import { adviseNames } from './advice-names.ts'
import { graphMessages } from './messages.ts'
import type { Say } from './report.ts'

/** Warns of modules, components and receivers that do nothing, of data that ends before it arrives, and of names that will be refused. */
export function advise(nodes: readonly CheckedNode[], report: Say): void {
  const used = nodes.filter(node => node.unused !== true)
  unusedModules(nodes, report)
  const live = idle(used, report)
  ends(stationsOf(used), live, report)
  for (const node of nodes) adviseNames(node, report)
}

/** Modules of the configuration itself; a file of nothing but modules is there to be imported. */
function unusedModules(nodes: readonly CheckedNode[], report: Say): void {
  if (nodes.every(node => node.unused === true)) return
  for (const { id, unused, definition, block, file } of nodes) {
    if (unused === true && definition === undefined && id === `declare.${block.label ?? ''}`) report(file, headSpan(block), messages.unusedModule(block.label!))
  }
}

/** Whether a node does something without being asked by another: it is served, it has a clock, it configures the collector. */
function acts(node: CheckedNode): boolean {
  const { definition, instance, blanks } = node
  if (definition === undefined) return isForeign(node)
  // Of what has errors, or turns on values that are not known yet, nothing can be said.
  if (instance === undefined || (definition.exports === undefined && blanks.length > 0)) return true
  return definition.singleton === true || isServed(node) || instance.schedule !== undefined || instance.rounds !== undefined
}

const isServed = ({ instance }: CheckedNode) => Object.keys(instance?.routes ?? {}).length > 0

/** Reports what does no work, once for each chain of components; the ids of those that do work, and of the borders between them. */
function idle(nodes: readonly CheckedNode[], report: Say): ReadonlySet<string> {
  const live = new Set(nodes.filter(acts).map(({ id }) => id))
  // Dependants come last, so one pass from the end reaches everything that works, and a second one all that only idle things use.
  for (const node of [...nodes].reverse()) if (live.has(node.id)) for (const { id } of node.uses) live.add(id)
  const working = new Set([...live].flatMap(modulesAround))
  const idleModules = new Set(nodes.flatMap(({ id, usedAt }) => (usedAt === undefined || live.has(id) || working.has(id) ? [] : [id])))
  const explained = new Set<string>()
  for (const { id, definition, block, file, uses, usedAt } of [...nodes].reverse()) {
    if (live.has(id) || modulesAround(id).some(module => idleModules.has(module))) continue
    // What a module offers may be left, as long as the module does anything; an argument that is not read is a warning of its own.
    if (idleModules.has(id) && !explained.has(id)) report(usedAt!.file, nameSpan(usedAt!.block), graphMessages.unreachable(id))
    if (definition !== undefined && !explained.has(id)) report(file, nameSpan(block), definition.exports === undefined ? messages.servesNothing(id) : graphMessages.unreachable(id))
    for (const use of uses) explained.add(use.id)
  }
  return live
}

/** Ids of the modules that a node stands in: `a.x` and `a.x/b.y` of `a.x/b.y/c.z`. */
function modulesAround(id: string): string[] {
  const steps = id.split('/')
  return steps.map((_, index) => steps.slice(0, index).join('/')).slice(1)
}

/** Data that arrives where there is no way on. */
function ends(stations: ReadonlyMap<string, Station>, live: ReadonlySet<string>, report: Say): void {
  const arriving = arrivals(stations, ({ node, foreign }) => foreign || (live.has(node.id) && isServed(node)))
  for (const [id, station] of stations) {
    for (const flow of arriving.get(id) ?? []) {
      const end = endOf(station, flow)
      if (end === undefined) continue
      const { file, block } = station.node
      report(file, locateArgument(block.body, nameSpan(block), end.path), messages.dataEnds(id, flow ?? 'data', end.why))
    }
  }
}

function endOf(station: Station, flow: Flow | undefined): { path: Outlet['path']; why: string } | undefined {
  const { outlets, sends, destinations, foreign, node } = station
  if (foreign || node.instance === undefined) return undefined
  if (outlets.length === 0) return sends && destinations === 0 ? { path: [], why: 'it has no endpoint' } : undefined
  const ways = outletsFor(station, flow)
  if (ways.some(({ empty }) => !empty)) return undefined
  const [first] = ways
  if (first === undefined) return undefined
  return { path: first.path, why: `${first.path.filter(step => typeof step === 'string').join('.')} is empty` }
}
