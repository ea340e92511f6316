/**
 * Sends what waits in a destination's queue: alone (by a lease), in order, and for as long as there is work and time. What was read
 * is joined into full requests; several lanes carry what need not stay in order. Whatever happens in between, a batch is dropped
 * from the queue only after the destination has it or has refused it for good.
 */

import type { Call } from '../components/contract/call.ts'
import type { Drain } from '../components/contract/define.ts'
import { ConsumeError } from '../components/contract/errors.ts'
import { concat } from '../lib/bytes.ts'
import type { Held, QueuedBatch } from '../state/kinds.ts'
import type { Batch } from '../telemetry/batch.ts'
import { deadLetters, type Letter } from './dead-letters.ts'
import { attemptOnce, modeOf, type DestinationOptions, type DestinationState, type DeliveryEvent, type Note } from './destination.ts'
import { waitAfter } from './retry.ts'

/** How much is read, joined and sent before it is dropped: also the most that a crash repeats. */
const groupBytes = 4 * 1024 * 1024
/** What a lane is opened for, where requests have no size of their own. */
const laneBytes = 1024 * 1024
/**
 * What was joined here is divided again when it is refused, so that one bad item does not cost those that share its request: nor do
 * samples that a crash repeats, which a Prometheus refuses together with the new ones behind them. One among 2000 is found in 22
 * requests; a destination that refuses everything costs this many more for each lane.
 */
const mostDivisions = 64
/** How long the right to drain lasts; no attempt takes longer than what is left of it. */
const leaseMs = 60_000
const renewBelowMs = 35_000
const attemptMs = 30_000
/** When to ask again for a right that another has. */
const takenMs = 5_000
/** A wait up to this is waited out; a longer one ends the round, and the caller comes back. */
const shortWaitMs = 1_000
/** How long an isolate that added nothing itself believes that a queue is empty. */
const quietMs = 15_000
/** How often the log hears of what is refused. */
const burstMs = 60_000

/** Requests that have to leave one after the other. */
interface Lane<B> {
  readonly note: Note
  left: B[]
  /** How often a request of it that was refused may still be divided. */
  divisions: number
}

/** Batches that were read together, and what is left of them to send. */
interface Group<B> {
  readonly group: readonly QueuedBatch[]
  readonly lanes: readonly Lane<B>[]
}

/** The group that was begun, if the queue still starts with it: nobody else has drained meanwhile. */
function resumed<B>(begun: Group<B> | undefined, ahead: readonly QueuedBatch[]): Group<B> | undefined {
  const { group } = begun ?? { group: [] }
  return group.length > 0 && group.every(({ position }, i) => ahead[i]?.position === position) ? begun : undefined
}

/** Whether there is time left, and the right to drain is still held. */
type MayGoOn = () => Promise<boolean>

/** A drain that remembers, within an isolate, when it is worth looking again. */
export function drainer<B extends Batch>(options: DestinationOptions<B>, state: DestinationState): Drain {
  let touched = false
  let checkedMs: number | undefined
  let notBeforeMs = 0
  let failures = 0
  let running = false
  /** What an earlier round read and sent in part: whoever comes back goes on there, and repeats nothing that has arrived. */
  let begun: Group<B> | undefined
  const report = burstLog(options.shown)
  const letters = deadLetters(state.dead, options.shown)

  const observe = (kind: DeliveryEvent['kind'], reason: DeliveryEvent['reason'], batches: readonly QueuedBatch[], call: Call) => {
    for (const { items, bytes, meta } of batches) options.observe?.({ kind, ...(reason && { reason }), items, bytes: bytes.length, note: meta }, call)
  }

  /** What is given up is logged, and kept where the deployment wants it. */
  const bury = async (given: readonly Letter[], reason: string, call: Call) => {
    report(call, given.reduce((sum, { items }) => sum + items, 0), reason)
    await letters.keep(given, reason, call)
  }

  /** Sends at most `most` of a lane's requests. Resolves with the error of one that has to wait, or `over` when the time is. */
  const run = async (lane: Lane<B>, call: Call, mayGoOn: MayGoOn, most = Infinity): Promise<ConsumeError | 'over' | undefined> => {
    for (let sent = 0; sent < most && lane.left.length > 0; sent++) {
      const request = lane.left[0]!
      if (!await mayGoOn()) return 'over'
      try {
        const outcome = await attemptOnce(options, request, lane.note, call, { number: failures + 1, timeoutMs: attemptMs }, 'dropped', lane.divisions > 0)
        failures = 0
        if (outcome !== 'sent') lane.divisions--
        lane.left.splice(0, 1, ...(outcome === 'sent' ? [] : outcome))
      } catch (error) {
        if (!(error instanceof ConsumeError)) throw error
        if (error.kind === 'retryable') return error
        failures = 0
        await bury([{ bytes: request.bytes, items: error.rejected ?? options.items(request), note: lane.note }], error.message, call)
        lane.left.shift()
      }
    }
    return undefined
  }

  /** Sends all lanes. Resolves with the wait that one of them asks for, with undefined when they are empty. */
  const runAll = async (lanes: readonly Lane<B>[], call: Call, mayGoOn: MayGoOn): Promise<number | 'over' | undefined> => {
    const stops: (ConsumeError | 'over')[] = []
    // One request alone finds out whether a destination that failed is back.
    if (failures > 0 && lanes.length > 0) stops.push(...[await run(lanes[0]!, call, mayGoOn, 1) ?? []].flat())
    const open = [...lanes]
    const worker = async () => {
      for (let lane = open.shift(); lane !== undefined && stops.length === 0; lane = open.shift()) {
        const stop = await run(lane, call, mayGoOn)
        if (stop !== undefined) stops.push(stop)
      }
    }
    await Promise.all(Array.from({ length: Math.max(1, options.lanes) }, worker))
    const errors = stops.filter(stop => stop !== 'over')
    if (errors.length === 0) return stops.length > 0 ? 'over' : undefined
    failures++
    call.log(failures === 1 ? 'warn' : 'debug', 'the destination takes nothing now: its queue waits', { url: options.shown, attempt: failures, err: errors[0]!.message })
    return Math.max(...errors.map(error => waitAfter(error, options.retry, failures, call)))
  }

  /** Takes out what is older than the configuration lets it be. */
  const young = async (batches: readonly QueuedBatch[], call: Call): Promise<readonly QueuedBatch[]> => {
    const { maxElapsedMs } = options.retry
    if (maxElapsedMs === 0) return batches
    const old = batches.filter(({ acceptedAtMs }) => call.now() - acceptedAtMs > maxElapsedMs)
    if (old.length === 0) return batches
    observe('dropped', 'too old', old, call)
    await bury(old.map(({ bytes, items, meta }) => ({ bytes, items, note: meta })), 'they waited longer than the configuration lets them', call)
    return batches.filter(batch => !old.includes(batch))
  }

  const giveUp = async (lanes: readonly Lane<B>[], call: Call) => {
    const given = lanes.flatMap(({ note, left }) => left.map(request => ({ note, items: options.items(request), bytes: request.bytes })))
    for (const { note, items, bytes } of given) options.observe?.({ kind: 'dropped', reason: 'too many attempts', note, items, bytes: bytes.length }, call)
    await bury(given, `${failures} attempts have failed`, call)
  }

  const lanesOf = (batches: readonly QueuedBatch[], call: Call): Lane<B>[] => {
    const byNote = new Map<string, QueuedBatch[]>()
    for (const batch of batches) {
      const note = JSON.stringify(batch.meta)
      const same = byNote.get(note)
      if (same === undefined) byNote.set(note, [batch])
      else same.push(batch)
    }
    return [...byNote.values()].flatMap(same => {
      const note = same[0]!.meta
      const joined = options.restore(concat(same.map(({ bytes }) => bytes)), note)
      const requests = options.requests(joined, call)
      const lanes = Math.min(options.lanes, Math.max(requests.length, Math.ceil(joined.bytes.length / laneBytes)))
      if (lanes === 1) return [{ note, left: [...requests], divisions: mostDivisions }]
      return options.partition(joined, lanes).map(part => ({ note, left: [...options.requests(part, call)], divisions: mostDivisions }))
    })
  }

  /** Sends and drops until the queue is empty (undefined), or something has to wait for so many milliseconds. */
  const empty = async (call: Call, mayGoOn: MayGoOn): Promise<number | undefined> => {
    const queue = call.open(state.queue)
    for (;;) {
      if (!await mayGoOn()) return 0
      const ahead = await queue.peek(groupBytes)
      if (ahead.length === 0) return undefined
      const { group, lanes } = begun = resumed(begun, ahead) ?? { group: ahead, lanes: lanesOf(await young(ahead, call), call) }
      for (;;) {
        const waitMs = await runAll(lanes.filter(({ left }) => left.length > 0), call, mayGoOn)
        if (waitMs === undefined) break
        if (waitMs === 'over') return 0
        const tooOften = failures >= (options.retry.maxAttempts ?? Infinity)
        if (tooOften) {
          await giveUp(lanes, call)
          failures = 0
          break
        }
        if (waitMs > shortWaitMs || !await mayGoOn()) return waitMs
        await call.sleep(waitMs)
      }
      await queue.drop(group.at(-1)!.position)
      begun = undefined
    }
  }

  const drain = async (call: Call): Promise<number | undefined> => {
    const gate = call.open(state.gate)
    const queued = modeOf(options, call) === 'queued'
    if (queued ? (await call.open(state.queue).depth({ maxAgeMs: 0 })).batches === 0 : await gate.isOpen()) return undefined
    const acquired = await call.open(state.lease).acquire(leaseMs)
    // Who has it gives it back when there is nothing left to do, which is mostly sooner.
    if (!('token' in acquired)) return Math.min(takenMs, Math.max(shortWaitMs, acquired.takenUntilMs - call.now()))
    let held: Held = acquired
    let lost = false
    const mayGoOn = async () => {
      if (lost || call.signal.aborted) return false
      const leftMs = held.untilMs - call.now()
      // More than was asked for means that the clock was set back, and that others do not believe in it any more.
      if (leftMs > renewBelowMs && leftMs <= leaseMs) return true
      const renewed = await held.renew(leaseMs)
      if (renewed === 'lost') lost = true
      else held = renewed
      return !lost
    }
    // Others may have read and dropped since this isolate had the right last.
    call.open(state.queue).rewind()
    try {
      for (;;) {
        let waitMs = await empty(call, mayGoOn)
        if (waitMs !== undefined || queued) return waitMs
        const emptied = async () => (waitMs = await empty(call, mayGoOn)) === undefined
        if (await gate.release(emptied, ms => call.sleep(ms))) return undefined
        if (waitMs !== undefined) return waitMs
      }
    } finally {
      if (!lost) await held.release()
    }
  }

  return {
    queue: state.queue,
    dead: state.dead,
    gate: state.gate,
    lease: state.lease,
    show: (bytes, meta, most) => options.show(options.restore(bytes, meta), most),
    ...(options.secretNotes && { secretNotes: options.secretNotes }),
    ...(options.readings && { readings: options.readings }),
    touch() { touched = true },
    async run(call, woken) {
      const now = call.now()
      if (running) return shortWaitMs
      if (!woken) {
        if (now < notBeforeMs && notBeforeMs - now <= leaseMs) return notBeforeMs - now
        if (!touched && checkedMs !== undefined && now - checkedMs >= 0 && now - checkedMs < quietMs) return undefined
      }
      running = true
      touched = false
      try {
        await letters.trim(call)
        const waitMs = await drain(call)
        checkedMs = call.now()
        if (waitMs === undefined) return undefined
        touched = true
        notBeforeMs = call.now() + waitMs
        return waitMs
      } catch (error) {
        touched = true
        notBeforeMs = call.now() + shortWaitMs
        throw error
      } finally {
        running = false
      }
    },
  }
}

/** One line for each burst of refusals, with their number so far; the first at once. */
function burstLog(url: string): (call: Call, items: number, reason: string) => void {
  let loggedMs = -Infinity
  let unsaid = 0
  return (call, items, reason) => {
    unsaid += items
    const now = call.now()
    if (now - loggedMs < burstMs && now >= loggedMs) return
    call.log('error', 'items are dropped', { url, items: unsaid, reason })
    loggedMs = now
    unsaid = 0
  }
}
