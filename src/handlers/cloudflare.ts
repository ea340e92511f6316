/** Cloudflare Workers: requests, cron ticks, and the Durable Object that holds what must survive. */

import { DurableObject, type DurableObjectNamespace } from 'cloudflare:workers'
import * as graphModule from '#graph'
import { Graph } from '../graph/run/graph.ts'
import { remoteStore, serveStore, sqlStore, type SqlStorage, type StoreReply, type StoreRequest } from '../state/stores/durable-object.ts'
import { webHost } from './host.ts'
import { createApp, type App } from './http/app.ts'

/** Bindings: the object that keeps state, and every variable and secret that the configuration reads with `sys.env`. */
interface Env {
  readonly STATE: DurableObjectNamespace<SluiceState>
  readonly [name: string]: unknown
}

/** How long a cron invocation may work. */
const tickMs = 60_000

let running: { graph: Graph; app: App } | undefined

/** The graph of this isolate, built by its first request: bindings are not there before. */
function start(env: Env): { graph: Graph; app: App } {
  if (running !== undefined) return running
  const { now, random } = webHost
  const store = remoteStore((request: StoreRequest) => env.STATE.getByName('state').state(request), { now, random })
  const variable = (name: string) => (typeof env[name] === 'string' ? env[name] : undefined)
  const graph = new Graph(graphModule, { ...webHost, platform: 'cloudflare', shareIo: false, env: variable, store })
  running = { graph, app: createApp(graph) }
  return running
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const address = request.headers.get('cf-connecting-ip')
    return start(env).app.fetch(request, { incoming: address === null ? {} : { address } })
  },

  async scheduled(_controller: unknown, env: Env): Promise<void> {
    await start(env).graph.tick(AbortSignal.timeout(tickMs))
  },
}

/** One object for the whole deployment: SQLite rows behind the store's port. */
export class SluiceState extends DurableObject<Env> {
  readonly #store = sqlStore(this.ctx.storage as SqlStorage, { now: webHost.now, random: webHost.random })

  /** Runs one operation of the store. */
  state(request: StoreRequest): Promise<StoreReply> {
    return serveStore(this.#store, request)
  }
}
