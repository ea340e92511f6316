/** wrangler.toml: what would be uploaded, and that it serves. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { compatibilityDate, compatibilityFlags } from '../../src/cli/platforms.ts'
import { ask, basic } from '../support/ask.ts'
import { collector, until } from '../support/platform.ts'
import { freePort } from '../support/sink.ts'

const root = path.resolve(import.meta.dirname, '../..')
const wrangler = path.join(root, 'node_modules/wrangler/bin/wrangler.js')
const quiet = { WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG_SANITIZE: 'true', CI: '1', NO_UPDATE_NOTIFIER: '1', NO_COLOR: '1', CLOUDFLARE_CF_FETCH_ENABLED: 'false' }

const start = (...args: string[]) => {
  const output = collector()
  const child = spawn(process.execPath, [wrangler, ...args], { cwd: root, env: { ...process.env, ...quiet }, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', output.add)
  return { child, output: output.text, ended: once(child, 'exit').then(([code]) => code as number | null) }
}

describe('wrangler.toml', { timeout: 120_000 }, () => {
  it('names the day and the flags that the tests run workerd with', async () => {
    const lines = (await readFile(path.join(root, 'wrangler.toml'), 'utf8')).split('\n')
    assert.ok(lines.includes(`compatibility_date = "${compatibilityDate}"`))
    assert.ok(lines.includes(`compatibility_flags = ${JSON.stringify(compatibilityFlags)}`))
  })

  it('passes a dry run of the deployment, with its Durable Object', async () => {
    const { output, ended } = start('deploy', '--dry-run')
    assert.equal(await ended, 0, output())
    assert.match(output(), /env\.STATE \(SluiceState\)/)
  })

  it('serves under wrangler dev, behind its password', async () => {
    const port = await freePort()
    const state = await mkdtemp(path.join(tmpdir(), 'sluice-wrangler-'))
    const { child, output, ended } = start('dev', '--ip=127.0.0.1', `--port=${port}`, '--inspector-port=0', `--persist-to=${state}`, '--var', 'SLUICE_PASSWORD:pw', '--show-interactive-dev-session=false')
    try {
      const url = `http://127.0.0.1:${port}`
      const ready = await until('an answer', () => ask(`${url}/-/ready`, { headers: basic('sluice', 'pw') }).then(reply => (reply.status === 200 ? reply : undefined), () => undefined), 60_000)
        .catch((error: unknown) => { throw new Error(output(), { cause: error }) })
      assert.equal(ready.text, 'Alloy is ready.\n')
      assert.equal((await ask(`${url}/-/ready`)).status, 401)
      const sent = await ask(`${url}/v1/traces`, { body: '{}', headers: { 'content-type': 'application/json', ...basic('sluice', 'pw') } })
      assert.deepEqual([sent.status, sent.text], [200, '{}'])
    } finally {
      child.kill('SIGTERM')
      await ended
      await rm(state, { recursive: true, force: true, maxRetries: 3 })
    }
  })
})
