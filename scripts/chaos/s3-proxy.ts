/** A network in front of an S3 server that is slow, refuses, and loses requests and answers, as the plan says. */

import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { phaseAt, type Phase, type StoreFault } from './plan.ts'

const kinds = ['fail', 'lost', 'slow'] as const

export async function startProxy(endpoint: string, plan: readonly Phase<StoreFault>[], sinceMs: () => number, random: () => number) {
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const phase = phaseAt(plan, sinceMs())
    const hit = phase !== undefined && random() < phase.share ? phase.fault : undefined
    const fault = hit === 'mixed' ? kinds[Math.floor(random() * kinds.length)] : hit
    const body = await buffer(request)
    if (fault === 'fail' && random() < 0.5) return void request.socket.destroy()
    if (fault === 'fail') return void response.writeHead(503).end('<Error><Code>SlowDown</Code><Message>chaos</Message></Error>')
    if (fault === 'slow') await sleep(random() ** 3 * 6_000)
    const { answer, bytes } = await forward(endpoint, request, body)
    if (fault === 'lost') request.socket.destroy()
    else response.writeHead(answer.statusCode!, answer.rawHeaders).end(bytes)
  }
  const server = createServer((request, response) => { handle(request, response).catch(() => { response.destroy() }) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** The same request, headers as they are (they are signed), and the whole answer. */
async function forward(endpoint: string, { method, url, rawHeaders }: IncomingMessage, body: Uint8Array) {
  const { hostname, port } = new URL(endpoint)
  const sent = send({ hostname, port, method, path: url, headers: rawHeaders as never, setHost: false })
  sent.end(body)
  const [answer] = await once(sent, 'response') as [IncomingMessage]
  return { answer, bytes: await buffer(answer) }
}
