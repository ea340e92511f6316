/** Numbered items in every protocol, by codecs that are not ours: what a sender sends, and what a destination finds in a request. */

import { gunzipSync } from 'node:zlib'
import { decodeSnappyBlock, encodeSnappy } from '../../src/wire/snappy.ts'
import { attributes, requestTypes, type Plain } from '../../test/support/otlp.ts'
import { decode, encode } from '../../test/support/prompb.ts'

export type Signal = 'traces' | 'metrics' | 'logs' | 'write' | 'loki'
export const signals: readonly Signal[] = ['traces', 'metrics', 'logs', 'write', 'loki']

/** The `number`-th item of a stream; a stream's items are accepted in the order of their numbers. */
export interface Item {
  readonly stream: string
  readonly number: number
}

/** Where each is sent below the address of a receiver or destination. */
export const paths: Readonly<Record<Signal, string>> = {
  traces: '/v1/traces', metrics: '/v1/metrics', logs: '/v1/logs', write: '/api/v1/write', loki: '/loki/api/v1/push',
}

const seconds = (number: number) => 1_700_000_000 + number
const nanos = (number: number) => `${seconds(number)}000000000`
/** So that batches have a weight. */
const padding = 'x'.repeat(100)

const resource = (stream: string): Plain => ({ attributes: attributes({ stream }) })
const id = (stream: string, length: number) => Buffer.alloc(length, stream).toString('base64')

const otlp: Readonly<Record<'traces' | 'metrics' | 'logs', (item: Item) => Plain>> = {
  traces: ({ stream, number }) => ({
    resource: resource(stream),
    scopeSpans: [{ spans: [{
      traceId: id(stream, 16), spanId: id(`${number}.${stream}`, 8), name: String(number), startTimeUnixNano: nanos(number),
      endTimeUnixNano: nanos(number + 1), attributes: attributes({ padding }),
    }] }],
  }),
  metrics: ({ stream, number }) => ({
    resource: resource(stream),
    scopeMetrics: [{ metrics: [{ name: 'chaos', gauge: { dataPoints: [{ timeUnixNano: nanos(number), asInt: String(number), attributes: attributes({ padding }) }] } }] }],
  }),
  logs: ({ stream, number }) => ({
    resource: resource(stream),
    scopeLogs: [{ logRecords: [{ timeUnixNano: nanos(number), body: { stringValue: String(number) }, attributes: attributes({ padding }) }] }],
  }),
}

const outer = { traces: 'resourceSpans', metrics: 'resourceMetrics', logs: 'resourceLogs' } as const

/** A request's body, uncompressed for OTLP, snappy for the others. */
export function encodeItems(signal: Signal, items: readonly Item[]): Uint8Array {
  if (signal === 'write') {
    return encodeSnappy(encode('WriteRequest', { timeseries: items.map(({ stream, number }) => ({
      labels: [{ name: '__name__', value: 'chaos' }, { name: 'stream', value: stream }], samples: [{ value: number, timestamp: String(seconds(number) * 1000) }],
    })) }))
  }
  if (signal === 'loki') {
    return encodeSnappy(encode('PushRequest', { streams: items.map(({ stream, number }) => ({
      labels: `{stream="${stream}"}`, entries: [{ timestamp: { seconds: String(seconds(number)), nanos: 0 }, line: `${number} ${padding}` }],
    })) }))
  }
  const type = requestTypes[signal]
  return Uint8Array.from(type.encode(type.fromObject({ [outer[signal]]: items.map(otlp[signal]) })).finish())
}

/** What a request holds, by its path and encoding. */
export function decodeRequest(path: string, encoding: string | undefined, body: Uint8Array): Item[] {
  const signal = signals.find(each => path.endsWith(paths[each]))
  if (signal === undefined) throw new Error(`nothing is taken at ${path}`)
  return decodeItems(signal, encoding === 'gzip' ? gunzipSync(body) : encoding === 'snappy' ? decodeSnappyBlock(body, 1 << 26) : body)
}

/** What an uncompressed message holds, in its order. */
export function decodeItems(signal: Signal, bytes: Uint8Array): Item[] {
  if (signal === 'write') {
    const { timeseries = [] } = decode('WriteRequest', bytes) as { timeseries?: { labels: { name: string; value: string }[]; samples?: { value: number }[] }[] }
    return timeseries.flatMap(({ labels, samples = [] }) =>
      samples.map(({ value }) => ({ stream: labels.find(({ name }) => name === 'stream')!.value, number: value })))
  }
  if (signal === 'loki') {
    const { streams = [] } = decode('PushRequest', bytes) as { streams?: { labels: string; entries?: { line: string }[] }[] }
    return streams.flatMap(({ labels, entries = [] }) =>
      entries.map(({ line }) => ({ stream: /stream="([^"]*)"/.exec(labels)![1]!, number: Number.parseInt(line, 10) })))
  }
  const type = requestTypes[signal]
  const message = type.toObject(type.decode(bytes), { longs: String }) as Record<string, OtlpResource[] | undefined>
  return (message[outer[signal]] ?? []).flatMap(({ resource, ...scopes }) => {
    const stream = resource.attributes.find(({ key }) => key === 'stream')!.value.stringValue
    return numbersIn(scopes).map(number => ({ stream, number }))
  })
}

interface OtlpResource {
  readonly resource: { readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[] }
  readonly [scopes: string]: unknown
}

/** The numbers of one resource's spans, points or records. */
function numbersIn(scopes: unknown): number[] {
  if (Array.isArray(scopes)) return scopes.flatMap(numbersIn)
  if (typeof scopes !== 'object' || scopes === null) return []
  const { name, traceId, asInt, body } = scopes as { name?: string; traceId?: unknown; asInt?: string; body?: { stringValue: string } }
  if (traceId !== undefined) return [Number(name)]
  if (asInt !== undefined) return [Number(asInt)]
  if (body !== undefined) return [Number(body.stringValue)]
  return Object.values(scopes).flatMap(numbersIn)
}
