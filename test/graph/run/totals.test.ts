import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Metric } from '../../../src/components/contract/metrics.ts'
import { addTotals, observeIn, seriesIn, subtractTotals, totalsFromJson, totalsToJson, type Totals, type TotalsJson } from '../../../src/graph/run/totals.ts'

const sent: Metric = { name: 'sent_total', type: 'counter', help: 'h', labels: ['tenant'] }
const highest: Metric = { name: 'highest', type: 'gauge', help: 'h', labels: [] }
const seconds: Metric = { name: 'seconds', type: 'histogram', help: 'h', labels: [], buckets: [0.1, 1] }

const put = (totals: Totals, metric: Metric, value: number, ...labels: string[]) => { seriesIn(totals, metric, ['a', '/', ...labels]).values[0]! += value }
const valuesOf = (totals: Totals) => Object.fromEntries([...totals].map(([name, { series }]) => [name, [...series.values()].map(({ labels, values }) => [labels.slice(2).join(), ...values])]))

describe('totals', () => {
  it('are one series for the same labels, and several for others', () => {
    const totals: Totals = new Map()
    put(totals, sent, 1, 'x')
    put(totals, sent, 2, 'y')
    put(totals, sent, 3, 'x')
    assert.deepEqual(valuesOf(totals), { sent_total: [['x', 4], ['y', 2]] })
  })

  it('add counters and histograms, and keep the highest of gauges', () => {
    const a: Totals = new Map()
    const b: Totals = new Map()
    put(a, sent, 1, 'x')
    put(b, sent, 2, 'x')
    put(b, sent, 5, 'z')
    put(a, highest, 7)
    put(b, highest, 3)
    for (const value of [0.05, 0.1, 0.5]) observeIn(seriesIn(a, seconds, ['a', '/']), seconds, value)
    observeIn(seriesIn(b, seconds, ['a', '/']), seconds, 30)
    addTotals(a, b)
    assert.deepEqual(valuesOf(a), { sent_total: [['x', 3], ['z', 5]], highest: [['', 7]], seconds: [['', 30.65, 2, 1, 1]] })
    assert.deepEqual(valuesOf(b).sent_total, [['x', 2], ['z', 5]])
  })

  it('lose nothing on their way through JSON', () => {
    const totals: Totals = new Map()
    put(totals, sent, 1.5, 'a "tenant"\n')
    observeIn(seriesIn(totals, seconds, ['a', '/']), seconds, 0.2)
    assert.deepEqual(totalsFromJson(JSON.parse(JSON.stringify(totalsToJson(totals))) as TotalsJson), totals)
  })

  it('take off what was written, in place', () => {
    const totals: Totals = new Map()
    put(totals, sent, 5, 'x')
    const before = totalsFromJson(totalsToJson(totals))
    const series = seriesIn(totals, sent, ['a', '/', 'x'])
    put(totals, sent, 2, 'x')
    put(totals, sent, 1, 'y')
    subtractTotals(totals, before)
    assert.deepEqual(valuesOf(totals), { sent_total: [['x', 2], ['y', 1]] })
    assert.equal(seriesIn(totals, sent, ['a', '/', 'x']), series)
  })

  it('begin anew under a name whose labels or buckets are other ones', () => {
    const old: Totals = new Map()
    const wider: Metric = { ...seconds, buckets: [0.1, 1, 10] }
    observeIn(seriesIn(old, seconds, ['a', '/']), seconds, 5)
    const fresh: Totals = new Map()
    observeIn(seriesIn(fresh, wider, ['a', '/']), wider, 5)
    addTotals(old, fresh)
    assert.deepEqual(valuesOf(old), { seconds: [['', 5, 0, 0, 1, 0]] })
  })

  it('count label values that senders make up together, once there are a thousand; none is lost', () => {
    const totals: Totals = new Map()
    for (let i = 0; i < 1_500; i++) put(totals, sent, 1, `tenant ${i}`)
    const series = valuesOf(totals).sent_total!
    assert.equal(series.length, 1_001)
    assert.deepEqual(series.find(([tenant]) => tenant === 'other'), ['other', 500])
  })
})
