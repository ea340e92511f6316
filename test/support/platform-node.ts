/** Node: the artefact in a process of its own. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { collector, type Platform } from './platform.ts'

export const node: Platform = {
  name: 'node',
  target: 'node',
  durable: true,
  ports: true,
  disk: true,
  async start({ file, storage, variables }) {
    const output = collector()
    const child = fork(file, [], {
      env: { PATH: process.env.PATH, ...variables, SLUICE_LISTEN_ADDR: '127.0.0.1:0', SLUICE_STORAGE_PATH: storage },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', output.add)
    const ended = once(child, 'exit')
    const [message] = await Promise.race([
      once(child, 'message') as Promise<[{ listening: { port: number } }]>,
      ended.then(() => { throw new Error(`the server ended before it listened:\n${output.text()}`) }),
    ])
    return {
      url: `http://127.0.0.1:${message.listening.port}`,
      // It ticks by itself, each second; the second tick from now has surely begun after now.
      tick: () => new Promise(resolve => setTimeout(resolve, 2_100)),
      output: output.text,
      async stop() {
        child.kill('SIGTERM')
        await ended
      },
    }
  },
}
