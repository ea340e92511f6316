/**
 * Enforces the import table of ARCHITECTURE.md over every module under src/ (type-only imports too), from TypeScript's own scan of
 * each file's imports. Exit 1 with a line per breach.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

/** A layer is the longest entry that a module's path (below src/) starts with; `may` lists the layers (or packages) it may import. */
const layers: Record<string, { may: string[]; except?: Record<string, string[]> }> = {
  lib: { may: [] },
  wire: { may: ['lib'] },
  language: { may: ['lib'] },
  state: { may: ['lib'] },
  telemetry: { may: ['wire', 'lib'] },
  'components/contract': { may: ['lib', 'telemetry', 'state/kinds.ts', 'language/value.ts'] },
  transport: { may: ['components/contract', 'state/kinds.ts', 'telemetry', 'wire', 'lib'] },
  components: { may: ['components/contract', 'components/*/_shared', 'transport', 'telemetry', 'wire', 'state/kinds.ts', 'lib'] },
  'components/catalog.gen.ts': { may: [] },
  'graph/plan.ts': { may: ['language', 'lib'] },
  'graph/scope.ts': { may: ['graph/plan.ts', 'components/contract', 'language', 'lib'] },
  'graph/compile': { may: ['graph/plan.ts', 'graph/scope.ts', 'language', 'components/contract', 'state/kinds.ts', 'lib'] },
  'graph/run': { may: ['graph/plan.ts', 'graph/scope.ts', 'language', 'components/contract', 'state', 'telemetry', 'lib'] },
  handlers: { may: ['#graph', 'graph/run', 'graph/plan.ts', 'state/stores', 'state/store.ts', 'state/kinds.ts', 'components/contract', 'lib'] },
  converters: { may: ['language', 'lib'] },
  cli: { may: ['lib', 'language', 'graph', 'components/contract', 'components/catalog.gen.ts', 'handlers', 'converters', 'state'] },
  ui: { may: ['lib', 'handlers/http', 'graph/plan.ts'] },
}

/** Node's and Cloudflare's own modules: only these layers touch a platform. */
const platformLayers = ['cli', 'handlers', 'state/stores', 'converters', 'wire/deflate.ts']

const root = path.resolve(import.meta.dirname, '../src')
const names = Object.keys(layers).sort((a, b) => b.length - a.length)
const layerOf = (file: string) => names.find(name => file === name || file.startsWith(`${name}/`))
const under = (file: string, entry: string) => {
  if (entry.includes('*')) return new RegExp(`^${entry.replace('*', '[^/]+')}(/|$)`).test(file)
  return file === entry || file.startsWith(`${entry}/`)
}

const breaches: string[] = []
for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
  if (!/\.tsx?$/.test(name)) continue
  const file = name.split(path.sep).join('/')
  const layer = layerOf(file)
  if (layer === undefined) {
    breaches.push(`src/${file}: no layer; add its folder to scripts/layers.ts and ARCHITECTURE.md`)
    continue
  }
  const text = readFileSync(path.join(root, file), 'utf8')
  const source = ts.preProcessFile(text, true, true)
  for (const { fileName, pos } of source.importedFiles) {
    const line = text.slice(0, pos).split('\n').length
    const problem = judge(file, layer, fileName)
    if (problem !== undefined) breaches.push(`src/${file}:${line}: ${problem}`)
  }
}

function judge(file: string, layer: string, wanted: string): string | undefined {
  if (/^(node|cloudflare):/.test(wanted)) {
    return platformLayers.some(entry => under(file, entry)) ? undefined : `${layer} may not import ${wanted}: no platform here`
  }
  const allowed = layers[layer]!.may
  if (wanted.startsWith('#')) return allowed.includes(wanted) ? undefined : `${layer} may not import ${wanted}`
  if (!wanted.startsWith('.')) return undefined
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), wanted))
  if (target.startsWith('..')) return target === '../package.json' ? undefined : `imports ${wanted}, outside src/`
  if (layer === 'components') return component(file, target, allowed)
  const own = layerOf(target)
  if (own === layer) return undefined
  return allowed.some(entry => under(target, entry)) ? undefined : `${layer} may not import ${target}`
}

/** A component may import its own namespace's `_shared`, never another component. */
function component(file: string, target: string, allowed: string[]): string | undefined {
  const namespace = file.split('/').slice(0, 2).join('/')
  if (under(target, `${namespace}/_shared`)) return undefined
  if (target.includes('/_shared/')) return `a component may not import another namespace's _shared (${target})`
  return allowed.some(entry => !entry.includes('*') && under(target, entry)) ? undefined : `a component may not import ${target}`
}

if (breaches.length > 0) {
  console.error(breaches.join('\n'))
  process.exitCode = 1
}
