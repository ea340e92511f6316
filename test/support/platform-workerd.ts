/** Cloudflare: the artefact in real workerd, its Durable Object on disk. */

import { Miniflare } from 'miniflare'
import type { Readable } from 'node:stream'
import { compatibilityDate, compatibilityFlags } from '../../src/cli/platforms.ts'
import { collector, type Platform } from './platform.ts'

export const workerd: Platform = {
  name: 'workerd',
  target: 'cloudflare',
  durable: true,
  ports: false,
  disk: false,
  async start({ code, storage, variables }) {
    const output = collector()
    const miniflare = new Miniflare({
      name: 'sluice',
      modules: [{ type: 'ESModule', path: 'worker.js', contents: code }],
      compatibilityDate, compatibilityFlags,
      host: '127.0.0.1',
      port: 0,
      bindings: { ...variables },
      durableObjects: { STATE: { className: 'SluiceState', useSQLite: true } },
      durableObjectsPersist: storage,
      handleRuntimeStdio: (stdout: Readable, stderr: Readable) => { for (const stream of [stdout, stderr]) stream.on('data', output.add) },
    })
    try {
      const url = await miniflare.ready
      // Typed by Cloudflare's package, which cannot stand beside Node's types in one program.
      const worker = (await miniflare.getWorker()) as unknown as { scheduled(event: { cron: string }): Promise<unknown> }
      return {
        url: url.origin,
        tick: async () => { await worker.scheduled({ cron: '* * * * *' }) },
        output: output.text,
        stop: () => miniflare.dispose(),
      }
    } catch (error) {
      await miniflare.dispose()
      throw new Error(`the worker did not start:\n${output.text()}`, { cause: error })
    }
  },
}
