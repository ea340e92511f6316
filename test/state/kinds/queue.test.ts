import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { text, utf8 } from '../../../src/lib/bytes.ts'
import { queue, type Queue, type QueueBounds } from '../../../src/state/kinds.ts'
import { open } from '../../../src/state/open.ts'
import { StoreError, type Store } from '../../../src/state/store.ts'
import { faulty } from '../faulty.ts'
import { world } from '../world.ts'

const node = 'otelcol.exporter.otlphttp.default'

function start(bounds: Partial<QueueBounds> = {}) {
  const around = world()
  const key = queue({ name: 'sending', bounds })
  const openOn = (store: Store, shareIo = true) => open(key, store, node, { ...around.env, shareIo })
  const store = around.isolate()
  return { ...around, store, openOn, queue: openOn(store) }
}

const put = (to: Queue, name: string, items = 1, acceptedAtMs = 1_763_640_000_000) => to.append([{ bytes: utf8(name), info: { items, acceptedAtMs, meta: {} } }])
const names = async (from: Queue, maxBytes = 1_000_000) => (await from.peek(maxBytes)).map(({ bytes }) => text(bytes))

async function drain(from: Queue, maxBytes = 1_000_000): Promise<string[]> {
  const all: string[] = []
  for (;;) {
    const batches = await from.peek(maxBytes)
    if (batches.length === 0) return all
    all.push(...batches.map(({ bytes }) => text(bytes)))
    await from.drop(batches.at(-1)!.position)
  }
}

describe('queue', () => {
  it('gives batches back in order, with what was said of them, to any isolate', async () => {
    const { queue, openOn, isolate } = start()
    await queue.append([{ bytes: utf8('a'), info: { items: 3, acceptedAtMs: 17, meta: { tenant: 'x', 'content-type': 'y' } } }])
    await put(openOn(isolate()), 'b')
    const [first, second] = await openOn(isolate()).peek(1000)
    const { position, ...rest } = first!
    assert.deepEqual(rest, { bytes: utf8('a'), items: 3, acceptedAtMs: 17, meta: { tenant: 'x', 'content-type': 'y' } })
    assert.equal(text(second!.bytes), 'b')
    assert.notEqual(position, second!.position)
  })

  it('gives at most the bytes asked for, but always one batch', async () => {
    const { queue } = start()
    for (const name of ['12345', '6789', 'abcdefghij']) await put(queue, name)
    assert.deepEqual(await names(queue, 1), ['12345'])
    assert.deepEqual(await names(queue, 9), ['12345', '6789'])
    assert.deepEqual(await names(queue, 10), ['12345', '6789'])
    assert.deepEqual(await names(queue, 19), ['12345', '6789', 'abcdefghij'])
  })

  it('keeps what was not dropped', async () => {
    const { queue, openOn, isolate } = start()
    for (const name of ['a', 'b', 'c']) await put(queue, name)
    const batches = await queue.peek(1000)
    await queue.drop(batches[1]!.position)
    assert.deepEqual(await names(queue), ['c'])
    assert.deepEqual(await names(openOn(isolate())), ['c'])
    await queue.drop(batches[1]!.position)
    assert.deepEqual(await drain(queue), ['c'])
    assert.deepEqual(await names(openOn(isolate())), [])
  })

  it('writes batches that come together as one record of many, in order', async () => {
    const { queue, store } = start()
    await queue.depth()
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(name => put(queue, name)))
    // The first goes at once; the others wait for it, and share.
    assert.equal(store.counts.writes, 2)
    assert.deepEqual(await names(queue), ['a', 'b', 'c', 'd', 'e'])
  })

  it('closes a segment before it outgrows a row', async () => {
    const { queue, store } = start()
    await queue.depth()
    const large = utf8('x'.repeat(700_000))
    await Promise.all(Array.from({ length: 6 }, () => queue.append([{ bytes: large, info: { items: 1, acceptedAtMs: 0, meta: {} } }])))
    assert.equal(store.counts.writes, 4)
    assert.equal((await queue.depth({ maxAgeMs: 0 })).batches, 6)
  })

  it('costs one write a batch and one delete for many, and no list or read per append', async () => {
    const { store, openOn } = start()
    const queue = openOn(store, false)
    for (let i = 0; i < 50; i++) await put(queue, `batch ${i}`)
    assert.deepEqual({ ...store.counts, bytesWritten: 0 }, { reads: 0, writes: 50, deletes: 0, deletedKeys: 0, lists: 1, bytesRead: 0, bytesWritten: 0 })
    const batches = await queue.peek(1_000_000)
    await queue.drop(batches.at(-1)!.position)
    assert.deepEqual({ ...store.counts, bytesWritten: 0, bytesRead: 0, lists: 0 },
      { reads: 50, writes: 50, deletes: 1, deletedKeys: 50, lists: 0, bytesRead: 0, bytesWritten: 0 })
  })

  it('looks at its depth once per ten seconds, however many ask', async () => {
    const { queue, store, clock } = start()
    for (let second = 0; second < 30; second++) {
      await put(queue, 'x')
      clock.ms += 1000
    }
    assert.equal(store.counts.lists, 3)
  })

  it('knows its depth in bytes, items, batches and age', async () => {
    const { queue, openOn, isolate, store } = start()
    assert.deepEqual(await queue.depth(), { bytes: 0, items: 0, batches: 0 })
    await put(queue, 'a', 10, 2000)
    await put(queue, 'b', 25, 3000)
    const here = await queue.depth()
    assert.deepEqual({ ...here, bytes: 0 }, { bytes: 0, items: 35, batches: 2, oldestMs: 2000 })
    assert.equal(here.bytes, store.counts.bytesWritten)
    assert.deepEqual(await openOn(isolate()).depth(), here)
    await queue.drop((await queue.peek(1))[0]!.position)
    assert.deepEqual(await openOn(isolate()).depth(), { bytes: here.bytes / 2, items: 25, batches: 1, oldestMs: 3000 })
    await drain(queue)
    assert.deepEqual(await queue.depth(), { bytes: 0, items: 0, batches: 0 })
  })

  it('counts more segments than a page holds', async () => {
    const { queue, openOn, isolate } = start()
    for (let i = 0; i < 1003; i++) await put(queue, `${i}`)
    assert.equal((await openOn(isolate()).depth()).batches, 1003)
    assert.equal((await drain(openOn(isolate()), 300)).length, 1003)
  })

  it('answers that it is full, and takes more when it has room', async () => {
    const cases: [Partial<QueueBounds>, string][] = [[{ bytes: 400 }, 'bytes'], [{ items: 4 }, 'items']]
    for (const [bounds, reason] of cases) {
      const { queue } = start(bounds)
      assert.equal(await put(queue, 'x'.repeat(50), 2), 'queued')
      assert.equal(await put(queue, 'y'.repeat(50), 2), 'queued')
      const full = await put(queue, 'z'.repeat(150), 2)
      assert.equal(typeof full === 'object' && full.full, reason)
      await drain(queue)
      assert.equal(await put(queue, 'z'.repeat(150), 2), 'queued')
    }
  })

  it('counts what is still being written against its bounds', async () => {
    const { queue } = start({ items: 3 })
    await queue.depth()
    const outcomes = await Promise.all(Array.from({ length: 6 }, (_, i) => put(queue, `${i}`)))
    // The one under way is in no count until it is durable: one more may pass, never more than that.
    assert.ok(outcomes.filter(outcome => outcome === 'queued').length <= 4)
    assert.ok(outcomes.some(outcome => outcome !== 'queued'))
  })

  it('is full when its oldest batch is too old', async () => {
    const { queue, clock } = start({ ageMs: 60_000 })
    await put(queue, 'a', 1, clock.ms)
    clock.ms += 60_000
    assert.equal(await put(queue, 'b'), 'queued')
    clock.ms += 1
    assert.deepEqual((await put(queue, 'c') as { full: string }).full, 'age')
  })

  it('keeps order when the clock jumps back', async () => {
    const { queue, openOn, isolate, clock } = start()
    for (let i = 0; i < 6; i++) {
      await put(i % 2 ? queue : openOn(isolate()), `${i}`)
      clock.ms += i % 2 ? -3_600_000 : 50
    }
    assert.deepEqual(await drain(queue), ['0', '1', '2', '3', '4', '5'])
  })

  it('finds a batch that turns up before what was already read', async () => {
    const { queue, openOn, isolate, store } = start()
    await put(queue, 'on time')
    const reader = openOn(isolate())
    const [first] = await reader.peek(1000)
    const [{ key } = { key: '' }] = (await store.list('queue/', { limit: 1 })).entries
    const { value } = (await store.get(key))!
    await store.put(key.replace(/\/0*(\d+)-/, (_, digits: string) => `/${String(Number(digits) - 5).padStart(16, '0')}-`), value)
    await reader.drop(first!.position)
    assert.deepEqual(await drain(reader), ['on time'])
  })

  it('makes a drop within a segment durable when asked to', async () => {
    const { queue, openOn, isolate, store } = start()
    await queue.depth()
    await Promise.all(['a', 'b', 'c', 'd'].map(name => put(queue, name)))
    const batches = await queue.peek(1000)
    await queue.drop(batches[2]!.position)
    assert.deepEqual(await names(openOn(isolate())), ['b', 'c', 'd'])
    const { writes } = store.counts
    await queue.settle()
    await queue.settle()
    assert.equal(store.counts.writes, writes + 1)
    assert.deepEqual(await names(openOn(isolate())), ['d'])
    assert.deepEqual(await drain(queue), ['d'])
  })

  it('does not undo another reader by settling', async () => {
    const { queue, openOn, isolate } = start()
    await queue.depth()
    await Promise.all(['a', 'b', 'c'].map(name => put(queue, name)))
    await queue.drop((await queue.peek(1000))[1]!.position)
    await drain(openOn(isolate()))
    await queue.settle()
    queue.rewind()
    assert.deepEqual(await names(queue), [])
  })

  it('forgets what others may have dropped when it starts over', async () => {
    const { queue, openOn, isolate } = start()
    await put(queue, 'a')
    await put(queue, 'b')
    assert.deepEqual(await names(queue), ['a', 'b'])
    await drain(openOn(isolate()))
    await put(queue, 'c')
    queue.rewind()
    assert.deepEqual(await names(queue), ['c'])
  })

  it('passes over damage, reports it once with its place, and does not stop at it', async () => {
    const { queue, openOn, isolate, store, damage } = start()
    for (const name of ['a', 'b', 'c']) await put(queue, name)
    const { entries } = await store.list('queue/', { limit: 10 })
    const { value } = (await store.get(entries[1]!.key))!
    value[value.length - 1]! ^= 1
    await store.put(entries[1]!.key, value)
    const reader = openOn(isolate())
    assert.deepEqual(await names(reader), ['a', 'c'])
    assert.deepEqual(await drain(reader), ['a', 'c'])
    assert.deepEqual(damage.map(({ reason, key, offset, records }) => ({ reason, key, offset, records })),
      [{ reason: 'body', key: entries[1]!.key, offset: 0, records: 1 }])
    assert.deepEqual((await store.list('queue/', { limit: 10 })).entries, [])
  })

  it('clears a segment in which nothing is left to read', async () => {
    const { queue, store, damage } = start()
    await store.put('queue/otelcol.exporter.otlphttp.default/sending/what is this', utf8('no record'))
    assert.deepEqual(await names(queue), [])
    assert.equal(damage.length, 1)
    assert.deepEqual((await store.list('queue/', { limit: 10 })).entries, [])
  })

  it('leaves alone what a newer version wrote', async () => {
    const { queue, openOn, isolate, store, damage } = start()
    await put(queue, 'new')
    const [{ key } = { key: '' }] = (await store.list('queue/', { limit: 1 })).entries
    const { value } = (await store.get(key))!
    await store.put(key, asVersion(value, 2))
    await put(queue, 'known')
    const reader = openOn(isolate())
    assert.deepEqual(await drain(reader), ['known'])
    assert.deepEqual(damage.map(({ reason }) => reason), ['version'])
    assert.deepEqual((await store.list('queue/', { limit: 10 })).entries.map(entry => entry.key), [key])
  })

  it('fails those whose write failed, and no others', async () => {
    const { isolate, openOn } = start()
    const store = isolate()
    const queue = openOn(faulty(store, (name, n) => (name === 'append' && n === 1 ? 'before' : undefined)))
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map(name => put(queue, name)))
    assert.deepEqual(outcomes.map(({ status }) => status), ['rejected', 'fulfilled', 'fulfilled'])
    await assert.rejects(queue.append([{ bytes: utf8('d'), info: { items: 1, acceptedAtMs: 0, meta: { big: 'x'.repeat(30_000) } } }]), StoreError)
    assert.deepEqual(await names(openOn(isolate())), ['b', 'c'])
  })

  it('drops again what a failed delete left, and delivers none of it', async () => {
    const { isolate, openOn } = start()
    let failures = 1
    const queue = openOn(faulty(isolate(), name => (name === 'deleteAll' && failures-- > 0 ? 'before' : undefined)))
    for (const name of ['a', 'b']) await put(queue, name)
    const batches = await queue.peek(1000)
    await assert.rejects(queue.drop(batches[1]!.position), StoreError)
    assert.deepEqual(await names(queue), [])
    assert.deepEqual((await isolate().list('queue/', { limit: 10 })).entries, [])
  })

  it('keeps queues apart, whatever their names', async () => {
    const { env, store } = start()
    const pairs: [string, string][] = [['a', 'b'], ['a/b', 'c'], ['a', 'b/c'], ['..', '.'], ['a b', 'é%'], ['A', 'b']]
    for (const [owner, name] of pairs) await put(open(queue({ name }), store, owner, env), `${owner} ${name}`)
    for (const [owner, name] of pairs) assert.deepEqual(await names(open(queue({ name }), store, owner, env)), [`${owner} ${name}`])
  })
})

/** The first record of `segment` as another version of the format. */
function asVersion(segment: Uint8Array, version: number): Uint8Array {
  const copy = segment.slice()
  copy[3] = version
  let crc = 0xffffffff
  for (const byte of copy.subarray(0, 24)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  new DataView(copy.buffer).setUint32(24, ~crc >>> 0, true)
  return copy
}
