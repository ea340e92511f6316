/** Node: one server for the door, and the ports of the configuration as well, so that an unchanged client works. */

import { serve, type ServerType } from '@hono/node-server'
import { readFile, readdir } from 'node:fs/promises'
import * as graphModule from '#graph'
import type { Order } from '../graph/run/clock.ts'
import { Graph } from '../graph/run/graph.ts'
import { fileStore } from '../state/stores/file.ts'
import { lookup } from './dns.ts'
import { webHost } from './host.ts'
import { nodeFetch } from './node-fetch.ts'
import { markWhenFull } from './node-heap.ts'
import { createApp, type App } from './http/app.ts'
import { paceOf, untilDeadline } from './pace.ts'

markWhenFull()

/** How often due work is looked for. */
const tickEveryMs = 1_000

const { now, random } = webHost
const storage = process.env.SLUICE_STORAGE_PATH ?? 'data-sluice'
const [host, port] = splitAddress(process.env.SLUICE_LISTEN_ADDR ?? '127.0.0.1:12345')

const graph = new Graph(graphModule, {
  ...webHost,
  fetch: nodeFetch,
  platform: 'node',
  shareIo: true,
  env: name => process.env[name],
  readFile: name => readFile(name),
  readFolder: name => readdir(name),
  lookup,
  store: fileStore(storage, { now, random }),
})

const servers: ServerType[] = [await listen(createApp(graph), host, port)]
for (const listener of graph.listeners) {
  if (process.env.SLUICE_PORTS === 'off') break
  try {
    servers.push(await listen(createApp(graph, listener.id), listener.host, listener.port))
  } catch (error) {
    // The data can still come in by the door, so a taken port is no reason to be down.
    console.error(`level=warn msg="cannot listen" component_id=${listener.id} addr=${listener.host}:${listener.port} err=${JSON.stringify(String(error))}`)
  }
}

let stopping = false

const ticking = setInterval(() => {
  for (const work of [graph.tick(AbortSignal.timeout(60_000)), graph.drain(AbortSignal.timeout(60_000))]) {
    work.catch((error: unknown) => { console.error(`level=error msg="tick failed" err=${JSON.stringify(String(error))}`) })
  }
}, tickEveryMs)

let beating = setTimeout(() => { void beat(true) }, 0)

/** Hands out rounds that are due to this process, and sets the timer for the next ones. What an earlier process had begun is nobody's. */
async function beat(orphaned: boolean): Promise<void> {
  const pace = paceOf('node', name => process.env[name])
  const begin = async (order: Order) => {
    try {
      await graph.round(order, untilDeadline(order, now()))
    } catch (error) {
      console.error(`level=error msg="round failed" component_id=${JSON.stringify(order.id)} err=${JSON.stringify(String(error))}`)
    }
  }
  let wakeMs: number | undefined
  try {
    wakeMs = await graph.beat({ pace: { ...pace, orphaned }, hand: async orders => { for (const order of orders) void begin(order) } }, AbortSignal.timeout(60_000))
  } catch (error) {
    console.error(`level=error msg="clock failed" err=${JSON.stringify(String(error))}`)
  }
  // Components may come to have rounds when what they depend on is read.
  const waitMs = Math.min(pace.lookMs, Math.max(0, (wakeMs ?? Infinity) - now()))
  if (!stopping) beating = setTimeout(() => { void beat(false) }, Math.ceil(waitMs))
}

for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop)

/** Stops taking requests, lets those under way finish (their senders wait for the answer), and ends. */
function stop(): void {
  stopping = true
  clearInterval(ticking)
  clearTimeout(beating)
  let open = servers.length
  for (const server of servers) {
    server.close(() => { if (--open === 0) end() })
    if ('closeIdleConnections' in server) server.closeIdleConnections()
  }
  // A sender that holds its connection open must not keep a stopped collector alive.
  setTimeout(end, 5_000).unref()
}

/** Writes what was counted since the last time, and is gone. */
function end(): void {
  void graph.ledger.close().finally(() => process.exit(0))
}

function listen(app: App, hostname: string, atPort: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: (request, env) => app.fetch(request, { incoming: peer(env) }), hostname, port: atPort }, () => { resolve(server) })
    server.once('error', reject)
  })
}

function peer(env: unknown): { address?: string } {
  const { incoming } = env as { incoming?: { socket?: { remoteAddress?: string } } }
  const address = incoming?.socket?.remoteAddress
  return address === undefined ? {} : { address }
}

function splitAddress(address: string): [host: string, port: number] {
  const colon = address.lastIndexOf(':')
  return [address.slice(0, colon).replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1))]
}

// Started by another process (`sluice run`), it does not outlive it.
process.once('disconnect', stop)
process.send?.({ listening: { port: addressOf(servers[0]!) } })
console.log(`listening on http://${host}:${addressOf(servers[0]!)}`)

function addressOf(server: ServerType): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
