/** Cloudflare Workers: requests, cron ticks, and the Durable Object that holds what must survive. */

import { DurableObject, WorkerEntrypoint, type DurableObjectNamespace, type Loopback } from 'cloudflare:workers'
import * as graphModule from '#graph'
import type { Order } from '../graph/run/clock.ts'
import { Graph } from '../graph/run/graph.ts'
import { ownerOf, ownerOfNode, remoteStore, serveStore, sqlStore, type SqlStorage, type StoreReply, type StoreRequest } from '../state/stores/durable-object.ts'
import { webHost } from './host.ts'
import { createApp, type App } from './http/app.ts'
import { paceOf, untilDeadline } from './pace.ts'

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
/** An alarm that is so late is taken for lost; setting one anew that the platform still knows does no harm. */
const lostMs = 5_000
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
    const signal = AbortSignal.timeout(tickMs)
    // What has rounds may be built only when what was discovered has been read.
    await graph.ready(signal)
    // An alarm that was lost is set again: each object looks for itself whether anything waits.
    const clocked = new Set(graph.clocks.map(ownerOfNode))
    const owners = [...new Set([...graph.drains.map(({ id }) => ownerOfNode(id)), ...clocked])]
    const woken = Promise.allSettled(owners.map(owner => env.STATE.getByName(owner).wake(owner, clocked.has(owner))))
    await Promise.all([graph.tick(signal), woken])
    context.waitUntil(graph.ledger.settle())
  },
}

/** Carries out rounds, in invocations that may wait where an object would be billed for it. Nobody outside can call it. */
export class SluiceRounds extends WorkerEntrypoint<Env> {
  /** Resolves as soon as it has begun; rounds that may take longer than an invocation outlives its answer are waited for. */
  async round(order: Order): Promise<void> {
    const { graph } = start(this.env)
    const done = graph.round(order, untilDeadline(order, webHost.now()))
    this.ctx.waitUntil(done.catch(failed(order)).then(() => graph.ledger.settle()))
    if (order.deadlineMs - webHost.now() > outliveMs) await done
  }
}

/** How long an invocation may go on behind its answer, less a little. */
const outliveMs = 28_000
/** One invocation may call 32 others; the orders above that are dealt by other objects. */
const handfulOrders = 30

const failed = (order: Order) => (error: unknown) => {
  console.error(`level=error msg="round failed" component_id=${JSON.stringify(order.id)} shard=${order.shard} err=${JSON.stringify(String(error))}`)
}

/**
 * The state of one node of the graph (`owner`, the part of its keys that names it): SQLite rows behind the store's port, and an alarm
 * that empties its queues from inside, and rings when rounds are due. So each destination and each scrape has an object of its own,
 * and what one can do is not shared by all.
 */
export class SluiceState extends DurableObject<Env> {
  readonly #storage = this.ctx.storage as SqlStorage & AlarmStorage
  readonly #store = sqlStore(this.#storage, webHost)
  #running: Graph | undefined
  /** For when an alarm is known to be set. */
  #alarmMs = Infinity

  /** Runs one operation of the store; what puts something into a queue, or shuts its gate, sets the alarm. */
  async state(owner: string, request: StoreRequest): Promise<StoreReply> {
    const reply = await serveStore(this.#store, request)
    if (leavesWork(request)) await this.#arm(owner, webHost.now() + gatherMs)
    return reply
  }

  /** Sets the alarm if anything may be waiting without one; of a node that is `clocked`, something always is. */
  async wake(owner: string, clocked = false): Promise<void> {
    if (this.#alarmMs < Infinity || await this.#standing() !== null) return
    const pages = await Promise.all(['queue/', 'gate/'].map(prefix => this.#store.list(prefix, { limit: 1 })))
    if (clocked || pages.some(({ entries }) => entries.length > 0)) await this.#arm(owner, webHost.now())
  }

  /** Carries out orders in its own alarm, for an object that has too many of them. */
  async deal(orders: readonly Order[]): Promise<void> {
    await this.#storage.put('orders', orders)
    await this.#storage.setAlarm(webHost.now())
  }

  /** Hands out rounds that are due, sends what waits, and comes back when there is more to do. */
  async alarm(): Promise<void> {
    this.#alarmMs = Infinity
    const dealt = await this.#storage.get<readonly Order[]>('orders')
    if (dealt !== undefined) {
      await this.#storage.delete('orders')
      return this.#hand(dealt)
    }
    const owner = await this.#storage.get<string>('owner')
    if (owner === undefined) return
    const wakes = await Promise.all([this.#beat(owner), this.#drain(owner)].map(work => work.catch((error: unknown) => {
      console.error(`level=error msg="alarm failed" owner=${JSON.stringify(owner)} err=${JSON.stringify(String(error))}`)
      return webHost.now() + repairMs
    })))
    const atMs = wakes.reduce<number>((first, wake) => Math.min(first, wake ?? Infinity), Infinity)
    if (atMs < Infinity) await this.#arm(owner, atMs)
    if (this.#running !== undefined) this.ctx.waitUntil(this.#running.ledger.settle())
  }

  /** The graph, whose own state is here and needs no call. */
  #graph(owner: string): Graph {
    return this.#running ??= makeGraph(this.env, true, (of, request) =>
      (of === owner ? serveStore(this.#store, request) : this.env.STATE.getByName(of).state(of, request)))
  }

  async #drain(owner: string): Promise<number | undefined> {
    const waitMs = await this.#graph(owner).drain(AbortSignal.timeout(tickMs), { woken: true, only: ({ id }) => ownerOfNode(id) === owner })
    return waitMs === undefined ? undefined : webHost.now() + waitMs
  }

  async #beat(owner: string): Promise<number | undefined> {
    const graph = this.#graph(owner)
    const ids = graph.clocks.filter(id => ownerOfNode(id) === owner)
    if (ids.length === 0) return undefined
    const pace = paceOf('cloudflare', graph.host.env)
    // Without entrypoints that it could call, the object does the work itself, as much as one invocation can.
    const alone = this.ctx.exports?.SluiceRounds === undefined ? { minShards: 1, maxShards: 1 } : {}
    return graph.beat({ pace: { ...pace, ...alone }, hand: orders => this.#share(owner, orders) }, AbortSignal.timeout(tickMs), ids)
  }

  async #share(owner: string, orders: readonly Order[]): Promise<void> {
    const handfuls = Array.from({ length: Math.ceil(orders.length / handfulOrders) }, (_, n) => orders.slice(n * handfulOrders, (n + 1) * handfulOrders))
    await Promise.all(handfuls.map((handful, n) => (n === 0 ? this.#hand(handful) : this.env.STATE.getByName(`${owner}/deal-${n}`).deal(handful))))
  }

  /** Begins rounds, and does not wait for their end: what became of them is noted in the state. */
  async #hand(orders: readonly Order[]): Promise<void> {
    const rounds = this.ctx.exports?.SluiceRounds as Loopback<SluiceRounds> | undefined
    for (const order of orders) {
      const graph = this.#running
      const round = rounds?.round(order) ?? graph?.round(order, untilDeadline(order, webHost.now()))
      if (round !== undefined) this.ctx.waitUntil(round.catch(failed(order)))
    }
  }

  /** When the alarm rings; one that should have rung a while ago will not: workerd on one's own machine forgets alarms when it ends. */
  async #standing(): Promise<number | null> {
    const atMs = await this.#storage.getAlarm()
    return atMs === null || atMs < webHost.now() - lostMs ? null : atMs
  }

  /** Sets the alarm, unless it rings before that. */
  async #arm(owner: string, atMs: number): Promise<void> {
    if (this.#alarmMs <= atMs) return
    const standing = await this.#standing()
    this.#alarmMs = Math.min(atMs, standing ?? Infinity)
    if (standing !== null && standing <= atMs) return
    // The object does not know the name that it was reached by when its alarm rings.
    if (await this.#storage.get('owner') === undefined) await this.#storage.put('owner', owner)
    await this.#storage.setAlarm(atMs)
  }
}

/** What is used of `ctx.storage` beside SQL. */
interface AlarmStorage {
  get<T>(key: string): Promise<T | undefined>
  put(key: string, value: unknown): Promise<void>
  delete(key: string): Promise<boolean>
  getAlarm(): Promise<number | null>
  setAlarm(atMs: number): Promise<void>
}

const leavesWork = (request: StoreRequest) =>
  (request.op === 'append' && request.prefix.startsWith('queue/')) || (request.op === 'put' && request.key.startsWith('gate/'))
