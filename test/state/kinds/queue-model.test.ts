/**
 * The queue against a model: appends alone and together from several processes, drains that send part of what they read, clocks
 * that jump, and a crash before or after any operation of the store.
 */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { text, utf8 } from '../../../src/lib/bytes.ts'
import { queue, type Queue } from '../../../src/state/kinds.ts'
import { open } from '../../../src/state/open.ts'
import { faulty } from '../faulty.ts'
import { world } from '../world.ts'

const key = queue({ name: 'q' })
const processes = 3

const process = fc.nat(processes - 1)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), by: process, together: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('drain' as const), by: process, maxBytes: fc.nat(30), send: fc.nat(6), settle: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), by: process }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.integer({ min: -100_000, max: 100_000 }) }) },
)

/** How many operations each life of a process has, and whether the last one takes effect. */
const lives = fc.array(fc.record({ operations: fc.nat(25), when: fc.constantFrom('before' as const, 'after' as const) }), { maxLength: 8, size: 'max' })

describe('queue, model-based', () => {
  it('loses nothing that was acknowledged, keeps order, and repeats only what was not dropped durably', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), lives, fc.boolean(), async (steps, lives, shareIo) => {
      const { env, isolate, clock, damage } = world()
      const remaining = [...lives]
      const open1 = (faultless = false): Queue => {
        const life = faultless ? undefined : remaining.shift()
        const store = life === undefined ? isolate()
          // Dead from there on: whatever it still tries fails as well.
          : faulty(isolate(), (_name, n) => (n < life.operations ? undefined : n === life.operations ? life.when : 'before'))
        return open(key, store, 'node', { ...env, shareIo })
      }
      const queues = Array.from({ length: processes }, () => open1())
      let reader: number | undefined
      const appended: string[] = []
      /** Which append each batch came with. */
      const groups = new Map<string, number>()
      const acknowledged = new Set<string>()
      const delivered: string[] = []
      const gone = new Set<string>()

      const drain = async (by: number, maxBytes: number, send: number, settle: boolean) => {
        const from = queues[by]!
        if (reader !== by) from.rewind()
        reader = by
        const batches = (await from.peek(maxBytes)).slice(0, send)
        for (const { bytes } of batches) {
          assert.ok(!gone.has(text(bytes)), `${text(bytes)} came back after it was durably dropped`)
          delivered.push(text(bytes))
        }
        if (batches.length === 0) return 0
        await from.drop(batches.at(-1)!.position)
        if (!settle) return batches.length
        await from.settle()
        for (const { bytes } of batches) gone.add(text(bytes))
        return batches.length
      }

      for (const each of steps) {
        if (each.do === 'jump') clock.ms += each.ms
        else if (each.do === 'restart') queues[each.by] = open1()
        else if (each.do === 'append') {
          const names = Array.from({ length: each.together }, (_, i) => `${appended.length + i}`)
          for (const name of names) groups.set(name, appended.length)
          appended.push(...names)
          await Promise.all(names.map(async name => {
            const outcome = await queues[each.by]!.append([{ bytes: utf8(name), info: { items: 1, acceptedAtMs: clock.ms, meta: {} } }]).catch(() => 'failed')
            if (outcome === 'queued') acknowledged.add(name)
          }))
        } else {
          const alive = await drain(each.by, each.maxBytes, each.send, each.settle).catch((error: unknown) => {
            if (error instanceof assert.AssertionError) throw error
            return 'died'
          })
          if (alive === 'died') queues[each.by] = open1()
        }
      }

      queues[0] = open1(true)
      while (await drain(0, 50, 3, true) > 0) { /* until it is empty */ }
      const first = [...new Set(delivered)]
      assert.deepEqual([...acknowledged].filter(name => !first.includes(name)), [], 'acknowledged, never delivered')
      assert.deepEqual(first.filter(name => !appended.includes(name)), [], 'delivered, never appended')
      assert.deepEqual(await queues[0].depth({ maxAgeMs: 0 }), { bytes: 0, items: 0, batches: 0 })
      assert.deepEqual(damage, [])
      // Batches come in the order of their appends; those that were under way together only where appends share writes.
      const order = first.filter(name => acknowledged.has(name)).map(name => (shareIo ? Number(name) : groups.get(name)!))
      assert.deepEqual(order, [...order].sort((a, b) => a - b), 'out of order')
    }), { numRuns: 150, seed: 5 })
  })
})
