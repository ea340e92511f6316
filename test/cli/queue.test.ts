import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { after, before, describe, it, mock } from 'node:test'
import { run } from '../../src/cli/queue.ts'
import type { QueueRow } from '../../src/graph/run/queues.ts'
import { freePort } from '../support/sink.ts'
import { running } from '../support/running.ts'

const config = `
loki.source.api "in" {
  http { }
  forward_to = [loki.write.out.receiver]
}
loki.write "out" {
  endpoint {
    name = "main"
    url  = "https://loki.test/push"
  }
}
`
const token = 'let-the-operator-in'
const place = ['loki.write.out', 'main.refused']

describe('sluice queue', () => {
  let server: Server
  let url: string
  let here: Awaited<ReturnType<typeof running>>
  let answer = 503

  before(async () => {
    here = await running(config, { env: { SLUICE_ADMIN_TOKEN: token, SLUICE_DEAD_LETTERS: 'on' }, fetch: async () => new Response('too old', { status: answer }) })
    server = createServer((request, response) => {
      const { method = 'GET', url: path = '/', headers } = request
      const answered = textOf(request).then(body => here.ask(path, { method, headers: headers as Record<string, string>, ...(method === 'POST' && { body }) }))
      answered.then(async got => { response.writeHead(got.status, Object.fromEntries(got.headers)).end(await got.text()) }, () => { response.destroy() })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.close()
    server.closeAllConnections()
  })

  /** In this process, because starting one takes longer than all that is tested. */
  const type = async (args: string[], env: Record<string, string> = {}) => {
    const lines = { log: [] as string[], error: [] as string[] }
    const before = { ...process.env }
    const quiet = (['log', 'error'] as const).map(name => mock.method(console, name, (line: string) => { lines[name].push(`${line}\n`) }))
    Object.assign(process.env, { SLUICE_URL: url, SLUICE_ADMIN_TOKEN: token, ...env })
    try {
      return { code: await run(args), stdout: lines.log.join(''), stderr: lines.error.join('') }
    } finally {
      process.env = before
      for (const each of quiet) each.mock.restore()
    }
  }
  const push = async (line: string) => {
    const body = JSON.stringify({ streams: [{ stream: { job: 'a' }, values: [['1700000000000000000', line]] }] })
    assert.equal((await here.ask('/loki/api/v1/push', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status, 204)
  }

  it('lists what waits, shows it, puts dead letters back, and purges', async () => {
    await push('first')
    answer = 400
    await here.drain()
    answer = 503
    await push('second')

    const list = await type(['list'])
    assert.deepEqual([list.code, list.stderr], [0, ''])
    const [head, main, dead] = list.stdout.split('\n')
    assert.match(head!, /^NODE +QUEUE +BATCHES +ITEMS +BYTES +OF +OLDEST +GATE$/)
    assert.match(main!, /^loki\.write\.out +main +1 +1 +\d+ B +256\.0 MiB +\d+d +shut$/)
    assert.match(dead!, /^loki\.write\.out +main\.refused +1 +1 +\d+ B +64\.0 MiB +\d+d +-$/)
    const { queues } = JSON.parse((await type(['list', '--json'])).stdout) as { queues: QueueRow[] }
    assert.deepEqual(queues.map(({ queue, batches }) => [queue, batches]), [['main', 1], ['main.refused', 1]])

    const shown = await type(['show', ...place])
    const [, row] = shown.stdout.split('\n')
    assert.match(row!, /^\S+#0 +1 +\d+ B +2023-11-14T22:13:\S+Z +https:\/\/loki\.test\/push answered 400: too old$/)
    const content = await type(['show', '--batch', row!.split(' ')[0]!, ...place])
    assert.deepEqual((JSON.parse(content.stdout) as { content: { labels: string }[] }).content.map(({ labels }) => labels), ['{job="a"}'])

    assert.deepEqual(await type(['replay', ...place]), { code: 0, stdout: '1 batch with 1 item put back into the queue\n', stderr: '' })
    await assert.rejects(type(['purge', 'loki.write.out', 'main']), { name: 'UsageError', message: 'all batches of main of loki.write.out would be dropped for good; say --yes' })
    assert.deepEqual(await type(['purge', '--yes', 'loki.write.out', 'main']), { code: 0, stdout: '2 batches with 2 items dropped\n', stderr: '' })
    assert.deepEqual((await type(['show', 'loki.write.out', 'main'])).stdout, 'main of loki.write.out is empty\n')
  })

  it('says what is missing', async () => {
    for (const [args, message, env] of [
      [['list'], 'the environment has no SLUICE_ADMIN_TOKEN; it is the secret with which the collector was deployed', { SLUICE_ADMIN_TOKEN: '' }],
      [['show', 'loki.write.out'], 'NODE and QUEUE are wanted; "sluice queue list" names them', {}],
      [['list', 'loki.write.out'], 'list takes no NODE or QUEUE', {}],
      [['show', '--batch=a', '--batch=b', ...place], 'show takes one --batch', {}],
    ] as const) await assert.rejects(type([...args], env), { name: 'UsageError', message })
  })

  it('says what the collector has against it', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`
    for (const [args, env, complaint] of [
      [['show', 'loki.write.out', 'x'], {}, 'sluice queue show: loki.write.out has no queue "x"; there are main, main.refused\n'],
      [['list'], { SLUICE_ADMIN_TOKEN: 'wrong' }, 'sluice queue list: the token is missing or wrong: send "Authorization: Bearer" with the value of SLUICE_ADMIN_TOKEN\n'],
      [['list', '--url', nowhere], {}, `sluice queue list: ${nowhere} cannot be reached: connect ECONNREFUSED 127.0.0.1:${new URL(nowhere).port}\n`],
    ] as const) {
      assert.deepEqual(await type([...args], env), { code: 1, stdout: '', stderr: complaint })
    }
  })
})
