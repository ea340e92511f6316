import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { lokiToOtlp } from '../../../src/telemetry/convert/loki-to-otlp.ts'
import { encodeHistogram, ofExplicit, ofExponential } from '../../../src/telemetry/convert/native-histogram.ts'
import { otlpToLoki } from '../../../src/telemetry/convert/otlp-to-loki.ts'
import { StartCache, otlpToPrometheus } from '../../../src/telemetry/convert/otlp-to-prometheus.ts'
import { prometheusToOtlp } from '../../../src/telemetry/convert/prometheus-to-otlp.ts'
import { LabelsError } from '../../../src/telemetry/labels.ts'
import { decodeMetrics, otlpBatch, validateOtlp } from '../../../src/telemetry/otlp.ts'
import { prometheusBatch } from '../../../src/telemetry/prometheus.ts'
import { lokiBatch } from '../../../src/telemetry/loki.ts'
import { WireError } from '../../../src/wire/error.ts'
import { validateLokiPush } from '../../../src/wire/loki-push.ts'
import { validateWriteRequest } from '../../../src/wire/remote-write.ts'
import { streams } from '../../support/loki.ts'
import { hostileMutation } from '../../support/mutate.ts'
import { encodeOtlp, everyMetric, everyValue, sampleRecord } from '../../support/otlp.ts'
import { series } from '../../support/prometheus.ts'

const metrics = encodeOtlp('metrics', everyMetric)
const logs = encodeOtlp('logs', { resourceLogs: [{ resource: { attributes: everyValue }, scopeLogs: [{ logRecords: [sampleRecord(0), { body: { kvlistValue: { values: everyValue } } }] }] }] })
const points = [...decodeMetrics(metrics)].flatMap(one => one.scopeMetrics).flatMap(one => one.metrics)
const histograms = [
  ofExplicit(points.find(one => one.histogram !== undefined)!.histogram!.dataPoints[0]!)!,
  ofExponential(points.find(one => one.exponentialHistogram !== undefined)!.exponentialHistogram!.dataPoints[0]!)!,
]
const target = { job: 'j', instance: 'h:1' }
const samples = series([
  [{ __name__: 'h_bucket', ...target, le: '1' }, [[1, 2]], { exemplars: [{ labels: [['trace_id', '0102']], value: 1, timestamp: 1 }] }], [{ __name__: 'h_count', ...target }, [[1, 2]]],
  [{ __name__: 'n', ...target }, [], { histograms: histograms.map(histogram => ({ bytes: encodeHistogram(histogram) })) }], [{ __name__: 'target_info', ...target, a: 'b' }, [[1, 2]]],
], [{ type: 'histogram', family: 'h', help: 'x', unit: 's' }])
const entries = streams([['{a="b", filename="/c/d"}', ['line', 5, { m: 'v' }], ['x', 6]]])

const all = { targetInfo: true, identifyingAttributes: true, scopeInfo: true, suffixes: true, resourceLabels: true, metadata: true, customBuckets: true }
const conversions: [name: string, bytes: Uint8Array, convert: (bytes: Uint8Array) => void][] = [
  ['OTLP to Prometheus', metrics.bytes, bytes => {
    for (const customBuckets of [true, false]) {
      const { batch } = otlpToPrometheus(otlpBatch('metrics', bytes), { ...all, customBuckets, starts: new StartCache(1) }, 1)
      validateWriteRequest(batch.bytes)
    }
  }],
  ['OTLP to Loki', logs.bytes, bytes => validateLokiPush(otlpToLoki(otlpBatch('logs', bytes), 1).batch.bytes)],
  ['Prometheus to OTLP', samples.bytes, bytes => validateOtlp(prometheusToOtlp(prometheusBatch(bytes)).batch.bytes, 'metrics')],
  ['Loki to OTLP', entries.bytes, bytes => validateOtlp(lokiToOtlp(lokiBatch(bytes), 1).bytes, 'logs')],
]

describe('conversions of damaged bytes', () => {
  for (const [name, bytes, convert] of conversions) {
    const survive = (damaged: Uint8Array) => {
      try {
        convert(damaged)
      } catch (error) {
        assert.ok(error instanceof WireError || error instanceof LabelsError, String((error as Error).stack))
      }
    }

    it(`${name}: cut off anywhere`, () => {
      convert(bytes)
      for (let end = 0; end < bytes.length; end++) survive(bytes.subarray(0, end))
    })

    it(`${name}: changed at random`, () => fc.assert(fc.property(hostileMutation(bytes), survive), { numRuns: 300, seed: 6 }))
  }
})
