/** The HTTP server block of otelcol receivers: its arguments, and what every request goes through (CORS, credentials, body). */

import { HttpError, guarded, readBody, type BodyRules } from '../../../transport/receive.ts'
import type { Call, Client } from '../../contract/call.ts'
import type { Instance, RouteHandler } from '../../contract/define.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { block, boolean, byteSize, capsule, duration, integer, list, string, type Decoded } from '../../contract/schema.ts'
import { cors } from './cors.ts'
import { parseListen } from './listen.ts'
import { checkTls, serverTls } from './tls.ts'

const platform = 'Connections are the platform\'s; it decides how long they live.'

/** What can stand in `compression_algorithms`; the empty name is a body that is not compressed. */
const algorithms = ['', 'gzip', 'zstd', 'zlib', 'snappy', 'deflate', 'lz4'] as const

/** Arguments of an HTTP server; `endpoint` is the component's default address. */
export const httpServerFields = (endpoint: string) => ({
  /** Where to listen when run locally on Node; on the clouds the function's own address serves every receiver. */
  endpoint: string({ default: endpoint }),
  /** TLS for clients. */
  tls: serverTls(),
  /** Lets pages of other origins send from a browser. */
  cors: block({
    /** The origins that may send, each with at most one `*` in it. */
    allowed_origins: list(string({ required: true }), { default: [] }),
    /** The request headers they may use beside the harmless ones; `*` for all. */
    allowed_headers: list(string({ required: true }), { default: [] }),
    /** The response headers that pages may read. */
    exposed_headers: list(string({ required: true }), { default: [] }),
    /** Seconds for which browsers may remember these rules. */
    max_age: integer({ default: 0 }),
  }, { defaults: true }),
  /** Checks credentials: the `handler` of an `otelcol.auth` component. */
  auth: capsule('auth.Handler'),
  /** The most bytes a request may have, compressed and again decompressed; 0 for 20 MiB. */
  max_request_body_size: byteSize({ default: '20MiB', means: 'request-size' }),
  /** Whether to keep request headers for components downstream. */
  include_metadata: boolean({ default: false }),
  /** Which Content-Encodings to accept; the empty name stands for none. */
  compression_algorithms: list(string({ required: true, oneOf: algorithms }), { default: algorithms }),
  /** Whether connections serve more than one request. */
  keep_alives_enabled: boolean({ default: true, inert: platform }),
  /** How long a connection may be idle. */
  idle_timeout: duration({ default: '1m', inert: platform }),
  /** How long reading a request may take; 0 for any time. */
  read_timeout: duration({ default: '0s', inert: platform }),
  /** How long reading a request's headers may take. */
  read_header_timeout: duration({ default: '1m', inert: platform }),
  /** How long writing an answer may take. */
  write_timeout: duration({ default: '30s', inert: platform }),
})
/** An HTTP server's arguments, decoded. */
export type HttpServerArgs = Decoded<ReturnType<typeof httpServerFields>>

/** How one protocol speaks HTTP: what a path does with a body, and how a refusal is worded. */
export interface HttpProtocol {
  /** Refuses a request by its headers alone, before its body is read: throws HttpError. */
  readonly admit: (request: Request) => void
  readonly receive: (body: Uint8Array, request: Request, call: Call) => Promise<Response>
  readonly refuse: Parameters<typeof guarded>[1]
}

/** What a receiver with one HTTP server returns from `build`: routes for `paths`, each to its protocol. `at` leads to the server's block. */
export function httpServer(args: HttpServerArgs, at: readonly string[], paths: Readonly<Record<string, HttpProtocol>>): Instance {
  checkTls(args.tls, [...at, 'tls'])
  if (args.max_request_body_size < 0) {
    throw new ArgumentError([...at, 'max_request_body_size'], 'max_request_body_size must not be negative')
  }
  if (args.auth !== undefined && args.auth.authenticate === undefined) {
    throw new ArgumentError([...at, 'auth'], 'the handler can only add credentials to requests that go out, not check those that come in')
  }
  const listen = parseListen(args.endpoint, [...at, 'endpoint'])
  const rules = cors(args.cors)
  const routes: Record<string, RouteHandler> = {}
  for (const [path, protocol] of Object.entries(paths)) {
    const handle = guarded(handler(args, protocol), protocol.refuse)
    routes[`POST ${path}`] = rules === undefined ? handle : async (request, call) => rules.expose(request, await handle(request, call))
    if (rules !== undefined) {
      routes[`OPTIONS ${path}`] = async request =>
        rules.preflight(request) ?? rules.expose(request, new Response('405 method not allowed, supported: [POST]', { status: 405, headers: { allow: 'POST' } }))
    }
  }
  return { routes, listen, ...(args.auth !== undefined && { guarded: true }) }
}

function handler(args: HttpServerArgs, { admit, receive }: HttpProtocol): RouteHandler {
  const { compression_algorithms: accepted, include_metadata } = args
  const rules: BodyRules = { limit: args.max_request_body_size || 20 * 1024 * 1024, encodings: accepted }
  const plainRefused = accepted.length > 0 && !accepted.includes('')
  return async (request, call) => {
    const auth = await authenticate(args, request, call)
    admit(request)
    if (plainRefused && (request.headers.get('content-encoding') ?? '') === '') {
      throw new HttpError(415, `a body must be compressed here; accepted: ${accepted.join(', ')}`)
    }
    const body = await readBody(request, rules)
    return receive(body, request, call.from(clientOf(request, call.client, auth, include_metadata)))
  }
}

/** What the auth handler knows of the sender; 401 when it knows nothing good. */
async function authenticate({ auth }: HttpServerArgs, request: Request, call: Call): Promise<Client['auth']> {
  if (auth === undefined) return call.client.auth
  const known = await auth.authenticate!(request.headers, call)
  if (known !== undefined) return known
  const headers = auth.challenge === undefined ? {} : { 'www-authenticate': auth.challenge }
  throw new HttpError(401, 'the credentials are missing or wrong', { headers })
}

function clientOf(request: Request, known: Client, auth: Client['auth'], includeMetadata: boolean): Client {
  const metadata: Record<string, readonly string[]> = {}
  if (includeMetadata) for (const [name, value] of request.headers) metadata[name] = [value]
  return { ...known, metadata, auth }
}
