/** The network of Node and Lambda: the web's fetch, with a shorter way for what exporters send. */

import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import type { Host } from '../graph/run/host.ts'

/** A connection that nobody used for so long is closed; servers keep theirs at least as long. */
const idleMs = 4_000
const agents = {
  'http:': new http.Agent({ keepAlive: true, timeout: idleMs }),
  'https:': new https.Agent({ keepAlive: true, timeout: idleMs }),
}

/** Answers of declared length up to this are read whole; exporters look at no more. */
const smallAnswer = 64 * 1024
const bodiless = new Set([204, 205, 304])
const redirects = new Set([301, 302, 303, 307, 308])
const maxRedirects = 20
/** What a redirect to another origin must not carry along, and what describes a body that is left behind. */
const ownHeaders = ['authorization', 'cookie', 'host']
const bodyHeaders = ['content-type', 'content-encoding', 'content-length', 'content-language', 'content-location']

/**
 * As fetch. A POST of bytes goes through `node:http`, for a third of the CPU: without web streams on either side, and without the
 * headers of browsers. It follows a 307 or 308 with its body, which the fetch of Node 20 has given away by then.
 */
export const nodeFetch: Host['fetch'] = (url, init) => (isPlain(init) ? post(url, init, 0) : fetch(url, init))

type Post = RequestInit & { readonly body: Uint8Array }
const isPlain = (init: RequestInit | undefined): init is Post =>
  init?.method === 'POST' && init.body instanceof Uint8Array && init.redirect !== 'error'

function post(url: string, init: Post, hops: number): Promise<Response> {
  const { signal, body } = init
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return void reject(signal.reason as Error)
    const { protocol } = new URL(url)
    const headers = { ...Object.fromEntries(new Headers(init.headers)), 'content-length': String(body.length) }
    const [client, agent] = protocol === 'https:' ? [https, agents['https:']] as const : [http, agents['http:']] as const
    const outgoing = client.request(url, { method: 'POST', agent, headers })
    const abort = () => outgoing.destroy(signal!.reason as Error)
    signal?.addEventListener('abort', abort, { once: true })
    outgoing.once('close', () => signal?.removeEventListener('abort', abort))
    // Whether a lost connection is worth another try is for who sends to say: the data may have arrived.
    outgoing.once('error', error => {
      reject(signal?.aborted === true ? signal.reason as Error : new TypeError('fetch failed', { cause: error }))
    })
    outgoing.once('response', incoming => {
      const { location } = incoming.headers
      const follows = location !== undefined && redirects.has(incoming.statusCode!) && init.redirect !== 'manual'
      if (follows) incoming.resume()
      const answer = follows ? follow(new URL(location, url), new URL(url).origin, incoming.statusCode!, init, hops + 1) : answerOf(incoming)
      answer.then(resolve, reject)
    })
    outgoing.end(body)
  })
}

/** As the web has it: only 307 and 308 repeat the method and the body. */
async function follow(to: URL, fromOrigin: string, status: number, init: Post, hops: number): Promise<Response> {
  if (hops > maxRedirects) throw new TypeError('fetch failed', { cause: new Error(`more than ${maxRedirects} redirects`) })
  const headers = new Headers(init.headers)
  if (to.origin !== fromOrigin) for (const name of ownHeaders) headers.delete(name)
  if (status === 307 || status === 308) return post(to.href, { ...init, headers }, hops)
  for (const name of bodyHeaders) headers.delete(name)
  return fetch(to, { headers, ...(init.signal !== undefined && { signal: init.signal }) })
}

async function answerOf(incoming: IncomingMessage): Promise<Response> {
  const status = incoming.statusCode!
  const headers = new Headers()
  for (const [name, values] of Object.entries(incoming.headersDistinct)) for (const value of values ?? []) headers.append(name, value)
  if (bodiless.has(status)) {
    incoming.resume()
    return new Response(null, { status, headers })
  }
  const small = Number(incoming.headers['content-length'] ?? NaN) <= smallAnswer
  return new Response((small ? await whole(incoming) : Readable.toWeb(incoming)) as BodyInit, { status, headers })
}

function whole(incoming: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    incoming.on('data', (part: Buffer) => parts.push(part))
    incoming.once('end', () => { resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts)) })
    incoming.once('error', reject)
  })
}
