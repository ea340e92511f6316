/** One request for a page, in bounded time and memory, whatever the target does. */

import type { Call } from '../../../contract/call.ts'
import { concat } from '../../../../lib/bytes.ts'
import { formatFixed } from '../../../../lib/go-format.ts'
import { quoteGo } from '../../../../lib/go-quote.ts'
import type { HttpClient } from '../../../../transport/client.ts'
import { refusedAddress } from '../../../../transport/egress.ts'
import { userAgent } from '../../../../transport/user-agent.ts'
import { TooLargeError, decompress } from '../../../../wire/compression.ts'
import { WireError } from '../../../../wire/error.ts'

/** The most of a page that is read, whatever the configuration says: the memory of an isolate is bounded. */
export const maxPageBytes = 32 * 1024 * 1024
/** The most of all pages under way together; beyond it, those fail that take more than their share. */
const roomBytes = 48 * 1024 * 1024
const shareBytes = 8 * 1024 * 1024
/** As many redirects as Go's client follows. */
const maxRedirects = 10
/** Where Alloy's own pages are: nothing leaves the process. */
const inside = 'alloy.internal:12345'

/** How the pages of a job are asked for. */
export interface PageRequest {
  readonly accept: string
  readonly compression: boolean
  readonly client: HttpClient
  /** Bytes of the page without compression; 0 is no limit of the user's. */
  readonly bodyLimit: number
  /** Bytes of pages under way, in all scrapes of this isolate that share it. */
  readonly room: { bytes: number }
}

/** A scrape that failed; the message is the reason, as the target's status shows it. */
export class ScrapeError extends Error {
  override readonly name = 'ScrapeError'
  /** Whether the page was larger than allowed. */
  readonly tooLarge: boolean

  constructor(message: string, options: { tooLarge?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.tooLarge = options.tooLarge === true
  }
}

/** The page at `url` and its Content-Type; rejects with a ScrapeError. */
export const fetchPage = (call: Call, url: string, timeoutMs: number, request: PageRequest): Promise<Page> =>
  call.within(timeoutMs, signal => fetchWithin(signal, call, url, timeoutMs, request))

interface Page { readonly bytes: Uint8Array; readonly contentType: string }

async function fetchWithin(signal: AbortSignal, call: Call, url: string, timeoutMs: number, request: PageRequest): Promise<Page> {
  const limit = request.bodyLimit > 0 ? Math.min(request.bodyLimit, maxPageBytes) : maxPageBytes
  try {
    const response = await answerOf(call, url, timeoutMs, request, signal)
    if (response.status !== 200) {
      void response.body?.cancel().catch(() => undefined)
      throw new ScrapeError(`server returned HTTP status ${response.status}${reasonOf(response)}`)
    }
    const raw = await readBody(response, limit, request.room, signal)
    return { bytes: await plain(raw, response, limit), contentType: response.headers.get('content-type') ?? '' }
  } catch (error) {
    if (error instanceof ScrapeError) throw error
    if (error instanceof TooLargeError) throw tooLarge()
    const reason = signal.aborted ? 'context deadline exceeded' : describe(error)
    throw new ScrapeError(`Get ${quoteGo(url)}: ${reason}`, { cause: error })
  }
}

/** The last answer after redirects, each of which is judged like the first address. */
async function answerOf(call: Call, first: string, timeoutMs: number, request: PageRequest, signal: AbortSignal): Promise<Response> {
  const start = new URL(first)
  let url = start
  for (let hop = 0; ; hop++) {
    const headers = new Headers({
      accept: request.accept,
      'accept-encoding': request.compression ? 'gzip' : 'identity',
      'user-agent': userAgent,
      'x-prometheus-scrape-timeout-seconds': formatFixed(timeoutMs / 1000),
    })
    if (url.host === inside) return within(call.ask(new Request(url, { headers })), signal)
    const refused = refusedAddress(url, call.egress)
    if (refused !== undefined) throw new ScrapeError(refused)
    // Credentials are for who was meant to get them.
    if (url.origin === start.origin) await request.client.authorize(headers, call)
    const response = await within(call.fetch(url.href, { headers, signal, redirect: 'manual' }), signal)
    const location = [301, 302, 303, 307, 308].includes(response.status) ? response.headers.get('location') : null
    if (location === null || request.client.redirect === 'manual') return response
    void response.body?.cancel().catch(() => undefined)
    if (hop === maxRedirects) throw new ScrapeError(`Get ${quoteGo(url.href)}: stopped after ${maxRedirects} redirects`)
    if (!URL.canParse(location, url)) throw new ScrapeError(`Get ${quoteGo(url.href)}: failed to parse Location header ${quoteGo(location)}`)
    url = new URL(location, url)
    // What is inside is for targets that the configuration names, not for those that lead there.
    if (!/^https?:$/.test(url.protocol) || url.host === inside) throw new ScrapeError(`the target redirects to ${quoteGo(url.href)}, which is not followed`)
  }
}

async function readBody({ body }: Response, limit: number, room: PageRequest['room'], signal: AbortSignal): Promise<Uint8Array> {
  if (body === null) return new Uint8Array(0)
  const reader = body.getReader()
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), signal)
      if (done) return parts.length === 0 ? new Uint8Array(0) : concat(parts)
      length += value.length
      room.bytes += value.length
      // As Prometheus: a page that is as long as the limit is over it.
      if (length >= limit) throw tooLarge()
      if (room.bytes > roomBytes && length > shareBytes) throw new ScrapeError('the pages under way take more memory than there is', { tooLarge: true })
      parts.push(value)
    }
  } catch (error) {
    void reader.cancel().catch(() => undefined)
    throw error
  } finally {
    room.bytes -= length
  }
}

/** Platforms undo gzip while they read; what still begins like gzip was left to us. No page of any format begins so. */
async function plain(raw: Uint8Array, { headers }: Response, limit: number): Promise<Uint8Array> {
  const packed = headers.get('content-encoding')?.toLowerCase() === 'gzip' && raw[0] === 0x1f && raw[1] === 0x8b
  return packed ? decompress('gzip', raw, limit - 1) : raw
}

const tooLarge = () => new ScrapeError('body size limit exceeded', { tooLarge: true })

/** What `promise` comes to, or a rejection as soon as the signal aborts: a target need not heed it. */
function within<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => { reject(signal.reason as Error) }
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => { signal.removeEventListener('abort', stop) })
  })
}

const reasons: Readonly<Record<number, string>> = {
  204: 'No Content', 301: 'Moved Permanently', 302: 'Found', 303: 'See Other', 304: 'Not Modified', 307: 'Temporary Redirect', 308: 'Permanent Redirect',
  400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 406: 'Not Acceptable', 429: 'Too Many Requests',
  500: 'Internal Server Error', 501: 'Not Implemented', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout',
}

/** The words behind a status; HTTP/2 sends none. */
function reasonOf({ status, statusText }: Response): string {
  const words = statusText !== '' ? statusText : reasons[status] ?? ''
  return words === '' ? '' : ` ${words}`
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof WireError) return error.message
  // Node hides the reason in the cause of "fetch failed".
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message
}
