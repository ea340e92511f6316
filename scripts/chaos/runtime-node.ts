/** Two Node processes on one folder, whose disk and clock fail. */

import { once } from 'node:events'
import { fileStore } from '../../src/state/stores/file.ts'
import { workbench } from '../../test/support/platform.ts'
import { processes } from './plan.ts'
import { forked, peakOf, tail, type Runtime, type Start } from './runtime.ts'
import { entriesOf } from './stored.ts'

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
  const { child, ended, kill } = forked(file, [], {
    PATH: process.env.PATH, SLUICE_PORTS: 'off', SLUICE_LISTEN_ADDR: '127.0.0.1:0', SLUICE_DEAD_LETTERS: 'on', ...variables,
  }, print)
  const [message] = await Promise.race([
    once(child, 'message') as Promise<[{ listening: { port: number } }]>,
    ended.then(() => { throw new Error('a process ended before it listened') }),
  ])
  return { url: `http://127.0.0.1:${message.listening.port}`, pid: child.pid!, kill }
}
