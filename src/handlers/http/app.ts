/** The HTTP face of a graph, the same on every platform: guards, Alloy's own routes, and the door. */

import { Hono } from 'hono'
import type { Graph } from '../../graph/run/graph.ts'
import { describeRoutes, findRoute } from './door.ts'
import { metricsText } from './metrics.ts'
import { page } from './page.ts'
import { componentList } from './web.ts'

/** What a platform knows about a request beside the request. */
export interface Incoming {
  /** The peer's address, without its port. */
  readonly address?: string
  /** How long the invocation may still take. */
  readonly remainingMs?: number
}

/** How long a request may take where the platform does not say. */
const patienceMs = 30_000

type Env = { Bindings: { incoming: Incoming } }
export type App = Hono<Env>

/** Builds the app; `only` narrows it to the native paths of one component, for a port of its own. */
export function createApp(graph: Graph, only?: string): App {
  const app: App = new Hono<Env>()

  app.onError((error, context) => {
    // Our own bug: the log gets all of it, the world nothing.
    graph.failures.add(graph.host.now(), 'sluice', error.message)
    graph.host.log(`level=error msg="internal error" path=${JSON.stringify(new URL(context.req.url).pathname)} err=${JSON.stringify(error.stack ?? error.message)}`)
    return plain('internal error; the log has the details\n', 500)
  })

  app.use('*', async (context, next) => {
    for (const guard of graph.guards) {
      const refused = await guard(context.req.raw)
      if (refused !== undefined) return refused
    }
    return next()
  })

  if (only === undefined) ownRoutes(app, graph)

  app.all('*', async context => {
    const request = context.req.raw
    const { pathname } = new URL(request.url)
    const found = findRoute(graph.routes, request.method, pathname, only)
    if (found === 'nothing') return unknownPath(graph, pathname, only)
    if ('allow' in found) {
      return plain(`${request.method} is not allowed on ${pathname}; use ${found.allow.join(' or ')}\n`, 405, { allow: found.allow.join(', ') })
    }
    const { address, remainingMs = patienceMs } = context.env.incoming
    const signal = AbortSignal.timeout(remainingMs)
    await graph.ready(signal)
    const client = { metadata: {}, auth: {}, ...(address !== undefined && { address }) }
    return found.route.handle(request, graph.enter(found.route.id, signal, client))
  })
  return app
}

/** Alloy's own routes, with Alloy's answers. */
function ownRoutes(app: App, graph: Graph): void {
  app.get('/', () => page(graph))
  app.get('/-/ready', async () => {
    await graph.ready(AbortSignal.timeout(patienceMs))
    return plain('Alloy is ready.\n')
  })
  app.get('/-/healthy', () => {
    const ill = graph.nodes.filter(({ health }) => health.state === 'unhealthy').map(({ id }) => id)
    return ill.length === 0 ? plain('All Alloy components are healthy.\n') : plain(`unhealthy components: ${ill.join(', ')}\n`, 500)
  })
  app.on(['GET', 'POST'], '/-/reload', () => plain('this build cannot reload its configuration; deploy a new one\n', 400))
  app.get('/metrics', () => plain(metricsText(graph), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }))
  app.get('/api/v0/web/components', context => context.json(componentList(graph)))
}

function unknownPath(graph: Graph, pathname: string, only: string | undefined): Response {
  const routes = graph.routes.filter(route => only === undefined || route.id === only).map(route => (only === undefined ? route : { ...route, short: true }))
  return plain(`nothing is served at ${pathname}; the routes are:\n${describeRoutes(routes).map(line => `  ${line}\n`).join('')}`, 404)
}

const plain = (body: string, status = 200, headers: Record<string, string> = {}) =>
  new Response(body, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })
