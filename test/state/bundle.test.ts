/** What each door of the state brings into a bundle. */

import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, it } from 'node:test'
import { build } from 'esbuild'

const src = path.resolve(import.meta.dirname, '../../src/state')

/** The first chunk of a bundle of `module`: its modules, and its bytes. */
async function bundled(module: string): Promise<{ inputs: string[]; bytes: number; text: string }> {
  const { metafile, outputFiles } = await build({
    entryPoints: [path.join(src, module)], bundle: true, splitting: true, format: 'esm', platform: 'neutral', minify: true,
    write: false, metafile: true, outdir: 'out', mainFields: ['module', 'main'], conditions: ['import', 'node'], external: ['node:*', '@aws-sdk/*'],
    logLevel: 'error',
  })
  const [, output] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint?.endsWith(module))!
  const text = outputFiles.map(file => file.text).join('\n')
  return { inputs: Object.keys(output.inputs).map(name => path.basename(name)), bytes: output.bytes, text }
}

describe('bundles with state', () => {
  it('components get names and types, no code of a kind or store', async () => {
    const { inputs, bytes } = await bundled('kinds.ts')
    assert.deepEqual(inputs, ['kinds.ts'])
    assert.ok(bytes < 500, `${bytes}`)
  })

  it('a Worker with a Durable Object carries neither Node nor S3', async () => {
    const { text, bytes } = await bundled('stores/durable-object.ts')
    assert.doesNotMatch(text, /node:|aws-sdk/)
    assert.ok(bytes < 8_000, `${bytes}`)
  })

  it('all kinds fit in a few kilobytes', async () => {
    const { text, bytes } = await bundled('open.ts')
    assert.doesNotMatch(text, /node:|aws-sdk/)
    assert.ok(bytes < 16_800, `${bytes}`)
  })

  it('the S3 SDK is only imported when the store is first used', async () => {
    const { text } = await bundled('stores/s3.ts')
    assert.match(text, /import\("@aws-sdk\/client-s3"\)/)
    assert.doesNotMatch(text, /from\s*"@aws-sdk/)
  })
})
