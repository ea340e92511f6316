/**
 * A Plan come to life. Nodes are built in dependency order; one that cannot be built is unhealthy and refuses data with the reason,
 * and its neighbours live on. Exports that change (`refresh`) rebuild their dependants and nothing else.
 */

import type { Call, Client, Gather } from '../../components/contract/call.ts'
import type { Consumer } from '../../components/contract/consume.ts'
import { decode } from '../../components/contract/decode.ts'
import { isPlain, typeText, type Definition, type Instance, type RouteHandler } from '../../components/contract/define.ts'
import { ArgumentError, retryable } from '../../components/contract/errors.ts'
import type { Host as LibraryHost } from '../../language/stdlib/constants.ts'
import { Capsule, Unknown, equal, objectValue, type ObjectValue, type Value } from '../../language/value.ts'
import { version } from '../../lib/version.ts'
import type { StateEnv } from '../../state/kinds/env.ts'
import type { Batch } from '../../telemetry/batch.ts'
import type { Plan, PlanNode } from '../plan.ts'
import { evaluateBody, valueExports, valuesOf, variables } from '../scope.ts'
import { GraphCall, type Surroundings } from './call.ts'
import type { Order } from './clock.ts'
import type { ClockRun, ClockWork } from './clocks.ts'
import { runDrains, type DrainOptions, type GraphDrain } from './drains.ts'
import { counted } from './counted.ts'
import { FailureLog, type Failure, type Health, type Throughput } from './health.ts'
import type { Host } from './host.ts'
import { Ledger } from './ledger.ts'
import { LiveNodes, followEveryMs } from './live.ts'
import { StateOpener, type Openers } from './state.ts'

/** What a build generates (`#graph`). */
export interface GraphModule {
  readonly plan: Plan
  readonly components: Readonly<Record<string, Definition>>
  /** The parts of the standard library in use, with the environment to read and what `constants` says of the host. */
  readonly functions: (env: (name: string) => string | undefined, host: LibraryHost) => ObjectValue
  /** The kinds of state in use. */
  readonly openers: Openers
  /** How rounds are done, where a component has any. */
  readonly clockWork?: ClockWork | undefined
}

export interface GraphRoute {
  readonly id: string
  readonly method: string
  readonly path: string
  /** Whether this node is the only one with this method and path. */
  readonly short: boolean
  readonly handle: RouteHandler
}

interface Node {
  readonly plan: PlanNode
  /** Absent for a value node, which exports its attributes. */
  readonly definition: Definition | undefined
  instance: Instance | undefined
  /** As the scope of dependants has them. */
  exports: ObjectValue
  health: Health
  readonly throughput: Throughput
  /** When the exports of `refresh` were read that stand now, when it was begun last, and when `schedule` was. */
  refreshedMs: number | undefined
  triedMs: number | undefined
  tickedMs: number | undefined
}

export class Graph {
  readonly plan: Plan
  readonly host: Host
  readonly failures = new FailureLog()
  /** What this isolate counts of itself. */
  readonly ledger: Ledger
  readonly #nodes: ReadonlyMap<string, Node>
  readonly #functions: ObjectValue
  readonly #around: { -readonly [K in keyof Surroundings]: Surroundings[K] }
  #routes: readonly GraphRoute[] = []
  readonly #live: LiveNodes
  readonly #clockWork: ClockWork | undefined
  #followedMs = 0
  #ready = false
  #reading: Promise<void> | undefined

  /** Builds every node that needs no effect to be built; synchronous and pure but for the host's clock. */
  constructor({ plan, components, functions, openers, clockWork }: GraphModule, host: Host) {
    this.#clockWork = clockWork
    this.plan = plan
    this.host = host
    this.#functions = functions(name => host.env(name), { hostname: host.env('HOSTNAME') ?? '', os: 'linux', arch: 'amd64', version })
    const { now, random, shareIo } = host
    const env: StateEnv = { now, random, shareIo, ...(host.elapsed && { elapsed: host.elapsed }), onDamage: ({ key, ...damage }) => { this.failures.add(now(), key, `damaged record: ${JSON.stringify(damage)}`) } }
    const state = new StateOpener(openers, host.store, env)
    this.ledger = new Ledger(host.store, { ...env, sleep: ms => host.sleep(ms, never()), onFailure: error => { this.#uncounted(error) } })
    this.#around = { host, plan, state, gathers: new Map(), ledger: this.ledger, ask: (request, signal) => this.#ask(request, signal), log: { level: 'info', format: 'logfmt' } }
    this.#nodes = new Map(plan.nodes.map(node => [node.id, this.#blank(node, components)]))
    this.#live = new LiveNodes(this.#nodes.values(), state, host)
    for (const node of this.#nodes.values()) this.#build(node)
    this.#index()
  }

  #blank(plan: PlanNode, components: GraphModule['components']): Node {
    const definition = plan.component === undefined ? undefined : components[plan.component]
    if (plan.component !== undefined && definition === undefined) throw new Error(`the build holds no component ${plan.component}, which ${plan.id} needs`)
    const health: Health = { state: 'waiting', message: 'not built yet', sinceMs: this.host.now() }
    return { plan, definition, instance: undefined, exports: objectValue(), health, throughput: { accepted: 0, refused: 0 }, refreshedMs: undefined, triedMs: undefined, tickedMs: undefined }
  }

  // --- building -----------------------------------------------------------------------------------------------------------------

  #build(node: Node): void {
    const { plan, definition, exports: last } = node
    node.instance = undefined
    node.exports = objectValue()
    try {
      const problems: string[] = []
      const scope = { variables: variables(this.#functions, valuesOf(plan.uses, id => this.#nodes.get(id)!.exports)) }
      const body = evaluateBody(plan.body, { start: 0, end: 0 }, scope, problem => problems.push(problem.message))
      if (definition === undefined) {
        node.exports = valueExports(body)
        if (problems.length > 0) throw new ArgumentError([], problems.join('; '))
        node.health = { state: 'healthy', message: '', sinceMs: this.host.now() }
        return
      }
      const { value, problems: wrong, complete } = decode(definition.args, body, 'experimental')
      problems.push(...wrong.filter(problem => problem.kind !== 'inert').map(problem => `${problem.name} ${problem.text || problem.kind}`))
      if (problems.length > 0) throw new ArgumentError([], problems.join('; '))
      if (!complete) return this.#wait(node)
      this.#live.describe(plan.id, value)
      node.instance = definition.build(value, definition.state ?? {}, { id: plan.id })
      if (node.instance.refresh === undefined) this.#publish(node, node.instance.exports ?? {})
      else if (node.refreshedMs === undefined) this.#wait(node)
      else node.exports = last
    } catch (error) {
      this.#fail(node, error)
    }
  }

  /** Makes exports visible to dependants: consumers counted and scoped to their node, everything as the language's values. */
  #publish(node: Node, exports: Readonly<Record<string, unknown>>): void {
    for (const [name, type] of Object.entries(node.definition?.exports ?? {})) {
      const value = exports[name]
      node.exports[name] = isPlain(type) ? (value as Value) : new Capsule(type, isConsumer(value) ? this.#counted(node, value) : value)
    }
    node.health = { state: 'healthy', message: '', sinceMs: this.host.now() }
  }

  #wait(node: Node): void {
    this.#refuseAll(node, 'is waiting for values that it needs')
    node.health = { state: 'waiting', message: 'waiting for values that it needs', sinceMs: this.host.now() }
  }

  #fail(node: Node, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    this.#refuseAll(node, `is unhealthy: ${message}`)
    node.health = { state: 'unhealthy', message, sinceMs: this.host.now() }
    this.failures.add(this.host.now(), node.plan.id, message)
    this.#call(node.plan.id).log('error', 'component is unhealthy', { node_id: node.plan.id, file: this.plan.files[node.plan.file], line: node.plan.line, err: message })
  }

  /** A node that is not there keeps its place: what it would consume is refused with the reason, so the sender holds on to it. */
  #refuseAll(node: Node, why: string): void {
    for (const [name, type] of Object.entries(node.definition?.exports ?? {})) {
      const refuse: Consumer<Batch> = { consume: async () => { throw retryable(`${node.plan.id} ${why}`) } }
      node.exports[name] = consumerTypes.has(type) ? new Capsule(type, this.#counted(node, refuse)) : new Unknown(typeText(type))
    }
  }

  #counted({ plan: { id }, throughput }: Node, consumer: Consumer<Batch>): Consumer<Batch> {
    return counted(consumer, id, throughput, this.ledger, error => { this.#remember(id, error) })
  }

  /** Counts are not worth failing anything for, and are tried again. */
  #uncounted(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    this.failures.add(this.host.now(), 'sluice', `counts could not be written: ${message}`)
    this.#call('sluice').log('warn', 'counts could not be written; they are kept and will be tried again', { err: message })
  }

  /** Each failure is remembered where it happened first, not once more at every node above. */
  readonly #seen = new WeakSet()
  #remember(id: string, error: unknown): void {
    if (typeof error === 'object' && error !== null) {
      if (this.#seen.has(error)) return
      this.#seen.add(error)
    }
    this.failures.add(this.host.now(), id, error instanceof Error ? error.message : String(error))
  }

  #index(): void {
    const routes = [...this.#nodes.values()].flatMap(({ plan: { id }, instance }) =>
      Object.entries(instance?.routes ?? {}).map(([route, handle]) => {
        const [method, path] = route.split(' ') as [string, string]
        return { id, method, path, handle }
      }))
    const claims = new Map<string, number>()
    for (const { method, path } of routes) claims.set(`${method} ${path}`, (claims.get(`${method} ${path}`) ?? 0) + 1)
    this.#routes = routes.map(route => ({ ...route, short: claims.get(`${route.method} ${route.path}`) === 1 }))
    this.#around.gathers = gathersOf([...this.#nodes.values()])
    for (const { instance } of this.#nodes.values()) if (instance?.logging !== undefined) this.#around.log = instance.logging
  }

  // --- running ------------------------------------------------------------------------------------------------------------------

  #call(id: string, signal: AbortSignal = never(), client?: Client): GraphCall { return new GraphCall(this.#around, id, signal, client) }

  /** A call that enters at node `id`. */
  enter(id: string, signal: AbortSignal, client?: Client): Call { return this.#call(id, signal, client) }

  /** Answers of handlers that components may ask for, by path. */
  readonly pages = new Map<string, () => Response | Promise<Response>>()

  /** Answers what a component asks of this collector itself: a page of a component, or of the handlers. */
  async #ask(request: Request, signal: AbortSignal): Promise<Response> {
    const { pathname } = new URL(request.url)
    for (const { plan: { id }, instance } of this.#nodes.values()) {
      // Ids inside modules have slashes of their own, and are written as they are.
      const prefix = `/api/v0/component/${id}`
      const page = pathname.startsWith(`${prefix}/`) ? instance?.pages?.[pathname.slice(prefix.length)] : undefined
      if (page !== undefined) return page(request, this.#call(id, signal))
    }
    return await this.pages.get(pathname)?.() ?? new Response(`nothing here answers ${pathname}\n`, { status: 404 })
  }

  /** What component `id` says of its own work; undefined where it says nothing. */
  async debug(id: string, signal: AbortSignal): Promise<unknown> {
    return this.#nodes.get(id)?.instance?.debug?.(this.#call(id, signal))
  }

  /** Resolves once every value that must be read before the first use has been read, or has failed to be. */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.#ready) return this.#follow(signal)
    const read = () => this.#refresh(node => (node.refreshedMs === undefined ? this.#refreshOne(node, signal, 'old enough') : undefined))
    if (!this.host.shareIo) await read()
    else await (this.#reading ??= read())
    this.#followedMs = this.host.now()
    this.#ready = true
  }

  /** Takes over what other isolates have read meanwhile; looks at most every ten seconds, so requests cost no durable read. */
  async #follow(signal: AbortSignal, now?: 'now'): Promise<void> {
    if (this.#live.size === 0 || (now === undefined && this.host.now() - this.#followedMs < followEveryMs)) return
    this.#followedMs = this.host.now()
    await this.#refresh(node => (this.#live.has(node.plan.id) ? this.#takeOver(node, signal) : undefined))
  }

  /** Runs what is due: refreshes of changing values, then schedules. A tick that comes twice finds nothing due. */
  async tick(signal: AbortSignal): Promise<void> {
    await this.ready(signal)
    await this.#refresh(node => (this.#due(node.instance?.refresh?.everyMs, node.triedMs) ? this.#refreshOne(node, signal) : undefined))
    const due = [...this.#nodes.values()].filter(({ instance, tickedMs }) => this.#due(instance?.schedule?.everyMs, tickedMs))
    await Promise.all(due.map(node => this.#runSchedule(node, signal)))
    await this.ledger.flush()
    await this.ledger.fold()
  }

  /**
   * Sends what waits in queues for as long as there is work and `signal` lasts; resolves with how many milliseconds to leave it
   * alone, or undefined when nothing waits.
   */
  async drain(signal: AbortSignal, options: DrainOptions = {}): Promise<number | undefined> {
    await this.ready(signal)
    return runDrains(this.drains, id => this.#call(id, signal), ({ id }, error) => {
      this.#remember(id, error)
      this.#call(id).log('error', 'a queue cannot be drained', { err: error instanceof Error ? error.message : String(error) })
    }, options)
  }

  /** The nodes whose work is done in rounds. */
  get clocks(): readonly string[] { return this.#clockWork === undefined ? [] : [...this.#nodes.values()].filter(({ instance }) => instance?.rounds !== undefined).map(({ plan: { id } }) => id) }

  /** Hands out what is due of these nodes; resolves with when to look again (milliseconds since the epoch), or undefined without any. */
  async beat(run: ClockRun, signal: AbortSignal, ids?: readonly string[]): Promise<number | undefined> {
    await this.ready(signal)
    const looks = this.clocks.filter(id => ids?.includes(id) ?? true).map(async (id): Promise<number> => {
      try {
        return await this.#clockWork!.runClock(this.#call(id, signal), id, this.#nodes.get(id)!.instance!.rounds!, run)
      } catch (error) {
        this.#remember(id, error)
        this.#call(id).log('error', 'the clock of scrapes failed, and is tried again', { err: error instanceof Error ? error.message : String(error) })
        return this.host.now() + run.pace.lookMs
      }
    })
    const wakes = await Promise.all(looks)
    return wakes.length === 0 ? undefined : Math.min(...wakes)
  }

  /** Carries out an order of `beat`, from this isolate or another; `signal` should end it at its deadline. */
  async round(order: Order, signal: AbortSignal): Promise<void> {
    await this.ready(signal)
    const rounds = () => this.#nodes.get(order.id)?.instance?.rounds
    const work = this.#clockWork!
    const known = rounds()
    // The work was shared out by what discovery has found since.
    if (known === undefined || work.sharesOf(known.targets()).name !== order.targets) await this.#follow(signal, 'now')
    const current = rounds()
    if (current === undefined) throw new Error(`${order.id}, which a round is for, is not there, or not healthy`)
    await work.runRound(this.#call(order.id, signal), current, order)
  }

  #due(everyMs: number | undefined, lastMs: number | undefined): boolean {
    return everyMs !== undefined && (lastMs === undefined || this.host.now() - lastMs >= everyMs)
  }

  async #runSchedule(node: Node, signal: AbortSignal): Promise<void> {
    node.tickedMs = this.host.now()
    try {
      await node.instance!.schedule!.run(this.#call(node.plan.id, signal))
    } catch (error) {
      this.#remember(node.plan.id, error)
      this.#call(node.plan.id).log('error', 'scheduled work failed', { err: error instanceof Error ? error.message : String(error) })
    }
  }

  /** Gives every node whose exports change to `read`, dependencies first, and rebuilds those that depend on one that changed. */
  async #refresh(read: (node: Node) => Promise<boolean> | undefined): Promise<void> {
    const changed = new Set<string>()
    for (const node of this.#nodes.values()) {
      if (node.plan.uses.some(({ id }) => changed.has(id))) {
        this.#build(node)
        // What was read with other arguments is due at once.
        node.triedMs = undefined
        changed.add(node.plan.id)
      }
      if (node.instance?.refresh === undefined) continue
      if (await read(node)) changed.add(node.plan.id)
    }
    if (changed.size > 0) this.#index()
  }

  /**
   * Reads a node's exports, or takes over what another isolate has read within the interval (at a cold start, within ten of them:
   * a request need not wait for what the next tick does). True when they are not what they were. A failure keeps the last good ones.
   */
  async #refreshOne(node: Node, signal: AbortSignal, age?: 'old enough'): Promise<boolean> {
    const { plan: { id }, instance, refreshedMs: before } = node
    const refresh = instance!.refresh!
    // From its beginning, so that a slow one does not meet itself, and a failed one waits for its turn.
    node.triedMs = this.host.now()
    try {
      const value = await this.#live.fresh(id, (age === undefined ? 1 : 10) * refresh.everyMs, call => refresh.run(call), this.#call(id, signal))
      node.triedMs = value.atMs
      return this.#set(node, value.exports, value.atMs)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const last = this.#live.last(id)
      const exports = before === undefined ? last?.exports ?? instance!.exports : undefined
      if (before === undefined && exports === undefined) {
        this.#fail(node, error)
        return true
      }
      if (exports !== undefined) this.#set(node, exports, last?.atMs ?? 0)
      node.health = { state: 'unhealthy', message, sinceMs: this.host.now() }
      this.failures.add(this.host.now(), id, message)
      const kept = before !== undefined || last !== undefined
      this.#call(id).log('warn', kept ? 'could not be refreshed; the last values stay' : 'could not be read; there are no values yet', { err: message })
      return before === undefined
    }
  }

  /** True when another isolate has read something else since. */
  async #takeOver(node: Node, signal: AbortSignal): Promise<boolean> {
    const { plan: { id }, refreshedMs = 0 } = node
    try {
      const value = await this.#live.read(id, this.#call(id, signal))
      return value !== undefined && value.atMs > refreshedMs && this.#set(node, value.exports, value.atMs)
    } catch (error) {
      this.#remember(id, error)
      return false
    }
  }

  /** True when these exports are not what they were. */
  #set(node: Node, exports: Readonly<Record<string, unknown>>, atMs: number): boolean {
    const before = node.refreshedMs === undefined ? undefined : node.exports
    node.refreshedMs = atMs
    node.exports = objectValue()
    this.#publish(node, exports)
    return before === undefined || !Object.keys(node.exports).every(name => before[name] !== undefined && equal(node.exports[name]!, before[name]))
  }

  // --- what handlers show -----------------------------------------------------------------------------------------------------------

  get routes(): readonly GraphRoute[] { return this.#routes }

  /** The guards that every request has to pass. */
  get guards(): readonly NonNullable<Instance['guard']>[] {
    return [...this.#nodes.values()].flatMap(({ instance }) => instance?.guard ?? [])
  }

  /** The queues of all destinations. */
  get drains(): readonly GraphDrain[] {
    return [...this.#nodes.values()].flatMap(({ plan: { id }, instance }) => (instance?.drains ?? []).map(drain => ({ ...drain, id })))
  }

  /** Addresses that receivers would listen on, for the target that can. */
  get listeners(): readonly { readonly id: string; readonly host: string; readonly port: number }[] {
    return [...this.#nodes.values()].flatMap(({ plan: { id }, instance }) => (instance?.listen === undefined ? [] : [{ id, ...instance.listen }]))
  }

  /** The components, without the value nodes between modules. */
  get nodes(): readonly { readonly id: string; readonly component: string; readonly uses: readonly string[]; readonly health: Health; readonly throughput: Readonly<Throughput> }[] {
    return [...this.#nodes.values()].flatMap(({ plan: { id, component, uses }, health, throughput }) =>
      (component === undefined ? [] : [{ id, component, uses: uses.map(use => use.id), health, throughput }]))
  }

  get lastFailures(): readonly Failure[] { return this.failures.list() }
}

/** What batch processors ask of each node that their data comes to. Nodes stand in the order of their dependencies, so against the data. */
function gathersOf(nodes: readonly Node[]): ReadonlyMap<string, Gather> {
  const gathers = new Map<string, Gather>()
  for (const { plan, instance } of [...nodes].reverse()) {
    const asked = instance?.gather ?? gathers.get(plan.id)
    // A node refers to where its data goes.
    if (asked !== undefined) for (const { id } of plan.uses) gathers.set(id, asked)
  }
  return gathers
}

/** A signal for what nobody can call off; made when needed, because Workers let none be made in global scope. */
const never = () => new AbortController().signal

const consumerTypes = new Set<string>(['otelcol.Consumer', 'storage.Appendable', 'loki.LogsReceiver'])
const isConsumer = (value: unknown): value is Consumer<Batch> => typeof (value as Partial<Consumer<Batch>> | undefined)?.consume === 'function'
