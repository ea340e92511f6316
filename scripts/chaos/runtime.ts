/** A collector that can be killed at any moment, and starts again on what it had written. */

import { readFileSync } from 'node:fs'
import type { Entries } from './stored.ts'
import type { Plan } from './plan.ts'

export interface Runtime {
  /** The addresses that answer at present. */
  readonly urls: () => readonly string[]
  /** Kills one process as an operating system would, and starts it again. */
  kill(victim: number): Promise<void>
  /** What stands in its queues. */
  entries(): Promise<Entries>
  /** The most memory that any of its processes had, in bytes. */
  readonly peakBytes: () => number
  /** The last that it printed. */
  readonly output: () => string
  stop(): Promise<void>
}

export interface Start {
  readonly config: string
  readonly plan: Plan
  readonly seed: number
  /** When the plan's time begins, by the real clock. */
  readonly startMs: number
}

/** Peak resident memory of a process, in bytes; 0 when it is gone. */
export function peakOf(pid: number): number {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** The last lines of several processes, within bounds. */
export function tail(limit = 200_000) {
  let text = ''
  return {
    add: (chunk: Uint8Array) => { text = (text + new TextDecoder().decode(chunk)).slice(-limit) },
    text: () => text,
  }
}
