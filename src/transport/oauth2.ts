/** Tokens by client credentials (RFC 6749, 4.4), kept in the isolate until they expire. */

import type { Call } from '../components/contract/call.ts'
import { ArgumentError, ConsumeError, retryable } from '../components/contract/errors.ts'
import { atMostOne, basicCredentials, httpUrl, present, type Path } from './arguments.ts'
import type { OAuth2Args } from './client-args.ts'
import { shown } from './deliver.ts'

/** What a request for a token is made of. */
export type TokenArgs = Pick<OAuth2Args, 'client_id' | 'client_secret' | 'token_url' | 'scopes' | 'endpoint_params'>
  & Partial<Pick<OAuth2Args, 'client_secret_file'>>

interface Token {
  /** The value of an Authorization header. */
  readonly credentials: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Tokens are renewed this long before they expire, as Go's client does. */
const earlyMs = 10_000
/** A request for a token that takes longer is given up, and no other call waits for it. */
const patienceMs = 10_000
/** The most of a token endpoint's answer that is read. */
const answerCharacters = 64 * 1024

/** A source of Authorization headers. One request for a token serves all calls that wait for it, and so does its failure. */
export function tokenSource(args: TokenArgs, secret: (call: Call) => Promise<string>, path: Path): (call: Call) => Promise<string> {
  check(args, path)
  // Go's client finds out once whether the endpoint takes the client's secret in a header or in the form; so do we.
  const style = { inHeader: true }
  let token: Token | undefined
  let flight: { promise: Promise<Token>; since: number } | undefined

  return async (call) => {
    const now = call.now()
    if (token !== undefined && now < token.expiresAt - earlyMs) return token.credentials
    // The call that asked may have been cut off by its platform without a word, so nobody waits for it for ever.
    if (flight === undefined || now - flight.since > patienceMs) {
      const started = { promise: request(args, secret, style, call), since: now }
      flight = started
      started.promise.then(fresh => { token = fresh }, () => undefined).finally(() => { if (flight === started) flight = undefined }).catch(() => undefined)
    }
    return (await orAborted(flight.promise, call.signal)).credentials
  }
}

function check({ client_id, client_secret, client_secret_file, token_url }: TokenArgs, path: Path): void {
  if (client_id === '') throw new ArgumentError([...path, 'client_id'], 'oauth2 needs client_id')
  if (!present(client_secret) && !present(client_secret_file)) throw new ArgumentError(path, 'oauth2 needs client_secret or client_secret_file')
  atMostOne({ client_secret, client_secret_file }, path, 'source of the secret')
  if (token_url === '') throw new ArgumentError([...path, 'token_url'], 'oauth2 needs token_url')
  httpUrl(token_url, [...path, 'token_url'])
}

async function request(args: TokenArgs, secret: (call: Call) => Promise<string>, style: { inHeader: boolean }, call: Call): Promise<Token> {
  const clientSecret = await secret(call)
  const answer = await ask(args, clientSecret, style.inHeader, call)
  if (answer.status < 400 || answer.status >= 500 || !style.inHeader) return read(answer, args, call)
  const second = await ask(args, clientSecret, false, call)
  if (second.status >= 200 && second.status < 300) style.inHeader = false
  return read(second, args, call)
}

interface Answer { readonly status: number; readonly body: string; readonly form: boolean }

async function ask(args: TokenArgs, clientSecret: string, inHeader: boolean, call: Call): Promise<Answer> {
  const { client_id, scopes, token_url, endpoint_params } = args
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (scopes.length > 0) form.set('scope', scopes.join(' '))
  for (const [name, value] of Object.entries(endpoint_params)) form.set(name, value)
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' })
  if (inHeader) {
    headers.set('authorization', basicCredentials(encodeURIComponent(client_id), encodeURIComponent(clientSecret)))
  } else {
    form.set('client_id', client_id)
    form.set('client_secret', clientSecret)
  }
  try {
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(patienceMs)])
    const response = await call.fetch(token_url, { method: 'POST', headers, body: form.toString(), signal })
    const body = (await response.text()).slice(0, answerCharacters)
    const type = response.headers.get('content-type') ?? ''
    return { status: response.status, body, form: /^(application\/x-www-form-urlencoded|text\/plain)/.test(type) }
  } catch (error) {
    throw retryable(`the token endpoint ${shown(token_url)} could not be reached`, { cause: error })
  }
}

/** A token from an answer; the answer itself is never quoted, for what it may hold. */
function read({ status, body, form }: Answer, { token_url }: TokenArgs, call: Call): Token {
  const failed = (problem: string) => new ConsumeError('retryable', `the token endpoint ${shown(token_url)} ${problem}`)
  if (status < 200 || status >= 300) throw failed(`answered ${status}`)
  const fields = form ? Object.fromEntries(new URLSearchParams(body)) : parseObject(body)
  const { access_token, token_type, expires_in } = fields ?? {}
  if (typeof access_token !== 'string' || access_token === '') throw failed('answered without an access_token')
  const seconds = Number(expires_in)
  return {
    credentials: `${headerType(token_type)} ${access_token}`,
    expiresAt: Number.isFinite(seconds) && seconds > 0 ? call.now() + seconds * 1000 : Infinity,
  }
}

/** Token types come in any case; servers take these three as written here. */
function headerType(type: unknown): string {
  if (typeof type !== 'string' || type === '') return 'Bearer'
  return { bearer: 'Bearer', mac: 'MAC', basic: 'Basic' }[type.toLowerCase()] ?? type
}

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}

/** The promise's outcome, or a refusal as soon as the signal aborts. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(retryable('the request ended before a token had come', { cause: signal.reason }))
    if (signal.aborted) { abort(); return }
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
