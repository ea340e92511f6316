/**
 * One request, alarm or message on its way through the graph. Every effect a component has goes through its Call, so that the
 * same component runs on any platform, and a test holds the whole world in its hand.
 */

import type { StateKey, StateOf } from '../../state/kinds.ts'
import type { Dns } from './dns.ts'
import type { Counter, Histogram, LabelArgs } from './metrics.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Who sent the data, as far as the receiver was asked to keep it. */
export interface Client {
  /** Request headers, lower case; empty unless the receiver has `include_metadata`. */
  readonly metadata: Readonly<Record<string, readonly string[]>>
  /** What the receiver's `auth` handler found out: `username`, `subject`, ... */
  readonly auth: Readonly<Record<string, string>>
  /** The peer's address, without its port, where the platform tells. */
  readonly address?: string
}

/** The size that batches should have. */
export interface Gather {
  /** Batches of as many items are as they should be. */
  readonly items: number
  /** The most items of one batch; 0 for any number. */
  readonly most: number
}

export interface Call {
  /** Milliseconds since the epoch. */
  now(): number
  /** A number in [0, 1). */
  random(): number
  /** Aborted when the invocation must come to an end: its deadline, or a client that went away. */
  readonly signal: AbortSignal
  readonly client: Client
  fetch(url: string, init?: RequestInit): Promise<Response>
  /** What this collector itself answers, without leaving the process: pages of its components (`Instance.pages`), and `/metrics`. */
  ask(request: Request): Promise<Response>
  /** Which addresses that others name (targets of scrapes) may be asked; see transport/egress.ts. */
  readonly egress: 'any' | readonly string[]
  /** How to ask for DNS records here. */
  readonly dns: Dns
  /** Resolves after `ms`, or rejects when the signal aborts. */
  sleep(ms: number): Promise<void>
  /** Runs `work` with a signal that aborts after `ms` (0: never), or with the call's own. The one way to set a limit of time. */
  within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T>
  /** A line of the collector's own log; the component's id is added. `fields` must hold no secrets. */
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void
  /** Adds to one of the component's counters; cheap enough for every batch, not for every item. */
  count<L extends string>(metric: Counter<L>, by: number, ...labels: LabelArgs<L>): void
  /** Notes a value in one of the component's histograms. */
  observe<L extends string>(metric: Histogram<L>, value: number, ...labels: LabelArgs<L>): void
  /** A line on standard output, as the echo components write it. */
  print(text: string): void
  /** A file by the name the configuration gives it: from the disk on Node, from what the build embedded elsewhere. */
  readFile(name: string): Promise<Uint8Array>
  /** The files that `readFile` knows and whose name a pattern (`targets/*.json`) matches, sorted. */
  listFiles(pattern: string): Promise<string[]>
  /** A random UUID made once for this installation, and kept (Alloy's seed). */
  installation(): Promise<string>
  /** What a batch processor upstream of this component asks for, where the store holds small writes cheaply: its queue meets it (semantics.md 3). */
  readonly gather: Gather | undefined
  /** Whether the deployment keeps what a destination refused for good (SLUICE_DEAD_LETTERS). */
  readonly keepsRefused: boolean
  /** The state behind one of the component's own keys. */
  open<K extends StateKey>(key: K): StateOf<K>
  /** The same call with another client, for what a receiver learned of its sender. */
  from(client: Client): Call
}

/** A client of which nothing is known. */
export const nobody: Client = { metadata: {}, auth: {} }
