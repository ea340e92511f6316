/** Tokens by client credentials (RFC 6749, 4.4), kept in the isolate until they expire. */

import type { Call } from '../components/contract/call.ts'
import { ArgumentError, ConsumeError, retryable } from '../components/contract/errors.ts'
import { atMostOne, basicCredentials, httpUrl, present, type Path } from './arguments.ts'
import type { OAuth2Args } from './client-args.ts'
import { shown } from './deliver.ts'
import { kept, patienceMs } from './kept.ts'

/** What a request for a token is made of. */
export type TokenArgs = Pick<OAuth2Args, 'client_id' | 'client_secret' | 'token_url' | 'scopes' | 'endpoint_params'>
  & Partial<Pick<OAuth2Args, 'client_secret_file'>>

/** What a token endpoint gave. */
export interface Token {
  /** The value of an Authorization header. */
  readonly credentials: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** The most of a token endpoint's answer that is read. */
const answerCharacters = 64 * 1024

/** A source of Authorization headers, by client credentials. */
export function tokenSource(args: TokenArgs, secret: (call: Call) => Promise<string>, path: Path): (call: Call) => Promise<string> {
  check(args, path)
  // Go's client finds out once whether the endpoint takes the client's secret in a header or in the form; so do we.
  const style = { inHeader: true }
  return tokens(call => request(args, secret, style, call))
}

/** A source of Authorization headers by any other grant: `grant` makes the form of each request, and says where it goes. */
export const grantSource = (grant: (call: Call) => Promise<{ url: string; form: Record<string, string> }>): (call: Call) => Promise<string> =>
  tokens(async (call) => {
    const { url, form } = await grant(call)
    return read(await ask(url, new URLSearchParams(form), {}, call), url, call)
  })

function tokens(request: (call: Call) => Promise<Token>): (call: Call) => Promise<string> {
  const token = kept(request, 'a token')
  return async call => (await token(call)).credentials
}

function check({ client_id, client_secret, client_secret_file, token_url }: TokenArgs, path: Path): void {
  if (client_id === '') throw new ArgumentError([...path, 'client_id'], 'oauth2 needs client_id')
  if (!present(client_secret) && !present(client_secret_file)) throw new ArgumentError(path, 'oauth2 needs client_secret or client_secret_file')
  atMostOne({ client_secret, client_secret_file }, path, 'source of the secret')
  if (token_url === '') throw new ArgumentError([...path, 'token_url'], 'oauth2 needs token_url')
  httpUrl(token_url, [...path, 'token_url'])
}

async function request(args: TokenArgs, secret: (call: Call) => Promise<string>, style: { inHeader: boolean }, call: Call): Promise<Token> {
  const { token_url } = args
  const clientSecret = await secret(call)
  const answer = await askAs(args, clientSecret, style.inHeader, call)
  if (answer.status < 400 || answer.status >= 500 || !style.inHeader) return read(answer, token_url, call)
  const second = await askAs(args, clientSecret, false, call)
  if (second.status >= 200 && second.status < 300) style.inHeader = false
  return read(second, token_url, call)
}

function askAs({ client_id, scopes, token_url, endpoint_params }: TokenArgs, clientSecret: string, inHeader: boolean, call: Call): Promise<Answer> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (scopes.length > 0) form.set('scope', scopes.join(' '))
  for (const [name, value] of Object.entries(endpoint_params)) form.set(name, value)
  if (inHeader) return ask(token_url, form, { authorization: basicCredentials(encodeURIComponent(client_id), encodeURIComponent(clientSecret)) }, call)
  form.set('client_id', client_id)
  form.set('client_secret', clientSecret)
  return ask(token_url, form, {}, call)
}

interface Answer { readonly status: number; readonly body: string; readonly form: boolean }

async function ask(url: string, form: URLSearchParams, more: Readonly<Record<string, string>>, call: Call): Promise<Answer> {
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', ...more })
  try {
    const { response, body } = await call.within(patienceMs, async (signal) => {
      const response = await call.fetch(url, { method: 'POST', headers, body: form.toString(), signal })
      return { response, body: (await response.text()).slice(0, answerCharacters) }
    })
    const type = response.headers.get('content-type') ?? ''
    return { status: response.status, body, form: /^(application\/x-www-form-urlencoded|text\/plain)/.test(type) }
  } catch (error) {
    throw retryable(`the token endpoint ${shown(url)} could not be reached`, { cause: error })
  }
}

/** A token from an answer; the answer itself is never quoted, for what it may hold. */
function read({ status, body, form }: Answer, url: string, call: Call): Token {
  const failed = (problem: string) => new ConsumeError('retryable', `the token endpoint ${shown(url)} ${problem}`)
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
