/** What the shared client arguments mean: which credentials and headers a request carries, and what cannot be asked for. */

import type { Call } from '../components/contract/call.ts'
import { ArgumentError, retryable } from '../components/contract/errors.ts'
import { text } from '../lib/bytes.ts'
import { atMostOne, basicCredentials, isHeaderValue, present, sendableHeader, type Path } from './arguments.ts'
import type { HttpClientArgs, Secret } from './client-args.ts'
import { tokenSource } from './oauth2.ts'

/** One destination's way of sending. */
export interface HttpClient {
  /** Adds the credentials and the configured headers; `headers` is changed in place. Rejects with a ConsumeError. */
  authorize(headers: Headers, call: Call): Promise<void>
  readonly redirect: 'follow' | 'manual'
}

/** The value of an Authorization header, as of this call. */
type Credentials = (call: Call) => Promise<string>

/** The names of the ways to authenticate, of which a client takes one. */
const ways = ['basic_auth', 'authorization', 'oauth2', 'bearer_token', 'bearer_token_file'] as const

/**
 * Checks the arguments that stand at `path` and makes a client of them. `others` are further ways to authenticate that the
 * component itself has, which count for "at most one".
 */
export function httpClient(args: HttpClientArgs, path: Path, others: Readonly<Record<string, unknown>> = {}): HttpClient {
  atMostOne({ ...Object.fromEntries(ways.map(way => [way, args[way]])), ...others }, path, 'way to authenticate')
  checkProxy(args, path)
  checkTls(args.tls_config, [...path, 'tls_config'])
  const credentials = credentialsOf(args, path)
  const fixed = fixedHeaders(args, path)
  return {
    redirect: args.follow_redirects ? 'follow' : 'manual',
    async authorize(headers, call) {
      for (const [name, value] of fixed) headers.append(name, value)
      if (credentials !== undefined) setCredentials(headers, await credentials(call))
    },
  }
}

/** Sets the Authorization header. What cannot be sent is not quoted, as the platform's own error would. */
export function setCredentials(headers: Headers, value: string): void {
  if (!isHeaderValue(value)) throw retryable('the credentials hold characters that no header can carry', { status: 500 })
  headers.set('authorization', value)
}

function credentialsOf(args: HttpClientArgs, path: Path): Credentials | undefined {
  const { basic_auth, authorization, oauth2, bearer_token, bearer_token_file } = args
  if (basic_auth !== undefined) {
    const { username, password, password_file } = basic_auth
    atMostOne({ password, password_file }, [...path, 'basic_auth'], 'source of the password')
    const secret = secretOf(password, password_file)
    return async call => basicCredentials(username, await secret(call))
  }
  if (authorization !== undefined) {
    const { credentials, credentials_file } = authorization
    atMostOne({ credentials, credentials_file }, [...path, 'authorization'], 'source of the credentials')
    const type = authorization.type.trim() === '' ? 'Bearer' : authorization.type.trim()
    if (type.toLowerCase() === 'basic') {
      throw new ArgumentError([...path, 'authorization', 'type'], 'authorization cannot be of type "basic"', { hint: 'use the basic_auth block' })
    }
    const secret = secretOf(credentials, credentials_file)
    return async call => `${type} ${await secret(call)}`
  }
  if (oauth2 !== undefined) {
    checkProxy(oauth2, [...path, 'oauth2'])
    checkTls(oauth2.tls_config, [...path, 'oauth2', 'tls_config'])
    return tokenSource(oauth2, secretOf(oauth2.client_secret, oauth2.client_secret_file), [...path, 'oauth2'])
  }
  if (present(bearer_token) || present(bearer_token_file)) {
    const secret = secretOf(bearer_token, bearer_token_file)
    return async call => `Bearer ${await secret(call)}`
  }
  return undefined
}

/** A secret that is written out, or stands in a file, which is read each time so that it may be rotated. */
function secretOf(secret: Secret | undefined, file: string | undefined): (call: Call) => Promise<string> {
  if (!present(file)) return async () => secret?.reveal() ?? ''
  return async call => (await secretFile(file!, call)).trim()
}

/** The text of a file that holds credentials; rejects with a ConsumeError where it cannot be read now. */
export async function secretFile(file: string, call: Call): Promise<string> {
  try {
    return text(await call.readFile(file))
  } catch (error) {
    throw retryable(`the file ${file} with the credentials cannot be read`, { cause: error })
  }
}

/** Headers that belong to the client or the connection; Prometheus refuses them in http_headers too. */
const reserved = new Set([
  'authorization', 'host', 'content-encoding', 'content-length', 'content-type', 'user-agent', 'connection', 'keep-alive',
  'proxy-authenticate', 'proxy-authorization', 'www-authenticate', 'accept-encoding', 'x-prometheus-remote-write-version',
  'x-prometheus-remote-read-version', 'x-prometheus-scrape-timeout-seconds', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256',
])

function fixedHeaders({ http_headers }: HttpClientArgs, path: Path): [string, string][] {
  const headers: [string, string][] = []
  for (const [name, values] of Object.entries(http_headers)) {
    const at = [...path, 'http_headers', name]
    if (reserved.has(name.toLowerCase())) throw new ArgumentError(at, `setting header "${name}" is not allowed`)
    for (const value of values) {
      sendableHeader(name, value.reveal(), at)
      headers.push([name, value.reveal()])
    }
  }
  return headers
}

/** Combinations that Alloy refuses, although none of these settings has an effect here: the same configuration is valid in both. */
function checkProxy(args: Pick<HttpClientArgs, 'proxy_url' | 'no_proxy' | 'proxy_from_environment' | 'proxy_connect_header'>, path: Path): void {
  const { proxy_url, no_proxy, proxy_from_environment, proxy_connect_header } = args
  atMostOne({ proxy_from_environment, proxy_url }, path, 'source of the proxy')
  atMostOne({ proxy_from_environment, no_proxy }, path, 'source of the proxy')
  if (present(no_proxy) && !present(proxy_url)) throw new ArgumentError([...path, 'no_proxy'], 'no_proxy means nothing without proxy_url')
  if (Object.keys(proxy_connect_header ?? {}).length > 0 && !proxy_from_environment && !present(proxy_url)) {
    throw new ArgumentError([...path, 'proxy_connect_header'], 'proxy_connect_header means nothing without proxy_url or proxy_from_environment')
  }
}

function checkTls(tls: HttpClientArgs['tls_config'], path: Path): void {
  if (tls === undefined) return
  const { ca_pem, ca_file, cert_pem, cert_file, key_pem, key_file } = tls
  atMostOne({ ca_pem, ca_file }, path, 'source of the authorities')
  atMostOne({ cert_pem, cert_file }, path, 'source of the certificate')
  atMostOne({ key_pem, key_file }, path, 'source of the key')
  const certificate = present(cert_pem) || present(cert_file)
  const key = present(key_pem) || present(key_file)
  if (certificate && !key) throw new ArgumentError(path, 'a client certificate needs its key: key_pem or key_file')
  if (key && !certificate) throw new ArgumentError(path, 'a client key needs its certificate: cert_pem or cert_file')
}
