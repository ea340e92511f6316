/** The one registration object of a component. */

import type { BatchInfo, Depth, GateKey, LeaseKey, QueueKey, StateKey } from '../../state/kinds.ts'
import type { Call, Gather, LogLevel } from './call.ts'
import type { CapsuleType } from './consume.ts'
import type { Reading } from './metrics.ts'
import type { Decoded, Fields, Stability } from './schema.ts'

/** What exports of the types `secret` and `optional_secret` are made of. */
export { OptionalSecret, Secret } from '../../language/value.ts'

/** Answers one request that the door has found to be this route's. */
export type RouteHandler = (request: Request, call: Call) => Promise<Response>

/** What an export is: a capsule, or a value of the language. */
export type ExportType = CapsuleType | 'string' | 'secret' | 'optional_secret' | 'number' | 'bool' | 'list(map(string))' | 'map(secret)' | 'any'

const plainTypes = new Set<ExportType>(['string', 'secret', 'optional_secret', 'number', 'bool', 'list(map(string))', 'map(secret)', 'any'])

/** Whether an export is a value of the language, and no capsule. */
export const isPlain = (type: ExportType): boolean => plainTypes.has(type)

/** An export's type as messages name it: `capsule("otelcol.Consumer")`. */
export const typeText = (type: ExportType): string => (isPlain(type) ? type : `capsule(${JSON.stringify(type)})`)

/** Stands before the door. A route has several spellings, and each of them asks when one does. */
export interface Guard {
  /** Whether a request for a route that has these paths must show credentials. */
  readonly asks: (paths: readonly string[]) => boolean
  /** The refusal of a request with these headers; undefined lets it pass. */
  readonly refuse: (headers: Headers) => Response | undefined
}

/** Where the meta of a batch among `Drain.dead` says why it is there; everything else in it is what the exporter noted. */
export const reasonKey = 'sluice.reason'

/** A destination's queue, and the work of emptying it. */
export interface Drain {
  readonly queue: QueueKey
  /** Where batches are kept that were refused for good. */
  readonly dead: QueueKey
  readonly gate: GateKey
  /** The right to take something out of either queue. */
  readonly lease: LeaseKey
  /** Told by whoever has just put something into the queue: it is worth looking again. */
  touch(): void
  /** Which of a batch's notes may hold a secret, and are not shown. */
  readonly secretNotes?: readonly string[]
  /** What a batch in either queue holds, for people: plain data of at most its first `most` items. */
  show(bytes: Uint8Array, meta: BatchInfo['meta'], most: number): unknown
  /** How much waits, under the names that Alloy has for it. */
  readonly readings?: (depth: Depth) => readonly Reading[]
  /**
   * Sends what waits, for as long as there is work and the call lasts. Resolves with how many milliseconds to leave it alone, or
   * undefined when nothing waits. `woken` says that something was put in; without it a queue that was just seen empty is not read again.
   */
  run(call: Call, woken: boolean): Promise<number | undefined>
}

/** One of many targets, as clocks see it. */
export interface RoundTarget {
  /** By which it goes to a shard. */
  readonly labels: Readonly<Record<string, string>>
  readonly intervalMs: number
  /** The longest that work on it takes. */
  readonly timeoutMs: number
}

/** What became of a round. */
export interface RoundReport {
  /** Where the next one has to begin so that nothing is left out. */
  readonly doneMs: number
  /** How often a target was worked on, and how long that took in all. */
  readonly times: number
  readonly busyMs: number
}

/** Work on many targets, each at times of its own: clocks decide where it runs, over how many shards, and make up for what was lost. */
export interface Rounds {
  /** The targets, the same array for as long as the component is not built anew. */
  targets(): readonly RoundTarget[]
  /** What tells the first time at or after another at which one of them is due; undefined without targets. */
  dues(call: Call): Promise<(fromMs: number) => number | undefined>
  /**
   * Does what falls due from `fromMs` to before `untilMs` for the targets that `mine` names (by their place in `targets()`), each at its
   * own time; what was done for a time is not done again, and work under a lower `token` than before does nothing. Ends early when the
   * call does. Rounds of different targets or different times may overlap.
   */
  run(call: Call, round: { mine(index: number): boolean; fromMs: number; untilMs: number; token: number }): Promise<RoundReport>
  /** Ends what targets that are gone left behind; by one at a time, now and then. */
  retire(call: Call): Promise<void>
}

/** What `build` makes. Optional parts are optional properties. */
export interface Instance {
  /** Values by export name, as the definition's `exports` lists them; those of a `refresh` may be absent until it has run. */
  readonly exports?: Readonly<Record<string, unknown>>
  /** Routes by method and native path: `'POST /v1/logs'`; the path `/*` takes everything. */
  readonly routes?: Readonly<Record<string, RouteHandler>>
  /** Where Alloy would listen; the Node target opens it. Several components may not share one address. */
  readonly listen?: { readonly host: string; readonly port: number }
  /** Whether the routes check credentials of their own. */
  readonly guarded?: boolean
  /** Work that a tick does when it is due. */
  readonly schedule?: { readonly everyMs: number; run(call: Call): Promise<void> }
  /** Work on many targets, at any interval; needs `clockState` (clock.ts) among the definition's state. */
  readonly rounds?: Rounds
  /** Exports that change while nothing runs: read once before the first use, then every `everyMs`; a failure keeps the last good ones. */
  readonly refresh?: { readonly everyMs: number; run(call: Call): Promise<Readonly<Record<string, unknown>>> }
  /** Asks that small batches are joined; the queues downstream do it, so nothing is held here. */
  readonly gather?: Gather
  /** What waits in durable queues to be sent on. */
  readonly drains?: readonly Drain[]
  /** Pages by path, for the collector itself only: what `Call.ask` reads below `/api/v0/component/<id>`. */
  readonly pages?: Readonly<Record<string, RouteHandler>>
  /** What the component knows of its own work, as the API and the UI show it: plain data without secrets. */
  debug?(call: Call): Promise<unknown>
  /** Of the `http` block: who may come in at all. */
  readonly guard?: Guard
  /** Of the `logging` block. */
  readonly logging?: { readonly level: LogLevel; readonly format: 'logfmt' | 'json' }
}

/** What a component may know of itself while it is built. */
export interface Self {
  /** Its id in the configuration: `prometheus.scrape.default`. */
  readonly id: string
}

export type Platform = 'cloudflare' | 'lambda' | 'node'

export interface Definition<F extends Fields = Fields, S extends Readonly<Record<string, StateKey>> = Readonly<Record<string, StateKey>>> {
  /** The dotted name; it is also the path below src/components. */
  readonly name: string
  /** A configuration block (`logging`, `http`): stands once, without a label, and exports nothing. */
  readonly singleton?: true
  readonly stability: Stability
  /** Kept by its users, and only there with --feature.community-components.enabled. */
  readonly community?: true
  readonly args: F
  readonly exports?: Readonly<Record<string, ExportType>>
  /** Keys of the durable state it needs; the Call opens them. */
  readonly state?: S
  /** Platforms that cannot run it, each with the reason and what to use instead. */
  readonly impossible?: Partial<Record<Platform, string>>
  /** Pure and synchronous: it runs in global scope, and at build time to check. Throws ArgumentError for what the user must mend. */
  build(args: Decoded<F>, state: S, self: Self): Instance
}

/** Declares a component; see ARCHITECTURE.md, "The component contract". */
export function defineComponent<F extends Fields, S extends Readonly<Record<string, StateKey>> = Record<never, never>>(definition: Definition<F, S>): Definition {
  return definition
}
