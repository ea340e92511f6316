/** A build holds what its configuration uses, and nothing else: by name, and by weight. */

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { bundle } from '../../src/cli/bundle.ts'
import { compilePath } from '../../src/cli/compile.ts'
import type { Platform } from '../../src/components/contract/define.ts'
import { lokiOnly, otlpOnly } from './configs.ts'

/** Ceilings in bytes of gzip: what was measured and about five per cent. Whoever makes a bundle lighter lowers them. */
const weighed: readonly { name: string; config: () => string | Promise<string>; ceilings: Readonly<Record<Platform, number>> }[] = [
  { name: 'OTLP only', config: () => otlpOnly, ceilings: { cloudflare: 85_900, lambda: 88_400, node: 95_900 } },
  { name: 'Loki only', config: () => lokiOnly, ceilings: { cloudflare: 140_900, lambda: 143_600, node: 151_700 } },
  { name: 'the sample', config: () => readFile(new URL('../../config.alloy', import.meta.url), 'utf8'), ceilings: { cloudflare: 160_400, lambda: 162_800, node: 169_400 } },
]

/** Modules that no build of these configurations may hold: they do not reload. */
const buildTime = /^src\/(cli|converters|graph\/compile)\/|^src\/components\/catalog|^src\/language\/(scan|parse|print|messages|diagnostics)\.ts$/
/** Code from strings, which Workers refuse; methods may have such names. */
const codeFromStrings = /new Function\b|(?<![\w$.}])(eval|Function)\(/

/** What else a platform's build may not hold. */
const foreign: Readonly<Record<Platform, { modules: RegExp; code: RegExp }>> = {
  cloudflare: { modules: /stores\/(s3|file|memory)\.ts$|aws-sdk|node-server|handlers\/(lambda|node)\.ts$/, code: /["']node:(?!zlib["'])|aws-sdk|\brequire\(/ },
  lambda: { modules: /stores\/(file|durable-object)\.ts$|node_modules\/@aws-sdk|node-server|handlers\/(cloudflare|node)\.ts$/, code: /cloudflare:workers/ },
  node: { modules: /stores\/(s3|durable-object)\.ts$|aws-sdk|handlers\/(cloudflare|lambda)\.ts$/, code: /cloudflare:workers|aws-sdk/ },
}

describe('a build of', () => {
  let folder: string
  before(async () => { folder = await mkdtemp(path.join(tmpdir(), 'sluice-bundle-')) })
  after(() => rm(folder, { recursive: true }))

  for (const { name, config, ceilings } of weighed) {
    for (const target of ['cloudflare', 'lambda', 'node'] as const) {
      it(`${name} for ${target} holds what it needs and weighs no more than ${ceilings[target]} bytes`, async t => {
        const file = path.join(folder, 'config.alloy')
        await writeFile(file, await config())
        const compiled = await compilePath(file, { target, stability: 'experimental' })
        assert.ok(compiled.plan !== undefined)
        const { code, modules } = await bundle({ ...compiled, plan: compiled.plan }, target)
        const names = [...modules.keys()]

        const components = names.filter(module => /^src\/components\/(?!contract\/)/.test(module) && !module.includes('/_shared/'))
        assert.deepEqual(components.map(module => module.slice('src/components/'.length, -'.ts'.length).replaceAll('/', '.')).sort(), [...compiled.components].sort())
        assert.deepEqual(names.filter(module => buildTime.test(module) || foreign[target].modules.test(module)), [])
        assert.doesNotMatch(code, codeFromStrings)
        assert.doesNotMatch(code, foreign[target].code)

        const weight = gzipSync(code).length
        t.diagnostic(`${weight} bytes`)
        const heaviest = [...modules].sort(([, a], [, b]) => b - a).slice(0, 8).map(([module, bytes]) => `  ${bytes} ${module}`)
        assert.ok(weight <= ceilings[target], `${weight} bytes; the heaviest before gzip are\n${heaviest.join('\n')}`)
      })
    }
  }
})
