import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { sluice } from '../support/cli.ts'

const open = `loki.source.api "in" {
	forward_to = [loki.write.out.receiver]
}

loki.write "out" {
	endpoint {
		url = sys.env("LOKI_URL")
	}
}
`
const shut = `${open}
http {
	auth {
		basic {
			username = "sluice"
			password = sys.env("SLUICE_PASSWORD")
		}
	}
}
`

describe('sluice build', () => {
  let cwd: string
  before(async () => {
    cwd = await mkdtemp(path.join(tmpdir(), 'sluice-build-'))
    await writeFile(path.join(cwd, 'open.alloy'), open)
    await writeFile(path.join(cwd, 'shut.alloy'), shut)
  })
  after(() => rm(cwd, { recursive: true }))
  const build = (...args: string[]) => sluice(['build', ...args], { cwd, env: { SLUICE_PASSWORD: 'not to be folded in' } })

  for (const [target, file] of [['cloudflare', 'worker.js'], ['lambda', 'lambda.mjs'], ['node', 'node.mjs']] as const) {
    it(`writes ${file} for ${target}, with what it was made of beside it`, async () => {
      const { code, stdout, stderr } = await build(`--target=${target}`, '-o', target, 'shut.alloy')
      assert.deepEqual([code, stderr], [0, ''])
      assert.match(stdout, new RegExp(`^${target}/${file}: [0-9.]+ KiB, [0-9.]+ KiB gzip; 3 kinds of component\n$`))
      assert.deepEqual((await readdir(path.join(cwd, target))).sort(), ['graph.gen.ts', file].sort())
      for (const name of ['graph.gen.ts', file]) {
        assert.ok(!(await readFile(path.join(cwd, target, name), 'utf8')).includes('not to be folded in'), `${name} holds a secret`)
      }
    })
  }

  it('is the same twice', async () => {
    await build('--target=cloudflare', '-o', 'again', 'shut.alloy')
    assert.equal(await readFile(path.join(cwd, 'again/worker.js'), 'utf8'), await readFile(path.join(cwd, 'cloudflare/worker.js'), 'utf8'))
  })

  it('refuses what is too large for the platform, and says by how much', async () => {
    // Random bytes, which no compression makes smaller.
    await writeFile(path.join(cwd, 'large.bin'), randomBytes(11 * 1024 * 1024))
    await writeFile(path.join(cwd, 'large.alloy'), `${shut}
local.file "large" {\n\tfilename = "large.bin"\n}\n`)
    const { code, stderr } = await build('--target=cloudflare', '-o', 'large', 'large.alloy')
    assert.equal(code, 1)
    assert.match(stderr, /^Error: large\/worker\.js: the bundle has 11\.\d MiB after gzip, and Cloudflare Workers takes at most 10 MiB$/m)
    await assert.rejects(readdir(path.join(cwd, 'large')), /ENOENT/)
  })

  it('refuses a receiver that anyone on the internet could write to', async () => {
    const { code, stderr } = await build('--target=lambda', '-o', 'none', 'open.alloy')
    assert.equal(code, 1)
    assert.match(stderr, /^Error: open\.alloy:1:1: receiver loki\.source\.api\.in would accept data from anyone$/m)
    assert.match(stderr, /--allow-unauthenticated/)
    await assert.rejects(readdir(path.join(cwd, 'none')), /ENOENT/)
    assert.equal((await build('--target=lambda', '--allow-unauthenticated', '-o', 'some', 'open.alloy')).code, 0)
  })
})
