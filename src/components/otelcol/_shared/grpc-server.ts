/** The `grpc` block of receivers: known in full, served nowhere here. */

import { block, boolean, byteSize, capsule, duration, integer, string } from '../../contract/schema.ts'
import { serverTls } from './tls.ts'

/** Settings of a gRPC server; `endpoint` is the component's default address. */
export const grpcServer = (endpoint: string) => block({
  /** Where Alloy would listen. */
  endpoint: string({ default: endpoint }),
  /** The transport to listen on. */
  transport: string({ default: 'tcp' }),
  /** TLS for clients. */
  tls: serverTls(),
  /** The largest message to accept. */
  max_recv_msg_size: byteSize({ default: '4MiB' }),
  /** How many streams a connection may have. */
  max_concurrent_streams: integer({ default: 0 }),
  /** Size of the read buffer. */
  read_buffer_size: byteSize({ default: '512KiB' }),
  /** Size of the write buffer. */
  write_buffer_size: byteSize({ default: '0B' }),
  /** How connections are kept alive. */
  keepalive: block({
    /** When the server closes connections. */
    server_parameters: block({
      /** How long a connection may be idle. */
      max_connection_idle: duration({ default: '0s' }),
      /** How old a connection may become. */
      max_connection_age: duration({ default: '0s' }),
      /** How long calls may go on once their connection is too old. */
      max_connection_age_grace: duration({ default: '0s' }),
      /** How often to ping clients. */
      time: duration({ default: '2h' }),
      /** How long to wait for a ping's answer. */
      timeout: duration({ default: '20s' }),
    }),
    /** What the server asks of its clients. */
    enforcement_policy: block({
      /** The shortest time between two pings of a client. */
      min_time: duration({ default: '5m' }),
      /** Whether clients may ping without a call. */
      permit_without_stream: boolean({ default: false }),
    }),
  }),
  /** Checks credentials of clients. */
  auth: capsule('auth.Handler'),
  /** Whether to keep request metadata for components downstream. */
  include_metadata: boolean({ default: false }),
}, {
  inert: 'gRPC cannot be served here, because the platforms pass no HTTP/2 trailers on: '
    + 'point clients at the http block with OTLP/HTTP (port 4318, OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf).',
})
