import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ask, basic } from '../support/ask.ts'
import { node } from '../support/platform-node.ts'
import { until, workbench, type Served, type Workbench } from '../support/platform.ts'

describe('a door whose password cannot be read', () => {
  let bench: Workbench
  let served: Served
  let file: string
  before(async () => {
    bench = await workbench()
    file = path.join(bench.folder, 'password')
    served = await node.start(await bench.build('node', `
      local.file "password" {
        filename       = "${file}"
        poll_frequency = "1s"
        is_secret      = true
      }
      http {
        auth {
          basic {
            username = "sluice"
            password = local.file.password.content
          }
        }
      }
      loki.source.api "in" {
        http { listen_port = 0 }
        forward_to = []
      }`))
  })
  after(async () => {
    await served?.stop()
    await bench?.clear()
  })

  it('stays shut for everyone, and opens with the key once the file is there', async () => {
    for (const at of ['/', '/-/ready', '/loki/api/v1/push', '/nowhere']) {
      const { status, text } = await ask(served.url + at, { headers: basic('sluice', '') })
      assert.deepEqual([status, text], [503, 'nobody is let in: the http block, which says who may, does not work; the log says why\n'])
    }
    await writeFile(file, 'pw')
    await until('the door to open', async () => ((await ask(`${served.url}/-/ready`, { headers: basic('sluice', 'pw') })).status === 200 ? true : undefined))
    assert.equal((await ask(`${served.url}/-/ready`, { headers: basic('sluice', 'wrong') })).status, 401)
  })
})
