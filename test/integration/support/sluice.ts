/** Sluice as a user has it: the command, in a process of its own, with a folder of its own. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as wait } from 'node:timers/promises'
import { collector, until } from '../../support/platform.ts'

export const platforms = ['workerd', 'node'] as const
export type PlatformName = (typeof platforms)[number]

const command = fileURLToPath(new URL('../../../bin/sluice.mjs', import.meta.url))

export interface Sluice {
  readonly url: string
  /** Of the command; whatever it starts is in its process group. */
  readonly pid: number
  /** What it has printed so far, on both streams. */
  readonly output: () => string
  /** Ends it as an init system would, and fails when it ended badly or left a process behind. */
  readonly stop: () => Promise<void>
}

/** Runs `sluice run` on a free port; fails with what it printed when it does not serve. */
export async function startSluice(platform: PlatformName, config: string, variables: Readonly<Record<string, string>> = {}): Promise<Sluice> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-integration-'))
  const file = path.join(folder, 'config.alloy')
  await writeFile(file, config)
  const printed = collector()
  const flags = [`--platform=${platform}`, '--server.http.listen-addr=127.0.0.1:0', `--storage.path=${path.join(folder, 'state')}`,
    '--stability.level=experimental', '--allow-unauthenticated']
  const child = spawn(process.execPath, [command, 'run', ...flags, file], {
    cwd: folder, detached: true, env: { ...process.env, ...variables }, stdio: ['ignore', 'pipe', 'pipe'],
  })
  const pid = child.pid!
  const killAll = () => { signal(-pid, 'SIGKILL') }
  process.once('exit', killAll)
  for (const stream of [child.stdout, child.stderr]) stream.on('data', printed.add)
  const ended = once(child, 'exit') as Promise<[code: number | null]>

  const clear = async () => {
    killAll()
    process.removeListener('exit', killAll)
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }

  try {
    const served = until('sluice run to serve', () => {
      if (child.exitCode !== null) throw new Error(`sluice run ended with ${child.exitCode}`)
      return /serves on (http:\S+)/.exec(printed.text())?.[1]
    }, 60_000)
    const url = await served
    return {
      url, pid,
      output: printed.text,
      async stop() {
        try {
          child.kill('SIGTERM')
          const [code] = await within(15_000, ended, 'sluice run to end')
          if (code !== 0) throw new Error(`sluice run ended with ${code}`)
          await until('every process to be gone', () => (signal(-pid, 0) ? undefined : true), 5_000)
        } catch (error) {
          throw new Error(`${String(error)}\n${printed.text()}`, { cause: error })
        } finally {
          await clear()
        }
      },
    }
  } catch (error) {
    await clear()
    throw new Error(`${String(error)}\n${printed.text()}`, { cause: error })
  }
}

/** Whether there was a process to send it to. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}

async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  const patience = new AbortController()
  const late = wait(ms, undefined, { signal: patience.signal }).then(() => { throw new Error(`waited ${ms} ms for ${what}`) })
  try {
    return await Promise.race([promise, late])
  } finally {
    patience.abort()
    late.catch(() => undefined)
  }
}
