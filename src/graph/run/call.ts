/** The Call that components see, on top of a Host. One per request, alarm or message, re-scoped to each node that it passes. */

import { nobody, type Call, type Client, type Gather, type LogLevel } from '../../components/contract/call.ts'
import type { Dns } from '../../components/contract/dns.ts'
import type { Counter, Histogram, LabelArgs } from '../../components/contract/metrics.ts'
import type { StateKey, StateOf } from '../../state/kinds.ts'
import { fromBase64, text, utf8 } from '../../lib/bytes.ts'
import { globFolder, globMatcher, isGlob } from '../../lib/glob.ts'
import type { Plan } from '../plan.ts'
import type { Host } from './host.ts'
import type { Ledger } from './ledger.ts'
import { logLine, passes, type LogSettings } from './log.ts'
import type { StateOpener } from './state.ts'

/** What all calls of one graph share. */
export interface Surroundings {
  readonly host: Host
  readonly plan: Plan
  readonly log: LogSettings
  readonly state: StateOpener
  readonly ledger: Ledger
  /** What batch processors ask of the nodes downstream of them. */
  readonly gathers: ReadonlyMap<string, Gather>
  readonly ask: (request: Request, signal: AbortSignal) => Promise<Response>
  /** The installation's id once it is known. */
  installation?: string
}

/** Asked where a platform has no resolver of its own, unless SLUICE_DNS_URL names another. */
const publicDns = 'https://cloudflare-dns.com/dns-query'

export class GraphCall implements Call {
  readonly signal: AbortSignal
  readonly client: Client
  readonly #around: Surroundings
  readonly #id: string

  constructor(around: Surroundings, id: string, signal: AbortSignal, client: Client = nobody) {
    this.#around = around
    this.#id = id
    this.signal = signal
    this.client = client
  }

  /** The same call inside another node. */
  at(id: string): GraphCall { return id === this.#id ? this : new GraphCall(this.#around, id, this.signal, this.client) }

  from(client: Client): GraphCall { return new GraphCall(this.#around, this.#id, this.signal, client) }

  now(): number { return this.#around.host.now() }
  random(): number { return this.#around.host.random() }
  fetch(url: string, init?: RequestInit): Promise<Response> { return this.#around.host.fetch(url, init) }
  ask(request: Request): Promise<Response> { return this.#around.ask(request, this.signal) }
  sleep(ms: number): Promise<void> { return this.#around.host.sleep(ms, this.signal) }
  within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return ms > 0 ? this.#around.host.within(ms, this.signal, work) : work(this.signal)
  }

  get gather(): Gather | undefined { return this.#around.host.store.limits.cheapSmallWrites ? this.#around.gathers.get(this.#id) : undefined }
  get keepsRefused(): boolean { return this.#around.host.env('SLUICE_DEAD_LETTERS') === 'on' }
  get dns(): Dns {
    const { lookup, env } = this.#around.host
    return lookup === undefined ? { url: env('SLUICE_DNS_URL') || publicDns } : { lookup }
  }

  get egress(): 'any' | readonly string[] { return egressOf(this.#around.host) }
  print(line: string): void { this.#around.host.print(line) }

  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const { host, log } = this.#around
    if (passes(level, log)) host.log(logLine(log, host.now(), level, message, { component_path: '/', component_id: this.#id, ...fields }))
  }

  count<L extends string>(metric: Counter<L>, by: number, ...labels: LabelArgs<L>): void {
    this.#around.ledger.count(metric, this.#id, by, ...labels)
  }

  observe<L extends string>(metric: Histogram<L>, value: number, ...labels: LabelArgs<L>): void {
    this.#around.ledger.observe(metric, this.#id, value, ...labels)
  }

  async readFile(name: string): Promise<Uint8Array> {
    const { host, plan } = this.#around
    const embedded = plan.embedded[name]
    if (embedded !== undefined) return fromBase64(embedded)!
    if (host.readFile === undefined) throw new Error(`there is no disk on ${host.platform} to read ${JSON.stringify(name)} from, and the build did not embed it`)
    return host.readFile(name)
  }

  async listFiles(pattern: string): Promise<string[]> {
    const { host, plan } = this.#around
    if (!isGlob(pattern)) return [pattern]
    const folder = globFolder(pattern)
    const names = await host.readFolder?.(folder === '' ? '.' : folder) ?? []
    return [...Object.keys(plan.embedded), ...names.map(name => folder + name)].filter(globMatcher(pattern)).sort()
  }

  /** Read once. Calls that come meanwhile read for themselves: on Workers a cancelled request takes its I/O with it, and none may wait for another's. */
  async installation(): Promise<string> {
    this.#around.installation ??= await readInstallation(this.#around.host)
    return this.#around.installation
  }

  open<K extends StateKey>(key: K): StateOf<K> {
    return this.#around.state.open(key, this.#id)
  }
}

/** On one's own machine everything may be asked, as in Alloy; in the cloud only what is public, unless the deployment says more. */
function egressOf({ platform, env }: Host): 'any' | readonly string[] {
  const allowed = env('SLUICE_EGRESS_ALLOW')
  if (allowed === undefined) return platform === 'node' ? 'any' : []
  return allowed.split(',').map(each => each.trim()).filter(each => each !== '')
}

const installationKey = 'installation'

/** The id of this installation, made by whoever comes first. */
async function readInstallation({ store, random }: Host): Promise<string> {
  for (;;) {
    const known = await store.get(installationKey)
    if (known !== undefined) return text(known.value)
    // Whoever loses this race finds the winner's id in the next round.
    await store.put(installationKey, utf8(uuid(random)), { ifVersion: null })
  }
}

/** A version 4 UUID of `random`'s numbers. */
function uuid(random: () => number): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16))
  digits[12] = 4
  digits[16] = 8 + (digits[16]! % 4)
  const hex = digits.map(digit => digit.toString(16)).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
