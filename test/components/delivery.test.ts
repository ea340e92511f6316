/** What stands between receivers and destinations that cannot take anything: bounds, and who hears of them in which words. */

import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { deadLetterBounds } from '../../src/transport/dead-letters.ts'
import type { Store } from '../../src/state/store.ts'
import { memoryStore } from '../../src/state/stores/memory.ts'
import { readStatus, snap, writeRequest } from '../platforms/messages.ts'
import { seeded } from '../state/world.ts'
import { running, type RunningOptions } from '../support/running.ts'

const config = (more = '') => `
otelcol.receiver.otlp "in" {
  http { }
  output { traces = [otelcol.exporter.otlphttp.out.input] }
}
otelcol.exporter.otlphttp "out" {
  client { endpoint = "https://otlp.test" }
  ${more}
}
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
prometheus.receive_http "in" {
  http { }
  forward_to = [prometheus.remote_write.out.receiver]
}
prometheus.remote_write "out" {
  endpoint {
    name = "main"
    url  = "https://prometheus.test/push"
  }
}
`

const span = (name: string) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '0'.repeat(31) + '1', spanId: '0'.repeat(15) + '1', name }] }] }] })
const pushes = {
  'OTLP in JSON': { path: '/v1/traces', headers: { 'content-type': 'application/json' }, body: span('a') },
  'OTLP in protobuf': { path: '/v1/traces', headers: { 'content-type': 'application/x-protobuf' }, body: new Uint8Array([0x0a, 0x06, 0x12, 0x04, 0x12, 0x02, 0x2a, 0x00]) },
  Loki: { path: '/loki/api/v1/push', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ streams: [{ stream: { job: 'a' }, values: [['1700000000000000000', 'line']] }] }) },
  Prometheus: {
    path: '/api/v1/metrics/write', headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    body: snap(writeRequest([{ labels: { __name__: 'up' }, samples: [[1, 1_700_000_000_000]] }])),
  },
} as const

let here: Awaited<ReturnType<typeof running>>
let answer: () => Response | Promise<Response>
const start = async (text: string, options: RunningOptions = {}) => {
  here = await running(text, { fetch: async () => answer(), ...options })
}
const push = (what: keyof typeof pushes) => {
  const { path, ...init } = pushes[what]
  return here.ask(path, { method: 'POST', ...init, body: init.body as BodyInit })
}
const logged = (text: string) => here.world.logged.filter(line => line.includes(text))
const metric = async (name: string) => {
  await here.graph.ledger.flush()
  const text = await (await here.ask('/metrics')).text()
  return text.split('\n').filter(line => line.startsWith(name) && !line.endsWith(' 0')).map(line => line.replace(/component_id="([^"]*)",component_path="\/",?/, '$1 '))
}

beforeEach(() => { answer = () => new Response(null, { status: 503 }) })

describe('a full queue', () => {
  /** A store in which every queue holds more than it may. */
  const stuffed = (): Store => {
    const store = memoryStore({ now: () => 1_700_000_000_000, random: seeded(2) })
    return {
      ...store,
      list: async (prefix, options) => {
        const page = await store.list(prefix, options)
        if (!prefix.startsWith('queue/') || options.after !== undefined) return page
        return { ...page, entries: [{ key: `${prefix}0000000000000001-1-1-1700000000000-00000000`, size: 300 * 1024 * 1024, version: 'x' }, ...page.entries] }
      },
    }
  }

  it('says so in each protocol\'s words, and when to come again', async () => {
    await start(config(), { host: { store: stuffed() } })
    const message = (url: string) => `the queue of ${url} is full: it holds 314572800 bytes`
    for (const [what, read, expected] of [
      ['OTLP in JSON', async (response: Response) => await response.json() as unknown, { code: 14, message: message('https://otlp.test/v1/traces') }],
      ['OTLP in protobuf', async (response: Response) => readStatus(new Uint8Array(await response.arrayBuffer())), { code: 14, message: message('https://otlp.test/v1/traces') }],
      ['Loki', async (response: Response) => (await response.text()).trim(), message('https://loki.test/push')],
      ['Prometheus', async (response: Response) => (await response.text()).trim(), message('https://prometheus.test/push')],
    ] as const) {
      const response = await push(what)
      assert.deepEqual([response.status, response.headers.get('retry-after'), response.headers.get('content-type')?.split(';')[0]], [
        503, '10', what.startsWith('OTLP') ? pushes[what].headers['content-type'] : 'text/plain',
      ])
      assert.deepEqual(await read(response), expected)
    }
  })

  for (const [arguments_, held] of [
    ['queue_size = 1', '1 batches'],
    ['queue_size = 1\nsizer = "items"', '1 items'],
    ['queue_size = 100\nsizer = "bytes"', '\\d+ bytes'],
  ] as const) {
    it(`is one that holds what sending_queue allows: ${arguments_.replace('\n', ', ')}`, async () => {
      await start(config(`sending_queue {\n${arguments_}\n}`))
      assert.equal((await push('OTLP in JSON')).status, 200)
      const refused = await push('OTLP in JSON')
      assert.equal(refused.status, 503)
      assert.match(((await refused.json()) as { message: string }).message, new RegExp(`^the queue of https://otlp.test/v1/traces is full: it holds ${held}$`))
      assert.deepEqual(await metric('otelcol_exporter_enqueue_failed_spans_total'), ['otelcol_exporter_enqueue_failed_spans_total{otelcol.exporter.otlphttp.out exporter="otlp_http/otelcol.exporter.otlphttp.out"} 1'])
      answer = () => new Response(null, { status: 200 })
      await here.drain()
      here.world.nowMs += 10_000
      assert.equal((await push('OTLP in JSON')).status, 200)
    })
  }
})

describe('an isolate with too much under way', () => {
  it('takes no more until some of it has arrived', async () => {
    let arrive = (_response: Response) => {}
    const asked = new Promise<void>(resolve => {
      answer = () => new Promise(answered => {
        arrive = answered
        resolve()
      })
    })
    // The first block is the OTLP receiver's.
    await start(config().replace('http { }', 'http {\nmax_request_body_size = "100MiB"\n}'))
    const body = span('x'.repeat(40 * 1024 * 1024))
    const send = () => here.ask('/v1/traces', { method: 'POST', headers: pushes['OTLP in JSON'].headers, body })
    const first = send()
    await asked
    const second = await send()
    assert.deepEqual([second.status, second.headers.get('retry-after')], [503, '1'])
    assert.match(((await second.json()) as { message: string }).message, /^\d+ bytes are under way to https:\/\/otlp\.test\/v1\/traces; no more are taken until some arrive$/)
    arrive(new Response(null, { status: 200 }))
    assert.equal((await first).status, 200)
  })
})

describe('what is given up', () => {
  const dropped = () => metric('sluice_dropped_items_total')

  it('because it waited too long is counted by that reason', async () => {
    await start(config('retry_on_failure {\nmax_elapsed_time = "1m"\n}'))
    await push('OTLP in JSON')
    here.world.nowMs += 61_000
    await here.drain()
    assert.deepEqual(await dropped(), ['sluice_dropped_items_total{otelcol.exporter.otlphttp.out reason="too_old"} 1'])
    assert.equal(logged('items are dropped').length, 1)
  })

  it('because the destination refused it is counted, logged once a burst, and costs those behind it nothing', async () => {
    await start(config())
    for (let i = 0; i < 3; i++) await push('Loki')
    let requests = 0
    answer = () => new Response('out of order', { status: requests++ === 0 ? 400 : 204 })
    await here.drain()
    answer = () => new Response(null, { status: 503 })
    for (let i = 0; i < 4; i++) {
      await push('Loki')
      answer = () => new Response('out of order', { status: 400 })
      await here.drain()
      answer = () => new Response(null, { status: 503 })
    }
    assert.deepEqual(await dropped(), ['sluice_dropped_items_total{loki.write.out reason="refused"} 7'])
    assert.equal(logged('items are dropped').length, 1)
    assert.match(logged('items are dropped')[0]!, /items=3 reason="https:\/\/loki\.test\/push answered 400: out of order"/)
    here.world.nowMs += 60_000
    await push('Loki')
    answer = () => new Response('out of order', { status: 400 })
    await here.drain()
    assert.match(logged('items are dropped')[1]!, /items=5/)
  })
})

describe('dead letters', () => {
  const env = { SLUICE_DEAD_LETTERS: 'on' }
  const letters = () => here.graph.enter('loki.write.out', new AbortController().signal).open(here.graph.drains.find(({ id }) => id === 'loki.write.out')!.dead)
  const refuse = async () => {
    answer = () => new Response(null, { status: 503 })
    assert.equal((await push('Loki')).status, 204)
    answer = () => new Response('no', { status: 400 })
    await here.drain()
  }

  it('are kept only where the deployment asks for it', async () => {
    for (const [given, kept] of [[{}, 0], [env, 1]] as const) {
      await start(config(), { env: given })
      await refuse()
      assert.equal((await letters().depth({ maxAgeMs: 0 })).batches, kept)
    }
    assert.deepEqual(await metric('sluice_dead_letter_items_total'), ['sluice_dead_letter_items_total{loki.write.out } 1'])
  })

  it('make room for newer ones when there is none, the oldest first, and are counted', async () => {
    await start(config(), { env })
    const filler = new Uint8Array(1024 * 1024)
    for (let i = 0; i < 63; i++) await letters().append([{ bytes: filler, info: { items: 10, acceptedAtMs: here.world.nowMs + i, meta: {} } }])
    const left = deadLetterBounds.bytes - (await letters().depth({ maxAgeMs: 0 })).bytes
    assert.equal(await letters().append([{ bytes: filler.subarray(0, left - 10), info: { items: 10, acceptedAtMs: here.world.nowMs + 63, meta: {} } }]), 'queued')
    await refuse()
    const { bytes, batches } = await letters().depth({ maxAgeMs: 0 })
    assert.ok(bytes < deadLetterBounds.bytes && batches > 50, `${bytes} bytes in ${batches} batches`)
    const { batches: [oldest] } = await letters().browse({ maxBatches: 1, maxBytes: 1 })
    assert.ok(oldest!.acceptedAtMs > here.world.nowMs - 60_000)
    const gone = 65 - batches
    assert.deepEqual(await metric('sluice_dead_letter_forgotten_items_total'), [`sluice_dead_letter_forgotten_items_total{loki.write.out reason="no_room"} ${gone * 10}`])
    assert.equal(logged('dead letters are forgotten').length, 1)
  })

  it('are forgotten after a week, also when nothing else happens', async () => {
    await start(config(), { env })
    await refuse()
    here.world.nowMs += deadLetterBounds.ageMs - 60_000
    await here.drain()
    assert.equal((await letters().depth({ maxAgeMs: 0 })).batches, 1)
    here.world.nowMs += 3_600_000
    await here.drain()
    assert.equal((await letters().depth({ maxAgeMs: 0 })).batches, 0)
    assert.deepEqual(await metric('sluice_dead_letter_forgotten_items_total'), ['sluice_dead_letter_forgotten_items_total{loki.write.out reason="too_old"} 1'])
  })

  it('are also what was given up after too many attempts', async () => {
    await start(config().replace('url  = "https://loki.test/push"', 'url  = "https://loki.test/push"\n    max_backoff_retries = 1'), { env })
    assert.equal((await push('Loki')).status, 204)
    await here.drain()
    const { batches: [letter] } = await letters().browse({ maxBatches: 1, maxBytes: 1 })
    assert.match(letter!.meta['sluice.reason']!, /attempts have failed/)
  })
})
