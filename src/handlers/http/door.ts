/** The one door: which route a request is for (semantics.md 1). */

import type { GraphRoute } from '../../graph/run/graph.ts'

export type Found =
  | { readonly route: GraphRoute }
  /** The path exists, for other methods. */
  | { readonly allow: readonly string[] }
  | 'nothing'

const componentPrefix = '/api/v0/component/'

/**
 * The route for a method and path: `/api/v0/component/<id>/<native path>` for any receiver, the native path alone for one that has
 * it for itself. With `only`, the native paths of that component, as on a port of its own.
 */
export function findRoute(routes: readonly GraphRoute[], method: string, pathname: string, only?: string): Found {
  const target = only !== undefined ? { id: only, path: pathname } : split(pathname)
  const candidates = routes.filter(route => (target.id === undefined ? route.short : route.id === target.id) && matches(route.path, target.path))
  const route = candidates.find(candidate => candidate.method === method) ?? candidates.find(candidate => candidate.method === '*')
  if (route !== undefined) return { route }
  return candidates.length > 0 ? { allow: [...new Set(candidates.map(candidate => candidate.method))].sort() } : 'nothing'
}

function split(pathname: string): { id: string | undefined; path: string } {
  if (!pathname.startsWith(componentPrefix)) return { id: undefined, path: pathname }
  const rest = pathname.slice(componentPrefix.length)
  const slash = rest.indexOf('/')
  return slash < 0 ? { id: rest, path: '/' } : { id: rest.slice(0, slash), path: rest.slice(slash) }
}

/** `/*` takes every path; otherwise the path itself. */
const matches = (pattern: string, path: string) => pattern === path || pattern === '/*'

/** Every address that leads somewhere, for people: `POST /v1/logs -> otelcol.receiver.otlp.default`. */
export function describeRoutes(routes: readonly GraphRoute[]): string[] {
  return routes.map(({ id, method, path, short }) => `${method} ${short ? path : `${componentPrefix}${id}${path}`} -> ${id}`)
}
