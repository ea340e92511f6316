/** The arguments of a listening server as receivers with a server of their own take them (dskit's, as Alloy has it). */

import { block, boolean, duration, integer, secret, string, type Decoded, type Fields } from '../components/contract/schema.ts'
import type { Instance } from '../components/contract/define.ts'

const served = 'All receivers are served at the function\'s one address; connections, their limits and timeouts are the platform\'s.'
const noTls = 'TLS ends at the platform, before a request gets here.'
const noGrpc = 'Neither platform hands gRPC calls to a function; send by HTTP.'

const tls = () => block({
  /** The server's certificate, in PEM. */
  cert_pem: string(),
  /** The key of the server's certificate, in PEM. */
  key_pem: secret(),
  /** A file of the server's certificate. */
  cert_file: string(),
  /** A file of the server's key. */
  key_file: string(),
  /** What is asked of client certificates. */
  client_auth_type: string(),
  /** A file of authorities that client certificates are checked against. */
  client_ca_file: string(),
  /** The authorities that client certificates are checked against, in PEM. */
  client_ca: string(),
  /** The cipher suites to offer, comma separated. */
  cipher_suites: string(),
  /** The oldest version of TLS to speak. */
  min_version: string(),
}, { inert: noTls })

const http2 = () => block({
  /** Whether HTTP/2 is spoken. */
  enabled: boolean({ default: false }),
  /** The most handlers that run at once; 0 is no limit. */
  max_handlers: integer({ default: 0 }),
  /** The most streams of one connection. */
  max_concurrent_streams: integer({ default: 100 }),
  /** The size of the decoder's header table. */
  max_decoder_header_table_size: integer({ default: 4096 }),
  /** The size of the encoder's header table. */
  max_encoder_header_table_size: integer({ default: 4096 }),
  /** The largest frame to read. */
  max_read_frame_size: integer({ default: 0 }),
  /** Whether weak ciphers are allowed. */
  permit_prohibited_ciphers: boolean({ default: false }),
  /** How long a connection may be idle. */
  idle_timeout: duration({ default: '0s' }),
  /** How long a connection may be silent before it is pinged. */
  read_idle_timeout: duration({ default: '0s' }),
  /** How long an answer to a ping may take. */
  ping_timeout: duration({ default: '15s' }),
  /** How long writing may make no progress. */
  write_byte_timeout: duration({ default: '0s' }),
  /** The upload buffer of a connection, in bytes. */
  max_upload_buffer_per_connection: integer({ default: 0 }),
  /** The upload buffer of a stream, in bytes. */
  max_upload_buffer_per_stream: integer({ default: 0 }),
}, { inert: 'The platform chooses the version of HTTP.' })

/** The blocks `http` and `grpc`, and the time to shut down. */
export const dskitServer = () => ({
  /** Where Alloy would listen for HTTP; the Node target opens that port. */
  http: block({
    /** The address to listen on; empty is all of them. */
    listen_address: string({ default: '' }),
    /** The port to listen on. */
    listen_port: integer({ min: 0, max: 65535, default: 8080 }),
    /** The most connections at once; 0 is no limit. */
    conn_limit: integer({ default: 0, inert: served }),
    /** How long reading a request may take. */
    server_read_timeout: duration({ default: '30s', inert: served }),
    /** How long writing an answer may take. */
    server_write_timeout: duration({ default: '30s', inert: served }),
    /** How long a connection may be idle. */
    server_idle_timeout: duration({ default: '2m', inert: served }),
    /** TLS of the listening port. */
    tls: tls(),
    /** Settings of HTTP/2. */
    http2: http2(),
  }, { defaults: true }),
  /** Where Alloy would listen for gRPC. */
  grpc: block({
    /** The address to listen on; empty is all of them. */
    listen_address: string({ default: '' }),
    /** The port to listen on; 0 is any. */
    listen_port: integer({ min: 0, max: 65535, default: 0 }),
    /** The most connections at once; 0 is no limit. */
    conn_limit: integer({ default: 0 }),
    /** How long a connection may live. */
    max_connection_age: duration(),
    /** How long a connection may live on to finish its calls. */
    max_connection_age_grace: duration(),
    /** How long a connection may be idle. */
    max_connection_idle: duration(),
    /** The largest message to receive, in bytes. */
    server_max_recv_msg_size: integer({ default: 4_194_304 }),
    /** The largest message to send, in bytes. */
    server_max_send_msg_size: integer({ default: 4_194_304 }),
    /** The most calls of one connection. */
    server_max_concurrent_streams: integer({ default: 100 }),
    /** TLS of the listening port. */
    tls: tls(),
  }, { inert: noGrpc }),
  /** How long running requests may take to end when the server stops. */
  graceful_shutdown_timeout: duration({ default: '30s', inert: 'The platform ends a function\'s requests by its own rules.' }),
} satisfies Fields)

/** Where Alloy would listen for HTTP; nothing for port 0, which is "any". */
export function listening({ http }: Decoded<ReturnType<typeof dskitServer>>): Pick<Instance, 'listen'> {
  const { listen_address: host, listen_port: port } = http
  return port === 0 ? {} : { listen: { host: host === '' ? '0.0.0.0' : host, port } }
}
