/** A prometheus.scrape on a call whose clock, targets and state the test holds. */

import scrape from '../../src/components/prometheus/scrape.ts'
import type { PrometheusBatch } from '../../src/telemetry/batch.ts'
import { renderLabels } from '../../src/telemetry/labels.ts'
import { seriesOf } from '../../src/telemetry/prometheus.ts'
import { memoryStore } from '../../src/state/stores/memory.ts'
import type { Store } from '../../src/state/store.ts'
import type { Call } from '../../src/components/contract/call.ts'
import type { Rounds } from '../../src/components/contract/define.ts'
import { fakeCall, type FakeCallOptions, type SentRequest } from './call.ts'
import { buildComponent, sink } from './component.ts'

/** Numbers that look random and are always the same: what tells one write from another must differ. */
export function chance(seed = 1): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state / 2 ** 32
  }
}

/** Samples as lines: `name{labels} value @milliseconds`, `STALE` for a marker. */
export function linesOf(batch: PrometheusBatch): string[] {
  const lines: string[] = []
  for (const series of seriesOf(batch)) {
    const labels = series.labels()
    const name = labels.find(([label]) => label === '__name__')?.[1] ?? ''
    const text = `${name}${renderLabels(labels.filter(([label]) => label !== '__name__'))}`
    for (const { value, timestamp, stale } of series.readSamples()) lines.push(`${text} ${stale ? 'STALE' : value} @${timestamp}`)
  }
  return lines
}

const about = /^(up|scrape_\w+)\{/

/** The samples of a page, and those that scraping adds, by name without labels. */
export function split(lines: readonly string[]): { samples: string[]; report: Record<string, string> } {
  const report = lines.filter(line => about.test(line)).map((line): [string, string] => {
    const [, name, value] = /^(\w+)\{.*\} (\S+) @/.exec(line)!
    return [name!, value!]
  })
  return { samples: lines.filter(line => !about.test(line)), report: Object.fromEntries(report) }
}

export interface World {
  /** Milliseconds since the epoch. */
  readonly startMs?: number
  readonly store?: Store
  readonly call?: Omit<FakeCallOptions, 'fetch' | 'store'>
  /** Refuses what it is given by throwing. */
  readonly consume?: (batch: PrometheusBatch) => void
}

/** Any text as a page in the classic format. */
export const page = (text: string, contentType = 'text/plain; version=0.0.4', status = 200): Response =>
  new Response(text, { status, headers: contentType === '' ? {} : { 'content-type': contentType } })

/** Rounds of all targets by one isolate, one after the other, each of what has fallen due and what does within a second. */
function oneByOne(rounds: Rounds): (call: Call) => Promise<void> {
  let nextMs: number | undefined
  let retireMs = 0
  return async call => {
    const nowMs = call.now()
    const fromMs = nextMs ?? nowMs - Math.max(0, ...rounds.targets().map(({ intervalMs }) => intervalMs))
    nextMs = Math.max(fromMs, nowMs + 1000)
    if (nowMs >= retireMs) {
      retireMs = nowMs + 15_000
      await rounds.retire(call)
    }
    const { doneMs } = await rounds.run(call, { mine: () => true, fromMs, untilMs: nextMs, token: 0 })
    nextMs = Math.min(nextMs, doneMs)
  }
}

/** The component with `text` for its body, in which `forward_to` is given. */
export function scraper(text: string, answer: (request: SentRequest, index: number) => Response | Promise<Response>, world: World = {}) {
  const startMs = world.startMs ?? 1_700_000_000_000
  const random = chance(startMs % 1000 + 7)
  let now = () => startMs
  const store = world.store ?? memoryStore({ now: () => now(), random })
  const call = fakeCall({ random, startMs, store, ...world.call, fetch: answer })
  now = () => call.now()
  const out = sink<PrometheusBatch>('storage.Appendable', world.consume)
  const instance = buildComponent(scrape, `${text}\nforward_to = [out]`, { out: out.capsule }, 'prometheus.scrape.test')
  const tickRounds = oneByOne(instance.rounds!)
  return {
    call, instance, store, batches: out.batches,
    /** Time passes, and what is due is done; the lines that came out. */
    tick: async (ms = 0, of: Call = call): Promise<string[]> => {
      call.advance(ms)
      const before = out.batches.length
      await tickRounds(of)
      return out.batches.slice(before).flatMap(linesOf)
    },
    statuses: async () => (await instance.debug!(call) as { targets: Record<string, unknown>[] }).targets,
  }
}
