/**
 * What a collector does all day: compressed in, changed, compressed out. Gzip and an attribute edit for spans and log records, snappy and
 * a relabelling for samples, beside a proxy on the same platform that only hands the compressed bytes on.
 */

import { gzipSync } from 'node:zlib'
import { encodeSnappy } from '../src/wire/snappy.ts'
import { sampleBatch } from '../test/support/otlp.ts'
import { platforms } from '../test/integration/support/sluice.ts'
import { encode } from '../test/support/prompb.ts'
import type { BenchOptions, Row } from './measure.ts'
import { compare, startDestination, type Workload } from './support/load.ts'

const items = 1_000

const otlp = (signal: 'traces' | 'logs', row: string): Workload => ({
  row,
  items,
  path: `/v1/${signal}`,
  headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
  body: gzipSync(sampleBatch(signal, items, 4).bytes),
  config: sink => `
otelcol.receiver.otlp "default" {
  http { }
  output {
    ${signal} = [otelcol.processor.attributes.default.input]
  }
}
otelcol.processor.attributes "default" {
  action {
    key    = "deployment.environment"
    value  = "production"
    action = "upsert"
  }
  action {
    key    = "http.user_agent"
    action = "delete"
  }
  output {
    ${signal} = [otelcol.exporter.otlphttp.default.input]
  }
}
otelcol.exporter.otlphttp "default" {
  client {
    endpoint = "${sink}"
  }
}
`,
})

/** A thousand series of one sample each, as a scrape sends them. */
const series = Array.from({ length: items }, (_, i) => ({
  labels: Object.entries({ __name__: `http_requests_${i % 50}_total`, code: '200', handler: `/api/v1/${i % 20}`, instance: `web-${i}:9100`, job: 'web' })
    .map(([name, value]) => ({ name, value })),
  samples: [{ value: i, timestamp: 1_700_000_000_000 }],
}))

const samples: Workload = {
  row: 'samples',
  items,
  path: '/api/v1/metrics/write',
  headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
  body: encodeSnappy(encode('WriteRequest', { timeseries: series })),
  config: sink => `
prometheus.receive_http "default" {
  http { }
  forward_to = [prometheus.relabel.default.receiver]
}
prometheus.relabel "default" {
  rule {
    target_label = "cluster"
    replacement  = "eu-1"
  }
  rule {
    action = "labeldrop"
    regex  = "code"
  }
  forward_to = [prometheus.remote_write.default.receiver]
}
prometheus.remote_write "default" {
  endpoint {
    url = "${sink}/api/v1/write"
  }
}
`,
}

/** A round takes five times `ms`. */
export async function* rows({ only, ms }: BenchOptions): AsyncGenerator<Row> {
  const sink = await startDestination()
  try {
    for (const workload of [otlp('traces', 'spans'), otlp('logs', 'log records'), samples]) {
      for (const platform of platforms) if (`${workload.row}, ${platform}`.includes(only)) yield await compare(platform, workload, sink, ms * 5)
    }
  } finally {
    sink.stop()
  }
}
