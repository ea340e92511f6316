import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lokiDroppedEntries, lokiRequestSeconds, lokiSentEntries } from '../../../src/components/contract/metrics.ts'
import { Graph } from '../../../src/graph/run/graph.ts'
import { createApp } from '../../../src/handlers/http/app.ts'
import type { Store } from '../../../src/state/store.ts'
import { memoryStore } from '../../../src/state/stores/memory.ts'
import { faulty } from '../../state/faulty.ts'
import { seeded } from '../../state/world.ts'
import { compileText, fakeHost, testComponents } from '../../support/graph.ts'
import { objectValue } from '../../../src/language/value.ts'

const config = `
test.source "in" {
  forward_to = [test.sink.out.receiver]
}
test.sink "out" {
  name = "metrics"
}
`

/** Isolates of one configuration over one store. */
async function isolates(count: number, wrap = (store: Store) => store) {
  const { plan } = await compileText(config)
  const { host, world } = fakeHost()
  const random = seeded(1)
  const store = memoryStore({ now: host.now, random })
  const graphs = Array.from({ length: count }, () =>
    new Graph({ plan: plan!, components: testComponents, functions: () => objectValue(), openers: {} }, { ...host, random, store: wrap(store) }))
  const signal = new AbortController().signal
  return {
    world,
    graphs,
    calls: graphs.map(graph => graph.enter('test.sink.out', signal)),
    scrape: async (at: number) => {
      const response = await createApp(graphs[at]!).request('/metrics', {}, { incoming: {} })
      return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
    },
  }
}

const lines = (text: string, name: string) => text.split('\n').filter(line => line.startsWith(name))
const tenant = { host: 'loki:3100', tenant: 'a "b"\\c' }

describe('/metrics', () => {
  it('sums what several isolates have counted', async () => {
    const { calls, graphs, scrape, world } = await isolates(3)
    for (const call of calls) call.count(lokiSentEntries, 5, tenant)
    calls[0]!.count(lokiDroppedEntries, 2, { ...tenant, reason: 'too_old' })
    for (const graph of graphs) await graph.ledger.flush()
    const first = await scrape(0)
    assert.deepEqual([first.status, first.type], [200, 'text/plain; version=0.0.4; charset=utf-8'])
    assert.deepEqual(lines(first.text, 'loki_write_'), [
      'loki_write_dropped_entries_total{component_id="test.sink.out",component_path="/",host="loki:3100",tenant="a \\"b\\"\\\\c",reason="too_old"} 2',
      'loki_write_sent_entries_total{component_id="test.sink.out",component_path="/",host="loki:3100",tenant="a \\"b\\"\\\\c"} 15',
    ])
    assert.equal((await scrape(2)).text, first.text)
    world.nowMs += 10_000
    calls[1]!.count(lokiSentEntries, 1, tenant)
    assert.match((await scrape(1)).text, /loki_write_sent_entries_total\{.*\} 16\n/)
  })

  it('shows what stands in the store only, so that no isolate shows less than another did', async () => {
    const { calls, scrape, world } = await isolates(2)
    calls[0]!.count(lokiSentEntries, 1, tenant)
    assert.match((await scrape(0)).text, /loki_write_sent_entries_total\{.*\} 1\n/)
    calls[0]!.count(lokiSentEntries, 1, tenant)
    assert.match((await scrape(0)).text, /loki_write_sent_entries_total\{.*\} 1\n/)
    world.nowMs += 10_000
    assert.match((await scrape(0)).text, /loki_write_sent_entries_total\{.*\} 2\n/)
    assert.match((await scrape(1)).text, /loki_write_sent_entries_total\{.*\} 2\n/)
  })

  it('writes histograms with cumulated buckets', async () => {
    const { calls, scrape } = await isolates(1)
    for (const seconds of [0.004, 0.3, 0.4, 60]) calls[0]!.observe(lokiRequestSeconds, seconds, { ...tenant, tenant: 'a', status_code: '204' })
    const { text } = await scrape(0)
    const labels = 'component_id="test.sink.out",component_path="/",status_code="204",host="loki:3100",tenant="a"'
    const found = lines(text, 'loki_write_request_duration_seconds')
    assert.equal(found[0], `loki_write_request_duration_seconds_bucket{${labels},le="0.005"} 1`)
    assert.deepEqual(found.filter(line => /le="(0\.5|10|\+Inf)"|_sum|_count/.test(line)).map(line => line.split('} ')[1]), ['3', '3', '4', '60.704', '4'])
    assert.match(text, /^# TYPE loki_write_request_duration_seconds histogram$/m)
  })

  it('counts what passes every component, and how components do', async () => {
    const { graphs, scrape } = await isolates(1)
    const route = graphs[0]!.routes[0]!
    await route.handle(new Request('http://sluice/push', { method: 'POST' }), graphs[0]!.enter(route.id, new AbortController().signal))
    const { text } = await scrape(0)
    assert.deepEqual(lines(text, 'alloy_component_controller_running'), ['healthy', 'unhealthy', 'unknown'].map((state, i) =>
      `alloy_component_controller_running_components{controller_id="",controller_path="/",health_type="${state}"} ${i === 0 ? 2 : 0}`))
    assert.match(text, /^alloy_build_info\{version=".+"\} 1$/m)
  })

  it('leaves out components that are gone from the configuration', async () => {
    const { graphs, scrape } = await isolates(1)
    graphs[0]!.ledger.count(lokiSentEntries, 'loki.write.gone', 1, tenant)
    graphs[0]!.ledger.count(lokiSentEntries, 'test.sink.out', 1, tenant)
    assert.equal(lines((await scrape(0)).text, 'loki_write_sent_entries_total').length, 1)
  })

  it('answers 503 while the store does not, because less would look like a restart', async () => {
    const { scrape } = await isolates(1, store => faulty(store, () => 'before'))
    const { status, text } = await scrape(0)
    assert.equal(status, 503)
    assert.match(text, /^the counts cannot be read: fault before list/)
  })
})
