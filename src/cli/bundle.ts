/** From a compiled configuration to the one file that a platform runs. */

import { build, type Metafile, type Plugin } from 'esbuild'
import path from 'node:path'
import { catalog } from '../components/catalog.gen.ts'
import type { Platform } from '../components/contract/define.ts'
import { emit } from '../graph/compile/5-emit.ts'
import type { Compiled } from '../graph/compile/compile.ts'
import { libraryModules } from '../language/stdlib/catalog.ts'

const sourceFolder = path.resolve(import.meta.dirname, '..')
const packageFolder = path.dirname(sourceFolder)

export interface Bundle {
  /** `graph.gen.ts` as it went into the bundle. */
  readonly graph: string
  readonly code: string
  /** The modules of which anything is inside, relative to the package, with their bytes; for reports and tests. */
  readonly modules: ReadonlyMap<string, number>
}

interface Target {
  /** The bundle's file name. */
  readonly file: string
  readonly entry: string
  readonly platform: 'browser' | 'node'
  readonly conditions: readonly string[]
  readonly external: readonly string[]
}

/** The three targets as data. */
export const targets: Readonly<Record<Platform, Target>> = {
  cloudflare: { file: 'worker.js', entry: 'handlers/cloudflare.ts', platform: 'browser', conditions: ['workerd', 'worker', 'browser'], external: ['cloudflare:workers', 'node:zlib'] },
  // The AWS SDK is part of Lambda's own Node runtime.
  lambda: { file: 'lambda.mjs', entry: 'handlers/lambda.ts', platform: 'node', conditions: ['node'], external: ['@aws-sdk/*'] },
  node: { file: 'node.mjs', entry: 'handlers/node.ts', platform: 'node', conditions: ['node'], external: ['@aws-sdk/*'] },
}

/** Bundles a compiled configuration (it must have a plan) for `target`. */
export async function bundle(compiled: Compiled & { plan: object }, target: Platform): Promise<Bundle> {
  const { entry, platform, conditions, external } = targets[target]
  const graph = emit({
    plan: compiled.plan,
    components: Object.fromEntries(compiled.components.map(name => [name, `./components/${catalog[name]!}`])),
    openers: compiled.kinds.map(kind => ({ kind, module: `./state/kinds/${kind}.ts`, name: `open${kind[0]!.toUpperCase()}${kind.slice(1)}` })),
    functions: compiled.functions.map(file => ({ ...libraryModules[file]!, module: `./language/stdlib/${file}` })),
    assembler: './language/stdlib/assemble.ts',
    extras: {
      clockWork: compiled.clocked ? './graph/run/clocks.ts' : undefined,
      invokerOf: compiled.clocked && target === 'lambda' ? './handlers/lambda-invoke.ts' : undefined,
    },
  })
  const result = await build({
    entryPoints: [path.join(sourceFolder, entry)],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform,
    conditions: [...conditions],
    external: [...external],
    // Some npm packages are CommonJS and ask for Node's modules by require, which an ES module lacks.
    ...(platform === 'node' && { banner: { js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);" } }),
    logLevel: 'silent',
    legalComments: 'none',
    plugins: [graphPlugin(graph)],
  })
  return { graph, code: result.outputFiles[0]!.text, modules: weights(result.metafile) }
}

/** What each module contributes; esbuild also lists what it read and left out. */
function weights({ outputs }: Metafile): Map<string, number> {
  const inputs = Object.values(outputs).flatMap(output => Object.entries(output.inputs))
  const inside = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return new Map(inside.map(([name, { bytesInOutput }]) => [path.relative(packageFolder, path.resolve(name)).split(path.sep).join('/'), bytesInOutput]))
}

/** Resolves `#graph` to the generated text, whose imports are relative to src/. */
const graphPlugin = (contents: string): Plugin => ({
  name: 'graph',
  setup(builder) {
    builder.onResolve({ filter: /^#graph$/ }, () => ({ path: 'graph.gen.ts', namespace: 'graph' }))
    builder.onLoad({ filter: /.*/, namespace: 'graph' }, () => ({ contents, loader: 'js', resolveDir: sourceFolder }))
  },
})
