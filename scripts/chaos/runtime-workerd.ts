/** workerd through miniflare, its Durable Objects on disk; calls to them fail as the plan says. */

import { readFileSync, readdirSync } from 'node:fs'
import { Miniflare } from 'miniflare'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { compatibilityDate, compatibilityFlags } from '../../src/cli/platforms.ts'
import { workbench } from '../../test/support/platform.ts'
import { peakOf, tail, type Runtime, type Start } from './runtime.ts'
import type { Entries } from './stored.ts'

/** More often than Cloudflare's. */
const tickEveryMs = 5_000

/** What stands in front of the artefact: calls to its objects fail, and it tells what is in their queues. */
const wrapper = (chaos: object) => `
import worker, { SluiceState as State } from './worker.js'
const { startMs, store } = ${JSON.stringify(chaos)}
const fault = () => {
  const ms = Date.now() - startMs
  const phase = store.find(({ fromMs, toMs }) => ms >= fromMs && ms < toMs)
  if (phase === undefined || Math.random() >= phase.share) return
  return phase.fault === 'mixed' ? ['fail', 'lost', 'slow'][Math.floor(Math.random() * 3)] : phase.fault
}
export class SluiceState extends State {
  async state(owner, request) {
    const what = fault()
    if (what === 'fail') throw new Error('chaos: the object did not answer')
    if (what === 'slow') await new Promise(resolve => setTimeout(resolve, Math.random() ** 3 * 4000))
    const reply = await super.state(owner, request)
    if (what === 'lost') throw new Error('chaos: the answer of the object was lost')
    return reply
  }
  dump() {
    return this.ctx.storage.sql.exec("SELECT key, value FROM entries WHERE key LIKE 'queue/%' ORDER BY key").toArray()
      .map(({ key, value }) => [key, btoa(Array.from(new Uint8Array(value), byte => String.fromCharCode(byte)).join(''))])
  }
}
export default {
  ...worker,
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname !== '/chaos/queues') return worker.fetch(request, env, context)
    return Response.json(await env.STATE.getByName(searchParams.get('owner')).dump())
  },
}`

/** Whose objects hold queues (the ids of the configuration's exporters). */
const owners = ['otelcol.exporter.otlphttp', 'prometheus.remote_write', 'loki.write'].flatMap(name => [`${name}.through`, `${name}.queued`])

export async function startWorkerd({ config, plan, startMs }: Start): Promise<Runtime> {
  const bench = await workbench()
  const { code, storage } = await bench.build('cloudflare', config)
  const output = tail()
  const contents = wrapper({ startMs, store: plan.store })
  let running: Life | undefined
  let peak = 0
  const start = async () => { running = await startLife(contents, code, storage, output.add) }
  const measure = () => { if (running !== undefined) peak = Math.max(peak, peakOf(running.pid)) }
  await start()
  const ticking = setInterval(() => { running?.tick() }, tickEveryMs)

  return {
    urls: () => (running === undefined ? [] : [running.url]),
    async kill() {
      measure()
      const life = running
      running = undefined
      await life?.kill()
      await start()
    },
    async entries() {
      const found: [string, Uint8Array][] = []
      for (const owner of owners) {
        const answer = await fetch(`${running!.url}/chaos/queues?owner=${owner}`)
        for (const [key, value] of await answer.json() as [string, string][]) found.push([key, new Uint8Array(Buffer.from(value, 'base64'))])
      }
      return found satisfies Entries
    },
    peakBytes: () => {
      measure()
      return peak
    },
    output: output.text,
    async stop() {
      clearInterval(ticking)
      await running?.kill()
      await bench.clear()
    },
  }
}

interface Life {
  readonly url: string
  readonly pid: number
  readonly tick: () => void
  readonly kill: () => Promise<void>
}

async function startLife(wrapped: string, code: string, storage: string, print: (chunk: Uint8Array) => void): Promise<Life> {
  const before = new Set(workerds())
  const miniflare = new Miniflare({
    name: 'sluice',
    modules: [{ type: 'ESModule', path: 'chaos.js', contents: wrapped }, { type: 'ESModule', path: 'worker.js', contents: code }],
    compatibilityDate, compatibilityFlags,
    host: '127.0.0.1',
    port: 0,
    bindings: { SLUICE_DEAD_LETTERS: 'on', SLUICE_EGRESS_ALLOW: '127.0.0.1' },
    durableObjects: { STATE: { className: 'SluiceState', useSQLite: true } },
    durableObjectsPersist: storage,
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => { for (const stream of [stdout, stderr]) stream.on('data', print) },
  })
  const { origin } = await miniflare.ready
  const pid = workerds().find(each => !before.has(each))
  if (pid === undefined) throw new Error('there is no workerd to kill')
  const worker = (await miniflare.getWorker()) as unknown as { scheduled(event: { cron: string }): Promise<unknown> }
  return {
    url: origin,
    pid,
    tick: () => { worker.scheduled({ cron: '* * * * *' }).catch(() => undefined) },
    async kill() {
      process.kill(pid, 'SIGKILL')
      await Promise.race([miniflare.dispose().catch(() => undefined), sleep(5_000)])
    },
  }
}

/** The workerd processes that this process has started. */
function workerds(): number[] {
  const children = readdirSync('/proc/self/task').flatMap(task => readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' '))
  return children.map(Number).filter(pid => pid > 0 && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'workerd')
}
