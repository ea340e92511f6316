/** Serving in Node: the built artefact in a process of its own, exactly as it would be deployed. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Running, Serving } from './serving.ts'

export async function runNode({ code, host, port, storage }: Serving): Promise<Running> {
  const folder = path.resolve(storage)
  const file = path.join(folder, 'node.mjs')
  await mkdir(folder, { recursive: true })
  await writeFile(file, code)
  const child = fork(file, [], {
    env: { ...process.env, SLUICE_STORAGE_PATH: path.join(folder, 'node'), SLUICE_LISTEN_ADDR: `${host}:${port}` },
    // The server is no TypeScript and needs no loader.
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  const [first] = await Promise.race([
    once(child, 'message') as Promise<[{ listening: { port: number } }]>,
    ended.then(() => { throw new Error('the server ended before it listened') }),
  ])
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${first.listening.port}`,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
