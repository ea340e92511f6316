/** A collector that can be killed at any moment, and starts again on what it had written. */

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
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

const children = new Set<ChildProcess>()
process.on('exit', () => { for (const child of children) child.kill('SIGKILL') })

/** A process of ours, which does not outlive us; `kill` ends it as an operating system would, and resolves when it is gone. */
export function forked(file: string, args: readonly string[], env: NodeJS.ProcessEnv, print: (chunk: Uint8Array) => void) {
  const child = fork(file, args, { env, execArgv: ['--import', preload], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  children.add(child)
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', print)
  const ended = once(child, 'exit').then(() => { children.delete(child) })
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return { child, ended, kill }
}

const preload = fileURLToPath(new URL('preload.mjs', import.meta.url))

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
