/** The HTTP face of a graph, the same on every platform: guards, Alloy's own routes, and the door. */

import { Hono } from 'hono'
import type { Graph } from '../../graph/run/graph.ts'
import { describeRoutes, findRoute, pathsOf } from './door.ts'
import { metricsAnswer } from './metrics.ts'
import { page } from './page.ts'
import { queuesAnswer } from './queues.ts'
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

type Env = { Bindings: { incoming: Incoming }; Variables: { signal: AbortSignal } }
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
    const signal = AbortSignal.timeout(context.env.incoming.remainingMs ?? patienceMs)
    context.set('signal', signal)
    // What the configuration reads when it starts decides about guards and routes too.
    await graph.ready(signal)
    // Operators show a token of their own, in the header in which the http block would look for its own credentials.
    const operators = only === undefined ? await queuesAnswer(graph, context.req.raw, signal) : undefined
    if (operators !== undefined) return operators
    if (isShut(graph)) return plain('nobody is let in: the http block, which says who may, does not work; the log says why\n', 503)
    const refused = refusal(graph, context.req.raw, only)
    if (refused !== undefined) return refused
    return next()
  })

  if (only === undefined) {
    graph.pages.set('/metrics', () => ownRoutes['/metrics']!.answer(graph))
    for (const [path, { methods, answer }] of Object.entries(ownRoutes)) {
      app.on([...methods], path, () => answer(graph))
      app.all(path, context => notAllowed(context.req.method, path, methods))
    }
  }

  app.all('*', async context => {
    const request = context.req.raw
    const { pathname } = new URL(request.url)
    const found = findRoute(graph.routes, request.method, pathname, only)
    if (found === 'nothing') return unknownPath(graph, pathname, only)
    if ('allow' in found) return notAllowed(request.method, pathname, found.allow)
    const { address } = context.env.incoming
    const client = { metadata: {}, auth: {}, ...(address !== undefined && { address }) }
    return found.route.handle(request, graph.enter(found.route.id, context.get('signal'), client))
  })
  return app
}

/** What the guards say to a request; by all the paths that its route has, so that none of them is a way around. */
function refusal({ guards, routes }: Graph, request: Request, only: string | undefined): Response | undefined {
  if (guards.length === 0) return undefined
  const { pathname } = new URL(request.url)
  const found = findRoute(routes, request.method, pathname, only)
  const paths = [pathname, ...(typeof found === 'object' && 'route' in found ? pathsOf(found.route) : [])]
  for (const guard of guards) {
    const refused = guard.asks(paths) ? guard.refuse(request.headers) : undefined
    if (refused !== undefined) return refused
  }
  return undefined
}

/** A door whose lock is broken stays shut: an `http` block that could not be built may be the one that asks for credentials. */
const isShut = (graph: Graph) => graph.nodes.some(({ component, health }) => component === 'http' && health.state !== 'healthy')

interface OwnRoute {
  readonly methods: readonly string[]
  readonly answer: (graph: Graph) => Response | Promise<Response>
}

/** Alloy's own routes, with Alloy's answers. */
const ownRoutes: Readonly<Record<string, OwnRoute>> = {
  '/': { methods: ['GET'], answer: page },
  '/-/ready': { methods: ['GET'], answer: () => plain('Alloy is ready.\n') },
  '/-/healthy': {
    methods: ['GET'],
    answer(graph) {
      const ill = graph.nodes.filter(({ health }) => health.state === 'unhealthy').map(({ id }) => id)
      return ill.length === 0 ? plain('All Alloy components are healthy.\n') : plain(`unhealthy components: ${ill.join(', ')}\n`, 500)
    },
  },
  '/-/reload': { methods: ['GET', 'POST'], answer: () => plain('this build cannot reload its configuration; deploy a new one\n', 400) },
  '/metrics': { methods: ['GET'], answer: metricsAnswer },
  '/api/v0/web/components': { methods: ['GET'], answer: graph => Response.json(componentList(graph)) },
}

const notAllowed = (method: string, pathname: string, allow: readonly string[]) =>
  plain(`${method} is not allowed on ${pathname}; use ${allow.join(' or ')}\n`, 405, { allow: allow.join(', ') })

function unknownPath(graph: Graph, pathname: string, only: string | undefined): Response {
  const routes = graph.routes.filter(route => only === undefined || route.id === only).map(route => (only === undefined ? route : { ...route, short: true }))
  return plain(`nothing is served at ${pathname}; the routes are:\n${describeRoutes(routes).map(line => `  ${line}\n`).join('')}`, 404)
}

const plain = (body: string, status = 200, headers: Record<string, string> = {}) =>
  new Response(body, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })
