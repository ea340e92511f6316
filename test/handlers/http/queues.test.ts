import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BatchRow, Moved, QueueRow } from '../../../src/graph/run/queues.ts'
import { running, type RunningOptions } from '../../support/running.ts'

const config = `
http {
  auth {
    basic {
      username = "u"
      password = "p"
    }
  }
}
loki.source.api "in" {
  http { }
  use_incoming_timestamp = true
  forward_to             = [loki.write.out.receiver]
}
loki.write "out" {
  endpoint {
    name = "main"
    url  = "https://loki.test/push"
  }
}
`

const token = 'let the operator in'
const node = 'loki.write.out'
const path = '/api/v0/sluice/queues'
const at = (fields: object) => `?${new URLSearchParams({ node, ...fields }).toString()}`

/** A collector whose destination answers `answers`, the last one again and again. */
async function start(answers: (number | string)[], options: RunningOptions = {}) {
  const env = { SLUICE_ADMIN_TOKEN: token, SLUICE_DEAD_LETTERS: 'on', ...options.env }
  const here = await running(config, {
    ...options, env,
    fetch: async () => {
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!
      return typeof answer === 'number' ? new Response(null, { status: answer }) : new Response(answer, { status: 400 })
    },
  })
  const operator = { authorization: `Bearer ${token}` }
  const call = async <T>(method: string, to: string, body?: unknown) => {
    const response = await here.ask(path + to, { method, headers: operator, ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }) })
    return { status: response.status, headers: response.headers, body: await response.json() as T & { error?: string } }
  }
  return {
    ...here, call,
    answers: (...next: (number | string)[]) => { answers.splice(0, answers.length, ...next) },
    push: async (line: string) => {
      const body = JSON.stringify({ streams: [{ stream: { job: 'a' }, values: [['1700000000000000000', line]] }] })
      return (await here.ask('/loki/api/v1/push', { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Basic ${btoa('u:p')}` }, body })).status
    },
    rows: async () => (await call<{ queues: QueueRow[] }>('GET', '')).body.queues,
    batches: async (queue: string) => (await call<{ batches: BatchRow[] }>('GET', `/batches${at({ queue })}`)).body.batches,
  }
}

/** With this many dead letters: lines of which the destination could take none at first, and refused each when it was back. */
async function withLetters(...lines: string[]) {
  const here = await start([503])
  for (const line of lines) {
    here.answers(503)
    assert.equal(await here.push(line), 204)
    here.answers('no such tenant')
    await here.drain()
  }
  return here
}

describe('queues of a running collector', () => {
  it('are not there without a token in the environment', async () => {
    for (const env of [{ SLUICE_ADMIN_TOKEN: '' }, {}]) {
      const here = await running(config, { env })
      const response = await here.ask(path, { headers: { authorization: `Basic ${btoa('u:p')}` } })
      assert.equal(response.status, 404)
      assert.match(await response.text(), /^nothing is served at /)
    }
  })

  it('are for those who know the token, whoever else may come in', async () => {
    const { ask, world } = await start([200])
    for (const authorization of ['', 'Bearer', 'Bearer wrong', `Bearer ${token} more`, `Basic ${btoa('u:p')}`]) {
      for (const [method, to] of [['GET', ''], ['POST', '/purge'], ['GET', '/nowhere']] as const) {
        const response = await ask(path + to, { method, headers: { authorization } })
        assert.deepEqual([response.status, response.headers.get('www-authenticate')], [401, 'Bearer realm="sluice"'])
      }
    }
    assert.ok(!world.logged.join().includes(token))
  })

  it('tell how much waits, and whether the gate is shut', async () => {
    const here = await start([204])
    assert.equal(await here.push('through'), 204)
    const empty = { batches: 0, items: 0, bytes: 0 }
    const bounds = { bytes: 256 * 1024 * 1024 }
    const dead = { node, queue: 'main.refused', holds: 'dead letters', ...empty, bounds: { bytes: 64 * 1024 * 1024, ageMs: 604_800_000 } }
    assert.deepEqual(await here.rows(), [{ node, queue: 'main', holds: 'waiting', ...empty, gate: 'open', bounds }, dead])
    here.answers(503)
    const { nowMs } = here.world
    assert.equal(await here.push('waits'), 204)
    const [row] = await here.rows()
    assert.deepEqual([row!.batches, row!.items, row!.gate], [1, 1, 'shut'])
    assert.ok(row!.oldestMs! >= nowMs && row!.bytes > 0)
    here.answers(204)
    await here.drain()
    assert.deepEqual((await here.rows())[0], { node, queue: 'main', holds: 'waiting', ...empty, gate: 'open', bounds })
  })

  it('show their batches, and what is in one', async () => {
    const { batches, call, ask } = await withLetters('first', 'second')
    const [first, second] = await batches('main.refused')
    assert.deepEqual([first!.items, first!.note, first!.reason], [1, {}, 'https://loki.test/push answered 400: no such tenant'])
    const { body } = await call<BatchRow & { content: unknown }>('GET', `/batch${at({ queue: 'main.refused', position: second!.position })}`)
    assert.deepEqual(body, { ...second, content: [{ labels: '{job="a"}', entries: [['1700000000000000000', 'second']] }] })
    const page = await call<{ batches: BatchRow[]; next?: string }>('GET', `/batches${at({ queue: 'main.refused', limit: '1' })}`)
    assert.deepEqual(page.body, { batches: [first], next: first!.position })
    assert.deepEqual((await call('GET', `/batches${at({ queue: 'main.refused', after: page.body.next })}`)).body, { batches: [second] })
    assert.equal((await ask(path, { headers: { authorization: `bearer ${token}` } })).headers.get('cache-control'), 'no-store')
  })

  it('take dead letters back, in order, and send them', async () => {
    const sent: string[] = []
    const here = await withLetters('one', 'two', 'three')
    assert.deepEqual((await here.rows()).map(({ batches }) => batches), [0, 3])
    const moved = await here.call<Moved>('POST', '/replay', { node, queue: 'main.refused' })
    assert.deepEqual([moved.status, moved.body.batches, moved.body.items, moved.body.done], [200, 3, 3, true])
    const waiting = await here.batches('main')
    assert.deepEqual(waiting.map(({ note, reason }) => [note, reason]), [[{}, undefined], [{}, undefined], [{}, undefined]])
    for (const { position } of waiting) {
      const { body } = await here.call<{ content: { entries: string[][] }[] }>('GET', `/batch${at({ queue: 'main', position })}`)
      sent.push(body.content[0]!.entries[0]![1]!)
    }
    assert.deepEqual(sent, ['one', 'two', 'three'])
    assert.equal((await here.rows())[0]!.gate, 'shut')
    here.answers(204)
    await here.drain()
    assert.deepEqual((await here.rows()).map(({ batches, gate }) => [batches, gate]), [[0, 'open'], [0, undefined]])
  })

  it('take back and drop chosen ones only', async () => {
    const here = await withLetters('one', 'two', 'three')
    const [one, two, three] = await here.batches('main.refused')
    assert.equal((await here.call<Moved>('POST', '/replay', { node, queue: 'main.refused', positions: [two!.position] })).body.batches, 1)
    assert.equal((await here.call<Moved>('POST', '/purge', { node, queue: 'main.refused', positions: [one!.position, two!.position] })).body.batches, 1)
    assert.deepEqual(await here.batches('main.refused'), [three])
    assert.equal((await here.batches('main')).length, 1)
  })

  it('can be purged; the next drain opens the gate', async () => {
    const here = await start([503])
    for (const line of ['a', 'b']) await here.push(line)
    const { body } = await here.call<Moved>('POST', '/purge', { node, queue: 'main' })
    assert.deepEqual([body.batches, body.items, body.done], [2, 2, true])
    await here.drain()
    assert.deepEqual((await here.rows())[0]!.gate, 'open')
    here.answers(204)
    assert.equal(await here.push('c'), 204)
    await here.graph.ledger.flush()
    const metrics = await (await here.ask('/metrics', { headers: { authorization: `Basic ${btoa('u:p')}` } })).text()
    assert.match(metrics, /^sluice_dropped_items_total\{component_id="loki\.write\.out",component_path="\/",reason="purged"\} 2$/m)
  })

  it('are left alone while another has the right to them', async () => {
    const here = await withLetters('one')
    const other = here.isolate()
    const [drain] = other.graph.drains
    const held = await other.graph.enter(node, new AbortController().signal).open(drain!.lease).acquire(60_000)
    assert.ok('token' in held)
    const refused = await here.call('POST', '/replay', { node, queue: 'main.refused' })
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [409, '2'])
    assert.match(refused.body.error!, /^the queue main of loki\.write\.out is being sent right now/)
    assert.equal((await here.batches('main.refused')).length, 1)
    await held.release()
    assert.equal((await here.call('POST', '/replay', { node, queue: 'main.refused' })).status, 200)
  })

  it('say what is wrong with a request, and what would be right', async () => {
    const { call } = await withLetters('one')
    for (const [method, to, body, status, error] of [
      ['GET', '/batches?node=loki.write.other&queue=main', undefined, 404, 'no component "loki.write.other" has queues; there are loki.write.out'],
      ['GET', `/batches${at({ queue: 'x' })}`, undefined, 404, 'loki.write.out has no queue "x"; there are main, main.refused'],
      ['GET', '/batches', undefined, 400, 'node and queue must name a queue; /api/v0/sluice/queues lists them'],
      ['GET', `/batches${at({ queue: 'main', limit: '0' })}`, undefined, 400, 'limit must be a number from 1 to 1000'],
      ['GET', `/batch${at({ queue: 'main' })}`, undefined, 400, 'position must name a batch; /batches lists them'],
      ['GET', `/batch${at({ queue: 'main', position: 'x' })}`, undefined, 404, 'there is no batch "x" in main of loki.write.out; it may have been sent or dropped meanwhile'],
      ['POST', '/replay', { node, queue: 'main' }, 400, 'only dead letters can be put back: name the queue "main.refused"'],
      ['POST', '/purge', '{', 400, 'the body must be JSON: {"node": "...", "queue": "..."} and, for some batches only, "positions": ["..."]'],
      ['POST', '/purge', { node, queue: 'main', positions: 'all' }, 400, 'the body must be JSON: {"node": "...", "queue": "..."} and, for some batches only, "positions": ["..."]'],
      ['GET', '/purge', undefined, 405, 'GET is not allowed on /api/v0/sluice/queues/purge; use POST'],
      ['DELETE', '', undefined, 405, 'DELETE is not allowed on /api/v0/sluice/queues; use GET'],
    ] as const) {
      const answer = await call(method, to, body)
      assert.deepEqual([answer.status, answer.body.error], [status, error])
    }
    assert.match((await call('GET', '/nowhere')).body.error!, /^nothing is served at .*\/nowhere; the routes are GET \/api\/v0\/sluice\/queues, /)
  })
})

const otlpConfig = `
otelcol.receiver.otlp "in" {
  http {
    include_metadata = true
  }
  output { traces = [otelcol.exporter.otlphttp.out.input] }
}
otelcol.auth.headers "pass" {
  header {
    key          = "authorization"
    from_context = "x-token"
  }
}
otelcol.exporter.otlphttp "out" {
  client {
    endpoint = "https://otlp.test"
    auth     = otelcol.auth.headers.pass.handler
  }
  sending_queue { queue_size = 1 }
}
`

describe('queues of otelcol.exporter.otlphttp', () => {
  it('show spans as OTLP JSON, but not what the sender\'s credentials were; a replay into a full queue leaves what it cannot take', async () => {
    let answer = 503
    const here = await running(otlpConfig, { env: { SLUICE_ADMIN_TOKEN: token, SLUICE_DEAD_LETTERS: 'on' }, fetch: async () => new Response(null, { status: answer }) })
    const ask = async <T>(to: string, init: RequestInit = {}) => (await here.ask(path + to, { ...init, headers: { authorization: `Bearer ${token}` } })).json() as Promise<T & { error?: string }>
    const push = (name: string) => here.ask('/v1/traces', {
      method: 'POST', headers: { 'content-type': 'application/json', 'x-token': 'sender secret' },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '0'.repeat(31) + '1', spanId: '0'.repeat(15) + '1', name }] }] }] }),
    })
    assert.equal((await push('dead')).status, 200)
    answer = 400
    await here.drain()
    answer = 503
    assert.equal((await push('waits')).status, 200)
    const place = { node: 'otelcol.exporter.otlphttp.out', queue: 'traces.refused' }
    const query = (fields: object) => `?${new URLSearchParams({ ...place, ...fields }).toString()}`
    const { batches: [letter] } = await ask<{ batches: BatchRow[] }>(`/batches${query({})}`)
    assert.deepEqual(letter!.note, { client: '(secret)' })
    const shown = await ask<{ content: { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] } }>(`/batch${query({ position: letter!.position })}`)
    assert.equal(shown.content.resourceSpans[0]!.scopeSpans[0]!.spans[0]!.name, 'dead')
    assert.ok(!JSON.stringify(shown).includes('sender secret'))
    const full = await ask<Moved>('/replay', { method: 'POST', body: JSON.stringify(place) })
    assert.equal(full.error, 'the queue traces of otelcol.exporter.otlphttp.out is full (batches): 0 batches were put back, the others stay where they are; try again when it is shorter')
    assert.equal((await ask<{ batches: BatchRow[] }>(`/batches${query({})}`)).batches.length, 1)
  })
})
