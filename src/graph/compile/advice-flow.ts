/**
 * Which way data takes through a graph: who sends to whom and, between otelcol components, which signals. A component that takes
 * signals passes each on as the same; connectors, and components that take something else, may send on all that they have outputs for.
 */

import type { OtlpOutput } from '../../components/contract/consume.ts'
import { isDoubtful, type Path } from '../../components/contract/decode.ts'
import type { Expression } from '../../language/ast.ts'
import { references } from '../../language/references.ts'
import type { CheckedNode } from './3-check.ts'
import { argumentsOf, canMean, type Argument } from './arguments.ts'

export type Signal = keyof OtlpOutput
/** What is on its way; `data` where signals are not told apart. */
export type Flow = Signal | 'data'

/** An argument that says where data goes on. */
export interface Outlet {
  readonly path: Path
  /** The only thing that leaves here; anything where it is undefined. */
  readonly signal: Signal | undefined
  /** It is known to lead nowhere. */
  readonly empty: boolean
  /** Ids of the components that it leads to. */
  readonly to: readonly string[]
}

/** A component as data sees it. */
export interface Station {
  readonly node: CheckedNode
  readonly outlets: readonly Outlet[]
  /** Addresses outside of the graph that are written out. */
  readonly destinations: number
  /** It could have such addresses. */
  readonly sends: boolean
  /** Of a component that Alloy has and Sluice has not, everything it names may be anything. */
  readonly foreign: boolean
}

const consumers = new Set(['otelcol.Consumer', 'storage.Appendable', 'loki.LogsReceiver'].map(type => `list(capsule("${type}"))`))
const signals: readonly string[] = ['traces', 'metrics', 'logs'] satisfies Signal[]

/** Stations by node id, in the order of `nodes` (dependencies first). Value nodes (a module's border) are looked through. */
export function stationsOf(nodes: readonly CheckedNode[]): Map<string, Station> {
  const stations = new Map<string, Station>()
  const borders = new Map<string, readonly string[]>()
  for (const node of nodes) {
    const follow = follower(node, id => (borders.has(id) ? undefined : [id]), (id, member) => borders.get(`${id} ${member}`) ?? borders.get(id) ?? [])
    if (node.definition !== undefined) {
      stations.set(node.id, station(node, follow))
    } else if (isForeign(node)) {
      const to = node.uses.flatMap(({ as, id, member }) => (stations.has(id) ? [id] : borders.get(`${id} ${member ?? as}`) ?? borders.get(id) ?? []))
      stations.set(node.id, { node, outlets: [{ path: [], signal: undefined, empty: false, to }], destinations: 0, sends: false, foreign: true })
    } else {
      const members = node.body.flatMap(statement => (statement.kind === 'attribute' ? [[statement.name, follow(statement.value)] as const] : []))
      for (const [name, to] of members) borders.set(`${node.id} ${name}`, to)
      borders.set(node.id, members.flatMap(([, to]) => to))
    }
  }
  return stations
}

/** A component that is known and not here stands in the graph with its body as it is written; value nodes have a body of their own. */
export const isForeign = (node: CheckedNode): boolean => node.definition === undefined && node.body === node.block.body

/** Follows the references of an expression to components: `direct` for a component's id, `member` for what a border passes on. */
function follower({ uses }: CheckedNode, direct: (id: string) => string[] | undefined, member: (id: string, name: string) => readonly string[]) {
  const byName = new Map(uses.map(use => [use.as, use]))
  return (expression: Expression): string[] => references(expression).flatMap(({ path }) => {
    for (let length = path.length; length > 0; length--) {
      const use = byName.get(path.slice(0, length).join('.'))
      if (use !== undefined) return direct(use.id) ?? [...member(use.id, use.member ?? path[length] ?? '')]
    }
    return []
  })
}

function station(node: CheckedNode, follow: (expression: Expression) => string[]): Station {
  const { definition, args, blanks } = node
  const given = [...argumentsOf(definition!.args, node.body, args)]
  const outlet = ({ path, field, value, written }: Argument): Outlet[] => {
    if (!consumers.has(field.type)) return []
    const last = String(path.at(-1))
    const empty = Array.isArray(value) && value.length === 0 && !isDoubtful(path, blanks)
    return [{ path, signal: signals.includes(last) ? last as Signal : undefined, empty, to: written === undefined ? [] : follow(written.value) }]
  }
  return {
    node,
    outlets: given.flatMap(outlet),
    destinations: given.filter(({ field, written }) => field.means === 'destination' && written !== undefined).length,
    sends: canMean(definition!.args, 'destination'),
    foreign: false,
  }
}

/** The outlets that what arrives leaves by; `undefined` is what a source brings in itself. */
export function outletsFor({ node, outlets }: Station, arriving: Flow | undefined): readonly Outlet[] {
  const passes = arriving !== undefined && arriving !== 'data' && !node.block.name.startsWith('otelcol.connector.')
  return passes ? outlets.filter(({ signal }) => signal === undefined || signal === arriving) : outlets
}

/** What arrives at each station, from the sources down: everything that acts by itself, and what `isSource` says. */
export function arrivals(stations: ReadonlyMap<string, Station>, isSource: (station: Station) => boolean): Map<string, Set<Flow | undefined>> {
  const arriving = new Map<string, Set<Flow | undefined>>()
  const arrive = (id: string, flow: Flow | undefined) => arriving.set(id, (arriving.get(id) ?? new Set()).add(flow))
  // Dependencies stand first, so what sends to a station comes after it.
  for (const [id, station] of [...stations].reverse()) {
    if (isSource(station)) arrive(id, undefined)
    for (const flow of arriving.get(id) ?? []) {
      for (const { signal, to } of outletsFor(station, flow)) for (const next of to) arrive(next, signal ?? 'data')
    }
  }
  return arriving
}

/** How many requests to destinations one batch of a kind leads to, by station. */
export function fanOuts(stations: ReadonlyMap<string, Station>): (id: string, flow: Flow) => number {
  const known = new Map<string, number>()
  const count = (id: string, flow: Flow) => known.get(`${id} ${flow}`) ?? 0
  for (const [id, station] of stations) {
    for (const flow of ['data', ...signals] as Flow[]) {
      const sum = (only: readonly Outlet[]) => only.reduce((total, { signal, to }) => total + to.reduce((inner, next) => inner + count(next, signal ?? 'data'), 0), 0)
      const outlets = outletsFor(station, flow)
      // A batch is of one signal, so a station that turns data into several is counted by the widest.
      const widest = Math.max(...[undefined, ...signals].map(signal => sum(outlets.filter(outlet => outlet.signal === signal))))
      known.set(`${id} ${flow}`, station.destinations + widest)
    }
  }
  return count
}
