import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ask, basic } from '../support/ask.ts'
import { startSluice, sluice } from '../support/cli.ts'
import { until } from '../support/platform.ts'
import { freePort, startSink, type Sink } from '../support/sink.ts'

const config = `
http {
	auth {
		basic {
			username = "sluice"
			password = sys.env("SLUICE_PASSWORD")
		}
	}
}

loki.source.api "in" {
	http {
		listen_address = "127.0.0.1"
		listen_port    = 0
	}
	forward_to = [loki.write.out.receiver]
}

loki.write "out" {
	endpoint {
		url = sys.env("LOKI_URL")
	}
}
`

describe('sluice run', { timeout: 120_000 }, () => {
  let cwd: string
  let sink: Sink
  let port: number
  before(async () => {
    cwd = await mkdtemp(path.join(tmpdir(), 'sluice-run-'))
    await writeFile(path.join(cwd, 'config.alloy'), config)
    sink = await startSink()
    port = await freePort()
  })
  after(async () => {
    await sink.stop()
    await rm(cwd, { recursive: true, force: true, maxRetries: 3 })
  })

  const start = async (platform: string) => {
    const env = { SLUICE_PASSWORD: 'pw', LOKI_URL: `${sink.url}/loki` }
    const running = startSluice(['run', `--platform=${platform}`, `--server.http.listen-addr=127.0.0.1:${port}`, '--storage.path=state', 'config.alloy'], { cwd, env })
    await Promise.race([
      until('the address', () => running.out().includes(`Sluice serves on http://127.0.0.1:${port} (${platform})`) || undefined, 30_000),
      running.ended.then(code => { throw new Error(`it ended with ${code}: ${running.err()}`) }),
    ])
    return running
  }
  const push = async () => {
    const body = '{"streams":[{"stream":{"job":"web"},"values":[["1700000000000000000","hello"]]}]}'
    const reply = await ask(`http://127.0.0.1:${port}/loki/api/v1/push`, { body, headers: { 'content-type': 'application/json', ...basic('sluice', 'pw') } })
    assert.equal(reply.status, 204, reply.text)
    return sink.take('/loki')[0]!.headers['x-alloy-id']
  }

  for (const platform of ['workerd', 'node']) {
    it(`serves on ${platform}, stops at Ctrl-C with nothing left behind, and goes on where it was`, async () => {
      const first = await start(platform)
      assert.match(first.out(), /^ {2}POST {2}http:\/\/127\.0\.0\.1:\d+\/loki\/api\/v1\/push\n {8}-> loki\.source\.api\.in$/m)
      assert.match(first.out(), /^ {2}loki\.write\.out\n {6}\S.*\.$/m)
      const id = await push()
      assert.match(id!, /^[0-9a-f-]{36}$/)

      first.child.kill('SIGINT')
      assert.equal(await first.ended, 0)
      // A new listener on the same port is the proof that the old one is gone, and the same id that its state is not.
      const second = await start(platform)
      assert.equal(await push(), id)
      second.child.kill('SIGINT')
      assert.equal(await second.ended, 0)
      await assert.rejects(ask(`http://127.0.0.1:${port}/-/ready`), /ECONNREFUSED/)
    })

    it(`says on ${platform} that an address is taken`, async () => {
      const taken = new URL(sink.url).host
      const { code, stderr } = await sluice(['run', `--platform=${platform}`, `--server.http.listen-addr=${taken}`, '--storage.path=other', 'config.alloy'], { cwd })
      assert.equal(code, 1)
      assert.ok(stderr.includes(`sluice run: cannot serve on ${taken}: `) && stderr.includes('in use'), stderr)
    })
  }

  it('ends with 1 and the problems for a configuration with errors', async () => {
    await writeFile(path.join(cwd, 'wrong.alloy'), 'loki.write "out" { }\nloki.frobnicate "x" { }\n')
    const { code, stderr } = await sluice(['run', 'wrong.alloy'], { cwd })
    assert.equal(code, 1)
    assert.match(stderr, /^Error: wrong\.alloy:2:1: cannot find the definition of component name "loki\.frobnicate"$/m)
  })

  it('leaves the door open only towards this machine', async () => {
    const { code, stderr } = await sluice(['run', '--allow-unauthenticated', '--server.http.listen-addr=0.0.0.0:12345', 'config.alloy'], { cwd })
    assert.equal(code, 2)
    assert.match(stderr, /--allow-unauthenticated is for addresses of this machine/)
  })
})
