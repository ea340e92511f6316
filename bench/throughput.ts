/**
 * Batches of 1,000 spans through a running Sluice (receiver straight to exporter) to a destination on this machine, beside a bare proxy on
 * the same platform, in turns. Sender and destination share a core; the collector has the other, and its CPU time is its own figure.
 */

import { spawn } from 'node:child_process'
import { Agent, createServer, request } from 'node:http'
import { readFileSync, readdirSync } from 'node:fs'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { collector, until } from '../test/support/platform.ts'
import { sampleBatch } from '../test/support/otlp.ts'
import { platforms, startSluice, type PlatformName } from '../test/integration/support/sluice.ts'
import type { BenchOptions, Row } from './measure.ts'

const spans = 1_000
const rounds = 4
/** Requests under way at once. */
const senders = 4
const body = sampleBatch('traces', spans, 4).bytes

const config = (sink: string) => `
otelcol.receiver.otlp "default" {
  http { }
  output {
    traces = [otelcol.exporter.otlphttp.default.input]
  }
}
otelcol.exporter.otlphttp "default" {
  client {
    endpoint    = "${sink}"
    compression = "none"
  }
}
`

/** A round takes five times `ms`. */
export async function* rows({ only, ms }: BenchOptions): AsyncGenerator<Row> {
  const sink = await startDestination()
  try {
    for (const platform of platforms) if (platform.includes(only)) yield await compare(platform, sink, ms * 5)
  } finally {
    sink.stop()
  }
}

async function compare(platform: PlatformName, sink: Destination, ms: number): Promise<Row> {
  const ours = await startSluice(platform, config(sink.url), { SLUICE_PORTS: 'off' })
  const theirs = await startProxy(platform, sink.url)
  const [our, their]: [Round[], Round[]] = [[], []]
  try {
    for (let round = 0; round <= rounds; round++) {
      const pair = [await load(ours, sink, ms), await load(theirs, sink, ms)] as const
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
    row: `pass through, ${platform}`, items: spans,
    perSecond: Math.round(requestsPerSecond * spans), baselinePerSecond: Math.round(baselineRequestsPerSecond * spans),
    ratio: round2(requestsPerSecond / baselineRequestsPerSecond),
    requestsPerSecond: Math.round(requestsPerSecond), baselineRequestsPerSecond: Math.round(baselineRequestsPerSecond),
    cpuSecondsPerMillion: round2(median(our, 'cpuSeconds') * 1e6 / spans), baselineCpuSecondsPerMillion: round2(median(their, 'cpuSeconds') * 1e6 / spans),
    bytesPerItem: Math.round(body.length / spans),
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

async function load({ url, pid }: Collector, sink: Destination, ms: number): Promise<Round> {
  const agent = new Agent({ keepAlive: true, maxSockets: senders })
  const [cpu, start, received] = [cpuOf(pid), performance.now(), sink.received()]
  let requests = 0
  await Promise.all(Array.from({ length: senders }, async () => {
    while (performance.now() - start < ms) {
      await post(`${url}/v1/traces`, agent)
      requests++
    }
  }))
  const seconds = (performance.now() - start) / 1000
  const used = cpuOf(pid) - cpu
  agent.destroy()
  if (sink.received() - received !== requests * body.length) throw new Error('the destination did not get everything')
  return { perSecond: requests / seconds, cpuSeconds: used / requests }
}

function post(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
    request(url, { method: 'POST', agent, headers }, answer => {
      answer.resume().once('end', () => {
        if (answer.statusCode === 200) resolve()
        else reject(new Error(`${url} answered ${answer.statusCode}`))
      })
    }).once('error', reject).end(body)
  })
}

interface Destination {
  readonly url: string
  /** Bytes so far. */
  readonly received: () => number
  readonly stop: () => void
}

async function startDestination(): Promise<Destination> {
  let bytes = 0
  const server = createServer((incoming, answer) => {
    incoming.on('data', (chunk: Uint8Array) => { bytes += chunk.length })
    incoming.once('end', () => { answer.writeHead(200, { 'content-type': 'application/x-protobuf' }).end() })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received: () => bytes, stop }
}

async function startProxy(platform: PlatformName, sink: string) {
  const printed = collector()
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('support/proxy.ts', import.meta.url)), platform, sink], {
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
function cpuOf(group: number): number {
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
