import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { text, utf8 } from '../../../src/lib/bytes.ts'
import { queue, type Queue, type QueueBounds } from '../../../src/state/kinds.ts'
import { open } from '../../../src/state/open.ts'
import type { Store } from '../../../src/state/store.ts'
import { world } from '../world.ts'

function start(bounds: Partial<QueueBounds> = {}) {
  const around = world()
  const store = around.isolate()
  const openOn = (on: Store = around.isolate()) => open(queue({ name: 'sending', bounds }), on, 'node', around.env)
  return { ...around, store, openOn, queue: openOn(store) }
}

/** Batches in one segment. */
const put = (to: Queue, ...names: string[]) =>
  to.append(names.map(name => ({ bytes: utf8(name), info: { items: name.length, acceptedAtMs: 1_763_640_000_000, meta: { name } } })))
const all = { maxBatches: 100, maxBytes: 1_000_000 }
const browsed = async (from: Queue) => (await from.browse(all)).batches.map(({ bytes }) => text(bytes))
const peeked = async (from: Queue) => (await from.peek(1_000_000)).map(({ bytes }) => text(bytes))

describe('queue, for operators', () => {
  it('shows what waits without taking it from the reader', async () => {
    const { queue } = start()
    await put(queue, 'a', 'bb')
    await put(queue, 'ccc')
    assert.deepEqual(await peeked(queue), ['a', 'bb', 'ccc'])
    const { batches, next } = await queue.browse(all)
    assert.deepEqual(batches.map(({ bytes, items, meta }) => [text(bytes), items, meta.name]), [['a', 1, 'a'], ['bb', 2, 'bb'], ['ccc', 3, 'ccc']])
    assert.equal(next, undefined)
    assert.deepEqual(batches.map(({ position }) => position), (await queue.peek(1_000_000)).map(({ position }) => position))
  })

  it('shows it page by page, also from within a segment, bounded by number and by bytes', async () => {
    const { queue } = start()
    for (const names of [['1', '2', '3'], ['4'], ['5', '6']]) await put(queue, ...names)
    for (const bound of [{ maxBatches: 2, maxBytes: 1000 }, { maxBatches: 100, maxBytes: 2 }]) {
      const pages: string[][] = []
      for (let after: string | undefined; ;) {
        const page = await queue.browse({ ...bound, ...(after !== undefined && { after }) })
        pages.push(page.batches.map(({ bytes }) => text(bytes)))
        after = page.next
        if (after === undefined) break
      }
      assert.deepEqual(pages, [['1', '2'], ['3', '4'], ['5', '6']])
    }
  })

  it('takes out chosen batches, wherever they stand; the others keep their places', async () => {
    const { queue, openOn, store, damage } = start()
    await put(queue, 'a', 'b', 'c')
    await put(queue, 'd')
    const [a, b, c, d] = (await queue.browse(all)).batches.map(({ position }) => position)
    assert.deepEqual(await queue.remove([b!, d!]), { batches: 2, items: 2, bytes: 2 })
    assert.deepEqual(await browsed(queue), ['a', 'c'])
    assert.deepEqual(await peeked(openOn()), ['a', 'c'])
    assert.deepEqual((await queue.browse(all)).batches.map(({ position }) => position), [a, c])
    assert.deepEqual(await queue.remove([b!, d!, c!]), { batches: 1, items: 1, bytes: 1 })
    assert.deepEqual(await browsed(openOn()), ['a'])
    assert.deepEqual(await queue.remove([a!]), { batches: 1, items: 1, bytes: 1 })
    assert.deepEqual((await store.list('queue/', { limit: 10 })).entries, [])
    assert.deepEqual(await queue.depth(), { batches: 0, items: 0, bytes: 0 })
    assert.deepEqual(damage, [])
  })

  it('and a reader that wears such a segment down goes on as before', async () => {
    const { queue, openOn, damage } = start()
    await put(queue, 'a', 'b', 'c', 'd')
    await queue.remove([(await queue.browse(all)).batches[2]!.position])
    const reader = openOn()
    const [first] = await reader.peek(1)
    await reader.drop(first!.position)
    await reader.settle()
    assert.deepEqual(await peeked(openOn()), ['b', 'd'])
    assert.deepEqual(damage, [])
  })

  it('takes nothing for a position that is not there', async () => {
    const { queue } = start()
    await put(queue, 'a')
    const [{ position } = assert.fail()] = (await queue.browse(all)).batches
    assert.deepEqual(await queue.remove([position.replace('#0', '#7'), position.replace(/^\d/, '9')]), { batches: 0, items: 0, bytes: 0 })
    assert.deepEqual(await browsed(queue), ['a'])
  })

  it('discards the oldest until the rest is small and young enough, without reading any', async () => {
    const { queue, openOn, store, clock } = start()
    for (const name of ['old', 'new', 'newest']) {
      await queue.append([{ bytes: utf8(name), info: { items: 1, acceptedAtMs: clock.ms, meta: {} } }])
      clock.ms += 1000
    }
    const { reads } = store.counts
    assert.deepEqual((await queue.discard({ acceptedAfterMs: clock.ms - 2500 })).batches, 1)
    assert.deepEqual(await browsed(openOn()), ['new', 'newest'])
    const { bytes } = await queue.depth({ maxAgeMs: 0 })
    assert.equal((await queue.discard({ keepBytes: bytes - 1 })).items, 1)
    assert.deepEqual(await browsed(openOn()), ['newest'])
    assert.equal((await queue.discard({ keepBytes: 0 })).batches, 1)
    assert.deepEqual([await browsed(openOn()), store.counts.reads], [[], reads])
  })
})
