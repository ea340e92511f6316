/** Cloudflare Workers: requests, cron ticks, and the Durable Object that holds what must survive. */

import { DurableObject, type DurableObjectNamespace } from 'cloudflare:workers'
import * as graphModule from '#graph'
import { Graph } from '../graph/run/graph.ts'
import { ownerOf, ownerOfNode, remoteStore, serveStore, sqlStore, type SqlStorage, type StoreReply, type StoreRequest } from '../state/stores/durable-object.ts'
import { webHost } from './host.ts'
import { createApp, type App } from './http/app.ts'

/** Bindings: the object that keeps state, and every variable and secret that the configuration reads with `sys.env`. */
interface Env {
  readonly STATE: DurableObjectNamespace<SluiceState>
  readonly [name: string]: unknown
}

/** Lets work go on behind an answer. */
interface Context {
  waitUntil(work: Promise<unknown>): void
}

/** How long a cron invocation, or one alarm, may work. */
const tickMs = 60_000
/** From a batch that is put into a queue to the alarm that sends it: others may join it. */
const gatherMs = 1_000
/** After an alarm that failed. */
const repairMs = 10_000

let running: { graph: Graph; app: App } | undefined

/** The graph of this isolate, built by its first request: bindings are not there before. */
function start(env: Env): { graph: Graph; app: App } {
  if (running !== undefined) return running
  const graph = makeGraph(env, false, (owner, request) => env.STATE.getByName(owner).state(owner, request))
  running = { graph, app: createApp(graph) }
  return running
}

function makeGraph(env: Env, shareIo: boolean, reach: (owner: string, request: StoreRequest) => Promise<StoreReply>): Graph {
  const variable = (name: string) => (typeof env[name] === 'string' ? env[name] : undefined)
  const store = remoteStore(request => reach(ownerOf(request), request), webHost)
  return new Graph(graphModule, { ...webHost, platform: 'cloudflare', shareIo, env: variable, store })
}

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const address = request.headers.get('cf-connecting-ip')
    const { graph, app } = start(env)
    const answer = await app.fetch(request, { incoming: address === null ? {} : { address } })
    context.waitUntil(graph.ledger.settle())
    return answer
  },

  async scheduled(_controller: unknown, env: Env, context: Context): Promise<void> {
    const { graph } = start(env)
    // An alarm that was lost is set again: each object looks for itself whether anything waits.
    const owners = [...new Set(graph.drains.map(({ id }) => ownerOfNode(id)))]
    const woken = Promise.allSettled(owners.map(owner => env.STATE.getByName(owner).wake(owner)))
    await Promise.all([graph.tick(AbortSignal.timeout(tickMs)), woken])
    context.waitUntil(graph.ledger.settle())
  },
}

/**
 * The state of one node of the graph (`owner`, the part of its keys that names it): SQLite rows behind the store's port, and an alarm
 * that empties its queues from inside. So each destination has an object of its own, and what one can do is not shared by all.
 */
export class SluiceState extends DurableObject<Env> {
  readonly #storage = this.ctx.storage as SqlStorage & AlarmStorage
  readonly #store = sqlStore(this.#storage, webHost)
  #graph: Graph | undefined
  /** Whether an alarm is known to be set. */
  #armed = false

  /** Runs one operation of the store; what puts something into a queue, or shuts its gate, sets the alarm. */
  async state(owner: string, request: StoreRequest): Promise<StoreReply> {
    const reply = await serveStore(this.#store, request)
    if (leavesWork(request)) await this.#arm(owner, gatherMs)
    return reply
  }

  /** Sets the alarm if anything may be waiting without one. */
  async wake(owner: string): Promise<void> {
    if (this.#armed) return
    const pages = await Promise.all(['queue/', 'gate/'].map(prefix => this.#store.list(prefix, { limit: 1 })))
    if (pages.some(({ entries }) => entries.length > 0)) await this.#arm(owner, 0)
  }

  /** Sends what waits, and comes back when there is more to do. */
  async alarm(): Promise<void> {
    this.#armed = false
    const owner = await this.#storage.get('owner')
    if (owner === undefined) return
    this.#graph ??= makeGraph(this.env, true, (of, request) =>
      (of === owner ? serveStore(this.#store, request) : this.env.STATE.getByName(of).state(of, request)))
    let waitMs: number | undefined
    try {
      waitMs = await this.#graph.drain(AbortSignal.timeout(tickMs), { woken: true, only: ({ id }) => ownerOfNode(id) === owner })
    } catch (error) {
      console.error(`level=error msg="alarm failed" owner=${JSON.stringify(owner)} err=${JSON.stringify(String(error))}`)
      waitMs = repairMs
    }
    if (waitMs !== undefined) await this.#arm(owner, waitMs)
    this.ctx.waitUntil(this.#graph.ledger.settle())
  }

  async #arm(owner: string, inMs: number): Promise<void> {
    if (this.#armed) return
    this.#armed = true
    if (await this.#storage.getAlarm() !== null) return
    // The object does not know the name that it was reached by when its alarm rings.
    if (await this.#storage.get('owner') === undefined) await this.#storage.put('owner', owner)
    await this.#storage.setAlarm(webHost.now() + inMs)
  }
}

/** What is used of `ctx.storage` beside SQL. */
interface AlarmStorage {
  get(key: string): Promise<string | undefined>
  put(key: string, value: string): Promise<void>
  getAlarm(): Promise<number | null>
  setAlarm(atMs: number): Promise<void>
}

const leavesWork = (request: StoreRequest) =>
  (request.op === 'append' && request.prefix.startsWith('queue/')) || (request.op === 'put' && request.key.startsWith('gate/'))
