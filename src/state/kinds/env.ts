/** What every kind gets from its surroundings, and what they share. */

import type { Damage } from '../record.ts'
import type { StoreEnv } from '../store.ts'

/** Damage with its place. */
export interface DamageReport extends Damage {
  /** Of the store. */
  readonly key: string
}

export interface StateEnv extends StoreEnv {
  /** Told of every damaged record that a handle meets, once. */
  readonly onDamage: (report: DamageReport) => void
  /**
   * Whether one request may wait for I/O that another began: then appends share writes, and askers share a list. Not in a stateless
   * Worker: there a request that is cancelled takes its I/O with it, and whoever waits for that would wait forever.
   */
  readonly shareIo?: boolean
  /** Milliseconds of a clock that nobody sets, for lengths of time; without it `now` serves. */
  readonly elapsed?: () => number
}
