/** A destination on this machine: an HTTP server that keeps what it gets and answers as it is told. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { buffer } from 'node:stream/consumers'

export interface Received {
  readonly method: string
  readonly path: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Waits before it answers. */
  readonly delayMs?: number
  /** Closes the connection instead of answering. */
  readonly reset?: true
}

export interface Sink {
  readonly url: string
  /** What has come to `path` (or to all paths) and was not taken yet, in order of arrival. */
  take(path?: string): Received[]
  /** The next answers at `path`, one a request; after them it is 200 again. Forgets what was scripted for the path before. */
  script(path: string, ...answers: readonly Answer[]): void
  stop(): Promise<void>
}

export async function startSink(): Promise<Sink> {
  const scripts = new Map<string, Answer[]>()
  let received: Received[] = []

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '/'
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    received.push({ method: request.method ?? '', path, headers, body: new Uint8Array(await buffer(request)) })
    const { status = 200, headers: extra = {}, body = '', delayMs = 0, reset } = scripts.get(path)?.shift() ?? {}
    if (delayMs > 0) await wait(delayMs)
    if (reset === true) request.socket.destroy()
    else response.writeHead(status, extra).end(body)
  }
  // A sender that went away before it was all here is of no interest.
  const server = createServer((request, response) => { handle(request, response).catch(() => { response.destroy() }) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take(path) {
      const taken = received.filter(request => path === undefined || request.path === path)
      received = received.filter(request => !taken.includes(request))
      return taken
    },
    script: (path, ...answers) => { scripts.set(path, [...answers]) },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** A port of this machine that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
