/** Serving in real workerd through miniflare: one worker, its Durable Object on disk, and the cron trigger. */

import { Miniflare } from 'miniflare'
import path from 'node:path'
import { compatibilityDate, compatibilityFlags } from './platforms.ts'
import type { Running, Serving } from './serving.ts'

/** As the cron trigger of a deployment: workerd alone fires none. */
const tickEveryMs = 60_000

export async function runWorkerd({ code, host, port, storage }: Serving): Promise<Running> {
  const miniflare = keepingSignals(() => new Miniflare({
    name: 'sluice',
    modules: [{ type: 'ESModule', path: 'worker.js', contents: code }],
    compatibilityDate, compatibilityFlags,
    host,
    port,
    bindings: environment(),
    durableObjects: { STATE: { className: 'SluiceState', useSQLite: true } },
    durableObjectsPersist: path.resolve(storage, 'workerd'),
  }))
  const url = await miniflare.ready
  // Typed by Cloudflare's package, which cannot stand beside Node's types in one program.
  const worker = (await miniflare.getWorker()) as unknown as { scheduled(event: { cron: string }): Promise<unknown> }
  const tick = () => worker.scheduled({ cron: '* * * * *' }).then(() => {}, (error: unknown) => { console.error('the tick failed:', error) })
  await tick()
  const ticking = setInterval(() => { void tick() }, tickEveryMs)
  return {
    url: url.origin,
    stop: async () => {
      clearInterval(ticking)
      await miniflare.dispose()
    },
  }
}

/** Miniflare would end the process at once, with 130 or 143, on the signals that ask us to stop; what it adds in `make` is taken off again. */
function keepingSignals<T>(make: () => T): T {
  const names = ['SIGINT', 'SIGTERM'] as const
  const ours = names.map(name => process.listeners(name))
  const made = make()
  names.forEach((name, i) => {
    for (const listener of process.listeners(name)) if (!ours[i]!.includes(listener)) process.removeListener(name, listener)
  })
  return made
}

/**
 * A worker has bindings instead of an environment; locally it gets all of ours, so that `sys.env` reads what it would in Alloy, and may
 * scrape whatever this machine reaches.
 */
function environment(): Record<string, string> {
  const all = { SLUICE_EGRESS_ALLOW: '*', ...process.env }
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === undefined || name === 'STATE' ? [] : [[name, value]])))
}
