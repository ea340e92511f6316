/** One run: start, load and trouble for a while, then quiet until everything has arrived, then the verdict. */

import { setTimeout as sleep } from 'node:timers/promises'
import { configFor } from './config.ts'
import { startDestination } from './destination.ts'
import { signals, type Item } from './items.ts'
import { senderOf, startSender, streamOf, type Sender } from './load.ts'
import { chance, planOf, type ChaosOptions, type PlatformName } from './plan.ts'
import type { Runtime, Start } from './runtime.ts'
import { readStored } from './stored.ts'

const starters: Readonly<Record<PlatformName, () => Promise<(start: Start) => Promise<Runtime>>>> = {
  node: async () => (await import('./runtime-node.ts')).startNode,
  workerd: async () => (await import('./runtime-workerd.ts')).startWorkerd,
  lambda: async () => (await import('./runtime-lambda.ts')).startLambda,
}

/** What a process may have at most. */
const memoryBytes = 512 * 1024 * 1024

export interface Verdict {
  /** Each in a sentence; none when all is well. */
  readonly violations: readonly string[]
  readonly figures: Readonly<Record<string, number | string>>
  /** What the collectors printed last. */
  readonly output: string
}

export async function runChaos(options: ChaosOptions, progress: (line: string) => void): Promise<Verdict> {
  const plan = planOf(options)
  // Until everything has started nothing goes wrong.
  const startMs = Date.now() + 4_000
  const sinceMs = () => Date.now() - startMs
  const destination = await startDestination(plan.destination, sinceMs, chance(options.seed, 'requests'), options.strict === true)
  const runtime = await (await starters[options.platform]())({ config: configFor(destination.url), plan, seed: options.seed, startMs })
  try {
    await sleep(Math.max(0, -sinceMs()))
    const over = () => sinceMs() >= options.runMs
    const abandoned = () => sinceMs() >= options.runMs + options.settleMs
    const senders = signals.flatMap(signal => (['through', 'queued'] as const).flatMap(mode => [3, 40].map(streams =>
      startSender({ name: `${signal}-${mode}-${streams}`, signal, mode, streams, pauseMs: 10 * streams }, options.seed, runtime.urls, sinceMs, over, abandoned))))
    const kills = await killAll(plan.kills, runtime, sinceMs)
    await sleep(Math.max(0, options.runMs - sinceMs()))
    progress(`load and trouble are over: ${kills} kills`)
    await Promise.all(senders.map(({ done }) => done))
    const settled = await settle(senders, destination.has, runtime, abandoned, progress)
    return judge(senders, destination, settled, { kills, runtime, options, plan, settledMs: sinceMs() - options.runMs })
  } finally {
    await runtime.stop()
    await destination.stop()
  }
}

async function killAll(kills: readonly { readonly atMs: number; readonly victim: number }[], runtime: Runtime, sinceMs: () => number): Promise<number> {
  let done = 0
  // One that is still starting is killed when it has started.
  for (const { atMs, victim } of kills) {
    await sleep(Math.max(0, atMs - sinceMs()))
    await runtime.kill(victim)
    done++
  }
  return done
}

type Has = (item: Item) => boolean

/** Every acknowledged item, as `stream#number`, that is not at the destination. */
function missing(senders: readonly Sender[], has: Has): Set<string> {
  const found = new Set<string>()
  for (const sender of senders) {
    for (let index = 0; index < sender.streams; index++) {
      const stream = streamOf(sender, index)
      for (const number of sender.acknowledged.keys()) if (!has({ stream, number })) found.add(`${stream}#${number}`)
    }
  }
  return found
}

interface Settled {
  readonly lost: readonly string[]
  readonly waiting: number
  /** Acknowledged and in a queue of what was refused for good. */
  readonly refused: number
  readonly wasRefused: Has
  readonly damaged: readonly string[]
}

/** Waits until nothing is in a queue any more, or the time is over. */
async function settle(senders: readonly Sender[], has: Has, runtime: Runtime, abandoned: () => boolean, progress: (line: string) => void): Promise<Settled> {
  for (;;) {
    const { waiting, refused, damaged } = readStored(await runtime.entries())
    const absent = missing(senders, has)
    progress(`${waiting.length} items wait, ${refused.length} are kept as refused, ${absent.size} acknowledged ones have not arrived`)
    if (waiting.length > 0 && !abandoned()) {
      await sleep(2_000)
      continue
    }
    const named = (items: readonly Item[]) => new Set(items.map(({ stream, number }) => `${stream}#${number}`))
    const held = named(waiting)
    const kept = named(refused)
    return {
      lost: [...absent].filter(item => !held.has(item) && !kept.has(item)), waiting: waiting.length,
      refused: [...absent].filter(item => kept.has(item)).length, wasRefused: ({ stream, number }) => kept.has(`${stream}#${number}`), damaged,
    }
  }
}

interface Circumstances {
  readonly kills: number
  readonly runtime: Runtime
  readonly options: ChaosOptions
  readonly plan: ReturnType<typeof planOf>
  readonly settledMs: number
}

function judge(
  senders: readonly Sender[], destination: Awaited<ReturnType<typeof startDestination>>, { lost, waiting, refused, wasRefused, damaged }: Settled,
  { kills, runtime, options, plan, settledMs }: Circumstances,
): Verdict {
  const byName = new Map(senders.map(sender => [sender.name, sender]))
  // A batch that was never acknowledged may come when it likes; so may an item that the destination had refused for good before.
  const overtaken = destination.overtaken.filter(item => byName.get(senderOf(item.stream))!.acknowledged.has(item.number) && !wasRefused(item))
  const acknowledgement = (stream: string, number: number) => byName.get(senderOf(stream))!.acknowledged.get(number) ?? 'never'
  const sum = (of: (sender: Sender) => number) => senders.reduce((total, sender) => total + of(sender), 0)
  const { items, repeated, requests, stale } = destination.arrivals()
  const peak = runtime.peakBytes()
  const stuck = senders.filter(({ pending }) => pending !== undefined)
  const answers = new Map<string, number>()
  for (const sender of senders) for (const [what, times] of sender.answers) answers.set(what, (answers.get(what) ?? 0) + times)
  const some = (all: readonly string[]) => `${all.slice(0, 5).join(', ')}${all.length > 5 ? ', …' : ''}`
  const violations = [
    lost.length > 0 && `${lost.length} acknowledged items are nowhere: ${some(lost)}`,
    overtaken.length > 0 && `${overtaken.length} items were overtaken: ${some(overtaken.map(({ stream, number, after, atMs }) => `${stream}#${number} (${acknowledgement(stream, number)}) came after #${after} (${acknowledgement(stream, after)}) at ${atMs} ms`))}`,
    waiting > 0 && options.mayWait !== true && `${waiting} items still wait ${Math.round(settledMs / 1000)} s after the last fault`,
    stuck.length > 0 && options.mayWait !== true && `${stuck.length} senders are still refused ${Math.round(settledMs / 1000)} s after the last fault: ${some(stuck.map(({ name }) => name))}`,
    damaged.length > 0 && `${damaged.length} damaged segments: ${some(damaged)}`,
    peak > memoryBytes && `a process had ${Math.round(peak / 2 ** 20)} MiB`,
    items === 0 && 'nothing arrived at all',
  ].filter(violation => violation !== false)
  return {
    violations,
    output: runtime.output(),
    figures: {
      platform: options.platform, seed: options.seed, seconds: options.runMs / 1000, kills,
      'destination faults': plan.destination.length, 'store faults': plan.store.length, 'clock jumps': plan.clock.length,
      'batches acknowledged': sum(({ acknowledged }) => acknowledged.size), 'items acknowledged': sum(({ acknowledged, streams }) => acknowledged.size * streams),
      'batches refused for good': sum(({ refused }) => refused), 'batches sent again': sum(({ repeats }) => repeats),
      'answers': [...answers].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, times]) => `${what}: ${times}`).join(', '),
      'items arrived': items - repeated, 'requests arrived': requests, 'requests refused for order': stale, 'items repeated': repeated,
      'share repeated': items === 0 ? 0 : Number((repeated / items).toFixed(4)),
      'items lost': lost.length, 'items overtaken': overtaken.length, 'items kept as refused': refused,
      'settled after seconds': Number((settledMs / 1000).toFixed(1)), 'peak MiB of a process': Math.round(peak / 2 ** 20),
    },
  }
}
