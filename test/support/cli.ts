/** The `sluice` command as people run it: a process with arguments, a working folder, input, output and an exit code. */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { collector } from './platform.ts'

const bin = fileURLToPath(new URL('../../bin/sluice.mjs', import.meta.url))

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Where {
  readonly cwd: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts the command; `out` and `err` say what it has written so far. */
export function startSluice(args: readonly string[], { cwd, env = {} }: Where): { child: ChildProcess; out: () => string; err: () => string; ended: Promise<number | null> } {
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env
  const child = spawn(process.execPath, [bin, ...args], { cwd, env: { ...inherited, ...env } })
  const [out, err] = [collector(), collector()]
  child.stdout.on('data', out.add)
  child.stderr.on('data', err.add)
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { child, out: out.text, err: err.text, ended }
}

/** Runs the command to its end. */
export async function sluice(args: readonly string[], where: Where): Promise<Outcome> {
  const { child, out, err, ended } = startSluice(args, where)
  child.stdin!.end(where.input ?? '')
  return { code: await ended, stdout: out(), stderr: err() }
}
