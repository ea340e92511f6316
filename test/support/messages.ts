/** Telemetry as text that people write and read in test cases, and back: what pipelines get and what destinations got. */

import { otlpProtoToJson } from '../../src/wire/otlp-json.ts'
import { decodeSnappyBlock, encodeSnappy } from '../../src/wire/snappy.ts'
import { decompress } from '../../src/wire/compression.ts'
import { decode, encode } from './prompb.ts'

const limit = 1 << 24

/** A remote-write 1.0 body (snappy) of lines `name{a="b"} value @milliseconds`. */
export function remoteWriteBody(lines: string): Uint8Array {
  const timeseries = lines.split('\n').filter(line => line.trim() !== '').map(line => {
    const [, name, labels, value, timestamp] = /^(\w*)\{?([^}]*)\}? (\S+) @(\d+)$/.exec(line) ?? []
    if (name === undefined) throw new Error(`not a sample: ${line}`)
    const pairs = [...labels!.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => ({ name: key!, value: text! }))
    const all = [...(name === '' ? [] : [{ name: '__name__', value: name }]), ...pairs].sort((a, b) => (a.name < b.name ? -1 : 1))
    return { labels: all, samples: [{ value: Number(value), timestamp: Number(timestamp) }] }
  })
  return encodeSnappy(encode('WriteRequest', { timeseries }))
}

/** What a destination got, by its path and headers: JSON of OTLP, or a line a sample or entry. */
export async function shownBody(url: string, headers: Headers, body: Uint8Array): Promise<string> {
  const plain = await decompress(headers.get('content-encoding') ?? '', body, limit)
  const signal = /\/v1\/(traces|metrics|logs)$/.exec(new URL(url).pathname)?.[1] as 'traces' | 'metrics' | 'logs' | undefined
  if (signal !== undefined) {
    const json = headers.get('content-type') === 'application/json' ? new TextDecoder().decode(plain) : otlpProtoToJson(plain, signal)
    return JSON.stringify(JSON.parse(json), null, 2)
  }
  if (headers.has('x-prometheus-remote-write-version')) return samples(headers.get('content-encoding') === 'snappy' ? plain : decodeSnappyBlock(body, limit))
  if (new URL(url).pathname.endsWith('/loki/api/v1/push')) return entries(headers.get('content-encoding') === 'snappy' ? plain : decodeSnappyBlock(body, limit))
  // What is no text is shown by its bytes, so that the file stays one.
  return plain.some(byte => byte < 9) ? Buffer.from(plain).toString('hex') : new TextDecoder().decode(plain)
}

interface Series { labels?: { name?: string; value?: string }[]; samples?: { value?: number; timestamp?: string | number }[] }
function samples(bytes: Uint8Array): string {
  const { timeseries = [] } = decode('WriteRequest', bytes) as { timeseries?: Series[] }
  return timeseries.flatMap(({ labels = [], samples: points = [] }) => {
    const text = labels.map(({ name = '', value = '' }) => `${name}=${JSON.stringify(value)}`).join(', ')
    return points.map(({ value = 0, timestamp = 0 }) => `{${text}} ${value} @${timestamp}`)
  }).join('\n')
}

interface Entry { timestamp?: { seconds?: string | number; nanos?: number }; line?: string; structured_metadata?: { name?: string; value?: string }[] }
function entries(bytes: Uint8Array): string {
  const { streams = [] } = decode('PushRequest', bytes) as { streams?: { labels?: string; entries?: Entry[] }[] }
  return streams.flatMap(({ labels = '', entries: lines = [] }) => lines.map(({ timestamp, line = '', structured_metadata: metadata = [] }) => {
    const shown = metadata.map(({ name, value }) => ` ${name}=${JSON.stringify(value)}`).join('')
    return `${labels} ${timestamp?.seconds ?? 0}.${String(timestamp?.nanos ?? 0).padStart(9, '0')} ${JSON.stringify(line)}${shown}`
  })).join('\n')
}
