/** `/api/v0/web/...`: what Alloy's UI reads, in Alloy's shapes. */

import type { Graph } from '../../graph/run/graph.ts'
import { rfc3339 } from '../../lib/time.ts'

/** The component list: Alloy's `ComponentInfo`, without arguments (they may hold secrets). */
export function componentList(graph: Graph) {
  const { nodes } = graph
  return nodes.map(({ id, component, uses, health }) => ({
    name: component,
    type: 'block',
    localID: id,
    moduleID: '',
    label: id === component ? '' : id.slice(component.length + 1),
    referencesTo: uses,
    referencedBy: nodes.filter(other => other.uses.includes(id)).map(other => other.id),
    health: { state: health.state === 'waiting' ? 'unknown' : health.state, message: health.message, updatedTime: rfc3339(health.sinceMs) },
  }))
}
