/** The arguments of an HTTP client as Prometheus components take them; `client.ts` says what becomes of them. */

import { block, boolean, list, map, secret, string, type Decoded, type Fields } from '../components/contract/schema.ts'

const direct = 'Requests go out through the platform\'s fetch, which knows no proxy: they go to the destination directly.'

const proxy = () => ({
  /** The proxy that requests would go through. */
  proxy_url: string({ inert: direct }),
  /** Hosts that would be reached without the proxy, comma separated. */
  no_proxy: string({ inert: direct }),
  /** Whether the proxy would be taken from the environment's variables. */
  proxy_from_environment: boolean({ default: false, inert: direct }),
  /** Headers that would be sent to the proxy. */
  proxy_connect_header: map(list(secret({ required: true }), { required: true }), { inert: direct }),
} satisfies Fields)

const tls = () => block({
  /** Certificate authorities to trust, in PEM. */
  ca_pem: string(),
  /** A file of certificate authorities to trust. */
  ca_file: string(),
  /** The client's certificate, in PEM. */
  cert_pem: string(),
  /** A file of the client's certificate. */
  cert_file: string(),
  /** The key of the client's certificate, in PEM. */
  key_pem: secret(),
  /** A file of the client's key. */
  key_file: string(),
  /** The name that the server's certificate must bear. */
  server_name: string(),
  /** Whether any certificate would be accepted. */
  insecure_skip_verify: boolean({ default: false }),
  /** The oldest version of TLS to speak. */
  min_version: string({ oneOf: ['TLS10', 'TLS11', 'TLS12', 'TLS13'] }),
}, {
  inert: 'The platform\'s fetch checks certificates against its own authorities: private authorities, client certificates, '
    + 'insecure_skip_verify and the other settings of this block have no effect.',
})

const oauth2 = () => block({
  /** The client's id; required by the block. */
  client_id: string({ default: '' }),
  /** The client's secret. */
  client_secret: secret(),
  /** A file that holds the client's secret. */
  client_secret_file: string({ reads: 'secret' }),
  /** The scopes to ask for. */
  scopes: list(string({ required: true }), { default: [] }),
  /** Where tokens are asked for; required by the block. */
  token_url: string({ default: '' }),
  /** Further parameters of the token request. */
  endpoint_params: map(string({ required: true }), { default: {} }),
  ...proxy(),
  /** TLS towards the token endpoint. */
  tls_config: tls(),
})

/** The shared client arguments: credentials, headers, redirects, and what a platform's fetch does not offer. */
export const promHttpClient = (options: { http2?: boolean } = {}) => ({
  /** A user name and password. */
  basic_auth: block({
    /** The user's name. */
    username: string({ default: '' }),
    /** The user's password. */
    password: secret(),
    /** A file that holds the password. */
    password_file: string({ reads: 'secret' }),
  }),
  /** Credentials of another type in the Authorization header. */
  authorization: block({
    /** The type that stands before the credentials. */
    type: string({ default: 'Bearer' }),
    /** The credentials themselves. */
    credentials: secret(),
    /** A file that holds the credentials. */
    credentials_file: string({ reads: 'secret' }),
  }),
  /** A token from an OAuth 2.0 endpoint, by client credentials. */
  oauth2: oauth2(),
  /** A bearer token. */
  bearer_token: secret(),
  /** A file that holds a bearer token. */
  bearer_token_file: string({ reads: 'secret' }),
  ...proxy(),
  /** TLS towards the destination. */
  tls_config: tls(),
  /** Whether redirects are followed. */
  follow_redirects: boolean({ default: true }),
  /** Whether HTTP/2 may be spoken. */
  enable_http2: boolean({ default: options.http2 ?? true, inert: 'The platform\'s fetch chooses the version of HTTP itself.' }),
  /** Further headers of every request, each with its values. */
  http_headers: map(list(secret({ required: true }), { required: true }), { default: {} }),
} satisfies Fields)

/** What `build` gets for the shared client arguments. */
export type HttpClientArgs = Decoded<ReturnType<typeof promHttpClient>>
export type OAuth2Args = NonNullable<HttpClientArgs['oauth2']>
/** A text that is never shown. */
export type Secret = NonNullable<HttpClientArgs['bearer_token']>
