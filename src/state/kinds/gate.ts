/**
 * The gate beside a queue. While it is open, batches go straight to the destination and nothing durable happens; what has to wait
 * shuts it first. Isolates know of it by a small read that they believe for `lagMs`; so whoever shuts it holds back its
 * acknowledgement for that long, and then every isolate knows. No clocks are compared, only lengths of time.
 *
 *           shut (before the first append)                 opening (the queue was empty: appends end, requests wait)
 *     open ----------------------------------> shut ---------------------------------------------> opening ----> open
 *                                               ^---- an append that was late, or who waited too long ----'
 *
 * Why nothing overtakes: a sender sends its next batch when the one before was acknowledged; that was `lagMs` after the gate shut,
 * and a belief is younger than `lagMs`, so it was read after the gate shut. Why nothing is left behind: who appends either has,
 * when the append is done, a belief `shut` that is younger than `lagMs` (the one who opens waits that long and then looks into the
 * queue once more), or reads the gate anew and shuts it again.
 */

import type { Gate, GateKey, Sleep } from '../kinds.ts'
import { StoreError, type Store } from '../store.ts'
import { readOne } from './cell.ts'
import type { StateEnv } from './env.ts'
import { swap } from './swap.ts'

/** How long an isolate believes what it read. */
export const lagMs = 2_000
/** How often a request that waits for the gate to open looks. */
const lookMs = 250
/** How long it waits before it believes that nobody is opening any more. */
const patienceMs = 6_000
/** Swaps against other writers before giving up. */
const rounds = 50

type State = 'open' | 'opening' | 'shut'

interface View {
  readonly state: State
  /** Grows each time the gate shuts after it was open. */
  readonly epoch: number
  readonly version: string | null
  /** When the read began, by `elapsed`. */
  readonly readAt: number
  /** When this epoch was first seen not to be open: it shut no later than that. */
  readonly shutBy: number
}

/** Opens the gate at store key `at`. */
export function openGate(_key: GateKey, store: Store, at: string, env: StateEnv): Gate {
  const elapsed = env.elapsed ?? env.now
  let view: View | undefined

  const learn = (state: State, epoch: number, version: string | null, readAt: number): View => {
    const sameEpoch = view !== undefined && view.epoch === epoch && view.state !== 'open'
    const learned = { state, epoch, version, readAt, shutBy: sameEpoch ? view!.shutBy : elapsed() }
    // A read that began earlier and took longer knows less.
    if (view === undefined || readAt >= view.readAt) view = learned
    return learned
  }
  const read = async (): Promise<View> => {
    const began = elapsed()
    const known = view
    const entry = known?.version == null ? await store.get(at) : await store.refresh(at, known.version)
    if (entry === 'unchanged') return learn(known!.state, known!.epoch, known!.version, began)
    if (entry === undefined) return learn('open', 0, null, began)
    const record = readOne(at, entry, env)
    // A damaged gate is taken for shut in a new epoch: whoever drains opens it again.
    const { state = 'shut' } = (record?.meta ?? {}) as { state?: State }
    return learn(state, record?.number ?? Math.floor(env.now()), entry.version, began)
  }
  const isFresh = ({ readAt }: View) => {
    const age = elapsed() - readAt
    return age >= 0 && age < lagMs
  }
  /** What is believed, read anew where it is too old; while the store is away, what was last known to be open stays so: nobody can queue meanwhile. */
  const believe = async (): Promise<View> => {
    if (view !== undefined && isFresh(view)) return view
    try {
      return await read()
    } catch (error) {
      if (error instanceof StoreError && error.retryable && view?.state === 'open') return view
      throw error
    }
  }
  /** Swaps `from` for another state; undefined when another was faster. */
  const change = async (from: View, state: State): Promise<View | undefined> => {
    const began = elapsed()
    const epoch = from.state === 'open' ? from.epoch + 1 : from.epoch
    const outcome = await swap(store, at, from.version, { number: epoch, meta: { state } }, env)
    return outcome === 'conflict' ? undefined : learn(state, epoch, outcome.version, began)
  }
  const shut = async (): Promise<View> => {
    for (let round = 0, known = await believe(); round < rounds; round++, known = await read()) {
      const done = known.state === 'shut' ? known : await change(known, 'shut')
      if (done !== undefined) return done
    }
    throw new StoreError(`"${at}" changed ${rounds} times while it was being written`, { retryable: true })
  }

  return {
    async passable(sleep) {
      const began = elapsed()
      for (let known = await believe(); ; known = await read()) {
        if (known.state !== 'opening') return known.state === 'open'
        if (elapsed() - began > patienceMs) return (await shut()).state === 'open'
        await sleep(lookMs)
      }
    },
    async hold(append, sleep) {
      await shut()
      const outcome = await append()
      if (outcome !== 'queued') return outcome
      let known = view!
      if (known.state !== 'shut' || !isFresh(known)) {
        known = await read()
        if (known.state !== 'shut') known = await shut()
      }
      await rest(known.shutBy + lagMs - elapsed(), sleep)
      return outcome
    },
    shut: async () => { await shut() },
    state: async () => (await read()).state,
    isOpen: async () => (await read()).state === 'open',
    async release(drained, sleep) {
      const found = await read()
      if (found.state === 'open') return true
      // Also one that is opening: who began that may have died.
      const opening = await change(found, 'opening')
      if (opening === undefined) return false
      await rest(lagMs, sleep)
      let empty = false
      try {
        empty = await drained()
      } finally {
        if (!empty) await change(opening, 'shut')
      }
      return empty && await change(opening, 'open') !== undefined
    },
  }
}

async function rest(ms: number, sleep: Sleep): Promise<void> {
  if (ms > 0) await sleep(ms)
}
