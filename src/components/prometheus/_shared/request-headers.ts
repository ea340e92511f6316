/** The headers of an endpoint's requests. */

import type { Call } from '../../contract/call.ts'
import { present, sendableHeader, type Path } from '../../../transport/arguments.ts'
import { httpClient, setCredentials } from '../../../transport/client.ts'
import { identify, userAgent } from '../../../transport/user-agent.ts'
import { azureTokens } from './azuread.ts'
import { googleTokens } from './google-iam.ts'
import { v2Message, type Message } from './messages.ts'
import type { EndpointArgs } from './remote-args.ts'

export interface RequestHeaders {
  readonly redirect: 'follow' | 'manual'
  /** The user's, credentials, who we are, and last the protocol's own, which nothing may replace. Rejects with a ConsumeError. */
  make(message: Message, call: Call): Promise<Headers>
}

/** The headers by the arguments that stand at `path`, `basic` being what the address held; throws ArgumentError for what cannot work. */
export function requestHeaders(args: EndpointArgs, basic: string | undefined, path: Path): RequestHeaders {
  const { sigv4, azuread, google_iam } = args
  const client = httpClient(args, path, { sigv4, azuread, google_iam })
  const tokens = azuread !== undefined ? azureTokens(azuread, [...path, 'azuread'])
    : google_iam !== undefined ? googleTokens(google_iam, [...path, 'google_iam']) : undefined
  for (const [name, value] of Object.entries(args.headers)) sendableHeader(name, value, [...path, 'headers', name])
  return {
    redirect: client.redirect,
    async make(message, call) {
      const headers = new Headers({ 'user-agent': userAgent, ...(present(basic) && { authorization: basic! }) })
      for (const [name, value] of Object.entries(args.headers)) headers.set(name, value)
      await client.authorize(headers, call)
      if (tokens !== undefined) setCredentials(headers, await tokens(call))
      await identify(headers, call)
      for (const [name, value] of protocolHeaders[message]) headers.set(name, value)
      return headers
    },
  }
}

const protocolHeaders: Record<Message, [string, string][]> = {
  'prometheus.WriteRequest': [
    ['content-type', 'application/x-protobuf'], ['content-encoding', 'snappy'], ['x-prometheus-remote-write-version', '0.1.0'],
  ],
  'io.prometheus.write.v2.Request': [
    ['content-type', `application/x-protobuf;proto=${v2Message}`], ['content-encoding', 'snappy'], ['x-prometheus-remote-write-version', '2.0.0'],
  ],
}
