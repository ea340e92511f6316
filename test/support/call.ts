/** A Call that is the whole world of a test: a clock that only sleeping moves, scripted answers, everything written down. */

import type { Call, Client, Gather, LogLevel } from '../../src/components/contract/call.ts'
import { nobody } from '../../src/components/contract/call.ts'
import { globMatcher, isGlob } from '../../src/lib/glob.ts'
import { webHost } from '../../src/handlers/host.ts'
import { storeKey } from '../../src/state/kinds/keys.ts'
import { open } from '../../src/state/open.ts'
import type { Store } from '../../src/state/store.ts'
import { seeded } from '../state/world.ts'
import { memoryStore } from '../../src/state/stores/memory.ts'
import type { Metric } from '../../src/components/contract/metrics.ts'

export interface SentRequest {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: Uint8Array
}

export interface LogLine {
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** What `fetch` answers to the n-th request (from 0); throwing is a network failure. */
export type Answer = (request: SentRequest, index: number) => Response | Promise<Response>

export interface FakeCallOptions {
  readonly fetch?: Answer
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly client?: Client
  /** Milliseconds since the epoch at which the clock starts. */
  readonly startMs?: number
  readonly random?: () => number
  readonly signal?: AbortSignal
  /** Where its state stands; memory of its own without one. */
  readonly store?: Store
  readonly keepsRefused?: boolean
  /** Takes what is said of damaged state; without it, that fails the test. */
  readonly onDamage?: (report: object) => void
  readonly gather?: Gather
  readonly egress?: Call['egress']
  readonly dns?: Call['dns']
  /** What the collector answers itself. */
  readonly ask?: (request: Request) => Response | Promise<Response>
}

export interface FakeCall extends Call {
  readonly requests: SentRequest[]
  readonly logs: LogLine[]
  readonly prints: string[]
  /** What was counted: by name, and after it the values of labels in braces. */
  readonly counts: Map<string, number>
  readonly sleeps: number[]
  /** Moves the clock. */
  advance(ms: number): void
}

/** A fake call; calls made of it with `from` write to the same records. */
export function fakeCall(options: FakeCallOptions = {}): FakeCall {
  const { files = {}, startMs = 1_700_000_000_000, random = () => 0.5, signal = new AbortController().signal } = options
  const requests: SentRequest[] = []
  const logs: LogLine[] = []
  const prints: string[] = []
  const counts = new Map<string, number>()
  const count = ({ name }: Metric, by: number, labels: Readonly<Record<string, string>> = {}) => {
    const key = Object.keys(labels).length === 0 ? name : `${name}{${Object.values(labels).join(',')}}`
    counts.set(key, (counts.get(key) ?? 0) + by)
  }
  const sleeps: number[] = []
  let now = startMs
  // What the state is told apart by must differ, whatever the test wants of chance.
  const chance = seeded(1)
  const store = options.store ?? memoryStore({ now: () => now, random: chance })
  const opened = new Map<string, unknown>()

  const make = (client: Client): FakeCall => ({
    requests, logs, prints, counts, sleeps, client, signal,
    now: () => now,
    random,
    advance: ms => { now += ms },
    async fetch(url, init = {}) {
      const request = new Request(url, init)
      const sent = { url, method: request.method, headers: request.headers, body: new Uint8Array(await request.arrayBuffer()) }
      requests.push(sent)
      if (options.fetch === undefined) throw new Error(`nothing answers ${url}`)
      return options.fetch(sent, requests.length - 1)
    },
    egress: options.egress ?? 'any',
    dns: options.dns ?? { url: 'https://dns.test/dns-query' },
    ask: async request => options.ask?.(request) ?? new Response('nothing here\n', { status: 404 }),
    within: (ms, work) => (ms > 0 ? webHost.within(ms, signal, work) : work(signal)),
    async sleep(ms) {
      sleeps.push(ms)
      now += ms
    },
    log: (level, message, fields = {}) => { logs.push({ level, message, fields }) },
    count: (metric, by, ...[labels]) => { count(metric, by, labels) },
    observe: (metric, _value, ...[labels]) => { count(metric, 1, labels) },
    print: text => { prints.push(text) },
    async readFile(name) {
      const content = files[name]
      if (content === undefined) throw new Error(`no such file: ${name}`)
      return typeof content === 'string' ? new TextEncoder().encode(content) : content
    },
    listFiles: async pattern => (isGlob(pattern) ? Object.keys(files).filter(globMatcher(pattern)).sort() : [pattern]),
    installation: async () => '01234567-89ab-4cde-8f01-23456789abcd',
    keepsRefused: options.keepsRefused ?? false,
    gather: options.gather,
    open(key) {
      const at = storeKey(key, 'node')
      const state = opened.get(at) ?? open(key, store, 'node', { now: () => now, random: chance, shareIo: true, onDamage: options.onDamage ?? (report => { throw new Error(JSON.stringify(report)) }) })
      opened.set(at, state)
      return state as never
    },
    from: make,
  })
  return make(options.client ?? nobody)
}
