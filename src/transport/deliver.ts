/**
 * How every exporter sends: one batch, one destination, *through* (semantics.md 3): the call forwards it and knows the outcome
 * before it answers. An exporter says how to make the request and how to read the answer; deadlines, back-off, Retry-After and
 * the difference between "try again" and "never" are here, once.
 */

import type { Call } from '../components/contract/call.ts'
import { ConsumeError, permanent, retryable } from '../components/contract/errors.ts'
import { base64, utf8 } from '../lib/bytes.ts'
import { parseHttpDate } from '../lib/time.ts'

export interface Delivery {
  readonly url: string
  readonly body: Uint8Array
  readonly headers: Headers
  /** For one attempt. */
  readonly timeoutMs: number
  readonly retry: RetryPolicy
  /** Which statuses may succeed when the same is sent again. */
  readonly retryableStatus: (status: number) => boolean
  /** Statuses, besides 2xx, that are no failure but for the exporter to judge. */
  readonly settles?: (status: number) => boolean
  /** Follow redirects, as the client arguments ask for. */
  readonly redirect?: 'follow' | 'manual'
}

/** Exponential back-off between attempts, Alloy's arguments. */
export interface RetryPolicy {
  readonly enabled: boolean
  readonly initialMs: number
  readonly maxMs: number
  readonly multiplier: number
  /** Each wait is spread over ±this share of itself. */
  readonly jitter: number
  /** Give up once this much time has passed; 0 means never. */
  readonly maxElapsedMs: number
  /** Give up after this many attempts. */
  readonly maxAttempts?: number
}

/** How long a request may be kept waiting for retries: its sender holds the data meanwhile and retries on its own after a 503. */
const patienceMs = 2_000
/** The most of a destination's answer that goes into an error. */
const quotedBytes = 512
/** The most of a destination's answer that is read at all. */
const answerBytes = 64 * 1024

/** Sends until it is delivered, refused for good, or patience ends. Resolves with the answer's status and (bounded) body; rejects with a ConsumeError. */
export async function deliver(call: Call, delivery: Delivery): Promise<{ status: number; headers: Headers; body: Uint8Array }> {
  const { retry } = delivery
  const started = call.now()
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOnce(call, delivery, attempt)
    if (!(outcome instanceof ConsumeError)) return outcome
    if (outcome.kind === 'permanent' || !retry.enabled) throw outcome
    const waitMs = outcome.retryAfterMs ?? backOff(retry, attempt, call.random())
    const elapsed = call.now() - started + waitMs
    const over = elapsed > patienceMs || (retry.maxElapsedMs > 0 && elapsed > retry.maxElapsedMs)
    if (over || attempt >= (retry.maxAttempts ?? Infinity) || call.signal.aborted) throw outcome
    call.log('debug', 'will send again', { url: shown(delivery.url), attempt, wait_ms: Math.round(waitMs), err: outcome.message })
    await call.sleep(waitMs)
  }
}

/** The wait after `attempt` failures, in milliseconds; `chance` in [0, 1) places it within its jitter. */
export function backOff({ initialMs, maxMs, multiplier, jitter }: RetryPolicy, attempt: number, chance: number): number {
  const base = Math.min(maxMs, initialMs * multiplier ** (attempt - 1))
  return base * (1 + jitter * (2 * chance - 1))
}

async function attemptOnce(call: Call, delivery: Delivery, attempt: number) {
  const { body, timeoutMs, retryableStatus, settles, redirect } = delivery
  const { url, authorization } = withoutCredentials(delivery.url)
  const headers = new Headers(delivery.headers)
  if (authorization !== undefined && !headers.has('authorization')) headers.set('authorization', authorization)
  if (attempt > 1) headers.set('retry-attempt', String(attempt - 1))
  const signal = timeoutMs > 0 ? AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]) : call.signal
  try {
    const response = await call.fetch(url, { method: 'POST', headers, body: body as BodyInit, signal, redirect: redirect ?? 'follow' })
    const answer = await readStart(response, answerBytes)
    if ((response.status >= 200 && response.status < 300) || settles?.(response.status) === true) return { status: response.status, headers: response.headers, body: answer }
    const message = `${shown(url)} answered ${response.status}${quote(answer)}`
    if (!retryableStatus(response.status)) return permanent(message, { status: asRefusal(response.status) })
    const retryAfterMs = retryAfter(response.headers.get('retry-after'), call.now())
    return retryable(message, { status: response.status === 429 ? 429 : 503, ...(retryAfterMs !== undefined && { retryAfterMs }) })
  } catch (error) {
    const timedOut = signal.aborted && !call.signal.aborted
    const reason = timedOut ? `no answer within ${timeoutMs} ms` : describe(error)
    return retryable(`${shown(url)} could not be reached: ${reason}`, { cause: error })
  }
}

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
  const start = new Uint8Array(limit)
  let length = 0
  const reader = response.body.getReader()
  while (length < limit) {
    const { done, value } = await reader.read()
    if (done) return start.slice(0, length)
    const taken = value.subarray(0, limit - length)
    start.set(taken, length)
    length += taken.length
  }
  await reader.cancel()
  return start
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
