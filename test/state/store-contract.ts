/**
 * What every store must do, whatever it is made of. A store's test calls `storeContract` with a harness; the cases are the
 * same for all.
 */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { equal, utf8 } from '../../src/lib/bytes.ts'
import { compareKeys, StoreError, writeId, type Store } from '../../src/state/store.ts'

export interface Harness {
  /** A store on the same data as all others from here: as another isolate or process would hold it. */
  open(): Store
  /** The next write or delete takes effect, but its answer never reaches the store's client. */
  loseNextAnswer(): void | Promise<void>
  /** The next operation fails before it takes effect, more often than the store itself repeats it. */
  failNext(): void | Promise<void>
  close(): Promise<void>
}

const bytes = (...values: number[]) => Uint8Array.from(values)
const patterned = (length: number) => {
  const made = new Uint8Array(length)
  for (let i = 0; i < length; i++) made[i] = (i * 31 + (i >> 8)) & 0xff
  return made
}

/** Every key under `prefix`, through pages of `limit`. */
async function allKeys(store: Store, prefix: string, limit = 1000): Promise<string[]> {
  const keys: string[] = []
  for (let after: string | undefined; ;) {
    const page = await store.list(prefix, { limit, ...(after !== undefined && { after }) })
    assert.ok(page.entries.length <= limit)
    keys.push(...page.entries.map(entry => entry.key))
    if (page.next === undefined) return keys
    after = page.next
  }
}

async function versionOf(put: Promise<{ version: string } | 'conflict'>): Promise<string> {
  const outcome = await put
  assert.notEqual(outcome, 'conflict')
  return (outcome as { version: string }).version
}

const isStoreError = (retryable: boolean) => (error: unknown) => {
  assert.ok(error instanceof StoreError, `not a StoreError: ${String(error)}`)
  assert.equal(error.retryable, retryable, error.message)
  return true
}

/** Keys that some file system, URL, XML document or SQL collation would like to change. */
const oddKeys = [
  'plain', 'UPPER', 'upper', 'a', 'a/b', 'a/b/', 'a//b', '/leading', 'trailing/', '.hidden', '..dots', 'a.b', 'tmp~', 'plus+sign', 'eq=', '%41', '%',
  'with space', ' lead', 'q?x=1&y=2', '#hash', 'a\\b', 'a:b*c', '"quoted"', "it's", '<tag>', 'CON', 'naïve', 'nai\u0308ve', '日本語', '🚀', '\uff5e above surrogates', '𐀀',
  'x'.repeat(199), 'x'.repeat(200), 'x'.repeat(201), 'x'.repeat(401), `${'long/'.repeat(100)}end`, `deep/${'é'.repeat(300)}`,
]

/** Whether a server that keeps objects as files can hold `key` beside the others. */
const isPlainPath = (key: string) => !/\/$|^\/|\/\//.test(key) && key !== 'a' && key.split('/').every(part => utf8(part).length <= 255)

/** `plainPaths`: the server (not the store) cannot hold some of the odd keys. */
export function storeContract(name: string, start: () => Promise<Harness>, { plainPaths = false } = {}): void {
  describe(`store contract: ${name}`, () => {
    let harness: Harness
    let store: Store
    before(async () => {
      harness = await start()
      store = harness.open()
    })
    after(() => harness.close())

    it('knows nothing of absent keys', async () => {
      assert.equal(await store.get('absent/one'), undefined)
      assert.equal(await store.refresh('absent/one', 'some version'), undefined)
      assert.equal(await store.delete('absent/one'), 'deleted')
      assert.equal(await store.delete('absent/one', { ifVersion: '0'.repeat(32) }), 'deleted')
      assert.equal(await store.put('absent/one', bytes(1), { ifVersion: '0'.repeat(32) }), 'conflict')
      await store.deleteAll(['absent/one', 'absent/two'])
      await store.deleteAll([])
      assert.deepEqual(await store.list('absent/', { limit: 10 }), { entries: [] })
    })

    it('gives back what was put, as the last version', async () => {
      const first = await versionOf(store.put('basic/a', bytes(1, 2, 3)))
      assert.deepEqual(await store.get('basic/a'), { value: bytes(1, 2, 3), version: first })
      const second = await versionOf(store.put('basic/a', bytes()))
      assert.deepEqual(await harness.open().get('basic/a'), { value: bytes(), version: second })
      assert.notEqual(first, second)
    })

    it('compares and swaps', async () => {
      const first = await versionOf(store.put('cas/a', bytes(1), { ifVersion: null }))
      assert.equal(await store.put('cas/a', bytes(2), { ifVersion: null }), 'conflict')
      const second = await versionOf(store.put('cas/a', bytes(3), { ifVersion: first }))
      assert.equal(await store.put('cas/a', bytes(4), { ifVersion: first }), 'conflict')
      assert.equal(await store.delete('cas/a', { ifVersion: first }), 'conflict')
      assert.deepEqual((await store.get('cas/a'))?.value, bytes(3))
      assert.equal(await store.delete('cas/a', { ifVersion: second }), 'deleted')
      assert.equal(await store.get('cas/a'), undefined)
    })

    it('never repeats a version, even for the same bytes after a delete', async () => {
      const seen = new Set<string>()
      for (let round = 0; round < 4; round++) {
        seen.add(await versionOf(store.put('aba/a', bytes(7, 7))))
        seen.add(await versionOf(store.put('aba/a', bytes(7, 7))))
        await store.delete('aba/a')
      }
      assert.equal(seen.size, 8)
    })

    it('spares the bytes of what the reader knows', async () => {
      const version = await versionOf(store.put('refresh/a', bytes(5)))
      assert.equal(await store.refresh('refresh/a', version), 'unchanged')
      const next = await versionOf(store.put('refresh/a', bytes(6)))
      assert.deepEqual(await store.refresh('refresh/a', version), { value: bytes(6), version: next })
    })

    it('does not hold on to the bytes of its caller', async () => {
      const value = patterned(64).subarray(8, 24)
      await store.put('alias/a', value)
      const copy = value.slice()
      value.fill(0)
      const read = (await store.get('alias/a'))!.value
      assert.ok(equal(read, copy))
      read.fill(1)
      assert.ok(equal((await store.get('alias/a'))!.value, copy))
    })

    it('lists more than one page, in order of UTF-8 bytes', async () => {
      const wanted = Array.from({ length: 23 }, (_, i) => `pages/${i}`)
      for (const key of wanted) await store.put(key, utf8(key))
      await store.put('pages', bytes(1))
      await store.put('pages0', bytes(1))
      wanted.sort(compareKeys)
      for (const limit of [1, 4, 22, 23, 24, 1000]) assert.deepEqual(await allKeys(store, 'pages/', limit), wanted, `limit ${limit}`)
      const page = await store.list('pages/', { limit: 2, after: 'pages/1' })
      assert.deepEqual(page.entries.map(({ key, size }) => [key, size]), [['pages/10', 8], ['pages/11', 8]])
      assert.equal(page.entries[0]!.version, (await store.get('pages/10'))!.version)
      assert.deepEqual((await allKeys(store, 'pages/1')).length, 11)
    })

    it('keeps odd keys apart', async () => {
      const keys = oddKeys.filter(key => !plainPaths || isPlainPath(key)).map(key => `odd/${key}`)
      for (const key of keys) await versionOf(store.put(key, utf8(key), { ifVersion: null }))
      for (const key of keys) assert.deepEqual((await store.get(key))?.value, utf8(key), key)
      assert.deepEqual(await allKeys(store, 'odd/', 7), [...keys].sort(compareKeys))
      assert.deepEqual(await allKeys(store, 'odd/日'), ['odd/日本語'])
      assert.deepEqual(await allKeys(store, 'odd/a/'), keys.filter(key => key.startsWith('odd/a/')).sort(compareKeys))
      await store.deleteAll(keys)
      assert.deepEqual(await allKeys(store, 'odd/'), [])
    })

    it('refuses keys and values that some store could not hold', async () => {
      for (const key of ['', 'a\u0000b', 'a\nb', '../up', 'a/./b', '..', '\ud800', '\u{10ffff}', 'é'.repeat(600)]) {
        await assert.rejects(store.put(key, bytes(1)), isStoreError(false), JSON.stringify(key))
        await assert.rejects(store.get(key), isStoreError(false))
      }
      await assert.rejects(store.put('large/too', new Uint8Array(store.limits.maxValueBytes + 1)), isStoreError(false))
      await assert.rejects(store.list('a', { limit: 0 }), isStoreError(false))
    })

    it('holds large values', async () => {
      const large = patterned(5 << 20)
      let version = await versionOf(store.put('large/a', large))
      assert.ok(equal((await store.get('large/a'))!.value, large))
      assert.equal((await store.list('large/', { limit: 5 })).entries[0]!.size, large.length)
      const shorter = large.subarray(3, (2 << 20) + 3)
      version = await versionOf(store.put('large/a', shorter, { ifVersion: version }))
      assert.ok(equal((await store.get('large/a'))!.value, shorter))
      await versionOf(store.put('large/a', bytes(9), { ifVersion: version }))
      assert.deepEqual((await store.get('large/a'))!.value, bytes(9))
      const { key } = await store.append('large/', 'b', large)
      assert.ok(equal((await store.get(key))!.value, large))
      await store.deleteAll(['large/a', key])
      assert.deepEqual(await allKeys(store, 'large/'), [])
    })

    it('lets one of many concurrent writers win', async () => {
      const stores = Array.from({ length: 6 }, () => harness.open())
      const outcomes = await Promise.all(stores.map((each, i) => each.put('race/create', bytes(i), { ifVersion: null })))
      assert.equal(outcomes.filter(outcome => outcome !== 'conflict').length, 1)
      assert.deepEqual((await store.get('race/create'))!.value, bytes(outcomes.findIndex(outcome => outcome !== 'conflict')))

      await store.put('race/count', bytes(0))
      await Promise.all(stores.map(async each => {
        for (let won = 0; won < 3;) {
          const { value, version } = (await each.get('race/count'))!
          if (await each.put('race/count', bytes(value[0]! + 1), { ifVersion: version }) !== 'conflict') won++
        }
      }))
      assert.deepEqual((await store.get('race/count'))!.value, bytes(18))
    })

    it('appends in order, under unique keys, from several writers', async () => {
      const stores = [store, harness.open(), harness.open()]
      const keys: string[] = []
      for (let i = 0; i < 9; i++) {
        const { key, version } = await stores[i % 3]!.append('log/', `-${i}`, bytes(i))
        assert.match(key, /^log\/\d{16}-\d$/)
        assert.deepEqual(await store.get(key), { value: bytes(i), version })
        keys.push(key)
      }
      assert.deepEqual(await allKeys(store, 'log/'), keys)
      const together = await Promise.all(stores.map((each, i) => each.append('log/', `-c${i}`, bytes(i))))
      assert.equal(new Set(together.map(({ key }) => key)).size, 3)
      for (const { key } of together) assert.ok(compareKeys(key, keys.at(-1)!) > 0)
    })

    it('recognises a write whose answer was lost', async () => {
      const id = writeId(Math.random)
      const version = await versionOf(lost(() => store.put('lost/a', bytes(1), { ifVersion: null, writeId: id })))
      assert.deepEqual(await store.get('lost/a'), { value: bytes(1), version })
      const swapped = await versionOf(lost(() => store.put('lost/a', bytes(2), { ifVersion: version, writeId: id.replace(/./g, 'a') })))
      assert.deepEqual(await store.get('lost/a'), { value: bytes(2), version: swapped })
      assert.equal(await lost(() => store.delete('lost/a')), 'deleted')
      assert.equal(await store.get('lost/a'), undefined)
    })

    it('recognises an append whose answer was lost, or fails without hiding it', async () => {
      await harness.loseNextAnswer()
      const outcome = await store.append('lost-append/', '-x', bytes(1)).catch((error: unknown) => error)
      const keys = await allKeys(store, 'lost-append/')
      assert.equal(keys.length, 1)
      if (outcome instanceof Error) isStoreError(true)(outcome)
      else assert.equal((outcome as { key: string }).key, keys[0])
    })

    /** What a caller does about an unknown outcome: the same once more. */
    async function lost<T>(operation: () => Promise<T>): Promise<T> {
      await harness.loseNextAnswer()
      try {
        return await operation()
      } catch (error) {
        isStoreError(true)(error)
        return operation()
      }
    }

    it('fails with a retryable error, and works again afterwards', async () => {
      await store.put('fail/a', bytes(1))
      const operations: Record<string, () => Promise<unknown>> = {
        get: () => store.get('fail/a'),
        put: () => store.put('fail/a', bytes(2)),
        append: () => store.append('fail/log/', '-1', bytes(2)),
        delete: () => store.delete('fail/a'),
        deleteAll: () => store.deleteAll(['fail/a']),
        list: () => store.list('fail/', { limit: 1 }),
      }
      for (const [what, operation] of Object.entries(operations)) {
        await harness.failNext()
        await assert.rejects(operation(), isStoreError(true), what)
      }
      assert.deepEqual((await store.get('fail/a'))?.value, bytes(1))
      assert.deepEqual(await allKeys(store, 'fail/'), ['fail/a'])
    })

    it('counts what it did', async () => {
      const fresh = harness.open()
      await fresh.put('counts/a', bytes(1, 2))
      await fresh.put('counts/b', bytes(1))
      const { key } = await fresh.append('counts/', 'c', bytes(1))
      await fresh.get('counts/a')
      await fresh.list('counts/', { limit: 10 })
      await fresh.deleteAll(['counts/a', 'counts/b', key])
      assert.deepEqual({ ...fresh.counts, lists: 1 }, { reads: 1, writes: 3, deletes: 1, deletedKeys: 3, lists: 1, bytesRead: 2, bytesWritten: 4 })
    })
  })
}
