/**
 * `/api/v0/sluice/queues`: what waits for destinations and what they refused, for `sluice queue`. Only where the environment holds
 * SLUICE_ADMIN_TOKEN, which every request must show; elsewhere these addresses do not exist.
 */

import type { Graph } from '../../graph/run/graph.ts'
import { batchesOf, batchOf, placeOf, placesOf, purge, QueueProblem, replay, rowsOf, type Place } from '../../graph/run/queues.ts'
import { sameSecret } from '../../lib/same-secret.ts'

export const queuesPath = '/api/v0/sluice/queues'

const mostBatches = 1000
const defaultBatches = 100
const mostPositions = 1000
/** Of a request's body. */
const mostCharacters = 256 * 1024
/** Of a batch's content as JSON: what fits into Lambda's answer. */
const mostShown = 4 * 1024 * 1024
const busyRetrySeconds = 2

/** What is wrong with a request; the message says what would be right. */
class RequestProblem extends Error {}

type Answer = (graph: Graph, request: Request, signal: AbortSignal) => Promise<unknown>

const routes: Readonly<Record<string, Answer>> = {
  [`GET ${queuesPath}`]: async (graph, _request, signal) => ({ queues: await rowsOf(placesOf(graph, signal)) }),
  [`GET ${queuesPath}/batches`]: async (graph, request, signal) => {
    const { searchParams: query } = new URL(request.url)
    const limit = query.get('limit') ?? String(defaultBatches)
    if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > mostBatches) throw new RequestProblem(`limit must be a number from 1 to ${mostBatches}`)
    return batchesOf(named(graph, signal, query.get('node'), query.get('queue')), Number(limit), query.get('after') ?? undefined)
  },
  [`GET ${queuesPath}/batch`]: async (graph, request, signal) => {
    const { searchParams: query } = new URL(request.url)
    const position = query.get('position')
    if (position === null) throw new RequestProblem('position must name a batch; /batches lists them')
    return batchOf(named(graph, signal, query.get('node'), query.get('queue')), position)
  },
  [`POST ${queuesPath}/replay`]: async (graph, request, signal) => {
    const { node, queue, positions } = await order(request)
    const place = named(graph, signal, node, queue)
    if (place.holds !== 'dead letters') throw new RequestProblem(`only dead letters can be put back: name the queue ${JSON.stringify(place.drain.dead.name)}`)
    return replay(place, positions)
  },
  [`POST ${queuesPath}/purge`]: async (graph, request, signal) => {
    const { node, queue, positions } = await order(request)
    return purge(named(graph, signal, node, queue), positions)
  },
}

/** The answer to a request below `queuesPath`; undefined where there is no such address. */
export async function queuesAnswer(graph: Graph, request: Request, signal: AbortSignal): Promise<Response | undefined> {
  const { pathname } = new URL(request.url)
  const token = graph.host.env('SLUICE_ADMIN_TOKEN') ?? ''
  if (token === '' || (pathname !== queuesPath && !pathname.startsWith(`${queuesPath}/`))) return undefined
  const shown = /^Bearer +(.+?) *$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
  if (!sameSecret(shown, token)) {
    return problem(401, 'the token is missing or wrong: send "Authorization: Bearer" with the value of SLUICE_ADMIN_TOKEN', { 'www-authenticate': 'Bearer realm="sluice"' })
  }
  const answer = routes[`${request.method} ${pathname}`]
  if (answer === undefined) {
    const methods = Object.keys(routes).flatMap(route => (route.endsWith(` ${pathname}`) ? [route.split(' ')[0]!] : []))
    if (methods.length > 0) return problem(405, `${request.method} is not allowed on ${pathname}; use ${methods.join(' or ')}`, { allow: methods.join(', ') })
    return problem(404, `nothing is served at ${pathname}; the routes are ${Object.keys(routes).join(', ')}`)
  }
  try {
    const text = JSON.stringify(await answer(graph, request, signal))
    if (text.length > mostShown) return problem(413, `the answer has ${text.length} characters, more than the ${mostShown} that are shown; ask for fewer batches`)
    return new Response(text, { headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } })
  } catch (error) {
    return refusal(error)
  }
}

const statusOf = { absent: 404, busy: 409, full: 409 } as const

function refusal(error: unknown): Response {
  if (error instanceof RequestProblem) return problem(400, error.message)
  if (error instanceof QueueProblem) return problem(statusOf[error.kind], error.message, error.kind === 'busy' ? { 'retry-after': String(busyRetrySeconds) } : {})
  if (error instanceof Error && error.name === 'StoreError') return problem(503, `the durable state cannot be used: ${error.message}`)
  throw error
}

const problem = (status: number, error: string, headers: Record<string, string> = {}) =>
  Response.json({ error }, { status, headers: { 'cache-control': 'no-store', ...headers } })

function named(graph: Graph, signal: AbortSignal, node: string | null, queue: string | null): Place {
  if (node === null || queue === null) throw new RequestProblem(`node and queue must name a queue; ${queuesPath} lists them`)
  return placeOf(placesOf(graph, signal), node, queue)
}

/** The body of a request that changes something. */
async function order(request: Request): Promise<{ node: string; queue: string; positions?: readonly string[] }> {
  const text = await request.text()
  const wanted = 'the body must be JSON: {"node": "...", "queue": "..."} and, for some batches only, "positions": ["..."]'
  if (text.length > mostCharacters) throw new RequestProblem(`the body has more than ${mostCharacters} characters`)
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw new RequestProblem(wanted)
  }
  if (typeof body !== 'object' || body === null) throw new RequestProblem(wanted)
  const { node, queue, positions } = body as Record<string, unknown>
  if (typeof node !== 'string' || typeof queue !== 'string') throw new RequestProblem(wanted)
  if (positions === undefined) return { node, queue }
  if (!Array.isArray(positions) || !positions.every(position => typeof position === 'string')) throw new RequestProblem(wanted)
  if (positions.length > mostPositions) throw new RequestProblem(`positions names ${positions.length} batches; at most ${mostPositions} at once`)
  return { node, queue, positions }
}
