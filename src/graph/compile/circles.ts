/** Circles of a directed graph. */

/**
 * Strongly connected components by Tarjan's algorithm, each after those that it leads to, so that a graph without circles comes out
 * with dependencies first. Nodes without a circle are components of one.
 */
export function* connected<T>(nodes: readonly T[], edges: (node: T) => readonly (T | undefined)[]): Generator<T[]> {
  const number = new Map<T, number>()
  const met: T[] = []
  const open = new Set<T>()
  for (const root of nodes) {
    if (number.has(root)) continue
    // An explicit stack: a chain of ten thousand components must not overflow the one of the language.
    const stack = [visit(root)]
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!
      const used = top.edges[top.next++]
      if (used !== undefined && !number.has(used)) stack.push(visit(used))
      else if (used !== undefined) top.low = open.has(used) ? Math.min(top.low, number.get(used)!) : top.low
      else if (top.next > top.edges.length) {
        stack.pop()
        const below = stack[stack.length - 1]
        if (below !== undefined) below.low = Math.min(below.low, top.low)
        if (top.low === number.get(top.node)) yield close(top.node)
      }
    }
  }

  function visit(node: T) {
    number.set(node, number.size)
    met.push(node)
    open.add(node)
    return { node, edges: edges(node), next: 0, low: number.get(node)! }
  }

  /** The open nodes from `first` on, in the order in which they were met. */
  function close(first: T): T[] {
    const circle = met.splice(met.lastIndexOf(first))
    for (const node of circle) open.delete(node)
    return circle
  }
}
