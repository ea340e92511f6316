/**
 * Load on a running Sluice and on a bare proxy of the same platform, in turns, with a destination on this machine. Sender and destination
 * share a core; the collector has the other, and its CPU time is its own figure.
 */

import { spawn } from 'node:child_process'
import { Agent, createServer, request } from 'node:http'
import { readFileSync, readdirSync } from 'node:fs'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { collector, until } from '../../test/support/platform.ts'
import { startSluice, type PlatformName } from '../../test/integration/support/sluice.ts'
import type { Row } from '../measure.ts'

const rounds = 4
/** Requests under way at once. */
const senders = 4

/** One kind of request, sent again and again. */
export interface Workload {
  readonly row: string
  /** Spans, records or samples of one request. */
  readonly items: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** The configuration that sends everything to an address. */
  readonly config: (sink: string) => string
}

/** A row of Sluice beside the proxy; a round of either takes `ms`. */
export async function compare(platform: PlatformName, workload: Workload, sink: Destination, ms: number): Promise<Row> {
  const { row, items, body } = workload
  const ours = await startSluice(platform, workload.config(sink.url), { SLUICE_PORTS: 'off' })
  const theirs = await startProxy(platform, sink.url)
  const [our, their]: [Round[], Round[]] = [[], []]
  try {
    for (let round = 0; round <= rounds; round++) {
      const pair = [await load(ours, workload, sink, ms), await load(theirs, workload, sink, ms)] as const
      // The first round is for the just-in-time compilers.
      if (round === 0) continue
      our.push(pair[0])
      their.push(pair[1])
    }
  } finally {
    await Promise.all([ours.stop(), theirs.stop()])
  }
  const [requestsPerSecond, baselineRequestsPerSecond] = [median(our, 'perSecond'), median(their, 'perSecond')]
  return {
    row: `${row}, ${platform}`, items,
    perSecond: Math.round(requestsPerSecond * items), baselinePerSecond: Math.round(baselineRequestsPerSecond * items),
    ratio: round2(requestsPerSecond / baselineRequestsPerSecond),
    requestsPerSecond: Math.round(requestsPerSecond), baselineRequestsPerSecond: Math.round(baselineRequestsPerSecond),
    cpuSecondsPerMillion: round2(median(our, 'cpuSeconds') * 1e6 / items), baselineCpuSecondsPerMillion: round2(median(their, 'cpuSeconds') * 1e6 / items),
    bytesPerItem: Math.round(body.length / items),
  }
}

interface Round {
  readonly perSecond: number
  /** Of the collector and all it started, a request. */
  readonly cpuSeconds: number
}

interface Collector {
  readonly url: string
  readonly pid: number
}

async function load({ url, pid }: Collector, workload: Workload, sink: Destination, ms: number): Promise<Round> {
  const agent = new Agent({ keepAlive: true, maxSockets: senders })
  const [cpu, start, received] = [cpuOf(pid), performance.now(), sink.received()]
  let requests = 0
  await Promise.all(Array.from({ length: senders }, async () => {
    while (performance.now() - start < ms) {
      await post(url, workload, agent)
      requests++
    }
  }))
  const seconds = (performance.now() - start) / 1000
  const used = cpuOf(pid) - cpu
  agent.destroy()
  if (sink.received() - received !== requests) throw new Error('the destination did not get everything')
  return { perSecond: requests / seconds, cpuSeconds: used / requests }
}

function post(url: string, { path, headers, body }: Workload, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    request(`${url}${path}`, { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } }, answer => {
      answer.resume().once('end', () => {
        if (answer.statusCode! < 300) resolve()
        else reject(new Error(`${url}${path} answered ${answer.statusCode}`))
      })
    }).once('error', reject).end(body)
  })
}

export interface Destination {
  readonly url: string
  /** Requests so far. */
  readonly received: () => number
  readonly stop: () => void
}

/** A server that takes everything. */
export async function startDestination(): Promise<Destination> {
  let requests = 0
  const server = createServer((incoming, answer) => {
    incoming.resume().once('end', () => {
      requests++
      answer.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received: () => requests, stop }
}

async function startProxy(platform: PlatformName, sink: string) {
  const printed = collector()
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('proxy.ts', import.meta.url)), platform, sink], {
    detached: true, stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.on('data', printed.add)
  const ended = once(child, 'exit')
  const url = await until('the proxy to serve', () => /serves on (http:\S+)/.exec(printed.text())?.[1], 60_000)
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  return { url, pid: child.pid!, stop }
}

/** CPU seconds that a process group has used, from Linux's process table; NaN where there is none. */
export function cpuOf(group: number): number {
  try {
    const ticks = readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(name => {
      try {
        // The name of the program, in parentheses, may hold spaces.
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
        return Number(fields[2]) === group ? Number(fields[11]) + Number(fields[12]) : 0
      } catch {
        return 0
      }
    })
    return ticks.reduce((sum, n) => sum + n, 0) / 100
  } catch {
    return NaN
  }
}

const round2 = (value: number) => Math.round(value * 100) / 100
function median(values: readonly Round[], key: keyof Round): number {
  const sorted = values.map(value => value[key]).sort((a, b) => a - b)
  return (sorted[Math.floor(sorted.length / 2)]! + sorted[Math.ceil(sorted.length / 2) - 1]!) / 2
}
