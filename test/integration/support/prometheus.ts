/** Debian's Prometheus and node exporter, as child processes with folders of their own. */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { collector, until } from '../../support/platform.ts'
import { freePort } from '../../support/sink.ts'

/** Why the programs cannot be used; undefined where they are installed. */
export const missing: string | undefined = ['prometheus', 'prometheus-node-exporter']
  .filter(name => spawnSync(name, ['--version']).error !== undefined)
  .map(name => `${name} is not installed (apt-get install prometheus prometheus-node-exporter)`)[0]

export interface Peer {
  readonly port: number
  readonly url: string
  readonly output: () => string
  readonly stop: () => Promise<void>
}

/** Starts Prometheus with the given configuration and waits until it is ready. What it stores is gone when it stops, except in a `data` folder of the caller's. */
export async function startPrometheus(config: string, port: number, flags: readonly string[] = [], data?: string): Promise<Peer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-prometheus-'))
  const file = path.join(folder, 'prometheus.yml')
  await writeFile(file, config)
  return start('prometheus', [
    `--config.file=${file}`, `--storage.tsdb.path=${data ?? path.join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`, ...flags,
  ], port, '/-/ready', () => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
}

export async function startNodeExporter(): Promise<Peer> {
  const port = await freePort()
  return start('prometheus-node-exporter', [`--web.listen-address=127.0.0.1:${port}`], port, '/metrics', async () => undefined)
}

async function start(program: string, args: readonly string[], port: number, ready: string, clear: () => Promise<void>): Promise<Peer> {
  const printed = collector()
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', printed.add)
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    await end(child)
    await clear()
  }
  const kill = () => { child.kill('SIGKILL') }
  process.once('exit', kill)
  try {
    await until(`${program} to be ready`, async () => {
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`)
      const answer = await fetch(url + ready).catch(() => undefined)
      await answer?.arrayBuffer()
      return answer?.status === 200 ? true : undefined
    }, 30_000)
  } catch (error) {
    await stop()
    throw new Error(`${String(error)}\n${printed.text()}`, { cause: error })
  }
  return { port, url, output: printed.text, stop }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const impatient = setTimeout(() => { child.kill('SIGKILL') }, 10_000)
  await ended
  clearTimeout(impatient)
}

/** A series as its labels (sorted, in JSON) and its raw samples: `[milliseconds, value]`. */
export type Series = Map<string, readonly (readonly [number, string])[]>

/** Every raw sample of every series that the selector names (default: those with a `job`), in the `seconds` up to `end` (Unix seconds). */
export async function rawSamples({ url }: Peer, end: number, seconds: number, selector = '{job=~".+"}'): Promise<Series> {
  const answer = await fetch(`${url}/api/v1/query`, {
    method: 'POST', body: new URLSearchParams({ query: `${selector}[${seconds}s]`, time: String(end) }),
  })
  const { status, data, error } = await answer.json() as {
    status: string; error?: string; data?: { result: { metric: Record<string, string>; values: [number, string][] }[] }
  }
  if (status !== 'success') throw new Error(`the query failed: ${error}`)
  return new Map(data!.result.map(({ metric, values }) => [seriesKey(metric), values.map(([time, value]) => [Math.round(time * 1000), value] as const)]))
}

/** The sum of a peer's own counter `name` over its labels, as it stands now; 0 where it has none. `having` has to be in the labels' text. */
export async function counterOf({ url }: { readonly url: string }, name: string, having = ''): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text()
  return page.split('\n')
    .filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter(line => line.includes(having))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

/** Labels in an order of their own. */
export const seriesKey = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))))
