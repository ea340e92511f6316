/**
 * When what is done, and by how many: a pure function of what stands in the clock's cell, what rounds have reported, and the time.
 *
 * Time is handed out in stretches that follow one another without gap or overlap; each is handed out once, to as many shards as the
 * work asks for, as one order each:
 *
 *     ──[ stretch 1: shards 0 1 ]──[ stretch 2: shards 0 1 ]──[ stretch 3: shards 0 1 2 ]──► nextMs: the beginning of the next
 *
 * So however often and however late a clock is asked, each due time belongs to one order. An order that was not reported done by its
 * deadline is lost (nobody works on it any more) and is handed out once more, as it was, with a new token.
 */

import type { RoundReport, RoundTarget } from '../../components/contract/define.ts'
import { shardCount } from '../../lib/shard-count.ts'

/** How a platform's clock goes. */
export interface Pace {
  /**
   * If the most frequent target is due every `leastMs`: how long before something is due its stretch is handed out, and how far a stretch
   * goes from now, which must be more than that.
   */
  readonly stretch: (leastMs: number) => { readonly aheadMs: number; readonly lengthMs: number }
  /** The longest time between two looks, because targets may have come. */
  readonly lookMs: number
  readonly minShards: number
  readonly maxShards: number
  /** Whether orders that are not reported done must be lost, because whoever worked on them is known to be gone. */
  readonly orphaned?: boolean
}

/** What one invocation is to do. */
export interface Order {
  /** The node whose targets they are. */
  readonly id: string
  /** Grows from order to order: later ones go before earlier ones. */
  readonly token: number
  readonly shard: number
  readonly shards: number
  readonly fromMs: number
  readonly untilMs: number
  /** Nobody works on it any more after this. */
  readonly deadlineMs: number
  /** The list of targets by which the work was shared out (see shares.ts). */
  readonly targets: string
}

/** What is kept of a clock. */
export interface ClockState {
  readonly token: number
  /** What is due from here on is not handed out. */
  readonly nextMs: number
  readonly shards: number
  /** How long the work on a target takes lately. */
  readonly eachMs?: number
  /** Handed out, and not known to be done. */
  readonly open: readonly Order[]
}

/** What stands in an order's place: its own token once somebody works on it, and a report when that is over. */
export interface RoundNote {
  readonly token: number
  readonly report?: RoundReport
}

/** What a clock is asked with. */
export interface Look {
  readonly id: string
  readonly nowMs: number
  readonly pace: Pace
  readonly targets: readonly RoundTarget[]
  /** Their name, for `Order.targets`. */
  readonly name: string
  /** The first due time at or after one; undefined without targets. */
  readonly next: (fromMs: number) => number | undefined
  /** What is noted of an open order. */
  readonly note: (order: Order) => RoundNote | undefined
}

/** What comes of it. */
export interface Beat {
  /** To be written before `orders` are handed out; absent where nothing changes. */
  readonly state?: ClockState
  readonly orders: readonly Order[]
  /** When to look again. */
  readonly wakeMs: number
  /** How many orders were not done in their time. */
  readonly lost: number
}

/** From the last due time of a stretch and the longest timeout to the deadline: to read a page and to send it on takes time too. */
const graceMs = 5_000

/** What is to be done now, and when to ask again. */
export function beat(before: ClockState | undefined, look: Look): Beat {
  const { id, nowMs, pace, targets } = look
  const { leastMs, mostMs, timeoutMs } = extremes(targets)
  const deadline = (untilMs: number) => Math.max(nowMs, untilMs) + timeoutMs + graceMs
  const { still, lost, eachMs } = settle(before, look)

  // A clock whose cell was lost goes on above any token that it may have given: it gives less than one a second.
  let token = before?.token ?? Math.floor(nowMs / 1000)
  const tokens = new Map<number, number>()
  // What was due longer ago than the longest interval has been due again since.
  const again = lost.filter(({ untilMs }) => untilMs > nowMs - mostMs).map(order => {
    if (!tokens.has(order.token)) tokens.set(order.token, ++token)
    return { ...order, token: tokens.get(order.token)!, deadlineMs: deadline(order.untilMs) }
  })

  const fromMs = Math.max(before?.nextMs ?? 0, nowMs - mostMs)
  const { aheadMs, lengthMs } = pace.stretch(leastMs)
  const dueMs = look.next(fromMs)
  const isDue = dueMs !== undefined && dueMs - aheadMs <= nowMs
  const nextMs = isDue ? nowMs + lengthMs : fromMs
  const shards = isDue ? countOf(targets, eachMs, before?.shards ?? 0, pace) : 0
  if (isDue) token++
  const fresh = Array.from({ length: shards }, (_, shard): Order =>
    ({ id, token, shard, shards, fromMs, untilMs: nextMs, deadlineMs: deadline(nextMs), targets: look.name }))

  const orders = [...again, ...fresh]
  const open = [...still, ...orders]
  const changed = orders.length > 0 || still.length !== (before?.open.length ?? 0)
  const state = { token, nextMs, shards: isDue ? shards : before?.shards ?? 0, ...(eachMs !== undefined && { eachMs }), open }
  const dueNextMs = isDue ? look.next(nextMs) : dueMs
  const wakes = [nowMs + pace.lookMs, (dueNextMs ?? Infinity) - aheadMs, ...open.map(({ deadlineMs }) => deadlineMs + 1)]
  return { ...(changed && { state }), orders, wakeMs: wakes.reduce((a, b) => Math.min(a, b)), lost: lost.length }
}

function extremes(targets: readonly RoundTarget[]): { leastMs: number; mostMs: number; timeoutMs: number } {
  let [leastMs, mostMs, longestMs] = [Infinity, 0, 0]
  for (const { intervalMs, timeoutMs } of targets) {
    leastMs = Math.min(leastMs, intervalMs)
    mostMs = Math.max(mostMs, intervalMs)
    longestMs = Math.max(longestMs, timeoutMs)
  }
  return { leastMs, mostMs, timeoutMs: longestMs }
}

/** How much of what was known of durations stands beside what a new report says. */
const inertia = 0.7

/** Sorts open orders: those that are done are forgotten, with what they tell of durations; those that are lost begin where they ended. */
function settle(before: ClockState | undefined, { nowMs, pace, note }: Look): { still: Order[]; lost: Order[]; eachMs: number | undefined } {
  const [still, lost]: [Order[], Order[]] = [[], []]
  const done = { times: 0, busyMs: 0 }
  for (const order of before?.open ?? []) {
    const noted = note(order)
    const report = noted?.token === order.token ? noted.report : undefined
    if (report !== undefined) {
      done.times += report.times
      done.busyMs += report.busyMs
      if (report.doneMs < order.untilMs) lost.push({ ...order, fromMs: report.doneMs })
    } else if (nowMs > order.deadlineMs || pace.orphaned === true) lost.push(order)
    else still.push(order)
  }
  const { eachMs } = before ?? {}
  if (done.times === 0) return { still, lost, eachMs }
  const seen = done.busyMs / done.times
  return { still, lost, eachMs: eachMs === undefined ? seen : inertia * eachMs + (1 - inertia) * seen }
}

/** The number of shards for what is due on average; the mean over all targets says as much of it as each target's own duration. */
function countOf(targets: readonly RoundTarget[], eachMs: number | undefined, current: number, { minShards, maxShards }: Pace): number {
  const max = Math.min(maxShards, targets.length)
  return shardCount(targets.map(({ intervalMs }) => ({ intervalMs, durationMs: eachMs })), { min: Math.min(minShards, max), max, current })
}
