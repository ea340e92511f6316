import { received } from '../_shared/accounting.ts'
import { debugMetrics } from '../_shared/debug-metrics.ts'
import { grpcServer } from '../_shared/grpc-server.ts'
import { httpServer, httpServerFields, type HttpProtocol } from '../_shared/http-server.ts'
import { utf8 } from '../../../lib/bytes.ts'
import type { OtlpSignal } from '../../../telemetry/batch.ts'
import { countItems } from '../../../telemetry/count.ts'
import { otlpBatch, validateOtlp } from '../../../telemetry/otlp.ts'
import { HttpError, mediaType } from '../../../transport/receive.ts'
import { WireError } from '../../../wire/error.ts'
import { otlpJsonToProto } from '../../../wire/otlp-json.ts'
import { encodeExportResponse, encodeStatus, type OtlpEncoding, type PartialSuccess } from '../../../wire/otlp-response.ts'
import { toOutput, type OtlpOutput } from '../../contract/consume.ts'
import { defineComponent } from '../../contract/define.ts'
import { ArgumentError, ConsumeError } from '../../contract/errors.ts'
import { args, block, otlpOutput, string } from '../../contract/schema.ts'

/** Takes traces, metrics and logs in OTLP over HTTP, in protobuf and JSON. */
export default defineComponent({
  name: 'otelcol.receiver.otlp',
  stability: 'generally-available',
  args: args({
    /** OTLP over gRPC. */
    grpc: grpcServer('0.0.0.0:4317'),
    /** OTLP over HTTP; without this block nothing is served. */
    http: block({
      ...httpServerFields('0.0.0.0:4318'),
      /** The path that traces are sent to. */
      traces_url_path: string({ default: '/v1/traces' }),
      /** The path that metrics are sent to. */
      metrics_url_path: string({ default: '/v1/metrics' }),
      /** The path that logs are sent to. */
      logs_url_path: string({ default: '/v1/logs' }),
    }),
    /** Alloy's own metrics of this component. */
    debug_metrics: debugMetrics(),
    /** Where the data goes; a signal that goes nowhere is not served. */
    output: otlpOutput(),
  }),
  build({ http, output }) {
    if (http === undefined) return {}
    const paths: Record<string, HttpProtocol> = {}
    for (const signal of ['traces', 'metrics', 'logs'] as const) {
      const argument = `${signal}_url_path` as const
      const written = http[argument]
      if (written === '') throw new ArgumentError(['http', argument], `${argument} cannot be empty`)
      const path = written.startsWith('/') ? written : `/${written}`
      if (/[\s?#*]/.test(path)) throw new ArgumentError(['http', argument], `${JSON.stringify(written)} is not a path`)
      if (paths[path] !== undefined) throw new ArgumentError(['http', argument], `${path} is the path of another signal already`)
      if (output[signal].length > 0) paths[path] = protocol(signal, output)
    }
    return httpServer(http, ['http'], paths)
  },
})

const contentTypes: Readonly<Record<OtlpEncoding, string>> = { proto: 'application/x-protobuf', json: 'application/json' }

function encodingOf(request: Request): OtlpEncoding | undefined {
  const type = mediaType(request)
  return type === contentTypes.proto ? 'proto' : type === contentTypes.json ? 'json' : undefined
}

const answer = (status: number, encoding: OtlpEncoding, body: Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
  new Response(body as BodyInit, { status, headers: { ...headers, 'content-type': contentTypes[encoding] } })

/** One signal's requests: the collector's statuses and bodies, with the differences of semantics.md 8. */
const protocol = (signal: OtlpSignal, output: OtlpOutput): HttpProtocol => ({
  admit(request) {
    if (encodingOf(request) === undefined) throw new HttpError(415, '415 unsupported media type, supported: [application/json, application/x-protobuf]')
  },
  async receive(body, request, call) {
    const encoding = encodingOf(request)!
    const batch = otlpBatch(signal, parse(body, signal, encoding))
    // An exporter with nothing to say sends an empty request, which is a success.
    const partial = batch.bytes.length === 0 ? undefined : await partialSuccess(received('otlp', batch, call, toOutput(output, batch, call)), () => countItems(batch))
    return answer(200, encoding, encodeExportResponse(signal, encoding, partial))
  },
  refuse(status, message, headers, request) {
    const encoding = encodingOf(request)
    // The type of the answer is that of the request, so an unknown one gets plain text, as from the collector.
    if (status === 415 && encoding === undefined) {
      return new Response(utf8(message) as BodyInit, { status, headers: { ...headers, 'content-type': 'text/plain' } })
    }
    const code = grpcCodes[status] ?? (status === 500 ? internal : unknown)
    return answer(status, encoding ?? 'json', encodeStatus({ code, message }, encoding ?? 'json'), headers)
  },
})

/** Codes of google.rpc.Code by HTTP status. */
const grpcCodes: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 404: 12, 413: 3, 415: 3, 429: 8, 502: 14, 503: 14, 504: 14 }
const unknown = 2
const internal = 13

/** The request in protobuf; 400 where it is none. */
function parse(body: Uint8Array, signal: OtlpSignal, encoding: OtlpEncoding): Uint8Array {
  try {
    if (encoding === 'json') return otlpJsonToProto(body, signal)
    validateOtlp(body, signal)
    return body
  } catch (error) {
    if (error instanceof WireError) throw new HttpError(400, error.message, { cause: error })
    throw error
  }
}

/**
 * What a success has to confess: that some items were refused for good. All of them is no success, and neither is a part that may
 * be accepted later: the sender only sends again what it was refused whole.
 */
async function partialSuccess(consumed: Promise<void>, items: () => number): Promise<PartialSuccess | undefined> {
  try {
    await consumed
    return undefined
  } catch (error) {
    const partly = error instanceof ConsumeError && error.kind === 'permanent' && error.rejected !== undefined && error.rejected < items()
    if (!partly) throw error
    return { rejected: error.rejected, errorMessage: error.message }
  }
}
