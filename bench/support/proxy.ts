/** `tsx proxy.ts workerd|node SINK`: serves the bare proxy until it is told to end, in the way that `sluice run` serves a graph. */

import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Miniflare } from 'miniflare'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { compatibilityDate } from '../../src/cli/platforms.ts'
import { bareProxy } from './baselines.ts'

const [platform, sink = ''] = process.argv.slice(2)
if (platform === 'workerd') {
  const miniflare = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.js', contents: await bareProxy('cloudflare') }],
    compatibilityDate, host: '127.0.0.1', port: 0, bindings: { SINK: sink },
  })
  console.log(`serves on ${(await miniflare.ready).origin}`)
} else {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-bench-'))
  const file = path.join(folder, 'proxy.mjs')
  writeFileSync(file, await bareProxy('node'))
  const child = fork(file, [], { env: { ...process.env, SINK: sink }, execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  process.once('SIGTERM', () => {
    child.kill()
    rmSync(folder, { recursive: true })
    process.exit(0)
  })
}
