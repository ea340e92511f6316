/** What a platform lends to the graph. Handlers make one; everything a Call does ends here. */

import type { DnsLookup } from '../../components/contract/dns.ts'
import type { Store } from '../../state/store.ts'
import type { Cipher } from './live-format.ts'

export interface Host {
  readonly platform: 'cloudflare' | 'lambda' | 'node'
  /** A variable of the environment, or a secret bound to the worker; undefined when there is none. */
  readonly env: (name: string) => string | undefined
  readonly now: () => number
  readonly random: () => number
  /** Milliseconds of a clock that nobody sets; without it `now` serves. */
  readonly elapsed?: () => number
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Runs `work` with a signal that aborts after `ms`, with a TimeoutError, or with `signal`. */
  readonly within: <T>(ms: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>) => Promise<T>
  /** One line to standard output. */
  readonly print: (line: string) => void
  /** One line of the collector's log, to standard error. */
  readonly log: (line: string) => void
  /** A file of the platform's disk; undefined where there is no disk to read. */
  readonly readFile?: (name: string) => Promise<Uint8Array>
  /** The names in a folder of that disk. */
  readonly readFolder?: (name: string) => Promise<readonly string[]>
  /** The platform's resolver; where there is none, DNS is asked over HTTPS. */
  readonly lookup?: DnsLookup
  /** Whether one request may wait for what another has begun: not in a stateless Worker, where a cancelled request takes its I/O with it. */
  readonly shareIo: boolean
  /** Makes a cipher of a key, for secrets in durable state; without it they are not kept. */
  readonly cipher?: (key: string) => Cipher
  /** Where durable state stands. */
  readonly store: Store
}
