/** What Loki reads from a push, by snappyjs, protobufjs and JSON.parse: nothing of Sluice's own code. */

import { createRequire } from 'node:module'
import protobuf from 'protobufjs'
import type { Received } from '../../support/sink.ts'

// The package brings no types.
const snappy = createRequire(import.meta.url)('snappyjs') as { uncompress(bytes: Uint8Array): Uint8Array }

/** One line with all that Loki would store with it. */
export interface Stored {
  readonly tenant: string
  readonly labels: Readonly<Record<string, string>>
  /** Nanoseconds since the epoch. */
  readonly timestamp: string
  readonly line: string
  readonly metadata: Readonly<Record<string, string>>
}

interface Push {
  streams: { labels: string; entries: { timestamp?: { seconds?: string; nanos?: number }; line?: string; structuredMetadata?: { name: string; value: string }[] }[] }[]
}

const pushRequest = protobuf.parse(`
  syntax = "proto3";
  message PushRequest { repeated Stream streams = 1; }
  message Stream { string labels = 1; repeated Entry entries = 2; uint64 hash = 3; }
  message Entry { Timestamp timestamp = 1; string line = 2; repeated Label structured_metadata = 3; }
  message Timestamp { int64 seconds = 1; int32 nanos = 2; }
  message Label { string name = 1; string value = 2; }
`).root.lookupType('PushRequest')

/** The lines of a push in protobuf, as `loki.write` sends it. */
export function readPush({ headers, body }: Received): Stored[] {
  const bytes = snappy.uncompress(body)
  const { streams } = pushRequest.toObject(pushRequest.decode(bytes), { longs: String, arrays: true }) as Push
  return streams.flatMap(({ labels, entries }) => entries.map(({ timestamp = {}, line = '', structuredMetadata = [] }) => ({
    tenant: headers['x-scope-orgid'] ?? '',
    labels: readLabels(labels),
    timestamp: String(BigInt(timestamp.seconds ?? '0') * 1_000_000_000n + BigInt(timestamp.nanos ?? 0)),
    line,
    metadata: Object.fromEntries(structuredMetadata.map(({ name, value }) => [name, value])),
  })))
}

/** The lines of a push in JSON, as pino-loki sends it. */
export function readJsonPush({ headers, body }: Received): Stored[] {
  const { streams } = JSON.parse(new TextDecoder().decode(body)) as { streams: { stream: Record<string, string>; values: [string, string, Record<string, string>?][] }[] }
  return streams.flatMap(({ stream, values }) => values.map(([timestamp, line, metadata = {}]) => ({
    tenant: headers['x-scope-orgid'] ?? '', labels: stream, timestamp, line, metadata,
  })))
}

/** `{a="x", b="y"}` with Go's quoting, which for what these tests send is JSON's. */
function readLabels(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)=("(?:[^"\\]|\\.)*")/g)].map(([, name, value]) => [name!, JSON.parse(value!) as string] as const)
  const again = `{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`
  if (again !== text) throw new Error(`not the labels of a stream: ${text}`)
  return Object.fromEntries(pairs)
}

/** In an order of their own, for requests may be cut and grouped at will. */
export const inOrder = (stored: readonly Stored[]): Stored[] =>
  stored.map(entry => ({ ...entry, labels: Object.fromEntries(Object.entries(entry.labels).sort(([a], [b]) => (a < b ? -1 : 1))) }))
    .sort((a, b) => (a.line < b.line ? -1 : a.line > b.line ? 1 : a.tenant < b.tenant ? -1 : 1))
