/** `sluice targets`: what prometheus.scrape components would scrape, and which shard owns what. */

import { readFile, readdir } from 'node:fs/promises'
import type { Definition } from '../components/contract/define.ts'
import { Graph, type GraphModule } from '../graph/run/graph.ts'
import type { Host } from '../graph/run/host.ts'
import { lookup as resolve } from '../handlers/dns.ts'
import { webHost } from '../handlers/host.ts'
import { renderLabels } from '../lib/label-text.ts'
import { assignShards } from '../lib/shards.ts'
import { targetHash } from '../lib/target-hash.ts'
import { hash64Text, type Hash64 } from '../lib/xxhash64.ts'
import { stdlib } from '../language/stdlib/index.ts'
import { open } from '../state/open.ts'
import { memoryStore } from '../state/stores/memory.ts'
import { hasPlan } from './build.ts'
import { compilePath, lookup, printDiagnostics } from './compile.ts'
import { UsageError, featureFlags, featureHelp, features, onePath, parse } from './usage.ts'

export const summary = 'show which shard scrapes which target'
export const help = `Usage: sluice targets --shards N [--discover] [--json] PATH

Finds the targets of every prometheus.scrape component in the configuration at PATH (a file, or a folder of *.alloy files)
and shows which of N shards owns each of them. Variables are read from this environment.

  --shards=N                how many shards there are
  --discover                ask discovery components over the network, once; without it they have no targets
  --json                    print an array of {labels, shard}, shards from 0
${featureHelp}

Exit code: 0 shown, 1 the configuration has errors, 2 wrong usage.`

const scrape = 'prometheus.scrape'
const mostShards = 10_000
const discoveryMs = 60_000

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args, {
    shards: { type: 'string' },
    discover: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    ...featureFlags,
  })
  const shards = shardNumber(values.shards)
  const compiled = await compilePath(onePath(positionals), features(values))
  printDiagnostics(compiled)
  if (!hasPlan(compiled)) return 1
  const components = Object.fromEntries(await Promise.all(compiled.components.map(async name => [name, (await lookup(name))!] as const)))
  const openers = Object.fromEntries(compiled.kinds.map(kind => [kind, open]))
  const host = values.discover ? localHost : offline(localHost)
  const { targets, unknown } = await scrapedTargets({ plan: compiled.plan, components, functions: stdlib, openers }, host)
  for (const { id, why } of unknown) console.error(`sluice targets: the targets of ${id} are not known: ${why}`)
  const owned = shareOut(targets, shards)
  if (values.json) console.log(JSON.stringify(owned.map(({ labels, shard }) => ({ labels, shard })), null, 2))
  else console.log(table(owned, shards))
  return 0
}

function shardNumber(text: string | undefined): number {
  if (text === undefined) throw new UsageError('--shards is missing')
  const shards = /^\d+$/.test(text) ? Number(text) : 0
  if (shards < 1 || shards > mostShards) throw new UsageError(`--shards takes a whole number from 1 to ${mostShards}, not ${JSON.stringify(text)}`)
  return shards
}

// --- finding targets --------------------------------------------------------------------------------------------------------------

const localHost: Host = {
  ...webHost,
  platform: 'node',
  shareIo: true,
  env: name => process.env[name],
  readFile: name => readFile(name),
  readFolder: name => readdir(name),
  lookup: resolve,
  store: memoryStore(webHost),
  log: () => undefined,
}

const refuse = (): Promise<never> => Promise.reject(new Error('it is asked over the network with --discover only'))

/** The same host without its network. */
const offline = (host: Host): Host => ({ ...host, fetch: refuse, lookup: refuse })

interface Scraped {
  readonly labels: Readonly<Record<string, string>>
  readonly component: string
}

/** The targets that the scrape components of a graph are given, each once a component; and the nodes of which that is not known. */
export async function scrapedTargets(module: GraphModule, host: Host): Promise<{ targets: Scraped[]; unknown: { id: string; why: string }[] }> {
  const given = new Map<string, readonly Scraped['labels'][]>()
  // Each scrape component gets a definition of its own, which tells what it is built with.
  const nodes = module.plan.nodes.map(node => (node.component === scrape ? { ...node, component: `${scrape} ${node.id}` } : node))
  const spies = module.plan.nodes.filter(node => node.component === scrape).map(({ id }) => [`${scrape} ${id}`, spy(module.components[scrape]!, args => given.set(id, args))] as const)
  const graph = new Graph({ ...module, plan: { ...module.plan, nodes }, components: { ...module.components, ...Object.fromEntries(spies) } }, host)
  await graph.ready(AbortSignal.timeout(discoveryMs))

  const asWritten = module.plan.nodes.toSorted((a, b) => a.file - b.file || a.line - b.line)
  const targets = asWritten.flatMap(({ id: component }) => {
    const distinct = new Map((given.get(component) ?? []).map(labels => [hash64Text(targetHash(labels)), { labels, component }]))
    return [...distinct.values()]
  })
  const unknown = graph.nodes.filter(({ component, health }) => health.state !== 'healthy' && /^(discovery\.|prometheus\.(scrape|exporter))/.test(component))
  return { targets, unknown: unknown.map(({ id, health }) => ({ id, why: health.message })) }
}

const spy = (definition: Definition, tell: (targets: readonly Scraped['labels'][]) => void): Definition => ({
  ...definition,
  build(...given) {
    tell((given[0] as { targets: readonly Scraped['labels'][] }).targets)
    return definition.build(...given)
  },
})

// --- sharing out ------------------------------------------------------------------------------------------------------------------

interface Owned extends Scraped {
  readonly shard: number
}

/** Gives each target its shard; the same target of two components has one. */
export function shareOut(targets: readonly Scraped[], shards: number): Owned[] {
  const hashes = new Map<string, Hash64>()
  const names = targets.map(({ labels }) => {
    const hash = targetHash(labels)
    const name = hash64Text(hash)
    hashes.set(name, hash)
    return name
  })
  const owners = assignShards([...hashes.values()], shards)
  const byName = new Map([...hashes.keys()].map((name, i) => [name, owners[i]!]))
  return targets.map((target, i) => ({ ...target, shard: byName.get(names[i]!)! }))
}

function table(owned: readonly Owned[], shards: number): string {
  const byShard = Array.from({ length: shards }, (): Owned[] => [])
  for (const target of owned) byShard[target.shard]!.push(target)
  const loads = byShard.map(({ length }) => length)
  const lines = [`${owned.length} targets over ${shards} ${shards === 1 ? 'shard' : 'shards'}, ${Math.min(...loads)} to ${Math.max(...loads)} each`]
  for (const [shard, theirs] of byShard.entries()) {
    lines.push(`\nshard ${shard}: ${theirs.length}`)
    for (const { component, labels } of theirs) lines.push(`  ${component}  ${renderLabels(Object.entries(labels))}`)
  }
  return lines.join('\n')
}
