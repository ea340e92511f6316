/**
 * How every exporter delivers (semantics.md 3). *Through*: a batch is sent while its sender waits; what the destination cannot take
 * now goes into its durable queue and is then acknowledged, and while anything waits there, new batches join it, so that nothing
 * overtakes. *Queued*: everything goes by the queue. *Direct*: there is no queue; the sender keeps what could not be sent.
 *
 *     consume ──gate open──► send ──ok──► done                       drain (drain.ts), alone by a lease:
 *                │             └─later──► hold the gate, append ──►    queue ──► lanes ──► send ──► drop ... empty: open the gate
 *                └─gate shut───────────► append
 */

import type { Call } from '../components/contract/call.ts'
import type { Drain } from '../components/contract/define.ts'
import { ConsumeError, joinFailures, permanent, retryable } from '../components/contract/errors.ts'
import { droppedItems, type Reading } from '../components/contract/metrics.ts'
import { concat, utf8 } from '../lib/bytes.ts'
import { crc32c } from '../lib/crc32c.ts'
import { gate, lease, queue, type BatchInfo, type Depth, type Full, type GateKey, type LeaseKey, type QueueBounds, type QueueKey, type Waiting } from '../state/kinds.ts'
import type { Batch } from '../telemetry/batch.ts'
import { deadLetterBounds } from './dead-letters.ts'
import { drainer } from './drain.ts'
import { persistently, type RetryPolicy } from './retry.ts'

/** What the queue keeps of a batch beside its bytes: text by name. Batches with equal notes may be joined. */
export type Note = Readonly<Record<string, string>>

/** Which try this is, from 1, and how long it may take (0: as long as the exporter's own arguments say). */
export interface Attempt {
  readonly number: number
  readonly timeoutMs: number
}

/** What became of some items, for the exporter's metrics. */
export interface DeliveryEvent {
  /**
   * `failed`: an attempt that may be repeated. `returned`: the sender has to send them again. `full`: the queue did not take them.
   * Refused for good: `refused` while their sender waits, who is told; `dropped` what had been accepted.
   */
  readonly kind: 'sent' | 'failed' | 'queued' | 'full' | 'returned' | 'refused' | 'dropped'
  readonly items: number
  /** Before compression. */
  readonly bytes: number
  /** Of `refused` and `dropped`. */
  readonly reason?: 'refused' | 'too large' | 'too old' | 'too many attempts'
  /** How long the attempt took, for `sent` and `failed`. */
  readonly seconds?: number
  readonly note: Note
}

/** What an exporter tells of one of its destinations. */
export interface DestinationOptions<B extends Batch> {
  /** Tells the destinations of a component apart, also after its configuration has changed; part of the names of their state. */
  readonly name: string
  /** As logs may show it. */
  readonly shown: string
  readonly mode: 'through' | 'queued' | 'direct'
  readonly bounds?: Partial<QueueBounds>
  readonly retry: RetryPolicy
  /** How many requests may be under way at once while a queue is drained. */
  readonly lanes: number
  readonly items: (batch: B) => number
  /** Whether batches may overtake one another: a whole one then need not wait for those that are being gathered. */
  readonly unordered?: boolean
  /** The batch as requests, in order. */
  readonly requests: (batch: B, call: Call) => readonly B[]
  /** The batch in at most `lanes` parts, such that whatever must stay in order stays in one. */
  readonly partition: (batch: B, lanes: number) => readonly B[]
  /** A request in smaller ones, for a destination that finds it too large; itself where that is impossible. */
  readonly halve: (request: B) => readonly B[]
  readonly note: (batch: B, call: Call) => Note
  /** Which notes may hold a secret. */
  readonly secretNotes?: readonly string[]
  readonly restore: (bytes: Uint8Array, note: Note) => B
  /** At most the first `most` items of a batch, for people. */
  readonly show: (batch: B, most: number) => unknown
  /** One attempt. Rejects with a ConsumeError. `note` says what the queue kept, or would. */
  readonly send: (request: B, note: Note, call: Call, attempt: Attempt) => Promise<'sent' | 'too large'>
  readonly observe?: (event: DeliveryEvent, call: Call) => void
  /** How much waits, under the names that Alloy has for it. */
  readonly readings?: (depth: Depth) => readonly Reading[]
}

/** A name for each of several endpoints that stays the same when others come or go: its own, or one made of its address. */
export function destinationNames(endpoints: readonly { readonly name: string; readonly url: string }[]): string[] {
  const taken = new Map<string, number>()
  return endpoints.map(({ name, url }) => {
    const base = name !== '' ? name : crc32c(utf8(url)).toString(16).padStart(8, '0')
    const earlier = taken.get(base) ?? 0
    taken.set(base, earlier + 1)
    return earlier === 0 ? base : `${base}.${earlier}`
  })
}

/** The state of one destination. */
export interface DestinationState {
  readonly queue: QueueKey
  readonly gate: GateKey
  readonly lease: LeaseKey
  /** What was refused for good, where the deployment keeps it. */
  readonly dead: QueueKey
}

export interface Destination<B extends Batch> {
  /** Resolves when all batches (each with a note of its own) are delivered or durable; rejects with a ConsumeError. */
  consume(batches: readonly B[], call: Call): Promise<void>
  /** Sends what waits; absent without a queue. */
  readonly drain?: Drain
}

/** How batches travel now: one that goes through is gathered where a batch processor asks for it and small writes are cheap. */
export const modeOf = ({ mode }: Pick<DestinationOptions<never>, 'mode'>, call: Call): 'through' | 'queued' | 'direct' =>
  (mode === 'through' && call.gather !== undefined ? 'queued' : mode)

/** For a definition's `state`: the kinds that a destination opens, each under names of its own. */
export const destinationState = { queue: queue({ name: 'queue' }), gate: gate({ name: 'gate' }), lease: lease({ name: 'drain' }) }

/** A Worker has six connections. */
export const mostLanes = 6
/** How long a sender may be kept waiting for further attempts: it holds the data meanwhile. */
const patienceMs = 2_000
/** The longest attempt while a sender waits and a queue could take the data. */
const throughMs = 8_000
/** The most that may be under way to one destination in one isolate; whoever comes then is told to come again. */
const maxInFlightBytes = 64 * 1024 * 1024
/** Batches are laid away in pieces of about this size, which fill a segment. */
const pieceBytes = 1_400_000
/** When to come again, of a full queue or an isolate with too much under way. */
const fullRetryMs = 10_000
const busyRetryMs = 1_000

export function destination<B extends Batch>(given: DestinationOptions<B>): Destination<B> {
  const { name, mode, bounds } = given
  const options: DestinationOptions<B> = { ...given, observe: (event, call) => { account(event, call, given.observe) } }
  const state: DestinationState = {
    queue: queue({ name, ...(bounds && { bounds }) }), gate: gate({ name }), lease: lease({ name }), dead: queue({ name: `${name}.refused`, bounds: deadLetterBounds }),
  }
  const drain = mode === 'direct' ? undefined : drainer(options, state)
  let inFlight = 0
  let gateIsShut = false

  /** By the queue: resolves once everything is durable and nothing can overtake it. */
  const enqueue = async (batches: readonly B[], call: Call): Promise<void> => {
    const waiting = batches.flatMap(batch => pieces(options, batch, call))
    const line = call.open(state.queue)
    const outcome = await stored(call, async () => {
      if (modeOf(options, call) === 'through') return call.open(state.gate).hold(() => line.append(waiting), ms => call.sleep(ms))
      // Once shut it stays so; a later version of the configuration that goes through finds out by it what waits.
      if (!gateIsShut) await call.open(state.gate).shut()
      gateIsShut = true
      return line.append(waiting)
    })
    const kind = outcome === 'queued' ? 'queued' : 'full'
    for (const { bytes, info } of waiting) options.observe?.({ kind, items: info.items, bytes: bytes.length, note: info.meta }, call)
    if (outcome !== 'queued') throw fullError(options, outcome)
    drain!.touch()
  }

  /** Whether batches that could be gathered are as large as they should be already. */
  const isWhole = (batches: readonly B[], call: Call) =>
    options.unordered === true && call.gather !== undefined && batches.every(batch => options.items(batch) >= call.gather!.items)

  const through = async (batches: readonly B[], call: Call): Promise<void> => {
    const passable = modeOf(options, call) !== 'through' || await stored(call, () => call.open(state.gate).passable(ms => call.sleep(ms)))
    if (!passable) return enqueue(batches, call)
    const forwarded = await Promise.all(batches.map(batch => forward(options, batch, call)))
    const undelivered = forwarded.flatMap(({ left }) => left)
    if (undelivered.length > 0) {
      const error = joinFailures(forwarded.flatMap(({ error }) => error ?? []))
      if (mode === 'direct') throw error
      call.log('warn', 'the destination takes nothing now: batches wait in its queue', { url: options.shown, err: (error as Error).message })
      await enqueue(undelivered, call)
    }
    throwRefused(forwarded)
  }

  return {
    async consume(batches, call) {
      const bytes = batches.reduce((sum, batch) => sum + batch.bytes.length, 0)
      if (inFlight > 0 && inFlight + bytes > maxInFlightBytes) {
        throw retryable(`${inFlight} bytes are under way to ${options.shown}; no more are taken until some arrive`, { retryAfterMs: busyRetryMs })
      }
      inFlight += bytes
      try {
        await (modeOf(options, call) === 'queued' && !isWhole(batches, call) ? enqueue(batches, call) : through(batches, call))
      } catch (error) {
        if (error instanceof ConsumeError && error.kind === 'retryable') {
          for (const batch of batches) options.observe?.({ kind: 'returned', items: options.items(batch), bytes: batch.bytes.length, note: options.note(batch, call) }, call)
        }
        throw error
      } finally {
        inFlight -= bytes
      }
    },
    ...(drain !== undefined && { drain }),
  }
}

/** Counts what is the same for every exporter, and hands the event on. */
function account(event: DeliveryEvent, call: Call, observe: DestinationOptions<Batch>['observe']): void {
  if (event.kind === 'dropped') call.count(droppedItems, event.items, { reason: event.reason?.replaceAll(' ', '_') ?? 'unknown' })
  observe?.(event, call)
}

/** What `forward` could not deliver: `left` in order, with the reason; and what was refused for good. */
interface Forwarded<B> {
  readonly left: readonly B[]
  readonly error?: ConsumeError
  readonly refused: readonly ConsumeError[]
  readonly delivered: boolean
}

/** Sends a batch request by request, so that their order is kept: one refused for good costs no other, one that may succeed later ends the round. */
async function forward<B extends Batch>(options: DestinationOptions<B>, batch: B, call: Call): Promise<Forwarded<B>> {
  const note = options.note(batch, call)
  const timeoutMs = options.mode === 'direct' ? 0 : throughMs
  const refused: ConsumeError[] = []
  const left = [...options.requests(batch, call)]
  let delivered = false
  while (left.length > 0) {
    const request = left[0]!
    try {
      const outcome = await persistently(call, options.retry, patienceMs, number => attemptOnce(options, request, note, call, { number, timeoutMs }, 'refused'))
      if (outcome === 'sent') delivered = true
      left.splice(0, 1, ...(outcome === 'sent' ? [] : outcome))
    } catch (error) {
      if (!(error instanceof ConsumeError)) throw error
      if (error.kind === 'retryable') return { left, error, refused, delivered }
      const rejected = error.rejected ?? options.items(request)
      refused.push(new ConsumeError('permanent', error.message, { status: error.status, rejected, cause: error }))
      if (rejected < options.items(request)) delivered = true
      left.shift()
    }
  }
  return { left, refused, delivered }
}

/**
 * One attempt, observed (`lost` is what an item is that no attempt can bring there): `sent`, or the smaller requests to send in its
 * place, because it was too large or, where it may `divide`, because something in it was refused. Rejects with a ConsumeError.
 */
export async function attemptOnce<B extends Batch>(
  options: DestinationOptions<B>, request: B, note: Note, call: Call, attempt: Attempt, lost: 'refused' | 'dropped', divide = false,
): Promise<'sent' | readonly B[]> {
  const items = options.items(request)
  const bytes = request.bytes.length
  const began = call.now()
  const observe = (event: Pick<DeliveryEvent, 'kind' | 'reason'> & Partial<Pick<DeliveryEvent, 'items'>>) =>
    options.observe?.({ items, ...event, bytes, seconds: Math.max(0, call.now() - began) / 1000, note }, call)
  try {
    if (await options.send(request, note, call, attempt) === 'sent') {
      observe({ kind: 'sent' })
      return 'sent'
    }
  } catch (error) {
    const parts = divide && isRefusalOfData(error) ? options.halve(request) : []
    if (parts.length > 1) {
      observe({ kind: 'failed' })
      return parts
    }
    if (error instanceof ConsumeError) observe(error.kind === 'retryable' ? { kind: 'failed' } : { kind: lost, reason: 'refused', items: error.rejected ?? items })
    throw error
  }
  const halves = options.halve(request)
  if (halves.length > 1) return halves
  observe({ kind: lost, reason: 'too large' })
  throw permanent(`${options.shown} answered 413: ${items === 1 ? 'a single item' : `${items} items`} of ${bytes} bytes cannot be made smaller`, { rejected: items })
}

/** Refused for what is in it, not for who sends it or where. */
const isRefusalOfData = (error: unknown) => error instanceof ConsumeError && error.kind === 'permanent' && error.status === 400

/** What was refused for good, said in one error; how many items, where others arrived. */
function throwRefused(forwarded: readonly Forwarded<Batch>[]): void {
  const refused = forwarded.flatMap(each => each.refused)
  if (refused.length === 0) return
  const safe = forwarded.some(({ delivered, left }) => delivered || left.length > 0)
  const rejected = refused.reduce((sum, error) => sum + error.rejected!, 0)
  const message = [...new Set(refused.map(error => error.message))].join('; ')
  throw new ConsumeError('permanent', message, { status: refused[0]!.status, cause: refused, ...(safe && { rejected }) })
}

/** A batch as it is laid away: requests' worth laid end to end (which merges these messages) up to about a segment. */
function pieces<B extends Batch>(options: DestinationOptions<B>, batch: B, call: Call): Waiting[] {
  const meta = options.note(batch, call)
  const info = (of: readonly B[]): BatchInfo => ({ items: of.reduce((sum, each) => sum + options.items(each), 0), acceptedAtMs: call.now(), meta })
  if (batch.bytes.length <= pieceBytes) return [{ bytes: batch.bytes, info: info([batch]) }]
  const groups: B[][] = []
  let size = Infinity
  for (const request of options.requests(batch, call)) {
    if (size + request.bytes.length > pieceBytes) {
      groups.push([])
      size = 0
    }
    size += request.bytes.length
    groups.at(-1)!.push(request)
  }
  return groups.map(group => ({ bytes: concat(group.map(each => each.bytes)), info: info(group) }))
}

/** A store that fails means: come again. */
async function stored<T>(call: Call, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ConsumeError || call.signal.aborted && error === call.signal.reason) throw error
    if (!isStoreError(error)) throw error
    throw retryable(`the durable state cannot be used: ${error.message}`, { cause: error, retryAfterMs: fullRetryMs })
  }
}

/** By its name, so that components bring no store into a bundle. */
const isStoreError = (error: unknown): error is Error => error instanceof Error && error.name === 'StoreError'

function fullError<B extends Batch>({ shown }: DestinationOptions<B>, { full, depth }: Full): ConsumeError {
  const held = { bytes: `${depth.bytes} bytes`, items: `${depth.items} items`, batches: `${depth.batches} batches`, age: 'batches that are too old' }[full]
  return retryable(`the queue of ${shown} is full: it holds ${held}`, { retryAfterMs: fullRetryMs })
}
