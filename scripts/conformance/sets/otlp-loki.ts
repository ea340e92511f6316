/** Log records through otelcol.exporter.loki (facts/otlp-to-loki.json, which follow Alloy's tests). */
import type { OtlpConsumer } from '../../../src/components/contract/consume.ts'
import exporter from '../../../src/components/otelcol/exporter/loki.ts'
import type { LokiBatch } from '../../../src/telemetry/batch.ts'
import { streamsOf } from '../../../src/telemetry/loki.ts'
import { otlpBatch } from '../../../src/telemetry/otlp.ts'
import { otlpJsonToProto } from '../../../src/wire/otlp-json.ts'
import { fakeCall } from '../../../test/support/call.ts'
import { buildComponent, sink } from '../../../test/support/component.ts'
import type { SetResult } from '../set.ts'
import { compareCases, readCases } from './cases.ts'

/** The name of the set, and how it runs over a corpus folder. */
export const name = 'otlp-loki'

interface Case {
  name: string
  input: unknown
  expected: { labels: Record<string, string>; line: string; timestamp_ns: string; structured_metadata: unknown[] }[]
}

export async function run(dir: string): Promise<SetResult> {
  const cases = await readCases<Case>(dir, 'otlp-to-loki.json')
  const got = new Map<Case, unknown>()
  for (const one of cases) got.set(one, await convert(one))
  return compareCases(cases, one => one.expected.map(entry => ({ ...entry, labels: sorted(entry.labels) })), one => got.get(one))
}

const sorted = (labels: Record<string, string>) => Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))

async function convert({ input }: Case): Promise<unknown> {
  const next = sink<LokiBatch>('loki.LogsReceiver')
  const instance = buildComponent(exporter, 'forward_to = [next]', { next: next.capsule })
  await (instance.exports!['input'] as OtlpConsumer).consume(otlpBatch('logs', otlpJsonToProto(JSON.stringify(input), 'logs')), fakeCall())
  return next.batches.flatMap(batch => [...streamsOf(batch)]).flatMap(stream => Array.from(stream.entries(), ({ line, timestamp, metadata }) => ({
    labels: stream.labels(), line, timestamp_ns: String(timestamp), structured_metadata: metadata,
  })))
}
