import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beat, type ClockState, type Look, type Order, type Pace, type RoundNote } from '../../../src/graph/run/clock.ts'

const start = 1_700_000_000_000
const pace: Pace = { stretch: () => ({ aheadMs: 1_000, lengthMs: 10_000 }), lookMs: 60_000, minShards: 1, maxShards: 10 }
const targets = (n: number, intervalMs = 15_000) => Array.from({ length: n }, (_, i) => ({ labels: { i: String(i) }, intervalMs, timeoutMs: 10_000 }))

/** Looks at a clock whose targets are due at multiples of their interval. */
function look(before: ClockState | undefined, nowMs: number, more: Partial<Look> & { notes?: (order: Order) => Partial<RoundNote> | undefined } = {}) {
  const of = more.targets ?? targets(4)
  const everyMs = of[0]?.intervalMs ?? 0
  return beat(before, {
    id: 'node', nowMs, pace, targets: of, name: 'list', next: fromMs => (of.length === 0 ? undefined : Math.ceil(fromMs / everyMs) * everyMs),
    note: order => {
      const note = more.notes?.(order)
      return note && { token: order.token, ...note }
    },
    ...more,
  })
}

const done = ({ untilMs }: Order) => ({ report: { doneMs: untilMs, times: 4, busyMs: 2_000 } })

describe('a clock', () => {
  it('hands out what was due within the longest interval when it begins, and goes on where it ended', () => {
    const first = look(undefined, start)
    assert.deepEqual(first.orders, [{
      id: 'node', token: start / 1000 + 1, shard: 0, shards: 1, fromMs: start - 15_000, untilMs: start + 10_000, deadlineMs: start + 25_000, targets: 'list',
    }])
    assert.equal(first.state!.nextMs, start + 10_000)
    const second = look(first.state, start + 9_500, { notes: done, next: fromMs => fromMs })
    assert.deepEqual(second.orders.map(({ fromMs, untilMs }) => [fromMs - start, untilMs - start]), [[10_000, 19_500]])
  })

  it('finds nothing to do when it is asked again, and says when to', () => {
    const { state } = look(undefined, start)
    const again = look(state, start + 1)
    assert.deepEqual([again.orders, again.state], [[], undefined])
    // The next due time, less the time ahead.
    assert.equal(again.wakeMs, Math.ceil((start + 10_000) / 15_000) * 15_000 - 1_000)
  })

  it('looks after orders at their deadline, and after targets now and then', () => {
    const hourly = targets(1, 3_600_000)
    const { state, wakeMs } = look(undefined, start, { targets: hourly })
    assert.equal(wakeMs, state!.open[0]!.deadlineMs + 1)
    assert.equal(look({ ...state!, open: [] }, start + 5, { targets: hourly }).wakeMs, start + 5 + 60_000)
    assert.deepEqual(look(undefined, start, { targets: [] }), { orders: [], lost: 0, wakeMs: start + 60_000 })
  })

  it('hands out again what was not done by its deadline, as it was, under a new token', () => {
    const { state } = look(undefined, start, { targets: targets(4, 60_000) })
    const [order] = state!.open
    const before = look(state, order!.deadlineMs, { targets: targets(4, 60_000) })
    assert.deepEqual(before.orders, [])
    const after = look(state, order!.deadlineMs + 1, { targets: targets(4, 60_000) })
    assert.equal(after.lost, 1)
    assert.deepEqual(after.orders, [{ ...order!, token: order!.token + 1, deadlineMs: order!.deadlineMs + 1 + 15_000 }])
    assert.deepEqual(after.state!.open, after.orders)
  })

  it('hands out the rest of what was done in part', () => {
    const { state } = look(undefined, start)
    const { orders } = look(state, start + 20, { notes: () => ({ report: { doneMs: start + 4_000, times: 1, busyMs: 1 } }) })
    assert.deepEqual(orders.map(({ fromMs, untilMs }) => [fromMs - start, untilMs - start]), [[4_000, 10_000]])
  })

  it('takes no note of another order for a report', () => {
    const { state } = look(undefined, start)
    assert.equal(look(state, start + 20, { notes: order => ({ ...done(order), token: order.token - 8 }) }).state, undefined)
    assert.deepEqual(look(state, start + 20, { notes: done }).state!.open, [])
  })

  it('lets go of what has been due again since', () => {
    const { state } = look(undefined, start)
    const { orders, state: after } = look(state, start + 3_600_000)
    assert.deepEqual(orders.map(({ fromMs, untilMs }) => [fromMs - start, untilMs - start]), [[3_585_000, 3_610_000]])
    assert.deepEqual(after!.open, orders)
  })

  it('knows that nobody works on what an earlier process had begun', () => {
    const { state } = look(undefined, start)
    const { orders } = look(state, start + 10, { pace: { ...pace, orphaned: true } })
    assert.deepEqual(orders.map(({ fromMs, untilMs }) => [fromMs, untilMs]), state!.open.map(({ fromMs, untilMs }) => [fromMs, untilMs]))
  })

  it('has as many shards as the work asks for, within bounds, and no more than targets', () => {
    const many = targets(1000)
    const shardsOf = (work: typeof many, bounds: Partial<Pace>) => look(undefined, start, { targets: work, pace: { ...pace, ...bounds } }).state!.shards
    assert.equal(shardsOf(many, { maxShards: 100 }), 10)
    assert.equal(shardsOf(many, { maxShards: 3 }), 3)
    assert.equal(shardsOf(many, { minShards: 20, maxShards: 100 }), 20)
    assert.equal(shardsOf(targets(2), { minShards: 20, maxShards: 100 }), 2)
    // One second each instead of the half that is assumed.
    const { state } = look(undefined, start, { targets: many, pace: { ...pace, maxShards: 100 } })
    const slower = look(state, start + 15_000, {
      targets: many, pace: { ...pace, maxShards: 100 }, notes: ({ untilMs }) => ({ report: { doneMs: untilMs, times: 100, busyMs: 100_000 } }),
    })
    assert.equal(slower.state!.shards, 19)
    assert.equal(slower.orders.length, 19)
  })

  it('gives greater tokens to what it hands out later', () => {
    let state: ClockState | undefined
    let last = 0
    for (let n = 0; n < 50; n++) {
      const { orders, state: next } = look(state, start + 7_000 * n, { notes: order => (order.token % 3 === 0 ? undefined : done(order)) })
      for (const { token } of orders) assert.ok(token > last || orders[0]!.token > last)
      last = Math.max(last, ...orders.map(({ token }) => token))
      state = next ?? state
    }
    // A clock that lost its cell goes on above them.
    assert.ok(look(undefined, start + 7_000 * 50).orders[0]!.token > last)
  })
})
