/** The OpenTelemetry SDK through Sluice: what comes out at the far end is, field by field, what the SDK sends there directly. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { OtlpSignal } from '../../src/telemetry/batch.ts'
import type { Plain } from '../support/otlp.ts'
import { freePort, startSink, type Received, type Sink } from '../support/sink.ts'
import { makeTelemetry, secretKey, sendTelemetry, type Compression, type Encoding, type Telemetry } from './support/otel-sdk.ts'
import { editItems, readRequest, withoutEmpty } from './support/otlp-far-end.ts'
import { platforms, startSluice, type Sluice } from './support/sluice.ts'

const signals = ['traces', 'metrics', 'logs'] as const
const encodings = ['proto', 'json'] as const
const compressions = ['none', 'gzip'] as const

/** Two ways through: one that changes nothing, one with processors whose edit is known. Both ways out: protobuf and JSON. */
const config = (sink: string, ports: readonly [number, number]) => `
otelcol.receiver.otlp "plain" {
  http { endpoint = "127.0.0.1:${ports[0]}" }
  output {
    traces  = [otelcol.exporter.otlphttp.proto.input, otelcol.exporter.otlphttp.json.input]
    metrics = [otelcol.exporter.otlphttp.proto.input, otelcol.exporter.otlphttp.json.input]
    logs    = [otelcol.exporter.otlphttp.proto.input, otelcol.exporter.otlphttp.json.input]
  }
}
otelcol.exporter.otlphttp "proto" {
  client { endpoint = "${sink}/plain-proto" }
}
otelcol.exporter.otlphttp "json" {
  encoding = "json"
  client {
    endpoint    = "${sink}/plain-json"
    compression = "none"
  }
}

otelcol.receiver.otlp "edited" {
  http { endpoint = "127.0.0.1:${ports[1]}" }
  output {
    traces  = [otelcol.processor.memory_limiter.default.input]
    metrics = [otelcol.processor.memory_limiter.default.input]
    logs    = [otelcol.processor.memory_limiter.default.input]
  }
}
otelcol.processor.memory_limiter "default" {
  check_interval = "1s"
  limit          = "100MiB"
  output {
    traces  = [otelcol.processor.attributes.default.input]
    metrics = [otelcol.processor.attributes.default.input]
    logs    = [otelcol.processor.attributes.default.input]
  }
}
otelcol.processor.attributes "default" {
  action {
    key    = "${secretKey}"
    action = "delete"
  }
  action {
    key    = "collector"
    value  = "sluice"
    action = "upsert"
  }
  output {
    traces  = [otelcol.processor.batch.default.input]
    metrics = [otelcol.processor.batch.default.input]
    logs    = [otelcol.processor.batch.default.input]
  }
}
// What is gathered arrives joined, and later (test/pipelines/gather.txtar); here each request is compared with its own.
otelcol.processor.batch "default" {
  send_batch_size = 0
  output {
    traces  = [otelcol.exporter.otlphttp.edited.input]
    metrics = [otelcol.exporter.otlphttp.edited.input]
    logs    = [otelcol.exporter.otlphttp.edited.input]
  }
}
otelcol.exporter.otlphttp "edited" {
  client { endpoint = "${sink}/edited" }
}
`

/** The same edit, done the long way. */
const edit = (attributes: Plain[]): Plain[] => {
  const collector = { key: 'collector', value: { stringValue: 'sluice' } }
  const kept = attributes.filter(({ key }) => key !== secretKey).map(attribute => (attribute.key === 'collector' ? collector : attribute))
  return kept.includes(collector) ? kept : [...kept, collector]
}

const urls = (base: string): Record<OtlpSignal, string> => ({ traces: `${base}/v1/traces`, metrics: `${base}/v1/metrics`, logs: `${base}/v1/logs` })
const unzipped = ({ headers, body }: Received) => (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : Buffer.from(body))

let telemetry: Telemetry
let sink: Sink
/** What the SDK's exporters send when nothing stands in between, by encoding and signal. */
const direct = new Map<string, Received[]>()
const directly = (encoding: Encoding, signal: OtlpSignal) => direct.get(`${encoding} ${signal}`)!

before(async () => {
  telemetry = await makeTelemetry()
  sink = await startSink()
  for (const encoding of encodings) {
    await sendTelemetry(telemetry, encoding, 'none', urls(`${sink.url}/direct`))
    for (const signal of signals) direct.set(`${encoding} ${signal}`, sink.take(`/direct/v1/${signal}`))
  }
})
after(() => sink.stop())

describe('the OpenTelemetry SDK, straight to the far end', () => {
  it('says what these tests are about', () => {
    const spans = JSON.stringify(readRequest(directly('proto', 'traces')[0]!))
    for (const field of ['events', 'links', 'traceState', 'parentSpanId', 'droppedAttributesCount', 'droppedEventsCount', 'droppedLinksCount', 'message', 'flags']) {
      assert.ok(spans.includes(`"${field}"`), `no ${field} in the spans`)
    }
    const metrics = directly('proto', 'metrics').map(request => JSON.stringify(readRequest(request))).join('')
    for (const field of ['sum', 'gauge', 'histogram', 'exponentialHistogram', 'isMonotonic', 'asInt', 'asDouble', 'zeroCount', 'negative', 'explicitBounds', 'unit']) {
      assert.ok(metrics.includes(`"${field}"`), `no ${field} in the metrics`)
    }
    const logs = JSON.stringify(readRequest(directly('proto', 'logs')[0]!))
    for (const field of ['severityNumber', 'severityText', 'kvlistValue', 'arrayValue', 'bytesValue', 'traceId', 'eventName', 'observedTimeUnixNano']) {
      assert.ok(logs.includes(`"${field}"`), `no ${field} in the logs`)
    }
  })
})

for (const platform of platforms) {
  describe(`the OpenTelemetry SDK through Sluice on ${platform}`, () => {
    let sluice: Sluice
    let base: (receiver: 'plain' | 'edited') => string

    before(async () => {
      const ports = [await freePort(), await freePort()] as const
      sluice = await startSluice(platform, config(sink.url, ports))
      // On Node an unchanged client finds the configuration's own ports; on a platform with one door, the receiver's path.
      base = receiver => (platform === 'node' ? `http://127.0.0.1:${ports[receiver === 'plain' ? 0 : 1]}` : `${sluice.url}/api/v0/component/otelcol.receiver.otlp.${receiver}`)
    })
    after(() => sluice.stop())

    const send = (receiver: 'plain' | 'edited', encoding: Encoding, compression: Compression) =>
      sendTelemetry(telemetry, encoding, compression, urls(base(receiver)))

    for (const encoding of encodings) {
      for (const compression of compressions) {
        it(`keeps every field, from ${encoding} (${compression}) to protobuf and to JSON`, async () => {
          await send('plain', encoding, compression)
          for (const signal of signals) {
            const expected = directly(encoding, signal)
            const asProto = sink.take(`/plain-proto/v1/${signal}`)
            assert.deepEqual(asProto.map(readRequest), expected.map(readRequest), `${signal} as protobuf`)
            assert.ok(asProto.every(({ headers }) => headers['content-type'] === 'application/x-protobuf' && headers['content-encoding'] === 'gzip'))
            // What nobody touches is not written anew, so even what our own schema may not know must have survived.
            if (encoding === 'proto') assert.deepEqual(asProto.map(unzipped), expected.map(unzipped))

            const asJson = sink.take(`/plain-json/v1/${signal}`)
            const read = (request: Received) => withoutEmpty(readRequest(request))
            assert.deepEqual(asJson.map(read), expected.map(read), `${signal} as JSON`)
            assert.ok(asJson.every(({ headers }) => headers['content-type'] === 'application/json' && headers['content-encoding'] === undefined))
          }
        })

        it(`applies the known edit and nothing else, from ${encoding} (${compression})`, async () => {
          await send('edited', encoding, compression)
          for (const signal of signals) {
            const arrived = sink.take(`/edited/v1/${signal}`)
            assert.ok(arrived.every(request => request.headers['content-encoding'] === 'gzip'), 'gzip is the default')
            assert.deepEqual(arrived.map(readRequest), directly(encoding, signal).map(request => editItems(readRequest(request), edit)), signal)
          }
        })
      }
    }
  })
}
