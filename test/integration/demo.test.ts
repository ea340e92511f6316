/** The sample configuration and the demo, as a newcomer runs them: what the clients send is seen on Sluice's terminal. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { until } from '../support/platform.ts'
import { freePort } from '../support/sink.ts'
import { platforms, startSluice, type Sluice } from './support/sluice.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const runFile = promisify(execFile)
const demo = (...args: string[]) => runFile(process.execPath, ['--import', 'tsx', 'scripts/demo.ts', ...args], { cwd: root, timeout: 60_000 })

/** What the demo's data looks like once the sample configuration has had it. */
const seen = {
  'a span with its attribute': /POST \/orders [0-9a-f]{32} [0-9a-f]{16} .*via=sluice/,
  'its child': /INSERT orders [0-9a-f]{32}/,
  'a metric': /demo\.orders\{[^}]*via=sluice[^}]*\} \d+/,
  'a log record': /order 0 of tea .*via=sluice/,
  'a log line by the Loki protocol': /received log entry.*order 0 of tea.*via=\\?"?sluice/,
  'a sample': /demo_queue_length\{instance="demo-1",job="demo",via="sluice"\} 0 \d{13}/,
}

for (const platform of platforms) {
  describe(`the demo on ${platform}`, () => {
    let sluice: Sluice
    // The sample's ports are fixed and may be taken on the machine that tests.
    before(async () => { sluice = await startSluice(platform, await readFile(new URL('../../config.alloy', import.meta.url), 'utf8'), { SLUICE_PORTS: 'off' }) })
    after(() => sluice.stop())

    it('shows spans, metrics, log records, log lines and samples of real clients', async () => {
      const { stdout } = await demo('--url', sluice.url, '--seconds', '2')
      const sent = /^Sent (.*)\. /m.exec(stdout)?.[1] ?? ''
      for (const what of ['spans', 'points', 'records', 'lines', 'samples']) assert.match(sent, new RegExp(`[1-9]\\d* ${what}`))
      for (const [what, pattern] of Object.entries(seen)) {
        await until(what, () => (pattern.test(sluice.output()) ? true : undefined)).catch(() => { assert.fail(`${what} is not to be seen\n${sluice.output()}`) })
      }
      assert.doesNotMatch(sluice.output(), /go_gc_cycles_total|to-be-deleted/, 'what the sample drops')
    })
  })
}

describe('the demo', () => {
  it('says so when nothing listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    await assert.rejects(demo('--url', url), ({ code, stderr }: { code: number; stderr: string }) => {
      assert.equal(code, 1)
      assert.ok(stderr.includes(`Nothing listens on ${url}`), stderr)
      return true
    })
  })
})
