/**
 * One attempt to send one request to one destination: an exporter says how to make the request and how to read the answer; the
 * difference between "try again" and "never", deadlines, Retry-After and what may be shown of an address are here, once. When to
 * try again, and what waits meanwhile, is `destination.ts`.
 */

import type { Call } from '../components/contract/call.ts'
import { permanent, retryable } from '../components/contract/errors.ts'
import { base64, concat, utf8 } from '../lib/bytes.ts'
import { parseHttpDate } from '../lib/time.ts'

export interface Delivery {
  readonly url: string
  readonly body: Uint8Array
  readonly headers: Headers
  /** How long it may take; 0 for as long as the call. */
  readonly timeoutMs: number
  /** Which attempt this is, from 1. */
  readonly attempt: number
  /** Which statuses may succeed when the same is sent again. */
  readonly retryableStatus: (status: number) => boolean
  /** Follow redirects, as the client arguments ask for. */
  readonly redirect?: 'follow' | 'manual'
  /** Hears of an answer that refuses the data for good, before that becomes an error. */
  readonly refused?: (status: number, headers: Headers) => void
}

/** What a destination answered to what it took; or that the request is too large for it, and may come in parts. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Uint8Array } | 'too large'

/** The most of a destination's answer that goes into an error. */
const quotedBytes = 512
/** The most of a destination's answer that is read at all. */
const answerBytes = 64 * 1024

/** Sends once. Resolves with the answer's status and (bounded) body, or `too large` for 413; rejects with a ConsumeError. */
export async function deliver(call: Call, delivery: Delivery): Promise<Answer> {
  const { body, timeoutMs, attempt, retryableStatus, redirect } = delivery
  const { url, authorization } = withoutCredentials(delivery.url)
  const headers = new Headers(delivery.headers)
  if (authorization !== undefined && !headers.has('authorization')) headers.set('authorization', authorization)
  if (attempt > 1) headers.set('retry-attempt', String(attempt - 1))
  const send = async (signal: AbortSignal) => {
    const response = await call.fetch(url, { method: 'POST', headers, body: body as BodyInit, signal, redirect: redirect ?? 'follow' })
    return { response, answer: await readStart(response, answerBytes) }
  }
  let timedOut = false
  const { response, answer } = await call.within(timeoutMs, signal => send(signal).catch((error: unknown) => {
    timedOut = signal.aborted && !call.signal.aborted
    throw error
  })).catch((error: unknown) => {
    const reason = timedOut ? `no answer within ${timeoutMs} ms` : describe(error)
    throw retryable(`${shown(url)} could not be reached: ${reason}`, { cause: error })
  })
  const { status } = response
  if (status >= 200 && status < 300) return { status, headers: response.headers, body: answer }
  if (status === 413) return 'too large'
  const message = `${shown(url)} answered ${status}${quote(answer)}`
  if (!retryableStatus(status)) {
    delivery.refused?.(status, response.headers)
    throw permanent(message, { status: asRefusal(status) })
  }
  const retryAfterMs = retryAfter(response.headers.get('retry-after'), call.now())
  throw retryable(message, { status: status === 429 ? 429 : 503, ...(retryAfterMs !== undefined && { retryAfterMs }) })
}

/** The shorter of two time limits, of which 0 is none. */
export const shorter = (a: number, b: number): number => (a === 0 ? b : b === 0 ? a : Math.min(a, b))

/** A destination that refuses *our* credentials or address, or fails for good, is not the sender's fault; a refusal of the data is passed up as 400. */
const asRefusal = (status: number) => (status >= 500 || status === 401 || status === 403 || status === 404 ? 500 : 400)

/** `Retry-After` in milliseconds from now: seconds or an HTTP date; undefined when absent or unreadable. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000
  const at = parseHttpDate(header)
  return at === undefined ? undefined : Math.max(0, at - now)
}

/** At most `limit` bytes of an answer; the rest is not read. */
async function readStart(response: Response, limit: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(0)
  const parts: Uint8Array[] = []
  const reader = response.body.getReader()
  for (let left = limit; left > 0;) {
    const { done, value } = await reader.read()
    if (done) return concat(parts)
    parts.push(value.subarray(0, left))
    left -= value.length
  }
  await reader.cancel()
  return concat(parts)
}

function quote(answer: Uint8Array): string {
  const text = new TextDecoder().decode(answer.subarray(0, quotedBytes)).trim()
  // A binary body (a protobuf Status) says nothing to a reader of logs.
  return text === '' || /[\u0000-\u0008\ufffd]/.test(text) ? '' : `: ${text}`
}

/** fetch takes no address with a user and password in it (and quotes it in its error); they go into a header, as Go's client does. */
function withoutCredentials(url: string): { url: string; authorization?: string } {
  const found = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#@]*)@/i.exec(url)
  if (found === null) return { url }
  const [user = '', ...password] = found[2]!.split(':')
  const plain = `${unescaped(user)}:${unescaped(password.join(':'))}`
  return { url: found[1]! + url.slice(found[0].length), authorization: `Basic ${base64(utf8(plain))}` }
}

/** Text with its percent escapes resolved; as it stands where they are none. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** An address without what may be secret in it: credentials and the query. */
export function shown(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1').replace(/[?#].*$/s, '')
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Node hides the reason ("connect ECONNREFUSED ...") in the cause of "fetch failed".
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message
}
