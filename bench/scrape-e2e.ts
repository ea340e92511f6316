/**
 * What does scraping cost, all of it? Sluice on Node and Debian's Prometheus as an agent scrape the same pages once a second, at the same
 * time, and write them to the same destination. CPU is that of each one's processes; needs Linux and an installed Prometheus.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { until } from '../test/support/platform.ts'
import { freePort } from '../test/support/sink.ts'
import { startSluice } from '../test/integration/support/sluice.ts'
import type { BenchOptions } from './measure.ts'
import { nodePage } from './scrape.ts'
import { cpuOf, startDestination } from './support/load.ts'

const targets = 10
const warmUpMs = 8_000

/** Serves one page under every path, and counts by the path's first part who has had how many. */
async function startPages(page: string) {
  const served = new Map<string, number>()
  const server = createServer(({ url = '' }, answer) => {
    const who = url.split('/')[1]!
    served.set(who, (served.get(who) ?? 0) + 1)
    answer.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(page)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => {
    server.close()
    server.closeAllConnections()
  }
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, served: (who: string) => served.get(who) ?? 0, stop }
}

const range = Array.from({ length: targets }, (_, i) => i)

const sluiceConfig = (pages: string, sink: string) => `
prometheus.scrape "default" {
  targets         = [${range.map(i => `{ "__address__" = "${pages}", "__metrics_path__" = "/sluice/${i}", "target" = "${i}" }`).join(', ')}]
  scrape_interval = "1s"
  scrape_timeout  = "1s"
  forward_to      = [prometheus.remote_write.default.receiver]
}
prometheus.remote_write "default" {
  endpoint {
    url = "${sink}/api/v1/write"
  }
}
`

const agentConfig = (pages: string, sink: string) => `
global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: default
    static_configs:
${range.map(i => `      - { targets: ['${pages}'], labels: { __metrics_path__: /prometheus/${i}, target: '${i}' } }`).join('\n')}
remote_write: [{ url: '${sink}/api/v1/write' }]
`

async function startAgent(config: string) {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-bench-'))
  const file = path.join(folder, 'prometheus.yml')
  await writeFile(file, config)
  const port = await freePort()
  const flags = ['--enable-feature=agent', `--config.file=${file}`, `--storage.agent.path=${path.join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`]
  const child = spawn('prometheus', flags, { detached: true, stdio: 'ignore' })
  const ended = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  await until('the agent to be ready', async () => ((await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined))?.ok === true ? true : undefined), 30_000)
  return { pid: child.pid!, stop }
}

/** A row takes 50 times `ms`, and some seconds before it. */
export async function* rows({ only, ms }: BenchOptions): AsyncGenerator<Record<string, string | number> & { row: string }> {
  for (const cpus of [1, 8, 64]) {
    const page = nodePage(cpus)
    const samples = page.split('\n').filter(line => line !== '' && !line.startsWith('#')).length
    const row = `${targets} targets of ${samples} samples a second`
    if (!row.includes(only)) continue
    const [pages, sink] = [await startPages(page), await startDestination()]
    const sluice = await startSluice('node', sluiceConfig(pages.address, sink.url))
    const agent = await startAgent(agentConfig(pages.address, sink.url))
    try {
      await wait(warmUpMs)
      const now = () => [sluice, agent].map(({ pid }, i) => ({ cpu: cpuOf(pid), pages: pages.served(['sluice', 'prometheus'][i]!) }))
      const before = now()
      await wait(50 * ms)
      const [ours, theirs] = now().map(({ cpu, pages: had }, i) => (cpu - before[i]!.cpu) / ((had - before[i]!.pages) * samples) * 1e6)
      yield { row, cpuSecondsPerMillion: ours!, agentCpuSecondsPerMillion: theirs!, ratio: ours! / theirs! }
    } finally {
      await Promise.all([sluice.stop(), agent.stop()])
      pages.stop()
      sink.stop()
    }
  }
}
