/**
 * The clock of one node's rounds. What was handed out stands in a cell that is swapped, never just written: of two that look at the
 * same moment one hands out, and the other finds nothing to do. The token that comes with each swap fences the work done under it.
 *
 *     beat:  cell ──► orders ──► cell swapped ──► handed out          round:  place claimed ──► work ──► report in its place
 *
 * Broken off between the swap and the last order handed out, an order is lost, and made up for after its deadline; nothing that is
 * handed out can be handed out again before that.
 */

import { clockState, roundKey } from '../../components/contract/clock.ts'
import type { Call } from '../../components/contract/call.ts'
import type { Rounds } from '../../components/contract/define.ts'
import { beat, type Beat, type Order, type Pace, type RoundNote } from './clock.ts'
import { decodeClock, decodeNote, encodeClock, encodeNote } from './clock-format.ts'
import { sharesOf } from './shares.ts'

/** How a platform runs clocks: `hand` gives orders of one node to whoever carries them out (`runRound`), and resolves once they are on their way. */
export interface ClockRun {
  readonly pace: Pace
  readonly hand: (orders: readonly Order[]) => Promise<unknown>
}

/** Hands out what is due of the node `id`; resolves with when to look again (milliseconds since the epoch). */
export async function runClock(call: Call, id: string, rounds: Rounds, { pace, hand }: ClockRun): Promise<number> {
  const cell = call.open(clockState.clock)
  const targets = rounds.targets()
  const known = await cell.read()
  const [notes, next] = await Promise.all([notesOf(call, (known && decodeClock(known.bytes))?.open ?? []), rounds.dues(call)])
  const look = { id, nowMs: call.now(), pace, targets, name: sharesOf(targets).name, next, note: ({ shard, token }: Order) => notes.get(`${shard}/${token}`) }
  let { orders, wakeMs, lost }: Beat = { orders: [], wakeMs: 0, lost: 0 }
  await cell.update(bytes => {
    const beaten = beat(bytes && decodeClock(bytes), look)
    ;({ orders, wakeMs, lost } = beaten)
    return beaten.state && encodeClock(beaten.state)
  })
  if (lost > 0) call.log('warn', 'rounds of scrapes were not finished, and are made up for', { rounds: lost })
  if (orders.length > 0) {
    await hand(orders).catch((error: unknown) => { call.log('warn', 'a round could not be handed out, and will be made up for', { err: messageOf(error) }) })
  }
  // Where nothing is left to hand out there is no round that would end the series of the last targets.
  if (targets.length === 0) await retire(call, rounds)
  return wakeMs
}

async function notesOf(call: Call, open: readonly Order[]): Promise<Map<string, RoundNote>> {
  const notes = await Promise.all(open.map(async ({ shard, token }): Promise<[string, RoundNote | undefined]> => {
    const note = await call.open(roundKey(shard, token)).read()
    return [`${shard}/${token}`, note && decodeNote(note.bytes)]
  }))
  return new Map(notes.filter((each): each is [string, RoundNote] => each[1] !== undefined))
}

/** Carries out an order, once: a twin of it, and one that comes after its deadline, find nothing to do. `call` should end at the deadline. */
export async function runRound(call: Call, rounds: Rounds, order: Order): Promise<void> {
  if (call.now() > order.deadlineMs) return
  const { token, shard, shards, fromMs, untilMs } = order
  const place = call.open(roundKey(shard, token))
  let claimed = false
  const mine = await place.update(bytes => {
    const noted = bytes && decodeNote(bytes)
    claimed = noted === undefined || noted.token < token
    return claimed ? encodeNote({ token }) : undefined
  })
  if (!claimed || mine === undefined) return
  const shares = sharesOf(rounds.targets())
  const owners = shares.owners(shards)
  const [report] = await Promise.all([
    rounds.run(call, { mine: index => owners[index] === shard, fromMs, untilMs, token }),
    // Who knows other targets than those that were handed out might take some for gone.
    shard === 0 && shares.name === order.targets && retire(call, rounds),
  ])
  const { doneMs, times, busyMs } = report
  // A conflict: the place is needed for a later order, so nobody waits for this report any more.
  await place.write(encodeNote({ token, report: { doneMs, times, busyMs } }), { over: mine })
}

async function retire(call: Call, rounds: Rounds): Promise<void> {
  try {
    await rounds.retire(call)
  } catch (error) {
    call.log('warn', 'the series of targets that are gone could not be ended; it is tried again', { err: messageOf(error) })
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** All of it, for builds in which something works in rounds. */
export const clockWork = { runClock, runRound, sharesOf }
export type ClockWork = typeof clockWork
