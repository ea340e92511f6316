/**
 * What delivery costs in durable state, counted by the store itself; and the page that says so, whose table is made of these counts:
 * `UPDATE=1 npm run test:only test/transport/cost.test.ts` rewrites it.
 */

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { StoreCounts } from '../../src/state/store.ts'
import { running } from '../support/running.ts'

const guide = new URL('../../docs/guides/cost.md', import.meta.url)
const [begin, end] = ['<!-- table: counted -->', '<!-- end -->']

/** Ten batches a second for a minute, drained as often as the platform does. */
const perSecond = 10
const seconds = 60
const batches = perSecond * seconds
/** An alarm rings a second after something was put into a queue; the schedule ticks once a minute. */
const drainEvery = { 'Durable Object': 1, S3: 60 } as const
type Where = keyof typeof drainEvery
const places = Object.keys(drainEvery) as Where[]

interface Way {
  readonly name: string
  readonly queued: boolean
  /** How many of a second's batches come at the same moment. */
  readonly atOnce: number
  /** Which seconds the destination is away. */
  readonly away?: (second: number) => boolean
}

const ways = {
  through: { name: 'through', queued: false, atOnce: 1 },
  outage: { name: 'through, the destination away for half of the time', queued: false, atOnce: 1, away: second => second < seconds / 2 },
  queued: { name: 'queued, one batch after the other', queued: true, atOnce: 1 },
  shared: { name: 'queued, ten batches at once', queued: true, atOnce: 10 },
} as const satisfies Record<string, Way>

/** What one isolate asks of the store meanwhile, and how often it drained. */
async function count({ queued, atOnce, away = () => false }: Way, where: Where): Promise<StoreCounts & { drains: number }> {
  let second = 0
  const here = await running(`
    otelcol.receiver.otlp "in" {
      http { }
      output { traces = [otelcol.exporter.otlphttp.out.input] }
    }
    otelcol.exporter.otlphttp "out" {
      client { endpoint = "https://otlp.test" }
      ${queued ? 'sending_queue { enabled = true }' : ''}
    }`, { fetch: async () => new Response(null, away(second) ? { status: 503, headers: { 'retry-after': '3' } } : { status: 200 }) })
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '0'.repeat(31) + '1', spanId: '0'.repeat(15) + '1', name: 'a' }] }] }] })
  const push = async () => {
    const { status } = await here.ask('/v1/traces', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    assert.equal(status, 200)
  }
  const { counts } = here.host.store
  // The exporter's counters are written too, whatever the way: they are not what is counted here.
  const before = { ...counts }
  const start = here.world.nowMs
  let drains = 0
  for (; second < seconds; second++) {
    for (let i = 0; i < perSecond; i += atOnce) {
      here.world.nowMs = Math.max(here.world.nowMs, start + 1000 * (second + i / perSecond))
      await Promise.all(Array.from({ length: atOnce }, push))
    }
    // Where nothing was put in, no alarm rings.
    if ((second + 1) % drainEvery[where] !== 0 || away(second) || (where === 'Durable Object' && !queued && !away(0))) continue
    await here.drain()
    drains++
  }
  const since = Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, value - before[name as keyof StoreCounts]])) as unknown as StoreCounts
  const waiting = await here.graph.enter('otelcol.exporter.otlphttp.out', new AbortController().signal).open(here.graph.drains[0]!.queue).depth({ maxAgeMs: 0 })
  assert.equal(waiting.batches, 0)
  return { ...since, drains }
}

/** Dollars a million, of the vendors' price lists. A list of S3 costs what a write does, a delete nothing; a Durable Object's rows are written by deletes and alarms too. */
const price = { row: 1, objectRequest: 0.15, s3Write: 5, s3Read: 0.4 }
const spansPerBatch = 500
const batchesPerBillion = 1_000_000_000 / spansPerBatch

/** What is paid for a billion spans. */
const costs: Readonly<Record<Where, (counts: StoreCounts & { drains: number }, queued: boolean) => number>> = {
  // Appends and reads of the gate come from outside the object; what a drain does, its alarm does inside.
  'Durable Object': ({ reads, writes, deletedKeys, drains }, queued) =>
    price.row * (writes + deletedKeys + drains) + price.objectRequest * ((queued ? batches : reads) + drains),
  S3: ({ reads, writes, lists }) => price.s3Write * (writes + lists) + price.s3Read * reads,
}
const toBillion = batchesPerBillion / batches / 1_000_000

describe('what delivery costs in durable state', () => {
  it('through: nothing is written, deleted or listed; one small read in two seconds', async () => {
    const { reads, writes, deletes, lists } = await count(ways.through, 'Durable Object')
    assert.deepEqual([writes, deletes, lists], [0, 0, 0])
    assert.ok(reads <= seconds / 2 + 2, `${reads} reads`)
  })

  for (const way of [ways.queued, ways.shared, ways.outage]) for (const where of places) {
    it(`${way.name}, ${where}: at most a write, a read and a delete a batch, and no list a request`, async () => {
      const { reads, writes, deletes, deletedKeys, lists, drains } = await count(way, where)
      // A drain takes and gives back the right to do so (and the gate has its own few writes around an outage); it lists a few times, also the queues of the other signals.
      assert.ok(writes <= batches + 2 * drains + 8, `${writes} writes in ${drains} drains`)
      assert.ok(deletedKeys <= batches && deletes <= drains + 1, `${deletes} deletes of ${deletedKeys} keys`)
      assert.ok(reads <= batches + 4 * drains + seconds / 2 + 8, `${reads} reads`)
      assert.ok(lists <= 7 * drains + seconds / 10 + 4, `${lists} lists in ${drains} drains`)
      if (way.atOnce > 1) assert.ok(writes < batches / 2, `${writes} writes, although segments can be shared`)
    })
  }

  it('is what the guide says', async () => {
    const rows = []
    for (const way of Object.values(ways)) for (const where of places) {
      const counts = await count(way, where)
      const each = (n: number) => (n === 0 ? '0' : (n / batches).toFixed(2))
      const { writes, deletedKeys, reads, lists } = counts
      rows.push(`| ${way.name} | ${where} | ${[writes, deletedKeys, reads, lists].map(each).join(' | ')} | $${(toBillion * costs[where](counts, way.queued)).toFixed(2)} |`)
    }
    const table = ['| way | store | writes | keys deleted | reads | lists | a billion spans |', '|---|---|---|---|---|---|---|', ...rows].join('\n')
    const text = await readFile(guide, 'utf8')
    const expected = `${text.slice(0, text.indexOf(begin) + begin.length)}\n${table}\n${text.slice(text.indexOf(end))}`
    if (process.env.UPDATE === '1') await writeFile(guide, expected)
    else assert.equal(text, expected)
  })
})
