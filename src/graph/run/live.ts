/**
 * Exports that change while nothing runs, shared by all isolates through a cell: one of them reads anew (under a lease), the others
 * take over what it found. What cannot be read leaves the last good value where it is.
 */

import type { ObjectValue } from '../../language/value.ts'
import type { Cell, CellValue, Lease } from '../../state/kinds.ts'
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
  /** The node, for which the bytes are sealed. */
  readonly id: string
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

  /** The value that stands there now, which costs no transfer while it is the one known; undefined when nothing can be read there. */
  async read({ cipher, id }: LiveEnv): Promise<LiveValue | undefined> {
    const found = await this.#cell.read(this.#known)
    if (found !== undefined && found.version === this.#known?.version) return this.#value
    this.#known = found
    this.#value = found && await decodeLive(found.bytes, cipher, id).catch(() => undefined)
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

  async #write(value: LiveValue, fence: number, { cipher, id }: LiveEnv): Promise<LiveValue> {
    const bytes = await encodeLive(value, cipher, id)
    if (bytes === undefined) return value
    const written = await this.#cell.write(bytes, { fence })
    // Someone with a later lease has written: its value is the newer one, and is read at the next look.
    if (written === 'conflict') return value
    this.#known = written
    this.#value = value
    return value
  }
}
