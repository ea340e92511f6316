/** Where everything is to arrive: a server that remembers what came first, and misbehaves as the plan says. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { decodeRequest, paths, type Item } from './items.ts'
import { phaseAt, type DestinationFault, type Phase } from './plan.ts'

/** An item that came for the first time after one of its stream that has a higher number. */
export interface Overtaken extends Item {
  readonly after: number
  readonly atMs: number
}

export interface Destination {
  readonly url: string
  /** `stale`: requests refused because of a sample out of order. */
  readonly arrivals: () => { readonly items: number; readonly repeated: number; readonly requests: number; readonly stale: number }
  readonly has: (item: Item) => boolean
  readonly overtaken: readonly Overtaken[]
  stop(): Promise<void>
}

const statuses: Partial<Record<DestinationFault, readonly [number, Record<string, string>]>> = {
  '500': [500, {}], '503': [503, {}], '429': [429, { 'retry-after': '1' }], '413': [413, {}], '400': [400, {}],
}

export async function startDestination(
  plan: readonly Phase<DestinationFault>[], sinceMs: () => number, random: () => number, strict: boolean,
): Promise<Destination> {
  const seen = new Map<string, Set<number>>()
  const newest = new Map<string, number>()
  const overtaken: Overtaken[] = []
  let items = 0
  let repeated = 0
  let requests = 0
  let stale = 0

  const take = (taken: readonly Item[]) => {
    for (const { stream, number } of taken) {
      items++
      const known = seen.get(stream) ?? new Set()
      seen.set(stream, known)
      if (known.has(number)) {
        repeated++
        continue
      }
      known.add(number)
      const last = newest.get(stream) ?? -1
      if (number < last) overtaken.push({ stream, number, after: last, atMs: Math.round(sinceMs()) })
      else newest.set(stream, number)
    }
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = new Uint8Array(await buffer(request))
    requests++
    const phase = phaseAt(plan, sinceMs())
    const fault = phase !== undefined && random() < phase.share ? phase.fault : undefined
    if (fault === undefined || fault.endsWith('-took')) {
      const path = request.url!.split('?')[0]!
      const taken = decodeRequest(path, request.headers['content-encoding'], body)
      // The newest may come twice; one old sample costs all others of its request.
      if (strict && path.endsWith(paths.write) && taken.some(({ stream, number }) => number < (newest.get(stream) ?? 0))) {
        stale++
        return void response.writeHead(400).end('out of order sample')
      }
      take(taken)
    }
    if (fault === undefined) return void response.writeHead(200).end()
    const refusal = statuses[fault]
    if (refusal !== undefined) return void response.writeHead(...refusal).end(`chaos: ${fault}`)
    // Who stalls says nothing until the phase is over, and then hangs up.
    if (fault.startsWith('stall')) await new Promise(resolve => setTimeout(resolve, phase!.toMs - sinceMs()))
    request.socket.destroy()
  }
  const server = createServer((request, response) => { handle(request, response).catch(() => { response.destroy() }) })
  // A connection that is refused is hung up on before anything is read: the port itself has to stay ours.
  server.on('connection', socket => { if (phaseAt(plan, sinceMs())?.fault === 'refuse') socket.destroy() })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals: () => ({ items, repeated, requests, stale }),
    has: ({ stream, number }) => seen.get(stream)?.has(number) === true,
    overtaken,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
