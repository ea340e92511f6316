/** Batches of 1,000 spans, uncompressed, passed through a running Sluice, beside a bare proxy on the same platform. */

import { sampleBatch } from '../test/support/otlp.ts'
import { platforms } from '../test/integration/support/sluice.ts'
import type { BenchOptions, Row } from './measure.ts'
import { compare, startDestination, type Workload } from './support/load.ts'

const passThrough: Workload = {
  row: 'pass through',
  items: 1_000,
  path: '/v1/traces',
  headers: { 'content-type': 'application/x-protobuf' },
  body: sampleBatch('traces', 1_000, 4).bytes,
  config: sink => `
otelcol.receiver.otlp "default" {
  http { }
  output {
    traces = [otelcol.exporter.otlphttp.default.input]
  }
}
otelcol.exporter.otlphttp "default" {
  client {
    endpoint    = "${sink}"
    compression = "none"
  }
}
`,
}

/** A round takes five times `ms`. */
export async function* rows({ only, ms }: BenchOptions): AsyncGenerator<Row> {
  const sink = await startDestination()
  try {
    for (const platform of platforms) if (platform.includes(only)) yield await compare(platform, passThrough, sink, ms * 5)
  } finally {
    sink.stop()
  }
}
