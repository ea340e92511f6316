/** Compiling for the CLI: the catalogue, the standard library and the disk that the compile phases are given. */

import { readFile, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { catalog } from '../components/catalog.gen.ts'
import type { Definition } from '../components/contract/define.ts'
import { compile, type CompileOptions, type Compiled } from '../graph/compile/compile.ts'
import { renderDiagnostic, renderDiagnostics } from '../language/diagnostics.ts'
import type { Problem } from '../language/messages.ts'
import { stdlib } from '../language/stdlib/index.ts'
import { FunctionValue, Unknown, objectValue } from '../language/value.ts'
import { knownComponents, unavailable } from './known-components.ts'
import { shapes } from './shapes.ts'
import { readSources } from './sources.ts'

/** Loads a component's definition by name. */
export async function lookup(name: string): Promise<Definition | undefined> {
  const module = Object.hasOwn(catalog, name) ? catalog[name] : undefined
  if (module === undefined) return undefined
  return ((await import(`../components/${module}`)) as { default: Definition }).default
}

/** The standard library as a check sees it: what the environment and the host will say is not known. */
const env = new FunctionValue('env', () => new Unknown('string'))
const library = {
  ...stdlib(() => ''),
  env,
  sys: objectValue({ env }),
  constants: objectValue(['hostname', 'os', 'arch', 'version'].map(name => [name, new Unknown('string')] as const)),
}

/** All that there is to compile with, whatever the configuration. */
export const world: Pick<CompileOptions, 'lookup' | 'names' | 'unavailable' | 'functions' | 'shapes'> = {
  lookup,
  names: [...new Set([...Object.keys(catalog), ...knownComponents])],
  unavailable,
  functions: library,
  shapes,
}

/** Compiles the configuration at `configPath`; files it names are read relative to the working folder, as Alloy does. */
export async function compilePath(configPath: string, options: Pick<CompileOptions, 'stability' | 'communityComponents' | 'target' | 'requireAuthentication' | 'advice' | 'withoutGuard'>): Promise<Compiled> {
  return compile(await readSources(configPath), {
    ...options,
    ...world,
    readFile: name => readFile(path.resolve(name)),
    readFolder: name => readdir(path.resolve(name)),
    modulePath: path.dirname(path.resolve(configPath)),
    readModule: async name => ({ sources: await readSources(name), path: (await stat(name)).isDirectory() ? path.resolve(name) : path.dirname(path.resolve(name)) }),
  })
}

/** Prints every diagnostic with its code frame on standard error. */
export function printDiagnostics({ diagnostics, sources }: Compiled): void {
  if (diagnostics.length === 0) return
  const text = new Map(sources.map(source => [source.file, source.text]))
  process.stderr.write(`${renderDiagnostics(diagnostics, file => text.get(file), { color: process.stderr.isTTY })}\n`)
}

/** Prints a problem of a file as a whole. */
export function printProblem(problem: Problem, file: string): void {
  const nowhere = { offset: 0, line: 0, column: 0 }
  process.stderr.write(renderDiagnostic({ ...problem, file, start: nowhere, end: nowhere }, undefined, { color: process.stderr.isTTY }))
}
