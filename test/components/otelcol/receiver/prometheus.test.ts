import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { PrometheusConsumer } from '../../../../src/components/contract/consume.ts'
import { ConsumeError, retryable } from '../../../../src/components/contract/errors.ts'
import prometheus from '../../../../src/components/otelcol/receiver/prometheus.ts'
import { version } from '../../../../src/lib/version.ts'
import type { OtlpBatch, PrometheusBatch } from '../../../../src/telemetry/batch.ts'
import { encodeHistogram, type NativeHistogram } from '../../../../src/telemetry/convert/native-histogram.ts'
import { otlpToPrometheus } from '../../../../src/telemetry/convert/otlp-to-prometheus.ts'
import { prometheusToOtlp } from '../../../../src/telemetry/convert/prometheus-to-otlp.ts'
import { validateOtlp } from '../../../../src/telemetry/otlp.ts'
import { prometheusBatch, seriesOf } from '../../../../src/telemetry/prometheus.ts'
import type { MetricMetadata } from '../../../../src/wire/remote-write.ts'
import { fakeCall } from '../../../support/call.ts'
import { buildComponent, sink } from '../../../support/component.ts'
import { lines, series, type TestSeries } from '../../../support/prometheus.ts'
import { objectOf } from '../otlp.ts'

interface Json { [key: string]: unknown }
interface Scope { scope: Json; metrics: Json[]; schemaUrl?: string }
interface Resource { resource: { attributes: { key: string; value: { stringValue: string } }[] }; scopeMetrics: Scope[] }

function build(outcome?: () => void) {
  const { batches, capsule } = sink<OtlpBatch>('otelcol.Consumer', outcome)
  return { batches, receiver: buildComponent(prometheus, 'output { metrics = [next] }', { next: capsule }).exports!['receiver'] as PrometheusConsumer }
}

const target = { job: 'j', instance: 'h:80' }
const type = (family: string, kind: MetricMetadata['type'], unit = ''): MetricMetadata => ({ type: kind, family, help: `About ${family}.`, unit })

function convert(all: TestSeries[], metadata: MetricMetadata[] = []): Resource[] {
  const { batch } = prometheusToOtlp(series(all, metadata))
  validateOtlp(batch.bytes, 'metrics')
  return (objectOf(batch) as { resourceMetrics?: Resource[] }).resourceMetrics ?? []
}
const metricsOf = (all: TestSeries[], metadata?: MetricMetadata[]): Json[] => convert(all, metadata).flatMap(one => one.scopeMetrics).flatMap(one => one.metrics)
const text = (values: Record<string, string>) => Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }))
const known = (kind: string) => ({ metadata: text({ 'prometheus.type': kind }) })
const at = (ms: number) => String(ms * 1_000_000)

describe('otelcol.receiver.prometheus', () => {
  it('makes gauges of what it knows no type of, buckets included', () => {
    assert.deepEqual(metricsOf([[{ __name__: 'a_total', ...target, x: 'y', __meta: 'z', empty: '' }, [[1.5, 2], [3, 4]]], [{ __name__: 'h_bucket', ...target, le: '1' }, [[1, 2]]]]), [
      { name: 'a_total', gauge: { dataPoints: [
        { attributes: text({ x: 'y' }), timeUnixNano: at(2), asDouble: 1.5 }, { attributes: text({ x: 'y' }), timeUnixNano: at(4), asDouble: 3 },
      ] }, ...known('unknown') },
      { name: 'h_bucket', gauge: { dataPoints: [{ attributes: text({ le: '1' }), timeUnixNano: at(2), asDouble: 1 }] }, ...known('unknown') },
    ])
  })

  it('makes a resource of job, instance and target_info', () => {
    const [resource, other] = convert([
      [{ __name__: 'a', ...target }, [[1, 2]]], [{ __name__: 'target_info', ...target, 'host.name': 'n7' }, [[1, 2]]],
      [{ __name__: 'a', job: 'j', instance: '127.0.0.1:9' }, [[1, 2]]],
    ])
    assert.deepEqual(resource!.resource.attributes, text({
      'service.name': 'j', 'net.host.name': 'h', 'server.address': 'h', 'service.instance.id': 'h:80', 'net.host.port': '80', 'http.scheme': 'http',
      'server.port': '80', 'url.scheme': 'http', 'host.name': 'n7',
    }))
    assert.deepEqual(other!.resource.attributes.map(({ key }) => key), ['service.name', 'service.instance.id', 'net.host.port', 'http.scheme', 'server.port', 'url.scheme'])
    assert.deepEqual(convert([[{ __name__: 'target_info', ...target }, [[1, 2]]]]), [])
  })

  it('names no host that every machine has', () => {
    const hosts = (instance: string) => convert([[{ __name__: 'a', job: 'j', instance }, [[1, 2]]]])[0]!.resource.attributes.find(({ key }) => key === 'server.address')?.value.stringValue
    assert.deepEqual(['[::1]:80', '[::]:80', '0.0.0.0', 'localhost:1', '[2001:db8::1]:80', 'db:5432', 'plain'].map(hosts), [undefined, undefined, undefined, undefined, '2001:db8::1', 'db', 'plain'])
  })

  it('makes scopes of the labels that name them, and of otel_scope_info', () => {
    const scope = { otel_scope_name: 'lib', otel_scope_version: '2', otel_scope_schema_url: 'https://s' }
    const [{ scopeMetrics }] = convert([
      [{ __name__: 'a', ...target }, [[1, 2]]], [{ __name__: 'b', ...target, ...scope }, [[1, 2]]], [{ __name__: 'otel_scope_info', ...target, ...scope, extra: 'e' }, [[1, 2]]],
    ]) as [Resource]
    assert.deepEqual(scopeMetrics.map(({ scope: one, schemaUrl }) => [one, schemaUrl]), [
      [{ name: 'otelcol/prometheusreceiver', version }, undefined], [{ name: 'lib', version: '2', attributes: text({ extra: 'e' }) }, 'https://s'],
    ])
  })

  it('makes sums of counters, and knows when they began', () => {
    const exemplars = [{ labels: [['trace_id', '0102030405060708090a0b0c0d0e0f10'], ['span_id', 'ff'], ['user', 'u']] as const, value: 1, timestamp: 3 }]
    assert.deepEqual(metricsOf([[{ __name__: 'c_created', ...target }, [[12.5, 2]]], [{ __name__: 'c_total', ...target }, [[7, 2]], { exemplars }]], [type('c', 'counter', 'seconds')]), [{
      name: 'c_total', description: 'About c.', unit: 's',
      sum: { dataPoints: [{
        startTimeUnixNano: '12500000000', timeUnixNano: at(2), asDouble: 7,
        exemplars: [{ filteredAttributes: text({ user: 'u' }), timeUnixNano: at(3), asDouble: 1, spanId: '00000000000000ff', traceId: '0102030405060708090a0b0c0d0e0f10' }],
      }], aggregationTemporality: 2, isMonotonic: true },
      ...known('counter'),
    }])
  })

  it('takes no start that is no time', () => {
    for (const created of [Infinity, NaN, -1, 0, 1e11]) {
      const [metric] = metricsOf([[{ __name__: 'c_created', ...target }, [[created, 2]]], [{ __name__: 'c_total', ...target }, [[7, 2]]]], [type('c', 'counter')])
      assert.deepEqual((metric!['sum'] as { dataPoints: Json[] }).dataPoints, [{ timeUnixNano: at(2), asDouble: 7 }])
    }
  })

  it('makes histograms of their series, each bucket with its own count', () => {
    const bucket = (le: string, count: number): TestSeries => [{ __name__: 'h_bucket', ...target, le, x: 'y' }, [[count, 2]]]
    const [metric] = metricsOf([bucket('+Inf', 9), bucket('0.5', 2), bucket('2', 5), [{ __name__: 'h_count', ...target, x: 'y' }, [[9, 2]]], [{ __name__: 'h_sum', ...target, x: 'y' }, [[4.5, 2]]]], [type('h', 'histogram')])
    assert.deepEqual(metric, {
      name: 'h', description: 'About h.',
      histogram: { dataPoints: [{ attributes: text({ x: 'y' }), timeUnixNano: at(2), count: '9', sum: 4.5, bucketCounts: ['2', '3', '4'], explicitBounds: [0.5, 2] }], aggregationTemporality: 2 },
      ...known('histogram'),
    })
  })

  it('makes summaries of their series', () => {
    const [metric] = metricsOf([[{ __name__: 's', ...target, quantile: '0.5' }, [[3, 2]]], [{ __name__: 's_count', ...target }, [[9, 2]]], [{ __name__: 's_sum', ...target }, [[4.5, 2]]]], [type('s', 'summary')])
    assert.deepEqual(metric!['summary'], { dataPoints: [{ timeUnixNano: at(2), count: '9', sum: 4.5, quantileValues: [{ quantile: 0.5, value: 3 }] }] })
  })

  it('knows what scrapes add without being told', () => {
    assert.deepEqual(metricsOf([[{ __name__: 'up', ...target }, [[1, 2]]]])[0], {
      name: 'up', description: 'The scraping was successful', gauge: { dataPoints: [{ timeUnixNano: at(2), asDouble: 1 }] }, ...known('gauge'),
    })
  })

  const native: NativeHistogram = {
    count: 2n ** 60n + 3n, sum: 2.5, schema: 3, zeroThreshold: 0.001, zeroCount: 1n, positive: { spans: [{ offset: 5, length: 1 }, { offset: 3, length: 1 }], counts: [2n, 2n ** 60n] },
    negative: { spans: [], counts: [] }, customValues: [], stale: false, gauge: false, timestamp: 4,
  }
  const custom: NativeHistogram = {
    ...native, schema: -53, zeroThreshold: 0, zeroCount: 0n, positive: { spans: [{ offset: 1, length: 3 }], counts: [2n, 3n, 1n] }, customValues: [1, 2, 4],
  }
  const withHistogram = (name: string, histogram: NativeHistogram): TestSeries => [{ __name__: name, ...target }, [], { histograms: [{ bytes: encodeHistogram(histogram) }] }]

  it('makes exponential histograms of native ones, exactly, and explicit ones of custom buckets', () => {
    const [exponential, explicit] = metricsOf([withHistogram('e', native), withHistogram('x', custom)])
    assert.deepEqual(exponential!['exponentialHistogram'], { dataPoints: [{
      timeUnixNano: at(4), count: '1152921504606846979', sum: 2.5, scale: 3, zeroCount: '1', positive: { offset: 4, bucketCounts: ['2', '0', '0', '0', '1152921504606846976'] }, zeroThreshold: 0.001,
    }], aggregationTemporality: 2 })
    assert.deepEqual((explicit!['histogram'] as { dataPoints: Json[] }).dataPoints[0]!['bucketCounts'], ['0', '2', '3', '1'])
  })

  it('says where series end', () => {
    const stale: TestSeries = [{ __name__: 'a', ...target }, [], { samples: [{ value: NaN, timestamp: 2, stale: true }] } as never]
    assert.deepEqual(metricsOf([stale, withHistogram('e', { ...native, stale: true })]).map(metric => (Object.values(metric)[1] as { dataPoints: Json[] }).dataPoints), [
      [{ timeUnixNano: at(2), flags: 1 }], [{ timeUnixNano: at(4), flags: 1 }],
    ])
  })

  it('refuses series without job or instance when the others are safe, and warns of histograms without their count', async () => {
    const { batches, receiver } = build()
    const call = fakeCall()
    const batch = series([[{ __name__: 'a', job: 'j' }, [[1, 2], [1, 3]]], [{ __name__: 'b', ...target }, [[1, 2]]], [{ __name__: 'h_bucket', ...target, le: '1' }, [[1, 2]]]], [type('h', 'histogram')])
    await assert.rejects(receiver.consume(batch, call), (error: ConsumeError) => error.kind === 'permanent' && error.rejected === 2)
    assert.deepEqual(batches.flatMap(one => (objectOf(one) as { resourceMetrics: Resource[] }).resourceMetrics[0]!.scopeMetrics[0]!.metrics.map(({ name }) => name)), ['b'])
    assert.deepEqual(call.logs.map(({ level, fields }) => [level, fields['count']]), [['warn', 1]])
  })

  it('refuses histograms that are damaged, or that would become huge, and nothing else', () => {
    const wide: NativeHistogram = { ...native, positive: { spans: [{ offset: 0, length: 1 }, { offset: 2 ** 30, length: 1 }], counts: [1n, 1n] } }
    const damaged: TestSeries = [{ __name__: 'd', ...target }, [], { histograms: [{ bytes: Uint8Array.of(0x5a, 2, 0x10, 3) }] }]
    const { batch, losses } = prometheusToOtlp(series([withHistogram('w', wide), damaged, withHistogram('e', native)]))
    assert.deepEqual(losses, { homeless: 0, damaged: 2, incomplete: 0 })
    assert.equal((objectOf(batch) as { resourceMetrics: Resource[] }).resourceMetrics[0]!.scopeMetrics[0]!.metrics.length, 1)
  })

  it('passes on nothing when there is nothing, and fails as what follows it fails', async () => {
    const { batches, receiver } = build()
    await receiver.consume(prometheusBatch(new Uint8Array(0)), fakeCall())
    assert.deepEqual(batches, [])
    await assert.rejects(build(() => { throw retryable('down') }).receiver.consume(series([[{ __name__: 'a', ...target }, [[1, 2]]]]), fakeCall()), ConsumeError)
  })

  const back = (batch: PrometheusBatch, metadata = false): PrometheusBatch => otlpToPrometheus(prometheusToOtlp(batch).batch, {
    targetInfo: false, identifyingAttributes: false, scopeInfo: false, suffixes: false, resourceLabels: false, metadata, customBuckets: true,
  }, 1).batch

  const name = fc.stringMatching(/^[a-z]{1,5}(_(total|sum|bucket|x))?$/)
  const labelSet = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/).filter(key => key !== 'job'), fc.string({ minLength: 1, unit: 'grapheme' }), { maxKeys: 3, noNullPrototype: true })
  const oneSeries = fc.tuple(name, labelSet, fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 1, maxLength: 3 }), fc.double())

  it('loses no series, label, value or time on the way to OTLP and back', () => {
    fc.assert(fc.property(fc.array(oneSeries, { maxLength: 5 }), all => {
      const unique = new Map(all.map(([one, labels, times, value]) => [JSON.stringify([one, Object.entries(labels).sort()]), [one, labels, times, value] as const]))
      const batch = series([...unique.values()].map(([one, labels, times, value]): TestSeries => [{ ...labels, ...target, __name__: one }, times.sort((a, b) => a - b).map(time => [value, time])]))
      assert.deepEqual(lines(back(batch)).sort(), lines(batch).sort())
    }), { numRuns: 100, seed: 5 })
  })

  it('loses nothing of typed metrics and native histograms on the way either', () => {
    const typed = series([
      [{ __name__: 'c_total', ...target, a: 'b' }, [[5, 2]], { exemplars: [{ labels: [['trace_id', '0102030405060708090a0b0c0d0e0f10']], value: 1, timestamp: 1 }] }],
      [{ __name__: 's', ...target, quantile: '0.9' }, [[3, 2]]], [{ __name__: 's_sum', ...target }, [[4, 2]]], [{ __name__: 's_count', ...target }, [[2, 2]]],
    ], [{ ...type('c_total', 'counter', 's') }, type('s', 'summary')])
    assert.deepEqual(lines(back(typed, true)).sort(), lines(typed).sort())
    const natives = series([withHistogram('e', native), withHistogram('x', custom)])
    const bytes = (batch: PrometheusBatch) => Array.from(seriesOf(batch), one => Array.from(one.readHistograms(), histogram => histogram.bytes)).flat()
    assert.deepEqual(bytes(back(natives)), bytes(natives))
  })
})
