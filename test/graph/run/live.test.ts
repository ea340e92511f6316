import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { liveState } from '../../../src/components/contract/live.ts'
import { Live, type LiveEnv } from '../../../src/graph/run/live.ts'
import { cipherOf } from '../../../src/handlers/cipher.ts'
import { Secret, objectValue } from '../../../src/language/value.ts'
import { text } from '../../../src/lib/bytes.ts'
import { open } from '../../../src/state/open.ts'
import { memoryStore } from '../../../src/state/stores/memory.ts'

/** Several isolates of one deployment, on one clock. */
function deployment(secret?: string) {
  let nowMs = 1_700_000_000_000
  const now = () => nowMs
  const random = Math.random
  const store = memoryStore({ now, random })
  const sleeps: (() => void)[] = []
  const env: LiveEnv = {
    context: 'discovery.http.a 1',
    now,
    sleep: ms => new Promise(resolve => {
      sleeps.push(() => {
        nowMs += ms
        resolve()
      })
    }),
    cipher: secret === undefined ? undefined : cipherOf(secret),
  }
  const state = { now, random, onDamage: () => undefined }
  const isolate = () => new Live(open(liveState.exports, store, 'discovery.http.a', state), open(liveState.refreshing, store, 'discovery.http.a', state))
  return { store, env, isolate, advance: (ms: number) => { nowMs += ms }, wake: () => { for (const wake of sleeps.splice(0)) wake() } }
}

const value = (content: string) => objectValue({ content })
const never = () => Promise.reject(new Error('nobody should read'))

describe('live values', () => {
  it('are read by one isolate, and taken over by those that start later', async () => {
    const { env, isolate, advance } = deployment()
    assert.equal(await isolate().read(env), undefined)
    const first = await isolate().fresh(60_000, async () => value('one'), env)
    advance(30_000)
    const second = await isolate().fresh(60_000, never, env)
    assert.deepEqual(second, first)
  })

  it('are read anew when they are due, and the others see it at their next look', async () => {
    const { env, isolate, advance } = deployment()
    const [one, other] = [isolate(), isolate()]
    await one.fresh(60_000, async () => value('one'), env)
    await other.read(env)
    advance(60_000)
    await one.fresh(60_000, async () => value('two'), env)
    assert.equal((await other.read(env))!.exports['content'], 'two')
  })

  it('cost nothing to look at while they are known', async () => {
    const { env, isolate, store } = deployment()
    const one = isolate()
    const first = await one.fresh(60_000, async () => value('one'), env)
    const before = store.counts.writes
    assert.equal(await one.read(env), first, 'the very same object')
    assert.equal(store.counts.writes, before)
  })

  it('keep the last good one when reading fails, and let the next isolate try at once', async () => {
    const { env, isolate, advance } = deployment()
    await isolate().fresh(60_000, async () => value('one'), env)
    advance(60_000)
    const one = isolate()
    await assert.rejects(one.fresh(60_000, () => Promise.reject(new Error('gone')), env), /gone/)
    assert.equal((await one.read(env))!.exports['content'], 'one')
    assert.equal((await isolate().fresh(60_000, async () => value('two'), env)).exports['content'], 'two')
  })

  it('are read by one isolate at a time: the others live on the old one, or wait for the first', async () => {
    const { env, isolate, advance, wake } = deployment()
    let finish: (exports: ReturnType<typeof value>) => void = () => undefined
    const slow = (reads: { count: number }) => () => {
      reads.count++
      return new Promise<ReturnType<typeof value>>(resolve => { finish = resolve })
    }
    const reads = { count: 0 }
    const first = isolate().fresh(60_000, slow(reads), env)
    await turns()
    const waiting = isolate().fresh(60_000, never, env)
    await turns()
    finish(value('one'))
    await first
    wake()
    assert.equal((await waiting).exports['content'], 'one')

    advance(60_000)
    const again = isolate().fresh(60_000, slow(reads), env)
    await turns()
    assert.equal((await isolate().fresh(60_000, never, env)).exports['content'], 'one')
    finish(value('two'))
    assert.equal((await again).exports['content'], 'two')
    assert.equal(reads.count, 2)
  })

  it('are taken over from an isolate that died while it was reading, whose late write changes nothing', async () => {
    const { env, isolate, advance } = deployment()
    let late: (exports: ReturnType<typeof value>) => void = () => undefined
    const dying = isolate().fresh(60_000, () => new Promise(resolve => { late = resolve }), env)
    await turns()
    advance(61_000)
    await isolate().fresh(60_000, async () => value('new'), env)
    late(value('old'))
    await dying
    assert.equal((await isolate().read(env))!.exports['content'], 'new')
  })

  it('are not taken over when they were read for other arguments', async () => {
    const { env, isolate } = deployment()
    await isolate().fresh(60_000, async () => value('one'), env)
    const changed = { ...env, context: 'discovery.http.a 2' }
    assert.equal(await isolate().read(changed), undefined)
    assert.equal((await isolate().fresh(60_000, async () => value('other'), changed)).exports['content'], 'other')
  })

  it('are sealed when they are secret, and not kept without a key', async () => {
    const secret = () => Promise.resolve(objectValue({ content: new Secret('hunter2') }))
    const kept = deployment('key')
    await kept.isolate().fresh(60_000, secret, kept.env)
    const { exports } = (await kept.isolate().fresh(60_000, never, kept.env))
    assert.equal((exports['content'] as Secret).reveal(), 'hunter2')
    const stored = (await kept.store.get('cell/discovery.http.a/exports'))!
    assert.doesNotMatch(text(stored.value), /hunter2/)

    const open = deployment()
    await open.isolate().fresh(60_000, secret, open.env)
    assert.equal(await open.isolate().read(open.env), undefined)
  })
})

/** Lets everything that can go on do so. */
const turns = () => new Promise<void>(resolve => { setImmediate(resolve) })
