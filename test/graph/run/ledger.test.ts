import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'node:test'
import { componentAccepted, lokiDroppedEntries, receiverAccepted } from '../../../src/components/contract/metrics.ts'
import { Ledger, flushEveryMs } from '../../../src/graph/run/ledger.ts'
import { silentMs } from '../../../src/graph/run/pages.ts'
import type { Totals } from '../../../src/graph/run/totals.ts'
import type { Store } from '../../../src/state/store.ts'
import { faulty } from '../../state/faulty.ts'
import { seeded, world } from '../../state/world.ts'

/** Each component's accepted items. */
const accepted = (totals: Totals) =>
  Object.fromEntries([...totals.get(componentAccepted.name)?.series.values() ?? []].map(({ labels, values }) => [labels[0]!, values[0]!]))

/** A world in which any number of isolates count. */
function setting(seed = 1) {
  const { clock, env, isolate, data, damage } = world({ seed })
  const failures: unknown[] = []
  const sleeps: number[] = []
  const sleep = async (ms: number) => {
    sleeps.push(ms)
    clock.ms += ms
  }
  const start = (store: Store = isolate(), failed = (error: unknown) => { failures.push(error) }) => new Ledger(store, { ...env, sleep, onFailure: failed })
  return { clock, isolate, data, damage, failures, sleeps, start }
}

describe('a ledger', () => {
  it('shows what several isolates have counted, as one', async () => {
    const { start } = setting()
    const [a, b] = [start(), start()]
    a.count(componentAccepted, 'x', 2)
    b.count(componentAccepted, 'x', 3)
    b.count(componentAccepted, 'y', 1)
    await a.flush()
    assert.deepEqual(accepted(await b.read()), { x: 5, y: 1 })
    assert.deepEqual(accepted(await a.read()), { x: 5, y: 1 })
  })

  it('labels what is counted by component and module, and completes the names of otelcol\'s parts', async () => {
    const { start } = setting()
    const ledger = start()
    ledger.count(receiverAccepted.traces, 'otelcol.receiver.otlp.a', 1, { receiver: 'otlp', transport: 'http' })
    ledger.count(lokiDroppedEntries, 'my.module/inner/loki.write.b', 1, { reason: 'r', host: 'h', tenant: 't' })
    const series = [...(await ledger.read()).values()].flatMap(({ labels, series }) => [...series.values()].map(each => labels.map((label, i) => `${label}=${each.labels[i]}`)))
    assert.deepEqual(series, [
      ['component_id=otelcol.receiver.otlp.a', 'component_path=/', 'receiver=otlp/otelcol.receiver.otlp.a', 'transport=http'],
      ['component_id=loki.write.b', 'component_path=/my.module/inner', 'host=h', 'tenant=t', 'reason=r'],
    ])
  })

  it('writes once in ten seconds at most, and not at all when nothing was counted', async () => {
    const { start, isolate, clock } = setting()
    const store = isolate()
    const ledger = start(store)
    for (let second = 0; second < 60; second++) {
      if (second < 35) ledger.count(componentAccepted, 'x', 1)
      await Promise.all([ledger.flush(), ledger.flush(), ledger.read()])
      clock.ms += 1_000
    }
    assert.equal(store.counts.writes, 5)
    assert.deepEqual(accepted(await ledger.read()), { x: 35 })
  })

  it('waits for the time to write where work goes on behind an answer; one waits for all', async () => {
    const { start, sleeps, isolate } = setting()
    const store = isolate()
    const ledger = start(store)
    ledger.count(componentAccepted, 'x', 1)
    await ledger.settle()
    assert.equal(store.counts.writes, 1)
    ledger.count(componentAccepted, 'x', 1)
    await Promise.all([ledger.settle(), ledger.settle(), ledger.settle()])
    assert.deepEqual([store.counts.writes, sleeps], [2, [flushEveryMs]])
    assert.deepEqual(accepted(await start().read()), { x: 2 })
  })

  it('costs one list, a read for each page and one for the total to read', async () => {
    const { start, isolate, clock } = setting()
    for (let i = 0; i < 20; i++) {
      const ledger = start()
      ledger.count(componentAccepted, 'x', 1)
      await ledger.flush()
      clock.ms += 1
    }
    const store = isolate()
    assert.deepEqual(accepted(await start(store).read()), { x: 20 })
    assert.deepEqual([store.counts.lists, store.counts.reads, store.counts.writes], [1, 21, 0])
  })

  it('keeps what it could not write, and writes it when it can', async () => {
    const { start, isolate, clock, failures } = setting()
    let broken = true
    const ledger = start(faulty(isolate(), name => (broken && name === 'put' ? 'before' : undefined)))
    ledger.count(componentAccepted, 'x', 4)
    await ledger.flush()
    assert.equal(failures.length, 1)
    broken = false
    await ledger.flush()
    assert.deepEqual(accepted(await start().read()), {})
    clock.ms += flushEveryMs
    await ledger.flush()
    assert.deepEqual(accepted(await start().read()), { x: 4 })
  })

  it('folds the pages of isolates that fell silent into the total, where they count as before', async () => {
    const { start, isolate, clock, data } = setting()
    for (let i = 0; i < 30; i++) {
      const ledger = start()
      ledger.count(componentAccepted, 'x', 1)
      await ledger.flush()
    }
    clock.ms += silentMs + 1
    const store = isolate()
    const ticking = start(store)
    await ticking.fold()
    assert.deepEqual(accepted(await ticking.read()), { x: 30 })
    assert.deepEqual([...data.entries.keys()], ['metrics/sluice/total'])
    assert.deepEqual([store.counts.deletes, store.counts.deletedKeys], [1, 30])
  })

  it('does not count twice what was folded while its isolate slept', async () => {
    const { start, clock } = setting()
    const sleeper = start()
    sleeper.count(componentAccepted, 'x', 10)
    await sleeper.flush()
    sleeper.count(componentAccepted, 'x', 1)
    clock.ms += silentMs + 1
    const ticking = start()
    await ticking.fold()
    assert.deepEqual(accepted(await ticking.read()), { x: 10 })
    await sleeper.flush()
    assert.deepEqual(accepted(await ticking.read()), { x: 11 })
    sleeper.count(componentAccepted, 'x', 1)
    clock.ms += flushEveryMs
    assert.deepEqual(accepted(await sleeper.read()), { x: 12 })
  })

  it('counts without a page that is damaged, and its isolate writes everything anew', async () => {
    const { start, clock, data, damage } = setting()
    const [a, b] = [start(), start()]
    a.count(componentAccepted, 'a', 1)
    b.count(componentAccepted, 'b', 1)
    await a.flush()
    await b.flush()
    const [key, entry] = [...data.entries][0]!
    data.entries.set(key, { ...entry, version: 'damaged', value: entry.value.map((byte, i) => (i === 60 ? byte ^ 1 : byte)) })
    const left = accepted(await start().read())
    assert.equal(Object.keys(left).length, 1)
    assert.ok(damage.length > 0)
    clock.ms += flushEveryMs
    for (const ledger of [a, b]) {
      ledger.count(componentAccepted, 'a', 1)
      await ledger.flush()
    }
    assert.deepEqual(accepted(await start().read()), { a: 3, b: 1 })
  })

  it('says when the store cannot be read', async () => {
    const { start, isolate } = setting()
    await assert.rejects(start(faulty(isolate(), name => (name === 'list' ? 'before' : undefined))).read(), /fault before list/)
  })
})

type Single =
  | { readonly do: 'count' | 'flush' | 'kill' | 'fold' | 'read'; readonly isolate: number }
  | { readonly do: 'wait'; readonly ms: number }
  /** Of the next operations of the store, the one after `after` others fails. */
  | { readonly do: 'break'; readonly after: number; readonly when: 'before' | 'after' }
/** Steps of one row happen at once. */
type Step = readonly Single[]

const single: fc.Arbitrary<Single> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('count' as const, 'flush' as const), isolate: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('fold' as const, 'read' as const), isolate: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), isolate: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(flushEveryMs, silentMs / 2, silentMs + 1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('break' as const), after: fc.nat(6), when: fc.constantFrom('before' as const, 'after' as const) }) },
)
const step = fc.oneof({ weight: 3, arbitrary: fc.tuple(single) }, { weight: 1, arbitrary: fc.array(single, { minLength: 2, maxLength: 4 }) })

/** What one isolate has counted, under its own name, and how much of it is known to be in the store. */
interface Life {
  readonly name: string
  readonly ledger: Ledger
  counted: number
  written: number
  failures: number
}

/** A store whose operations begin a little later than they were asked for, each in its own time: what happens at once happens in any order. */
function late(store: Store, random: () => number): Store {
  const wait = async () => { for (let turns = Math.floor(random() * 12); turns > 0; turns--) await Promise.resolve() }
  return {
    ...store,
    get: key => wait().then(() => store.get(key)),
    put: (key, value, options) => wait().then(() => store.put(key, value, options)),
    list: (prefix, options) => wait().then(() => store.list(prefix, options)),
    deleteAll: keys => wait().then(() => store.deleteAll(keys)),
  }
}

/** Isolates that count and die over a store that fails; `look` holds what is shown against what was counted. */
function lives(seed: number) {
  const { clock, isolate, start } = setting(seed)
  let fuse: { left: number; when: 'before' | 'after' } | undefined
  const store = () => late(faulty(isolate(), () => {
    if (fuse === undefined || fuse.left-- > 0) return undefined
    const { when } = fuse
    fuse = undefined
    return when
  }), seeded(seed))
  const all: Life[] = []
  const live = (): Life => {
    const life: Life = { name: `life ${all.length}`, counted: 0, written: 0, failures: 0, ledger: start(store(), () => { life.failures++ }) }
    all.push(life)
    return life
  }
  const running = [live(), live(), live()]
  let shown: Record<string, number> = {}
  const look = async (ledger: Ledger) => {
    const before = shown
    const now = await ledger.read().then(accepted, () => undefined)
    if (now === undefined) return
    for (const { name, counted } of all) {
      assert.ok((now[name] ?? 0) >= (before[name] ?? 0), `${name} went from ${before[name]} to ${now[name]}`)
      assert.ok((now[name] ?? 0) <= counted, `${name} shows ${now[name]} of ${counted}`)
    }
    shown = now
  }
  const act = async (each: Single): Promise<void> => {
    if (each.do === 'wait') clock.ms += each.ms
    else if (each.do === 'break') fuse = { left: each.after, when: each.when }
    else {
      const life = running[each.isolate]!
      if (each.do === 'fold') await life.ledger.fold()
      else if (each.do === 'flush') await life.ledger.close()
      else if (each.do === 'read') await look(life.ledger)
      else if (each.do === 'kill') running[each.isolate] = live()
      else {
        life.counted++
        life.ledger.count(componentAccepted, life.name, 1)
      }
    }
  }
  /** Steps that happen at once. What was counted before them, and flushed in them without a complaint, is written. */
  const actTogether = async (steps: Step) => {
    const before = steps.flatMap(each => (each.do === 'flush' ? [running[each.isolate]!] : [])).map(life => ({ life, ...life }))
    await Promise.all(steps.map(act))
    const flushed = before.filter(({ life }) => running.includes(life))
    for (const { life, counted, failures } of flushed) if (life.failures === failures) life.written = Math.max(life.written, counted)
  }
  /** The store works again, everyone alive writes, and everything gets folded. */
  const settle = async () => {
    fuse = undefined
    for (const isolate of running.keys()) await actTogether([{ do: 'flush', isolate }])
    const folder = start()
    for (let i = 0; i < 3; i++) {
      clock.ms += silentMs + 1
      await look(folder)
      await folder.fold()
    }
    await look(folder)
    for (const life of all) {
      const known = running.includes(life) ? life.counted : life.written
      assert.ok((shown[life.name] ?? 0) >= known, `${life.name} shows ${shown[life.name]}, but ${known} were written`)
    }
  }
  return { actTogether, settle }
}

describe('ledgers, whatever fails between any two operations of the store', () => {
  it('never lose what was written, never count twice, and never show less than before', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), fc.nat(), async (steps: readonly Step[], seed) => {
      const { actTogether, settle } = lives(seed)
      for (const each of steps) await actTogether(each)
      await settle()
    }), { numRuns: 300 })
  })
})
