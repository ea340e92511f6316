/** What a platform lends to the graph. Handlers make one; everything a Call does ends here. */

import type { Store } from '../../state/store.ts'

export interface Host {
  readonly platform: 'cloudflare' | 'lambda' | 'node'
  /** A variable of the environment, or a secret bound to the worker; undefined when there is none. */
  env(name: string): string | undefined
  now(): number
  random(): number
  fetch(url: string, init?: RequestInit): Promise<Response>
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** One line to standard output. */
  print(line: string): void
  /** One line of the collector's log, to standard error. */
  log(line: string): void
  /** A file of the platform's disk; undefined where there is no disk to read. */
  readonly readFile?: (name: string) => Promise<Uint8Array>
  /** Where durable state stands. */
  readonly store: Store
}
