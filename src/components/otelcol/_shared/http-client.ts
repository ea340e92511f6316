/** The HTTP client block of otelcol exporters: its arguments, and how a body leaves with them. */

import { deliver, shorter } from '../../../transport/deliver.ts'
import type { Attempt } from '../../../transport/destination.ts'
import { userAgent } from '../../../transport/user-agent.ts'
import { compress, writableEncodings } from '../../../wire/compression.ts'
import type { Call } from '../../contract/call.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { block, boolean, byteSize, capsule, duration, integer, map, string, type Decoded } from '../../contract/schema.ts'
import { checkTls, clientTls } from './tls.ts'

/** What can stand in `compression`. */
const algorithms = ['gzip', 'zlib', 'deflate', 'snappy', 'zstd', 'none', '']
const platform = 'Connections are the platform\'s; it decides how many there are and how long they live.'

/** Arguments of an HTTP client; `endpoint` may be empty where the component has other addresses. */
export const httpClientFields = {
  /** The destination's address; paths of the protocol are added to it. */
  endpoint: string({ required: true, means: 'destination' }),
  /** A proxy to send through. */
  proxy_url: string({ default: '', inert: 'Requests leave through the platform\'s fetch, which takes no proxy.' }),
  /** How to compress what is sent: `gzip`, `zlib`, `deflate`, `snappy`, `zstd` or `none`. */
  compression: string({
    default: 'gzip',
    inert: 'This compression cannot be written here; gzip is sent in its place.',
    inertWhen: name => contentEncoding(name as string) === 'gzip' && name !== 'gzip',
  }),
  /** How hard to compress. */
  compression_params: block({
    /** The compression's level. */
    level: integer({ required: true }),
  }, { inert: 'The platform compresses at a level of its own.' }),
  /** TLS to the destination. */
  tls: clientTls(),
  /** Size of the read buffer. */
  read_buffer_size: byteSize({ default: '0B', inert: platform }),
  /** Size of the write buffer. */
  write_buffer_size: byteSize({ default: '512KiB', inert: platform }),
  /** How long one attempt may take; 0 for as long as the platform lets it. */
  timeout: duration({ default: '30s', means: 'answer-time' }),
  /** Headers to send along. */
  headers: map(string({ required: true }), { default: {} }),
  /** How many idle connections to keep. */
  max_idle_conns: integer({ default: 100, inert: platform }),
  /** How many idle connections to keep to one host. */
  max_idle_conns_per_host: integer({ default: 0, inert: platform }),
  /** How many connections to have to one host. */
  max_conns_per_host: integer({ default: 0, inert: platform }),
  /** How long an idle connection is kept. */
  idle_conn_timeout: duration({ default: '90s', inert: platform }),
  /** Whether every request gets a connection of its own. */
  disable_keep_alives: boolean({ default: false, inert: platform }),
  /** After what silence to ping an HTTP/2 connection. */
  http2_read_idle_timeout: duration({ default: '0s', inert: platform }),
  /** How long to wait for the ping's answer. */
  http2_ping_timeout: duration({ default: '15s', inert: platform }),
  /** Whether to prefer HTTP/2. */
  force_attempt_http2: boolean({ default: true, inert: platform }),
  /** Adds credentials: the `handler` of an `otelcol.auth` component. */
  auth: capsule('auth.Handler'),
  /** Keeps cookies of the destination. */
  cookies: block({
    /** Whether to send cookies back. */
    enabled: boolean({ default: false }),
  }, { inert: 'Nothing is kept between two requests here, cookies neither.' }),
}

/** What a body is sent as; undefined for as it is. Every OTLP receiver has to know gzip, so it does for what cannot be written. */
function contentEncoding(compression: string): string | undefined {
  if (compression === '' || compression === 'none') return undefined
  return writableEncodings.includes(compression) ? compression : 'gzip'
}

/** An HTTP client's arguments, decoded. */
export type HttpClientArgs = Decoded<typeof httpClientFields>

/** One body on its way; statuses as in Delivery. */
export interface Outgoing {
  readonly url: string
  readonly contentType: string
  readonly body: Uint8Array
  readonly attempt: Attempt
  readonly retryableStatus: (status: number) => boolean
}
/** Sends one body; resolves and rejects as `deliver` does. */
export type Send = (outgoing: Outgoing, call: Call) => ReturnType<typeof deliver>

/** A sender with the client's headers, credentials and compression. `at` leads to the client's block; throws ArgumentError. */
export function httpClient(args: HttpClientArgs, at: readonly string[]): Send {
  const { compression, timeout: timeoutMs, auth } = args
  checkTls(args.tls, [...at, 'tls'])
  if (!algorithms.includes(compression)) {
    throw new ArgumentError([...at, 'compression'], `unrecognized compression type ${JSON.stringify(compression)}`, {
      hint: `use ${algorithms.filter(name => name !== '').join(', ')}`,
    })
  }
  const encoding = contentEncoding(compression)
  if (auth !== undefined && auth.authorize === undefined) {
    throw new ArgumentError([...at, 'auth'], 'the handler can only check credentials of requests that come in, not add them to those that go out')
  }
  const fixed = headersOf(args.headers, [...at, 'headers'])
  return async ({ contentType, body, attempt, ...delivery }, call) => {
    const headers = new Headers(fixed)
    headers.set('content-type', contentType)
    if (encoding !== undefined) headers.set('content-encoding', encoding)
    await auth?.authorize!(headers, call)
    const encoded = encoding === undefined ? body : await compress(encoding, body)
    return deliver(call, { ...delivery, headers, body: encoded, attempt: attempt.number, timeoutMs: shorter(timeoutMs, attempt.timeoutMs) })
  }
}

function headersOf(written: Readonly<Record<string, string>>, at: readonly string[]): Headers {
  const headers = new Headers({ 'user-agent': userAgent })
  for (const [name, value] of Object.entries(written)) {
    try {
      headers.set(name, value)
    } catch (error) {
      // What is wrong is told by name only: the value may be a credential.
      throw new ArgumentError([...at, name], `${JSON.stringify(name)} cannot be sent as a header`, {
        hint: 'names are letters, digits and dashes; values have no line breaks', cause: error,
      })
    }
  }
  return headers
}

/** An address that can be sent to. Throws ArgumentError; `at` leads to the argument. */
export function checkUrl(url: string, at: readonly string[]): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new ArgumentError(at, `${JSON.stringify(url)} is not an address to send to`, {
      hint: 'write it with its scheme, like "https://otlp.example.com"',
    })
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new ArgumentError(at, 'credentials do not belong into an address', { hint: 'use an otelcol.auth component' })
  }
  return url
}
