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
  const below = pathname.startsWith(componentPrefix) ? decoded(pathname.slice(componentPrefix.length)) : undefined
  const candidates = routes.filter(route => {
    if (only !== undefined) return route.id === only && matches(route.path, pathname)
    // Ids inside modules have slashes of their own, so the id is known by the route and not by the path.
    if (below !== undefined) return below.startsWith(`${route.id}/`) && matches(route.path, below.slice(route.id.length))
    return route.short && matches(route.path, pathname)
  })
  const route = candidates.find(candidate => candidate.method === method) ?? candidates.find(candidate => candidate.method === '*')
  if (route !== undefined) return { route }
  return candidates.length > 0 ? { allow: [...new Set(candidates.map(candidate => candidate.method))].sort() } : 'nothing'
}

/** A path with its escapes resolved; one that is not well-formed stays as it is and matches nothing. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** `/*` takes every path; otherwise the path itself. */
const matches = (pattern: string, path: string) => pattern === path || pattern === '/*'

/** The paths of a route: its native one, and the one with its component's id. */
export const pathsOf = ({ id, path }: GraphRoute): string[] => [path, `${componentPrefix}${id}${path}`]

/** Every address that leads somewhere, for people: `POST /v1/logs -> otelcol.receiver.otlp.default`. */
export function describeRoutes(routes: readonly GraphRoute[]): string[] {
  return routes.map(({ id, method, path, short }) => `${method} ${short ? path : `${componentPrefix}${id}${path}`} -> ${id}`)
}
