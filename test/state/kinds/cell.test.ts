import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { text, utf8 } from '../../../src/lib/bytes.ts'
import { cell } from '../../../src/state/kinds.ts'
import { open } from '../../../src/state/open.ts'
import { StoreError, type Store } from '../../../src/state/store.ts'
import { world } from '../world.ts'

function start() {
  const around = world()
  const openOn = (store: Store) => open(cell({ name: 'exports' }), store, 'discovery.http.a', around.env)
  const store = around.isolate()
  return { ...around, store, openOn, cell: openOn(store) }
}

const at = 'cell/discovery.http.a/exports'

describe('cell', () => {
  it('holds one value for all isolates', async () => {
    const { cell, openOn, isolate } = start()
    assert.equal(await cell.read(), undefined)
    const written = await cell.write(utf8('one'))
    assert.deepEqual(await openOn(isolate()).read(), written)
  })

  it('does not transfer what the reader has', async () => {
    const { cell, openOn, isolate } = start()
    await cell.write(utf8('x'.repeat(1000)))
    const store = isolate()
    const reader = openOn(store)
    const known = await reader.read()
    const { bytesRead } = store.counts
    assert.equal(await reader.read(known), known)
    assert.equal(store.counts.bytesRead, bytesRead)
    await cell.write(utf8('new'))
    assert.equal(text((await reader.read(known))!.bytes), 'new')
  })

  it('swaps only over what was read', async () => {
    const { cell } = start()
    const first = await cell.write(utf8('1'), { over: null })
    assert.notEqual(first, 'conflict')
    assert.equal(await cell.write(utf8('x'), { over: null }), 'conflict')
    if (first === 'conflict') return
    assert.notEqual(await cell.write(utf8('2'), { over: first }), 'conflict')
    assert.equal(await cell.write(utf8('x'), { over: first }), 'conflict')
    assert.equal(text((await cell.read())!.bytes), '2')
  })

  it('loses no update of many writers', async () => {
    const { cell, openOn, isolate } = start()
    const add = (bytes: Uint8Array | undefined) => utf8(String(Number(text(bytes ?? utf8('0'))) + 1))
    await Promise.all(Array.from({ length: 8 }, () => openOn(isolate()).update(add)))
    assert.equal(text((await cell.read())!.bytes), '8')
    assert.equal(text((await cell.update(() => undefined))!.bytes), '8')
  })

  it('refuses the writes of one who lost the lease', async () => {
    const { cell, openOn, isolate } = start()
    const late = openOn(isolate())
    assert.notEqual(await late.write(utf8('by 4'), { fence: 4 }), 'conflict')
    assert.notEqual(await cell.write(utf8('by 5'), { fence: 5 }), 'conflict')
    assert.equal(await late.write(utf8('by 4 again'), { fence: 4 }), 'conflict')
    assert.notEqual(await cell.write(utf8('by 5 again'), { fence: 5 }), 'conflict')
    const known = (await late.read())!
    assert.equal(await late.write(utf8('by 4 over'), { fence: 4, over: known }), 'conflict')
    assert.equal(text((await cell.read())!.bytes), 'by 5 again')
    // An update by its reader keeps the fence where it is.
    await late.update(() => utf8('updated'))
    assert.equal(await late.write(utf8('by 4'), { fence: 4 }), 'conflict')
  })

  it('counts a damaged value as none, says so, and can be written again', async () => {
    const { cell, store, damage } = start()
    await store.put(at, utf8('not a record'))
    assert.equal(await cell.read(), undefined)
    assert.deepEqual(damage.map(({ key, reason }) => [key, reason]), [[at, 'torn']])
    await cell.update(() => utf8('repaired'))
    assert.equal(text((await cell.read())!.bytes), 'repaired')
  })

  it('does not touch what a newer version wrote', async () => {
    const { cell, store } = start()
    // The header of version 2 of an empty record: number 0, no meta, no body.
    const future = Uint8Array.from([0x53, 0x4c, 0x43, 2, ...Array<number>(20).fill(0)])
    const checksum = crcOf(future)
    await store.put(at, Uint8Array.from([...future, ...checksum]))
    await assert.rejects(cell.read(), (error: unknown) => error instanceof StoreError && !error.retryable && /newer version/.test(error.message))
    await assert.rejects(cell.update(() => utf8('x')), StoreError)
  })
})

function crcOf(bytes: Uint8Array): number[] {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  const sum = ~crc >>> 0
  return [sum & 0xff, (sum >>> 8) & 0xff, (sum >>> 16) & 0xff, sum >>> 24]
}
