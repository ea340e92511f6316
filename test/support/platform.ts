/** The three platforms as tests see them: a built artefact that is started, asked, ticked and stopped. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bundle, targets } from '../../src/cli/bundle.ts'
import { compilePath } from '../../src/cli/compile.ts'
import type { Platform as Target } from '../../src/components/contract/define.ts'
import { placeOf } from '../../src/language/diagnostics.ts'

/** What is started: the artefact of one configuration, with the folder that its files and its state are in. */
export interface Artefact {
  readonly code: string
  /** The artefact's file. */
  readonly file: string
  /** Where it keeps its state, where it has any that lasts. */
  readonly storage: string
  readonly variables: Readonly<Record<string, string>>
}

export interface Served {
  readonly url: string
  /** Lets a tick happen, and resolves when it is over. */
  tick(): Promise<void>
  /** Tells it that something waits, where the platform has events for that; elsewhere it finds out by itself. */
  work?(by: 's3' | 'sqs'): Promise<void>
  /** What it has printed so far. */
  output(): string
  stop(): Promise<void>
}

export interface Platform {
  readonly name: string
  readonly target: Target
  /** Whether what it remembers survives a restart. */
  readonly durable: boolean
  /** Whether it opens the ports of the configuration as well. */
  readonly ports: boolean
  /** Whether it reads files when it runs; otherwise they travel in the build. */
  readonly disk: boolean
  start(artefact: Artefact): Promise<Served>
}

export interface Workbench {
  /** A folder of its own, removed by `clear`. */
  readonly folder: string
  /** Builds a configuration as `sluice build` does; throws with the diagnostics when it has errors. */
  build(target: Target, config: string, variables?: Readonly<Record<string, string>>): Promise<Artefact>
  clear(): Promise<void>
}

export async function workbench(): Promise<Workbench> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-test-'))
  return {
    folder,
    async build(target, config, variables = {}) {
      const configFile = path.join(folder, 'config.alloy')
      await writeFile(configFile, config)
      const compiled = await compilePath(configFile, { target, stability: 'experimental' })
      const { plan } = compiled
      if (plan === undefined) throw new Error(compiled.diagnostics.map(diagnostic => `${placeOf(diagnostic)}: ${diagnostic.message}`).join('\n'))
      const { code } = await bundle({ ...compiled, plan }, target)
      const file = path.join(folder, targets[target].file)
      await writeFile(file, code)
      return { code, file, storage: path.join(folder, 'state'), variables }
    },
    clear: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  }
}

/** Collects what a process or runtime writes. */
export function collector() {
  let text = ''
  return {
    add: (chunk: Uint8Array | string) => { text += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk) },
    text: () => text,
  }
}

/** Resolves once `check` gives something; fails with `what` after `ms`. */
export async function until<T>(what: string, check: () => T | undefined | Promise<T | undefined>, ms = 10_000): Promise<T> {
  const end = Date.now() + ms
  for (;;) {
    const found = await check()
    if (found !== undefined) return found
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
