/** What an OTLP destination reads from a request, by protobufjs and JSON.parse: nothing of Sluice's own code. */

import { gunzipSync } from 'node:zlib'
import type { OtlpSignal } from '../../../src/telemetry/batch.ts'
import { requestTypes, type Plain } from '../../support/otlp.ts'
import type { Received } from '../../support/sink.ts'

/** A request as plain objects, the same for both encodings: 64-bit integers as text, bytes as base64, unset fields absent. */
export function readRequest({ path, headers, body }: Received): Plain {
  const signal = path.split('/').at(-1) as OtlpSignal
  const type = requestTypes[signal]
  const bytes = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
  const json = headers['content-type']!.startsWith('application/json')
  const message = json ? type.fromObject(fromJson(JSON.parse(new TextDecoder().decode(bytes))) as Plain) : type.decode(bytes)
  // A round trip by protobuf makes absent and default the same.
  return type.toObject(type.decode(type.encode(message).finish()), { longs: String, bytes: String })
}

const hexFields = new Set(['traceId', 'spanId', 'parentSpanId'])

/** OTLP/JSON to protobufjs' idea of JSON, which wants base64 where OTLP has hexadecimal. */
function fromJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) =>
    [key, hexFields.has(key) && typeof inner === 'string' ? Buffer.from(inner, 'hex').toString('base64') : fromJson(inner)]))
}

/** Without fields whose message has no field set: our JSON leaves them out, as it does any default (`status: {}` says what no status says). */
export function withoutEmpty<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutEmpty) as T
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).map(([key, inner]) => [key, withoutEmpty(inner) as unknown] as const)
    .filter(([, inner]) => typeof inner !== 'object' || inner === null || Array.isArray(inner) || Object.keys(inner).length > 0)
  return Object.fromEntries(kept) as T
}

/** Runs `edit` over the attributes of every span, data point and log record of a request that was read. */
export function editItems(request: Plain, edit: (attributes: Plain[]) => Plain[]): Plain {
  const items = new Set(['spans', 'dataPoints', 'logRecords'])
  const walk = (value: unknown, isItem: boolean): unknown => {
    if (Array.isArray(value)) return value.map(inner => walk(inner, isItem))
    if (typeof value !== 'object' || value === null) return value
    const walked = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner, items.has(key))]))
    return isItem ? { ...walked, attributes: edit((walked.attributes ?? []) as Plain[]) } : walked
  }
  return walk(request, false) as Plain
}
