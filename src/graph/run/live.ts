/**
 * Exports that change while nothing runs, shared by all isolates through a cell: one of them reads anew (under a lease), the others
 * take over what it found. What cannot be read leaves the last good value where it is.
 */

import { liveState } from '../../components/contract/live.ts'
import type { Definition } from '../../components/contract/define.ts'
import { objectValue, type ObjectValue, type Value } from '../../language/value.ts'
import { utf8 } from '../../lib/bytes.ts'
import { hash64Text, xxhash64 } from '../../lib/xxhash64.ts'
import type { Cell, CellValue, Lease } from '../../state/kinds.ts'
import type { PlanNode } from '../plan.ts'
import type { GraphCall } from './call.ts'
import type { Host } from './host.ts'
import type { StateOpener } from './state.ts'
import { decodeLive, encodeLive, type Cipher, type LiveValue } from './live-format.ts'

export type { LiveValue } from './live-format.ts'

/** How long a warm isolate goes without looking whether another has found something new. */
export const followEveryMs = 10_000
/** How long a read may take before another isolate tries. */
const leaseMs = 60_000
/** Between two looks for what another isolate is reading for the first time. */
const pollMs = 250
/** A tick that comes a little early finds the value due all the same. */
const early = 0.9

export interface LiveEnv {
  /** The node and what is written in it: what others read for other arguments is none of its business. */
  readonly context: string
  readonly now: () => number
  /** Rejects when the invocation must end. */
  readonly sleep: (ms: number) => Promise<void>
  readonly cipher: Cipher | undefined
}

/** What an isolate knows of one node's cell. */
export class Live {
  readonly #cell: Cell
  readonly #lease: Lease
  #known: CellValue | undefined
  #value: LiveValue | undefined

  constructor(cell: Cell, lease: Lease) {
    this.#cell = cell
    this.#lease = lease
  }

  /** The value as it was seen last. */
  get last(): LiveValue | undefined { return this.#value }

  /** The value that stands there now, which costs no transfer while it is the one known; undefined when nothing can be read there. */
  async read({ cipher, context }: LiveEnv): Promise<LiveValue | undefined> {
    const found = await this.#cell.read(this.#known)
    if (found !== undefined && found.version === this.#known?.version) return this.#value
    this.#known = found
    this.#value = found && await decodeLive(found.bytes, cipher, context).catch(() => undefined)
    return this.#value
  }

  /**
   * A value no older than `maxAgeMs`: what another isolate found, or else what `run` does, which one isolate at a time calls.
   * While another does, the old value is good enough; without one, this waits. Rejects as `run` does.
   */
  async fresh(maxAgeMs: number, run: () => Promise<ObjectValue>, env: LiveEnv): Promise<LiveValue> {
    for (;;) {
      const isFresh = (value: LiveValue | undefined) => value !== undefined && env.now() - value.atMs < early * maxAgeMs
      const value = await this.read(env)
      if (value !== undefined && isFresh(value)) return value
      const held = await this.#lease.acquire(leaseMs)
      if ('takenUntilMs' in held) {
        if (value !== undefined) return value
        await env.sleep(pollMs)
        continue
      }
      try {
        // Someone may have finished between the look and the lease.
        const newer = await this.read(env)
        if (newer !== undefined && isFresh(newer)) return newer
        const atMs = env.now()
        return await this.#write({ exports: await run(), atMs }, held.token, env)
      } finally {
        await held.release()
      }
    }
  }

  async #write(value: LiveValue, fence: number, { cipher, context }: LiveEnv): Promise<LiveValue> {
    const bytes = await encodeLive(value, cipher, context)
    if (bytes === undefined) return value
    const written = await this.#cell.write(bytes, { fence })
    // Someone with a later lease has written: its value is the newer one, and is read at the next look.
    if (written === 'conflict') return value
    this.#known = written
    this.#value = value
    return value
  }
}

/** The live values of a graph's nodes. */
export class LiveNodes {
  /** By node: its id, and a hash of its arguments once they are known. */
  readonly #contexts: Map<string, string>
  readonly #open = new Map<string, Live>()
  readonly #state: StateOpener
  readonly #cipher: Cipher | undefined

  constructor(nodes: Iterable<{ readonly plan: PlanNode; readonly definition: Definition | undefined }>, state: StateOpener, host: Host) {
    const live = [...nodes].filter(({ definition }) => definition?.state?.['exports'] === liveState.exports)
    this.#contexts = new Map(live.map(({ plan: { id } }) => [id, id]))
    this.#state = state
    const key = host.env('SLUICE_SECRET_KEY') ?? ''
    this.#cipher = key === '' ? undefined : host.cipher?.(key)
  }

  /** Takes note of the arguments that a node is built with; secrets among them do not count. */
  describe(id: string, args: Readonly<Record<string, unknown>>): void {
    if (!this.has(id)) return
    const text = JSON.stringify(args, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
    this.#contexts.set(id, `${id} ${hash64Text(xxhash64(utf8(text)))}`)
  }

  get size(): number { return this.#contexts.size }

  has(id: string): boolean { return this.#contexts.has(id) }

  #of(id: string): Live {
    const known = this.#open.get(id)
    if (known !== undefined) return known
    const live = new Live(this.#state.open(liveState.exports, id), this.#state.open(liveState.refreshing, id))
    this.#open.set(id, live)
    return live
  }

  #env(id: string, call: GraphCall): LiveEnv {
    return { context: this.#contexts.get(id)!, cipher: this.#cipher, now: () => call.now(), sleep: ms => call.sleep(ms) }
  }

  /** What this isolate has seen last of a node's cell. */
  last(id: string): LiveValue | undefined { return this.#open.get(id)?.last }

  /** What stands in a node's cell. */
  read(id: string, call: GraphCall): Promise<LiveValue | undefined> { return this.#of(id).read(this.#env(id, call)) }

  /** A node's exports, no older than `maxAgeMs`; of a node without a cell, what `run` reads now. */
  async fresh(id: string, maxAgeMs: number, run: (call: GraphCall) => Promise<Readonly<Record<string, unknown>>>, call: GraphCall): Promise<LiveValue> {
    const exports = async () => objectValue(await run(call) as Readonly<Record<string, Value>>)
    if (this.has(id)) return this.#of(id).fresh(maxAgeMs, exports, this.#env(id, call))
    const atMs = call.now()
    return { exports: await exports(), atMs }
  }
}
