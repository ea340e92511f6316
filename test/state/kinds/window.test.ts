import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { text, utf8 } from '../../../src/lib/bytes.ts'
import { window } from '../../../src/state/kinds.ts'
import { open } from '../../../src/state/open.ts'
import type { Store } from '../../../src/state/store.ts'
import { world } from '../world.ts'

function start() {
  const around = world()
  const openOn = (store: Store) => open(window({ name: 'traces' }), store, 'otelcol.processor.tail_sampling.a', around.env)
  const store = around.isolate()
  return { ...around, store, openOn, window: openOn(store) }
}

describe('window', () => {
  it('keeps entries by any key until they are removed', async () => {
    const { window, openOn, isolate } = start()
    for (const key of ['a', 'a/b', '..', '', 'é 🚀', 'x'.repeat(200)]) {
      const put = await window.put(key, utf8(`value of ${key}`), 1000)
      assert.deepEqual(await openOn(isolate()).get(key), put)
    }
    assert.equal(await window.get('absent'), undefined)
  })

  it('gives what is due, in order, and only that', async () => {
    const { window, openOn, isolate } = start()
    for (const [key, at] of [['c', 300], ['a', 100], ['b', 200], ['d', 100]] as const) await window.put(key, utf8(key), at)
    const other = openOn(isolate())
    assert.deepEqual((await other.due(99, 10)).map(({ key }) => key), [])
    assert.deepEqual((await other.due(200, 10)).map(({ key }) => key), ['a', 'b', 'd'])
    assert.deepEqual((await other.due(200, 2)).map(({ key }) => key), ['a', 'b'])
    for (const entry of await other.due(200, 10)) assert.equal(await other.remove(entry), 'removed')
    assert.deepEqual((await window.due(1000, 10)).map(({ key, bytes }) => [key, text(bytes)]), [['c', 'c']])
  })

  it('reads again only what changed', async () => {
    const { window, openOn, isolate } = start()
    for (let i = 0; i < 20; i++) await window.put(String(i), utf8('x'), 1000)
    const store = isolate()
    const reader = openOn(store)
    await reader.due(500, 10)
    assert.equal(store.counts.reads, 20)
    await reader.due(600, 10)
    assert.equal(store.counts.reads, 20)
    await window.put('7', utf8('y'), 650)
    assert.deepEqual((await reader.due(700, 10)).map(({ key }) => key), ['7'])
    assert.equal(store.counts.reads, 21)
  })

  it('does not remove what has changed since', async () => {
    const { window } = start()
    const first = await window.put('a', utf8('1'), 100)
    assert.notEqual(first, 'conflict')
    if (first === 'conflict') return
    const second = await window.put('a', utf8('2'), 500, { over: first })
    assert.equal(await window.put('a', utf8('3'), 500, { over: first }), 'conflict')
    assert.equal(await window.put('a', utf8('3'), 500, { over: null }), 'conflict')
    assert.equal(await window.remove(first), 'conflict')
    assert.deepEqual(await window.get('a'), second)
  })

  it('passes over damaged entries', async () => {
    const { window, store, damage } = start()
    await window.put('a', utf8('1'), 100)
    await store.put('window/otelcol.processor.tail_sampling.a/traces/b', utf8('rubbish'))
    assert.deepEqual((await window.due(100, 10)).map(({ key }) => key), ['a'])
    await window.due(100, 10)
    assert.equal(damage.length, 1)
  })
})
