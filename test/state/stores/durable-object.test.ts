/** The Durable Object's store in workerd: objects with SQLite, and a stateless Worker in front of them that holds the remote store. */

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { base64, fromBase64 } from '../../../src/lib/bytes.ts'
import { noCounts, StoreError, type Store, type StoreCounts, type StoreLimits } from '../../../src/state/store.ts'
import { storeContract, type Harness } from '../store-contract.ts'

const root = path.resolve(import.meta.dirname, '../../..')

/** Runs the port's operations that arrive by HTTP; `lose` and `fail` break the call between Worker and object. */
const worker = `
import { DurableObject } from 'cloudflare:workers'
import { remoteStore, serveStore, sqlStore } from './src/state/stores/durable-object.ts'
import { base64, fromBase64 } from './src/lib/bytes.ts'

const env = { now: () => Date.now(), random: () => Math.random() }

export class State extends DurableObject {
  written = 0
  store = sqlStore({
    transactionSync: work => this.ctx.storage.transactionSync(work),
    sql: { exec: (...query) => {
      const cursor = this.ctx.storage.sql.exec(...query)
      const rows = cursor.toArray()
      this.written += cursor.rowsWritten
      return { toArray: () => rows }
    } },
  }, env)
  state(request) { return serveStore(this.store, request) }
  rows() { return this.ctx.storage.sql.exec('SELECT count(*) AS n FROM parts').one().n }
  rowsWritten() { return this.written }
  die() { this.ctx.abort('killed by the test') }
}

const stores = new Map()
const faults = { lose: 0, fail: 0 }

export default {
  async fetch(request, { STATE }) {
    const [id, method, args] = JSON.parse(await request.text(), (key, value) => value?.bytes === undefined ? value : fromBase64(value.bytes))
    const stub = STATE.getByName('state')
    if (method in faults) return Response.json(faults[method] = args[0])
    if (method === 'rows') return Response.json(await stub.rows())
    if (method === 'rowsWritten') return Response.json(await stub.rowsWritten())
    if (method === 'die') return Response.json(await stub.die().catch(error => error.message))
    if (!stores.has(id)) {
      stores.set(id, remoteStore(async request => {
        if (faults.fail > 0) { faults.fail--; throw new Error('connection refused by the test') }
        const reply = await STATE.getByName('state').state(request)
        if (faults.lose > 0) { faults.lose--; throw new Error('answer dropped by the test') }
        return reply
      }, env))
    }
    const store = stores.get(id)
    if (method === 'limits') return Response.json(store.limits)
    try {
      const result = await store[method](...args)
      return new Response(JSON.stringify({ result, counts: store.counts }, (key, value) => value instanceof Uint8Array ? { bytes: base64(value) } : value))
    } catch (error) {
      return Response.json({ error: error.message, retryable: error.retryable, name: error.name, counts: store.counts })
    }
  },
}
`

async function startWorker(persist: string): Promise<Miniflare> {
  const { outputFiles: [script] } = await build({
    stdin: { contents: worker, resolveDir: root, loader: 'ts' },
    bundle: true, write: false, format: 'esm', target: 'es2022', external: ['cloudflare:workers'], logLevel: 'error',
  })
  return new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.mjs', contents: script!.text }],
    durableObjects: { STATE: { className: 'State', useSQLite: true } },
    durableObjectsPersist: persist,
    compatibilityDate: '2026-04-01',
  })
}

async function ask(worker: Miniflare, id: number, method: string, args: unknown[]): Promise<unknown> {
  const body = JSON.stringify([id, method, args], (_key, value: unknown) => (value instanceof Uint8Array ? { bytes: base64(value) } : value))
  const response = await worker.dispatchFetch('http://test/', { method: 'POST', body })
  return JSON.parse(await response.text(), (_key, value: { bytes?: unknown } | null) =>
    (typeof value?.bytes === 'string' ? fromBase64(value.bytes) : value)) as unknown
}

/** The store of isolate `id` inside workerd, as a store here. */
function proxy(worker: Miniflare, id: number, limits: StoreLimits): Store {
  const counts = noCounts()
  const call = (method: string) => async (...args: unknown[]) => {
    const answer = await ask(worker, id, method, args) as { counts: StoreCounts } & ({ result?: unknown } | { error: string; retryable: boolean; name: string })
    Object.assign(counts, answer.counts)
    if (!('error' in answer)) return answer.result
    assert.equal(answer.name, 'StoreError', answer.error)
    throw new StoreError(answer.error, { retryable: answer.retryable })
  }
  const methods = ['get', 'refresh', 'put', 'append', 'delete', 'deleteAll', 'list'].map(method => [method, call(method)])
  return { limits, counts, ...Object.fromEntries(methods) as Omit<Store, 'limits' | 'counts'> }
}

async function harness(): Promise<Harness & { worker: () => Miniflare; restart: () => Promise<void> }> {
  const persist = await mkdtemp(path.join(tmpdir(), 'sluice-objects-'))
  let worker = await startWorker(persist)
  const limits = await ask(worker, 0, 'limits', []) as StoreLimits
  let isolates = 0
  return {
    worker: () => worker,
    open: () => proxy(worker, isolates++, limits),
    loseNextAnswer: async () => { await ask(worker, 0, 'lose', [1]) },
    failNext: async () => { await ask(worker, 0, 'fail', [2]) },
    async restart() {
      await worker.dispose()
      worker = await startWorker(persist)
    },
    async close() {
      await worker.dispose()
      await rm(persist, { recursive: true })
    },
  }
}

storeContract('durable-object in workerd', harness)

describe('durable-object', () => {
  it('writes one billed row for a batch, and one when it goes', async () => {
    const objects = await harness()
    try {
      const store = objects.open()
      const written = () => ask(objects.worker(), 0, 'rowsWritten', [])
      await store.get('absent')
      const before = await written() as number
      const keys: string[] = []
      for (let i = 0; i < 10; i++) keys.push((await store.append('queue/', `-${i}`, new Uint8Array(100_000))).key)
      assert.equal(await written(), before + 10)
      await store.deleteAll(keys)
      assert.equal(await written(), before + 20)
      await store.put('queue/large', new Uint8Array(4_000_000))
      assert.equal(await written(), before + 24)
    } finally {
      await objects.close()
    }
  })

  it('keeps everything through the death of an object and of the runtime', async () => {
    const objects = await harness()
    const { worker, restart } = objects
    const open = () => objects.open()
    try {
      const large = new Uint8Array(4_000_000).fill(7)
      await open().put('a', Uint8Array.of(1))
      await open().put('b', large)
      const appended = await open().append('log/', '-1', Uint8Array.of(2))
      assert.equal(await ask(worker(), 0, 'rows', []), 3)
      await ask(worker(), 0, 'die', [])
      assert.deepEqual((await open().get('a'))?.value, Uint8Array.of(1))
      const after = await open().append('log/', '-2', Uint8Array.of(3))
      assert.ok(after.key > appended.key)
      await restart()
      assert.deepEqual((await open().get('b'))?.value, large)
      assert.deepEqual((await open().list('log/', { limit: 9 })).entries.map(({ key }) => key), [appended.key, after.key])
      await open().put('b', Uint8Array.of(1))
      assert.equal(await ask(worker(), 0, 'rows', []), 0)
    } finally {
      await objects.close()
    }
  })
})
