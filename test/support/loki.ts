/** Loki batches as tests write and read them. */

import type { LokiBatch } from '../../src/telemetry/batch.ts'
import { lokiBatch, streamsOf, writeLoki } from '../../src/telemetry/loki.ts'
import { decodeSnappyBlock } from '../../src/wire/snappy.ts'

/** A batch of streams by their label text: `[line, nanoseconds, structured metadata]` each. */
export function streams(all: [labels: string, ...entries: [line: string, timestamp?: number, metadata?: Record<string, string>][]][]): LokiBatch {
  return writeLoki(all.map(([labels, ...entries]) => ({
    labels, entries: entries.map(([line, timestamp = 1, metadata = {}]) => ({ line, timestamp: BigInt(timestamp), metadata: Object.entries(metadata) })),
  })))
}

/** What a batch holds, one line an entry: `{a="b"} line @timestamp k=v`. */
export function entries(batch: LokiBatch): string[] {
  const out: string[] = []
  for (const stream of streamsOf(batch)) {
    for (const { line, timestamp, metadata } of stream.entries()) {
      out.push([stream.labelText, line, `@${timestamp}`, ...metadata.map(pair => pair.join('='))].join(' '))
    }
  }
  return out
}

/** The entries of a snappy-compressed push. */
export const sentEntries = (body: Uint8Array): string[] => entries(lokiBatch(decodeSnappyBlock(body, 1 << 24)))
