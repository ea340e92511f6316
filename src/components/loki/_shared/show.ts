/** Batches of log entries as people read them. */

import type { LokiBatch } from '../../../telemetry/batch.ts'
import { streamsOf } from '../../../telemetry/loki.ts'

interface ShownStream {
  readonly labels: string
  /** Nanoseconds since the epoch, the line, and structured metadata where there is any. */
  readonly entries: (readonly [timestamp: string, line: string, metadata?: Readonly<Record<string, string>>])[]
}

/** The first `most` entries of a batch, by stream. */
export function showLoki(batch: LokiBatch, most: number): ShownStream[] {
  const shown: ShownStream[] = []
  let left = most
  for (const stream of streamsOf(batch)) {
    const entries: ShownStream['entries'] = []
    for (const { timestamp, line, metadata } of stream.entries()) {
      if (left-- <= 0) break
      entries.push(metadata.length === 0 ? [String(timestamp), line] : [String(timestamp), line, Object.fromEntries(metadata)])
    }
    if (entries.length > 0) shown.push({ labels: stream.labelText, entries })
    if (left <= 0) break
  }
  return shown
}
