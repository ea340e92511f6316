import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { scrapedTargets, shareOut } from '../../src/cli/targets.ts'
import { defineComponent, type Definition } from '../../src/components/contract/define.ts'
import { args, list, map, string } from '../../src/components/contract/schema.ts'
import discoveryHttp from '../../src/components/discovery/http.ts'
import discoveryRelabel from '../../src/components/discovery/relabel.ts'
import { compile } from '../../src/graph/compile/compile.ts'
import { stdlib } from '../../src/language/stdlib/index.ts'
import { open } from '../../src/state/open.ts'
import { sluice } from '../support/cli.ts'
import { fakeHost } from '../support/graph.ts'

const scrape = defineComponent({
  name: 'prometheus.scrape',
  stability: 'generally-available',
  args: args({ targets: list(map(string({ required: true }), { required: true }), { required: true }) }),
  build: () => ({ schedule: { everyMs: 1000, run: async () => undefined } }),
})
const components: Readonly<Record<string, Definition>> = Object.fromEntries([scrape, discoveryHttp, discoveryRelabel].map(definition => [definition.name, definition]))

async function targetsOf(text: string, options: Parameters<typeof fakeHost>[0] = {}) {
  const { plan, diagnostics } = await compile([{ file: 'config.alloy', text }], { lookup: async name => components[name], names: Object.keys(components), functions: stdlib(() => ''), stability: 'experimental' })
  assert.ok(plan, diagnostics.map(({ message }) => message).join('; '))
  const openers = Object.fromEntries((['cell', 'lease'] as const).map(kind => [kind, open]))
  const { targets, unknown } = await scrapedTargets({ plan, components, functions: stdlib, openers }, fakeHost(options).host)
  return { targets: targets.map(({ component, labels }) => `${component} ${labels['__address__']}`), unknown }
}

const configuration = `
prometheus.scrape "a" {
  targets = [{__address__ = "a:1"}, {__address__ = "a:1", __meta_x = "y"}, {__address__ = "b:1"}]
}
prometheus.scrape "b" {
  targets = discovery.relabel.b.output
}
discovery.relabel "b" {
  targets = [{__address__ = "b:1"}, {__address__ = "c:1"}, {__address__ = sys.env("HOST")}]
  rule {
    source_labels = ["__address__"]
    regex         = "c.*"
    action        = "drop"
  }
}`

describe('sluice targets', () => {
  it('finds what each scrape component is given, once, through relabelling, with the environment', async () => {
    const { targets, unknown } = await targetsOf(configuration, { env: { HOST: 'd:1' } })
    assert.deepEqual(targets.sort(), ['prometheus.scrape.a a:1', 'prometheus.scrape.a b:1', 'prometheus.scrape.b b:1', 'prometheus.scrape.b d:1'])
    assert.deepEqual(unknown, [])
  })

  const discovered = `
prometheus.scrape "found" {
  targets = discovery.http.sd.targets
}
prometheus.scrape "static" {
  targets = [{__address__ = "a:1"}]
}
discovery.http "sd" {
  url = "http://sd.test/"
}`

  it('asks discovery components where there is a network', async () => {
    const answer = async () => Response.json([{ targets: ['x:1'] }])
    assert.deepEqual(await targetsOf(discovered, { fetch: answer }), { targets: ['prometheus.scrape.found x:1', 'prometheus.scrape.static a:1'], unknown: [] })
  })

  it('says of which components it does not know the targets, and shows the others', async () => {
    const { targets, unknown } = await targetsOf(discovered, { fetch: async () => { throw new Error('no network') } })
    assert.deepEqual(targets, ['prometheus.scrape.static a:1'])
    assert.ok(unknown.some(({ id, why }) => id === 'discovery.http.sd' && why.includes('no network')), JSON.stringify(unknown))
  })

  it('gives every target one shard, the same target of two components the same', () => {
    const target = (address: string, component = 'prometheus.scrape.a') => ({ component, labels: { __address__: address } })
    const owned = shareOut([...Array.from({ length: 30 }, (_, i) => target(`${i}:1`)), target('7:1', 'prometheus.scrape.b')], 3)
    assert.deepEqual([...new Set(owned.map(({ shard }) => shard))].sort(), [0, 1, 2])
    assert.equal(owned[30]!.shard, owned[7]!.shard)
  })

  it('prints who owns what, for people and as JSON', async t => {
    const cwd = await mkdtemp(path.join(tmpdir(), 'sluice-targets-'))
    t.after(() => rm(cwd, { recursive: true }))
    await writeFile(path.join(cwd, 'config.alloy'), `prometheus.scrape "a" {
  targets    = [{"__address__" = "a:1", "job" = "x"}, {"__address__" = sys.env("TARGET")}, {"__address__" = "c:1"}]
  forward_to = []
}`)
    const where = { cwd, env: { TARGET: 'b:1' } }
    const json = await sluice(['targets', '--shards=2', '--json', 'config.alloy'], where)
    const owned = JSON.parse(json.stdout) as { labels: Record<string, string>; shard: number }[]
    assert.equal(json.code, 0)
    assert.deepEqual(owned.map(({ labels }) => labels), [{ __address__: 'a:1', job: 'x' }, { __address__: 'b:1' }, { __address__: 'c:1' }])
    assert.deepEqual([...new Set(owned.map(({ shard }) => shard))].sort(), [0, 1])
    const shown = await sluice(['targets', '--shards=1', 'config.alloy'], where)
    assert.equal(shown.stdout, `3 targets over 1 shard, 3 to 3 each

shard 0: 3
  prometheus.scrape.a  {__address__="a:1", job="x"}
  prometheus.scrape.a  {__address__="b:1"}
  prometheus.scrape.a  {__address__="c:1"}
`)
  })
})
