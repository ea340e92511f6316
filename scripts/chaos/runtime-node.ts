/** Two Node processes on one folder, whose disk and clock fail. */

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { fileStore } from '../../src/state/stores/file.ts'
import { workbench } from '../../test/support/platform.ts'
import { processes } from './plan.ts'
import { peakOf, tail, type Runtime, type Start } from './runtime.ts'
import { entriesOf } from './stored.ts'

export const preload = fileURLToPath(new URL('preload.mjs', import.meta.url))

export async function startNode({ config, plan, seed, startMs }: Start): Promise<Runtime> {
  const bench = await workbench()
  const { file, storage } = await bench.build('node', config)
  const chaos = JSON.stringify({ startMs, storage, seed, clock: plan.clock, store: plan.store })
  const output = tail()
  const running: (Process | undefined)[] = []
  let peak = 0
  let ending = false

  const start = async (index: number) => {
    const one = await startProcess(file, { SLUICE_STORAGE_PATH: storage, SLUICE_CHAOS: chaos }, output.add)
    if (ending) await one.kill()
    else running[index] = one
  }
  const measure = () => { for (const one of running) if (one !== undefined) peak = Math.max(peak, peakOf(one.pid)) }
  const kill = async (victim: number) => {
    measure()
    const one = running[victim]
    running[victim] = undefined
    await one?.kill()
  }
  await Promise.all(Array.from({ length: processes.node }, (_, index) => start(index)))
  const store = fileStore(storage, { now: Date.now, random: Math.random })

  return {
    urls: () => running.flatMap(one => one?.url ?? []),
    async kill(victim) {
      await kill(victim)
      await start(victim)
    },
    entries: () => entriesOf(store),
    peakBytes: () => {
      measure()
      return peak
    },
    output: output.text,
    async stop() {
      ending = true
      await Promise.all(running.map((_, index) => kill(index)))
      await bench.clear()
    },
  }
}

interface Process {
  readonly url: string
  readonly pid: number
  readonly kill: () => Promise<void>
}

async function startProcess(file: string, variables: Readonly<Record<string, string>>, print: (chunk: Uint8Array) => void): Promise<Process> {
  const child = fork(file, [], {
    env: { PATH: process.env.PATH, SLUICE_PORTS: 'off', SLUICE_LISTEN_ADDR: '127.0.0.1:0', SLUICE_DEAD_LETTERS: 'on', ...variables },
    execArgv: ['--import', preload], stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', print)
  const ended = once(child, 'exit')
  const [message] = await Promise.race([
    once(child, 'message') as Promise<[{ listening: { port: number } }]>,
    ended.then(() => { throw new Error('a process ended before it listened') }),
  ])
  return { url: `http://127.0.0.1:${message.listening.port}`, pid: child.pid!, kill: () => killed(child, ended) }
}

/** Kills a process without a word, and waits until it is gone. */
export async function killed(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGKILL')
  await ended
}
