/** The clock's cell and the notes of rounds as JSON (FORMAT.md, "Clocks"): small, seldom written, and read by people in trouble. */

import type { RoundReport } from '../../components/contract/define.ts'
import { text, utf8 } from '../../lib/bytes.ts'
import type { ClockState, RoundNote } from './clock.ts'

export const encodeClock = (state: ClockState): Uint8Array => utf8(JSON.stringify(state))
export const encodeNote = (note: RoundNote): Uint8Array => utf8(JSON.stringify(note))

/** Undefined for what is no clock: it begins anew. */
export function decodeClock(bytes: Uint8Array): ClockState | undefined {
  const state = parse(bytes) as ClockState | undefined
  return numbers(state, 'token', 'nextMs', 'shards') && Array.isArray(state.open) ? state : undefined
}

/** Undefined for what is no note: its order counts as lost in its time. */
export function decodeNote(bytes: Uint8Array): RoundNote | undefined {
  const note = parse(bytes) as RoundNote | undefined
  if (!numbers(note, 'token')) return undefined
  return note.report === undefined || numbers<RoundReport>(note.report, 'doneMs', 'times', 'busyMs') ? note : undefined
}

function numbers<T extends object>(value: T | undefined, ...names: readonly (keyof T)[]): value is T {
  return typeof value === 'object' && value !== null && names.every(name => Number.isFinite(value[name]))
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(text(bytes))
  } catch {
    return undefined
  }
}
