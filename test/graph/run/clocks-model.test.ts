/**
 * Clocks of scrapes in several isolates on one store, in virtual time: ticks that come twice, late, at once or not at all, orders that are
 * lost or delivered twice, shards that come and go, and isolates that die in the middle of anything.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nobody, type Call } from '../../../src/components/contract/call.ts'
import scrape from '../../../src/components/prometheus/scrape.ts'
import { targetsOf } from '../../../src/components/prometheus/_shared/scrape/job.ts'
import { latestDue } from '../../../src/components/prometheus/_shared/scrape/target.ts'
import type { Order, Pace } from '../../../src/graph/run/clock.ts'
import { runClock, runRound } from '../../../src/graph/run/clocks.ts'
import { StateOpener } from '../../../src/graph/run/state.ts'
import { paceOf } from '../../../src/handlers/pace.ts'
import { utf8 } from '../../../src/lib/bytes.ts'
import { crc32c } from '../../../src/lib/crc32c.ts'
import { open } from '../../../src/state/open.ts'
import type { Store } from '../../../src/state/store.ts'
import { memoryData, memoryStore } from '../../../src/state/stores/memory.ts'
import type { PrometheusBatch } from '../../../src/telemetry/batch.ts'
import { seeded } from '../../state/world.ts'
import { buildComponent, decodeArguments, sink } from '../../support/component.ts'
import { linesOf, page } from '../../support/scrape.ts'
import { virtualTime } from '../../support/virtual-time.ts'

interface Scenario {
  readonly seed: number
  /** Of the platform whose clock it is. */
  readonly pace: Pace
  readonly intervalMs: number
  readonly isolates: number
  /** Shares of ticks and orders that are lost, that come once more, and that come late. */
  readonly lost?: number
  readonly twice?: number
  readonly late?: number
  /** Mean time between deaths of an isolate; none without. */
  readonly deathsEveryMs?: number
  readonly resizes?: boolean
  /** A tick each minute, give or take two seconds, instead of an alarm. */
  readonly minutely?: boolean
}

const id = 'prometheus.scrape.test'
const installation = '01234567-89ab-4cde-8f01-23456789abcd'
const names = Array.from({ length: 16 }, (_, n) => `t${n}:1`)
const troubledMs = 8 * 60_000
const calmMs = 5 * 60_000
/** What was begun in troubled times may end in calm ones. */
const settlingMs = 3 * 60_000

interface Scrape {
  readonly target: string
  /** The due time that it is for. */
  readonly dueMs: number
  readonly atMs: number
  readonly by: number
}

async function play({ seed, pace, intervalMs, isolates, lost = 0, twice = 0, late = 0, deathsEveryMs, resizes = false, minutely = false }: Scenario) {
  const time = virtualTime()
  const now = () => time.now()
  const startMs = time.now()
  const endMs = startMs + troubledMs + calmMs
  const random = seeded(seed)
  const data = memoryData(now)
  const scrapes: Scrape[] = []
  const lines: string[] = []
  const died = new Map<number, number>()
  const text = `targets = [${names.map(name => `{"__address__" = "${name}"}`).join(', ')}]\nscrape_interval = "${intervalMs / 1000}s"\nscrape_timeout = "5s"`
  const decoded = decodeArguments(scrape, `${text}\nforward_to = []`).value as Parameters<typeof targetsOf>[0]
  const targets = new Map(targetsOf(decoded, id).targets.map(target => [target.all['__address__']!, target]))
  const seedOfDues = crc32c(utf8(installation)) >>> 0
  const calm = () => time.now() - startMs > troubledMs
  const happens = (share: number) => !calm() && random() < share
  const forever = new Promise<never>(() => undefined)

  let isolateCount = 0
  const isolate = () => {
    const by = isolateCount++
    /** What an isolate waits for does not come any more once it is dead. */
    const alive = async <T>(work: T | Promise<T>): Promise<T> => {
      const result = await work
      return died.has(by) ? forever : result
    }
    const wait = (ms: number) => alive(time.sleep(ms))
    const store = memoryStore({ now, random }, data)
    const way = async <T>(work: () => Promise<T>): Promise<T> => {
      await wait(15 * random())
      const result = await work()
      await wait(15 * random())
      return result
    }
    const slow: Store = {
      limits: store.limits, counts: store.counts,
      get: key => way(() => store.get(key)),
      refresh: (key, version) => way(() => store.refresh(key, version)),
      put: (key, value, options) => way(() => store.put(key, value, options)),
      append: (prefix, suffix, value) => way(() => store.append(prefix, suffix, value)),
      delete: (key, options) => way(() => store.delete(key, options)),
      deleteAll: keys => way(() => store.deleteAll(keys)),
      list: (prefix, options) => way(() => store.list(prefix, options)),
    }
    const state = new StateOpener({ cell: open, window: open }, slow, { now, random, shareIo: false, onDamage: report => assert.fail(JSON.stringify(report)) })
    const out = sink<PrometheusBatch>('storage.Appendable', async batch => {
      await wait(30 * random())
      lines.push(...linesOf(batch))
    })
    const instance = buildComponent(scrape, `${text}\nforward_to = [out]`, { out: out.capsule }, id)
    const call = {
      now, random, client: nobody, keepsRefused: false, egress: 'any', signal: new AbortController().signal,
      log: () => undefined, count: () => undefined, observe: () => undefined,
      installation: async () => installation,
      sleep: wait,
      within: (_ms: number, work: (signal: AbortSignal) => unknown) => work(new AbortController().signal),
      open: (key: never) => state.open(key, id),
      async fetch(url: string) {
        const target = targets.get(new URL(url).host)!
        scrapes.push({ target: target.key, dueMs: latestDue(target, seedOfDues, time.now()), atMs: time.now(), by })
        await wait(20 + 300 * random())
        return page('a_total{x="1"} 1\nb 2\n')
      },
    } as unknown as Call
    return { by, call, rounds: instance.rounds! }
  }

  const living = Array.from({ length: isolates }, isolate)
  const someone = () => living[Math.floor(random() * living.length)]!
  let shards = 1
  const carryOut = async (order: Order) => {
    await time.sleep(happens(late) ? 90_000 * random() : 200 * random())
    const { call, rounds } = someone()
    await runRound(call, rounds, order)
  }
  const look = async (): Promise<number> => {
    const { call, rounds } = someone()
    return runClock(call, id, rounds, {
      pace: { ...pace, minShards: shards, maxShards: shards },
      hand: async orders => {
        for (const order of orders) {
          if (!happens(lost)) void carryOut(order)
          if (happens(twice)) void carryOut(order)
        }
      },
    })
  }
  const alarms = async () => {
    while (time.now() < endMs) {
      // The one who looks may die; the cron trigger looks after the alarm.
      const wakeMs = await Promise.race([look(), time.sleep(60_000).then(() => time.now())])
      if (happens(twice)) void look()
      const lateMs = happens(late) ? 20_000 * random() : 50 * random()
      await time.sleep(Math.max(0, wakeMs - time.now()) + lateMs)
    }
  }
  const ticks = async () => {
    for (let n = 0; time.now() < endMs; n++) {
      if (!happens(lost)) void look()
      if (happens(twice)) void time.sleep(5_000 * random()).then(look)
      await time.sleep(startMs + (n + 1) * 60_000 + 2_000 * (random() - 0.5) - time.now())
    }
  }
  const deaths = async () => {
    while (deathsEveryMs !== undefined) {
      await time.sleep(-deathsEveryMs * Math.log(1 - random()))
      if (calm()) return
      const [dead] = living.splice(Math.floor(random() * living.length), 1, isolate())
      died.set(dead!.by, time.now())
    }
  }
  const resizing = async () => {
    while (resizes && !calm()) {
      await time.sleep(60_000 * random())
      shards = 1 + Math.floor(5 * random())
    }
  }
  await time.run(Promise.all([minutely ? ticks() : alarms(), deaths(), resizing()]))

  const expected = [...targets.values()].flatMap(target => {
    const dues: string[] = []
    const lastMs = endMs - 90_000
    for (let dueMs = latestDue(target, seedOfDues, startMs + 60_000); dueMs < lastMs; dueMs += intervalMs) dues.push(`${target.key}@${dueMs}`)
    return dues
  })
  const done = new Map<string, Scrape[]>()
  for (const one of scrapes) {
    const name = `${one.target}@${one.dueMs}`
    done.set(name, [...done.get(name) ?? [], one])
  }
  return { startMs, expected, done, died, stale: lines.filter(line => line.includes(' STALE ')), lines }
}

const dueOf = (name: string) => Number(name.split('@')[1])
type Played = Awaited<ReturnType<typeof play>>

/** Each due time of each target has one scrape, from `fromMs` on. */
function onceEach({ expected, done }: Played, fromMs = 0): void {
  const wrong = expected.filter(name => dueOf(name) >= fromMs && done.get(name)?.length !== 1)
  assert.deepEqual(wrong.map(name => `${name}: ${done.get(name)?.length ?? 0}`), [])
}

/** No due time has two, unless who did the first one died before it was noted. */
function neverTwice({ done, died }: Played): void {
  const wrong = [...done].filter(([, made]) => made.slice(0, -1).some(({ by, atMs }) => (died.get(by) ?? Infinity) > atMs + 10_000))
  assert.deepEqual(wrong, [])
}

const env = () => undefined
const [alarms, minutes] = [paceOf('cloudflare', env), paceOf('lambda', env)]

describe('clocks of several isolates', () => {
  for (const seed of [1, 2]) {
    it(`scrape each target once an interval, by alarms (seed ${seed})`, async () => {
      const played = await play({ seed, pace: alarms, intervalMs: 15_000, isolates: 4, resizes: true })
      onceEach(played)
      assert.deepEqual(played.stale, [])
    })

    it(`scrape each target once an interval, by ticks once a minute (seed ${seed})`, async () => {
      for (const intervalMs of [15_000, 60_000]) {
        const played = await play({ seed, pace: minutes, intervalMs, isolates: 4, resizes: true, minutely: true })
        onceEach(played)
        assert.deepEqual(played.stale, [])
      }
    })

    it(`do nothing twice when ticks and orders come twice (seed ${seed})`, async () => {
      onceEach(await play({ seed, pace: alarms, intervalMs: 15_000, isolates: 4, twice: 0.5, resizes: true }))
      onceEach(await play({ seed, pace: minutes, intervalMs: 20_000, isolates: 4, twice: 0.5, resizes: true, minutely: true }))
    })

    // The longer the interval, the more time there is to make up for what was lost.
    for (const [how, atMost, of] of [
      ['alarms', 0.3, { pace: alarms, intervalMs: 15_000 }],
      ['alarms at long intervals', 0.05, { pace: alarms, intervalMs: 60_000 }],
      ['ticks', 0.5, { pace: minutes, intervalMs: 30_000, minutely: true }],
    ] as const) {
      it(`make up for what is lost, late, or dies, and recover, by ${how} (seed ${seed})`, async () => {
        const played = await play({ seed, ...of, isolates: 4, lost: 0.15, twice: 0.2, late: 0.15, deathsEveryMs: 20_000, resizes: true })
        neverTwice(played)
        onceEach(played, played.startMs + troubledMs + settlingMs)
        assert.deepEqual(played.stale, [])
        const missed = played.expected.filter(name => !played.done.has(name)).length
        assert.ok(missed <= atMost * played.expected.length, `${missed} of ${played.expected.length} missed`)
      })
    }
  }
})
