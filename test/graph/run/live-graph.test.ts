/** Graphs of several isolates over one store: what one has read, the others know. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineComponent, type Definition } from '../../../src/components/contract/define.ts'
import { liveState } from '../../../src/components/contract/live.ts'
import { args, duration, list, map, string } from '../../../src/components/contract/schema.ts'
import { Graph } from '../../../src/graph/run/graph.ts'
import { objectValue } from '../../../src/language/value.ts'
import { sysNamespace } from '../../../src/language/stdlib/sys.ts'
import { open } from '../../../src/state/open.ts'
import { memoryStore } from '../../../src/state/stores/memory.ts'
import { compileText, fakeHost } from '../../support/graph.ts'

const signal = new AbortController().signal

/** What the outside world answers, and how often it was asked. */
interface World {
  targets: string[]
  asked: number
  /** What the dependant was built with, one entry a build. */
  built: string[][]
}

const components = (world: World): Readonly<Record<string, Definition>> => ({
  'test.discovery': defineComponent({
    name: 'test.discovery',
    stability: 'generally-available',
    args: args({ url: string({ default: '' }), every: duration({ default: '1m' }) }),
    exports: { targets: 'list(map(string))' },
    state: liveState,
    build: ({ every }) => ({
      exports: { targets: [] },
      refresh: {
        everyMs: every,
        run: async () => {
          world.asked++
          if (world.targets.length === 0) throw new Error('nobody answers')
          return { targets: world.targets.map(__address__ => ({ __address__ })) }
        },
      },
    }),
  }),
  'test.user': defineComponent({
    name: 'test.user',
    stability: 'generally-available',
    args: args({ targets: list(map(string({ required: true }), { required: true }), { required: true }) }),
    build: ({ targets }) => {
      world.built.push(targets.map(target => target['__address__']!))
      return { schedule: { everyMs: 1000, run: async () => undefined } }
    },
  }),
})

const text = (url = 'a') => `
test.discovery "a" {
  url = ${JSON.stringify(url)}
}
test.user "b" {
  targets = test.discovery.a.targets
}`

async function deployment() {
  const world: World = { targets: ['a:1'], asked: 0, built: [] }
  const { host: fake, world: clock } = fakeHost()
  // Writes are told apart by chance.
  const random = Math.random
  const host = { ...fake, random, store: memoryStore({ now: fake.now, random }) }
  const isolate = async (config = text()) => {
    const own = components(world)
    const { plan, diagnostics } = await compileText(config, { lookup: async name => own[name], names: Object.keys(own) })
    assert.ok(plan, diagnostics.map(({ message }) => message).join('; '))
    world.built.length = 0
    const openers = { cell: open, lease: open }
    return new Graph({ plan, components: own, functions: env => objectValue({ sys: sysNamespace(env) }), openers }, host)
  }
  return { world, isolate, advance: (ms: number) => { clock.nowMs += ms } }
}

const health = (graph: Graph) => graph.nodes.find(({ id }) => id === 'test.discovery.a')!.health

describe('a graph whose values change', () => {
  it('starts cold from what another isolate has read', async () => {
    const { world, isolate, advance } = await deployment()
    await (await isolate()).ready(signal)
    advance(30_000)
    const second = await isolate()
    await second.ready(signal)
    assert.equal(world.asked, 1)
    assert.deepEqual(world.built, [['a:1']])
    assert.equal(health(second).state, 'healthy')
  })

  it('takes over what another isolate reads within ten seconds, and rebuilds what depends on it once', async () => {
    const { world, isolate, advance } = await deployment()
    const [one, other] = [await isolate(), await isolate()]
    await one.ready(signal)
    await other.ready(signal)
    world.targets = ['b:1']
    advance(60_000)
    await one.tick(signal)
    assert.equal(world.asked, 2)
    world.built.length = 0
    await other.ready(signal)
    assert.deepEqual(world.built, [['b:1']])
    advance(10_000)
    await other.ready(signal)
    assert.equal(world.built.length, 1, 'what has not changed rebuilds nothing')
    assert.equal(world.asked, 2)
  })

  it('asks the store nothing for ten seconds', async () => {
    const { isolate, advance } = await deployment()
    const graph = await isolate()
    await graph.ready(signal)
    const { counts } = graph.host.store
    const before = { ...counts }
    for (let i = 0; i < 9; i++) {
      advance(1000)
      await graph.ready(signal)
    }
    assert.deepEqual({ ...counts }, before)
    advance(1000)
    await graph.ready(signal)
    assert.equal(counts.reads, before.reads + 1)
  })

  it('reads once where all isolates tick', async () => {
    const { world, isolate, advance } = await deployment()
    const graphs = [await isolate(), await isolate(), await isolate()]
    for (const graph of graphs) await graph.ready(signal)
    for (let minute = 1; minute <= 3; minute++) {
      advance(60_000)
      for (const graph of graphs) await graph.tick(signal)
      assert.equal(world.asked, 1 + minute)
    }
  })

  it('keeps the last good values through a failure, also in an isolate that starts meanwhile', async () => {
    const { world, isolate, advance } = await deployment()
    const one = await isolate()
    await one.ready(signal)
    world.targets = []
    advance(60_000)
    await one.tick(signal)
    assert.equal(health(one).state, 'unhealthy')
    advance(3_600_000)
    const late = await isolate()
    await late.ready(signal)
    assert.deepEqual(world.built.at(-1), ['a:1'])
    assert.deepEqual([health(late).state, health(late).message], ['unhealthy', 'nobody answers'])

    world.targets = ['c:1']
    advance(60_000)
    await late.tick(signal)
    assert.deepEqual(world.built.at(-1), ['c:1'])
    assert.equal(health(late).state, 'healthy')
  })

  it('has no targets where none were ever found, and lets the rest of the graph work', async () => {
    const { world, isolate } = await deployment()
    world.targets = []
    const graph = await isolate()
    await graph.ready(signal)
    assert.deepEqual(world.built, [[]])
    assert.deepEqual(graph.nodes.map(({ id, health }) => [id, health.state]), [['test.discovery.a', 'unhealthy'], ['test.user.b', 'healthy']])
  })

  it('does not take over what was read with other arguments', async () => {
    const { world, isolate } = await deployment()
    await (await isolate()).ready(signal)
    world.targets = ['new:1']
    await (await isolate(text('b'))).ready(signal)
    assert.deepEqual(world.built, [['new:1']])
  })
})
