/** What a receiver of OTLP answers and an exporter reads: the export response with its partial success, and google.rpc.Status. */

import { utf8 } from '../lib/bytes.ts'
import { decode } from './otlp-decode.ts'
import { jsonToProto, protoToJson } from './otlp-json.ts'
import type { Decoded, MessageName, Signal } from './otlp-schema.ts'
import { LENGTH, VARINT } from './reader.ts'
import { Writer } from './writer.ts'

export type OtlpEncoding = 'proto' | 'json'

/** How many items were refused, and why; zero with a message is a warning about data that was accepted. */
export interface PartialSuccess {
  readonly rejected: number
  readonly errorMessage: string
}

const responses = { traces: 'ExportTraceServiceResponse', metrics: 'ExportMetricsServiceResponse', logs: 'ExportLogsServiceResponse' } as const

const encoded = (proto: Uint8Array, name: MessageName, encoding: OtlpEncoding): Uint8Array =>
  encoding === 'proto' ? proto : utf8(protoToJson(proto, name))
const decoded = <M extends MessageName>(bytes: Uint8Array, name: M, encoding: OtlpEncoding): Decoded<M> =>
  decode(name, encoding === 'proto' ? bytes : jsonToProto(bytes, name))

/** The body of a 200: empty, as a whole success is written, without `partial`. */
export function encodeExportResponse(signal: Signal, encoding: OtlpEncoding, partial?: PartialSuccess): Uint8Array {
  const w = new Writer(64)
  if (partial !== undefined) {
    w.tag(1, LENGTH).fork()
    if (partial.rejected > 0) w.tag(1, VARINT).varint(partial.rejected)
    if (partial.errorMessage !== '') w.tag(2, LENGTH).string(partial.errorMessage)
    w.join()
  }
  return encoded(w.finish(), responses[signal], encoding)
}

/** What a destination refused of a request that it otherwise accepted; undefined for nothing at all. Throws WireError. */
export function decodeExportResponse(bytes: Uint8Array, signal: Signal, encoding: OtlpEncoding): PartialSuccess | undefined {
  if (bytes.length === 0) return undefined
  const { partialSuccess } = decoded(bytes, responses[signal], encoding)
  if (partialSuccess === undefined) return undefined
  const { errorMessage, ...counts } = partialSuccess
  const rejected = Number(Object.values(counts)[0])
  return rejected === 0 && errorMessage === '' ? undefined : { rejected, errorMessage }
}

/** The body of a refusal: `code` is gRPC's (3 invalid argument, 8 resource exhausted, 14 unavailable, ...). */
export function encodeStatus({ code, message }: Decoded<'Status'>, encoding: OtlpEncoding): Uint8Array {
  const w = new Writer(64)
  if (code !== 0) w.tag(1, VARINT).int32(code)
  if (message !== '') w.tag(2, LENGTH).string(message)
  return encoded(w.finish(), 'Status', encoding)
}

/** The code and message of a refusal. Throws WireError. */
export const decodeStatus = (bytes: Uint8Array, encoding: OtlpEncoding): Decoded<'Status'> => decoded(bytes, 'Status', encoding)
