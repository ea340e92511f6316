/**
 * What the receivers refuse, as data: each case with the exact answer. The texts are a promise: they name the format, the place and,
 * where there is one, the way out. `arrives` is what reaches the destination nevertheless: the good neighbours of bad data.
 */

import { credentials } from '../config.ts'

export interface BadInput {
  readonly name: string
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Made when it is needed: some are large. */
  readonly body?: () => Uint8Array | string
  readonly answer: Answer
  /** Spans, series or lines at the destination; nothing unless given. */
  readonly arrives?: readonly string[]
}

export type Answer = {
  readonly status: number
  readonly type: string
  /** Headers that must be there besides. */
  readonly headers?: Readonly<Record<string, string>>
} & ({ readonly text: string } | {
  /** Of a google.rpc.Status, in the encoding that the type says. */
  readonly code: number
  readonly message: string
})

/** The most bytes that each receiver takes here. */
export const limit = 64 * 1024

/** What is served: each receiver with a destination below the sink. */
export const badInputConfig = `
otelcol.receiver.otlp "in" {
  http {
    endpoint              = "127.0.0.1:0"
    max_request_body_size = "64KiB"
  }
  output { traces = [otelcol.exporter.otlphttp.out.input] }
}

otelcol.receiver.otlp "guarded" {
  http {
    endpoint        = "127.0.0.1:0"
    traces_url_path = "/guarded"
    auth            = otelcol.auth.basic.sender.handler
  }
  output { traces = [otelcol.exporter.otlphttp.out.input] }
}

otelcol.auth.basic "sender" {
  username = "${credentials.user}"
  password = "${credentials.password}"
}

otelcol.exporter.otlphttp "out" {
  client {
    endpoint    = sys.env("SINK") + "/otlp"
    compression = "none"
  }
}

prometheus.receive_http "in" {
  http { listen_port = 0 }
  forward_to = [prometheus.remote_write.out.receiver]
}

prometheus.remote_write "out" {
  endpoint { url = sys.env("SINK") + "/prometheus" }
}

loki.source.api "in" {
  http { listen_port = 0 }
  max_send_message_size = "64KiB"
  forward_to            = [loki.write.out.receiver]
}

loki.write "out" {
  endpoint { url = sys.env("SINK") + "/loki" }
}
`

export const proto = 'application/x-protobuf'
export const json = 'application/json'
export const plain = 'text/plain; charset=utf-8'

/** A place in an answer is not quoted at any length. */
export const shortened = (place: string) => place.slice(0, 300)

/** What a 404 lists. */
export const routes = [
  'POST /v1/traces -> otelcol.receiver.otlp.in',
  'POST /guarded -> otelcol.receiver.otlp.guarded',
  'POST /api/v1/metrics/write -> prometheus.receive_http.in',
  'POST /loki/api/v1/push -> loki.source.api.in',
  'POST /api/v1/push -> loki.source.api.in',
  'POST /loki/api/v1/raw -> loki.source.api.in',
  'POST /api/v1/raw -> loki.source.api.in',
  'GET /ready -> loki.source.api.in',
].map(route => `  ${route}\n`).join('')

/** Answers of OTLP: a google.rpc.Status in the encoding of the request. */
export const status = (httpStatus: number, code: number, message: string, type = proto): Answer => ({ status: httpStatus, type, code, message })
export const malformed = (message: string) => status(400, 3, message)
export const malformedJson = (message: string) => status(400, 3, message, json)
export const refused = (type = proto): Answer => ({ ...status(401, 16, 'the credentials are missing or wrong', type), headers: { 'www-authenticate': 'Basic' } })

/** Answers in plain text. */
export const text = (httpStatus: number, message: string): Answer => ({ status: httpStatus, type: plain, text: `${message}\n` })
export const nothingAt = (path: string): Answer => ({ status: 404, type: plain, text: `nothing is served at ${path}; the routes are:\n${routes}` })
export const onlyPost = (method: string, path: string): Answer => ({ ...text(405, `${method} is not allowed on ${path}; use POST`), headers: { allow: 'POST' } })
export const accepted: Answer = { status: 204, type: '', text: '' }

export const tooLarge = (how: string, most = limit) => `the body is larger than the limit of ${most} bytes ${how}; send smaller batches`
export const unknownType: Answer = { status: 415, type: 'text/plain', text: '415 unsupported media type, supported: [application/json, application/x-protobuf]' }

export const bytes = (...values: number[]) => Uint8Array.from(values)
/** The first `share` of a message. */
export const cut = (message: Uint8Array, share: number) => message.subarray(0, Math.floor(message.length * share))
export const zeros = (size: number) => new Uint8Array(size)

export const asJson = { 'content-type': json }
export const inGzip = { 'content-encoding': 'gzip' }

/** A number as protobuf writes it. */
export function varint(value: number): number[] {
  const digits = []
  for (; value > 127; value >>>= 7) digits.push((value & 127) | 128)
  return [...digits, value]
}
