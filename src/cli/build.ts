/** `sluice build`: a configuration to the file that a platform deploys. */

import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { bundleProblem } from '../graph/compile/advice-limits.ts'
import type { Compiled } from '../graph/compile/compile.ts'
import { bundle, targets } from './bundle.ts'
import { compilePath, printDiagnostics, printProblem } from './compile.ts'
import { UsageError, onePath, oneOf, featureFlags, featureHelp, features, parse } from './usage.ts'

export const summary = 'compile a configuration for a platform'
export const help = `Usage: sluice build --target=cloudflare|lambda|node [-o DIR] PATH

Compiles the configuration at PATH (a file, or a folder of *.alloy files) and bundles it with just the components it
uses: DIR/worker.js, DIR/lambda.mjs or DIR/node.mjs, beside DIR/graph.gen.ts.

  --target=TARGET           the platform
  -o, --output=DIR          where to write (default: build)
  --allow-unauthenticated   let anyone on the internet write to receivers without auth (cloudflare, lambda)
${featureHelp}

Exit code: 0 built, 1 the configuration has errors or the result is too large for the platform, 2 wrong usage.`

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args, {
    target: { type: 'string' },
    output: { type: 'string', short: 'o', default: 'build' },
    'allow-unauthenticated': { type: 'boolean', default: false },
    ...featureFlags,
  })
  if (values.target === undefined) throw new UsageError('--target is missing')
  const target = oneOf('target', values.target, ['cloudflare', 'lambda', 'node'])
  const compiled = await compilePath(onePath(positionals), {
    target,
    ...features(values),
    requireAuthentication: target !== 'node' && !values['allow-unauthenticated'],
  })
  printDiagnostics(compiled)
  if (!hasPlan(compiled)) return 1
  const { code, graph } = await bundle(compiled, target)
  const file = path.join(values.output, targets[target].file)
  const gzipped = gzipSync(code).length
  const problem = bundleProblem(target, { plain: Buffer.byteLength(code), gzip: gzipped })
  if (problem !== undefined) printProblem(problem, file)
  if (problem?.severity === 'error') return 1
  await mkdir(values.output, { recursive: true })
  await writeFile(path.join(values.output, 'graph.gen.ts'), fromFolder(graph, values.output))
  await writeFile(file, code)
  console.log(`${file}: ${kilobytes(code.length)}, ${kilobytes(gzipped)} gzip; ${compiled.components.length} kinds of component`)
  return 0
}

/** Whether compilation came through without errors. */
export const hasPlan = (compiled: Compiled): compiled is Compiled & { plan: NonNullable<Compiled['plan']> } => compiled.plan !== undefined

/** The generated module's imports are relative to src/; written elsewhere, they lead there. */
function fromFolder(graph: string, folder: string): string {
  const source = path.relative(folder, path.resolve(import.meta.dirname, '..')).split(path.sep).join('/')
  return graph.replace(/^(import .* from ")\.\//gm, `$1${source}/`)
}

const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`
