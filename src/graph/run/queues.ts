/**
 * What operators do with the queues of a graph: look, put dead letters back, throw away. Looking disturbs nobody; whatever takes
 * something out holds the right to drain, so that no reader sends what is being taken from under it.
 */

import type { Call } from '../../components/contract/call.ts'
import { reasonKey } from '../../components/contract/define.ts'
import { deadLettersForgotten, deadLettersReplayed, droppedItems } from '../../components/contract/metrics.ts'
import type { Depth, Full, Held, Position, QueueBounds, QueuedBatch, QueueKey } from '../../state/kinds.ts'
import type { GraphDrain } from './drains.ts'
import type { Graph } from './graph.ts'

/** What cannot be done, and why: there is no such thing, another has the right to it now, or there is no room. */
export class QueueProblem extends Error {
  override readonly name = 'QueueProblem'
  readonly kind: 'absent' | 'busy' | 'full'
  constructor(kind: 'absent' | 'busy' | 'full', message: string) {
    super(message)
    this.kind = kind
  }
}

/** A destination's queue, or that of its dead letters. */
export interface Place {
  readonly drain: GraphDrain
  readonly key: QueueKey
  readonly holds: 'waiting' | 'dead letters'
  readonly call: Call
}

export interface QueueRow extends Depth {
  readonly node: string
  readonly queue: string
  readonly holds: Place['holds']
  /** How the gate of the destination stands; of its own queue only. */
  readonly gate?: 'open' | 'opening' | 'shut'
  readonly bounds: QueueBounds
}

export interface BatchRow {
  readonly position: Position
  readonly items: number
  readonly bytes: number
  readonly acceptedAtMs: number
  /** What the exporter noted beside it, without what may be secret. */
  readonly note: Readonly<Record<string, string>>
  /** Of a dead letter: why it is one. */
  readonly reason?: string
}

/** How much was done; not `done` when the time was over before everything was. */
export interface Moved extends Omit<Depth, 'oldestMs'> {
  readonly done: boolean
}

const leaseMs = 60_000
/** How long others are waited for who have the right now, and how often they are asked. */
const patienceMs = 5_000
const askMs = 250
/** How long one call works; well within the lease, and within what people and platforms wait for an answer. */
const workMs = 15_000
/** How much is moved at once. */
const stepBytes = 4 * 1024 * 1024
const stepBatches = 500
/** How much is read to show what batches there are. */
const pageBytes = 16 * 1024 * 1024
/** The most items of one batch that are shown. */
export const shownItems = 100

/** All places, in the order of the configuration. */
export const placesOf = (graph: Graph, signal: AbortSignal): Place[] =>
  graph.drains.flatMap(drain => {
    const call = graph.enter(drain.id, signal)
    return [{ drain, key: drain.queue, holds: 'waiting', call } as const, { drain, key: drain.dead, holds: 'dead letters', call } as const]
  })

/** The place with these names; throws with the names that there are. */
export function placeOf(places: readonly Place[], node: string, queue: string): Place {
  const ofNode = places.filter(({ drain }) => drain.id === node)
  const place = ofNode.find(({ key }) => key.name === queue)
  if (place !== undefined) return place
  const names = (of: readonly string[]) => (of.length === 0 ? 'there are none' : `there are ${[...new Set(of)].join(', ')}`)
  throw new QueueProblem('absent', ofNode.length === 0
    ? `no component ${JSON.stringify(node)} has queues; ${names(places.map(({ drain }) => drain.id))}`
    : `${node} has no queue ${JSON.stringify(queue)}; ${names(ofNode.map(({ key }) => key.name))}`)
}

/** How much waits in each of the places, as the store says now. */
export async function rowsOf(places: readonly Place[]): Promise<QueueRow[]> {
  return Promise.all(places.map(async ({ drain, key, holds, call }) => {
    const [depth, gate] = await Promise.all([call.open(key).depth({ maxAgeMs: 0 }), holds === 'waiting' ? call.open(drain.gate).state() : undefined])
    return { node: drain.id, queue: key.name, holds, ...depth, ...(gate && { gate }), bounds: key.bounds }
  }))
}

/** At most `limit` batches of a place, behind `after`. */
export async function batchesOf({ key, call, drain }: Place, limit: number, after?: Position): Promise<{ batches: BatchRow[]; next?: Position }> {
  const { batches, ...next } = await call.open(key).browse({ maxBatches: limit, maxBytes: pageBytes, ...(after !== undefined && { after }) })
  return { batches: batches.map(batch => describe(batch, drain)), ...next }
}

/** One batch of a place with its content. */
export async function batchOf(place: Place, position: Position): Promise<BatchRow & { content: unknown }> {
  const batch = await batchAt(place, position)
  if (batch === undefined) throw new QueueProblem('absent', `there is no batch ${JSON.stringify(position)} in ${place.key.name} of ${place.drain.id}; it may have been sent or dropped meanwhile`)
  return { ...describe(batch, place.drain), content: place.drain.show(batch.bytes, noteOf(batch.meta), shownItems) }
}

/**
 * Puts dead letters (those at `positions`, or all) back into their destination's queue, in order, as if they had just been accepted:
 * first there, then gone from here, so that a death in between repeats some and loses none.
 */
export async function replay(place: Place, positions?: readonly Position[]): Promise<Moved> {
  const { drain, key, call } = place
  const queue = call.open(drain.queue)
  const gate = call.open(drain.gate)
  return alone(place, async () => {
    let moved: Moved = nothing
    for await (const letters of steps(place, positions)) {
      if (letters === 'over') return { ...moved, done: false }
      const acceptedAtMs = call.now()
      const waiting = letters.map(({ bytes, items, meta }) => ({ bytes, info: { items, acceptedAtMs, meta: noteOf(meta) } }))
      const outcome = await gate.hold(() => queue.append(waiting), ms => call.sleep(ms))
      if (outcome !== 'queued') throw fullProblem(place, outcome, moved)
      drain.touch()
      await call.open(key).remove(letters.map(({ position }) => position))
      const items = letters.reduce((sum, letter) => sum + letter.items, 0)
      call.count(deadLettersReplayed, items)
      moved = plus(moved, { batches: letters.length, items, bytes: letters.reduce((sum, { bytes }) => sum + bytes.length, 0) })
    }
    call.log('info', 'dead letters were put back into the queue', { queue: drain.queue.name, batches: moved.batches, items: moved.items })
    return moved
  })
}

/** Throws away batches of a place: those at `positions`, or all. */
export async function purge(place: Place, positions?: readonly Position[]): Promise<Moved> {
  const { key, call, holds } = place
  return alone(place, async () => {
    const queue = call.open(key)
    const gone = positions === undefined ? await queue.discard({ keepBytes: 0 }) : await queue.remove(positions)
    call.count(holds === 'waiting' ? droppedItems : deadLettersForgotten, gone.items, { reason: 'purged' })
    call.log('warn', 'batches were purged', { queue: key.name, batches: gone.batches, items: gone.items })
    return { ...gone, done: true }
  })
}

const nothing: Moved = { batches: 0, items: 0, bytes: 0, done: true }
const plus = (a: Moved, b: Omit<Depth, 'oldestMs'>): Moved => ({ batches: a.batches + b.batches, items: a.items + b.items, bytes: a.bytes + b.bytes, done: a.done })

/** The batches at `positions`, or all, in groups; and `over` in place of a group when the time is. */
async function* steps(place: Place, positions?: readonly Position[]): AsyncGenerator<readonly QueuedBatch[] | 'over'> {
  const { key, call } = place
  const endMs = call.now() + workMs
  const over = () => call.signal.aborted || call.now() > endMs
  if (positions !== undefined) {
    for (const position of [...new Set(positions)].sort()) {
      if (over()) {
        yield 'over'
        return
      }
      const batch = await batchAt(place, position)
      if (batch !== undefined) yield [batch]
    }
    return
  }
  for (let after: Position | undefined; ;) {
    if (over()) {
      yield 'over'
      return
    }
    const { batches, next } = await call.open(key).browse({ maxBatches: stepBatches, maxBytes: stepBytes, ...(after !== undefined && { after }) })
    if (batches.length > 0) yield batches
    if (next === undefined) return
    after = next
  }
}

async function batchAt({ key, call }: Place, position: Position): Promise<QueuedBatch | undefined> {
  const [, segment = '', number = '0'] = /^(.*)#(\d+)$/.exec(position) ?? []
  if (segment === '') return undefined
  const { batches } = await call.open(key).browse({ after: `${segment}#${Number(number) - 1}`, maxBatches: 1, maxBytes: 1 })
  return batches.find(batch => batch.position === position)
}

/** Does `work` under the right to drain the place's destination. */
async function alone<T>({ drain, call }: Place, work: () => Promise<T>): Promise<T> {
  const held = await acquired(call, drain)
  try {
    return await work()
  } finally {
    await held.release()
  }
}

async function acquired(call: Call, { lease, id, queue }: GraphDrain): Promise<Held> {
  const endMs = call.now() + patienceMs
  for (;;) {
    const outcome = await call.open(lease).acquire(leaseMs)
    if ('token' in outcome) return outcome
    if (call.now() + askMs > endMs) throw new QueueProblem('busy', `the queue ${queue.name} of ${id} is being sent right now, and nobody else may take something out of it; try again in a few seconds`)
    await call.sleep(askMs)
  }
}

/** What the exporter noted, without what was added for people. */
function noteOf(meta: QueuedBatch['meta']): QueuedBatch['meta'] {
  return Object.fromEntries(Object.entries(meta).filter(([name]) => name !== reasonKey))
}

function describe({ position, items, bytes, acceptedAtMs, meta }: QueuedBatch, { secretNotes = [] }: GraphDrain): BatchRow {
  const note = Object.fromEntries(Object.entries(noteOf(meta)).map(([name, value]) => [name, secretNotes.includes(name) ? '(secret)' : value]))
  return { position, items, bytes: bytes.length, acceptedAtMs, note, ...(meta[reasonKey] !== undefined && { reason: meta[reasonKey] }) }
}

function fullProblem({ drain }: Place, { full }: Full, { batches }: Moved): QueueProblem {
  return new QueueProblem('full', `the queue ${drain.queue.name} of ${drain.id} is full (${full}): ${batches} batches were put back, the others stay where they are; try again when it is shorter`)
}
