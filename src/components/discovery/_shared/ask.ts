/** Asking an API for what it knows: a request with credentials, a bounded answer, and errors that name the address. */

import type { Call } from '../../contract/call.ts'
import { concat, text } from '../../../lib/bytes.ts'
import type { HttpClient } from '../../../transport/client.ts'
import { shown } from '../../../transport/deliver.ts'
import { userAgent } from '../../../transport/user-agent.ts'

export interface Question {
  readonly url: string
  readonly client: HttpClient
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** For the whole answer. */
  readonly timeoutMs?: number
}

export interface Answer {
  readonly headers: Headers
  readonly text: string
}

/** The most that an API may answer at once. */
const answerBytes = 64 * 1024 * 1024
const defaultTimeoutMs = 30_000

/** A GET that must be answered with 200; throws an Error that says what happened instead. */
export async function ask(call: Call, { url, client, headers: wanted = {}, timeoutMs = defaultTimeoutMs }: Question): Promise<Answer> {
  const headers = new Headers({ 'user-agent': userAgent })
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) headers.set(name, value)
  await client.authorize(headers, call)
  return send(call, url, { headers, redirect: client.redirect }, timeoutMs)
}

/** `ask`, with the answer read as JSON. */
export async function askJson(call: Call, question: Question): Promise<unknown> {
  const { text: body } = await ask(call, { ...question, headers: { accept: 'application/json', ...question.headers } })
  return readJson(body, question.url)
}

/** Sends a request and reads its answer, which must be 200. */
export async function send(call: Call, url: string, init: RequestInit, timeoutMs: number = defaultTimeoutMs): Promise<Answer> {
  const { headers, bytes } = await sendForBytes(call, url, init, timeoutMs)
  return { headers, text: text(bytes) }
}

/** `send`, with the answer's bytes as they are. */
export async function sendForBytes(call: Call, url: string, init: RequestInit, timeoutMs: number): Promise<{ headers: Headers; bytes: Uint8Array }> {
  let timedOut = false
  const { response, bytes } = await call.within(Math.max(1, timeoutMs), async (signal) => {
    signal.addEventListener('abort', () => { timedOut = !call.signal.aborted })
    const response = await call.fetch(url, { ...init, signal })
    return { response, bytes: await readBounded(response) }
  }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const why = timedOut ? `no answer within ${timeoutMs} ms` : cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${shown(url)} could not be asked: ${why}`, { cause: error })
  })
  if (response.status !== 200) throw new Error(`${shown(url)} answered ${response.status}${quote(text(bytes.subarray(0, 800)))}`)
  return { headers: response.headers, bytes }
}

/** Parsed JSON, or an Error that names where it came from. */
export function readJson(body: string, url: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch (error) {
    throw new Error(`${shown(url)} answered what is no JSON: ${(error as Error).message}`, { cause: error })
  }
}

async function readBounded(response: Response): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(0)
  const reader = response.body.getReader()
  const parts: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return parts.length === 0 ? new Uint8Array(0) : concat(parts)
    length += value.length
    if (length > answerBytes) {
      await reader.cancel()
      throw new Error(`the answer is longer than ${answerBytes} bytes`)
    }
    parts.push(value)
  }
}

function quote(body: string): string {
  const start = body.trim().slice(0, 200)
  return start === '' ? '' : `: ${start}`
}
