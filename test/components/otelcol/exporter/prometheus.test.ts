import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OtlpConsumer } from '../../../../src/components/contract/consume.ts'
import { ArgumentError, ConsumeError, retryable } from '../../../../src/components/contract/errors.ts'
import prometheus from '../../../../src/components/otelcol/exporter/prometheus.ts'
import type { PrometheusBatch } from '../../../../src/telemetry/batch.ts'
import { decodeHistogram } from '../../../../src/telemetry/convert/native-histogram.ts'
import { countSeries, metadataOf, seriesOf } from '../../../../src/telemetry/prometheus.ts'
import { fakeCall } from '../../../support/call.ts'
import { buildComponent, decodeArguments, problemsOf, sink } from '../../../support/component.ts'
import { encodeOtlp, everyMetric } from '../../../support/otlp.ts'
import { lines } from '../../../support/prometheus.ts'
import { batchOf, spans } from '../otlp.ts'

type Json = Record<string, unknown>
const attributes = (values: Record<string, string>) => Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }))
const ms = (at: number) => String(BigInt(at) * 1_000_000n)

function build(settings = 'include_target_info = false', outcome?: () => void) {
  const { batches, capsule } = sink<PrometheusBatch>('storage.Appendable', outcome)
  const { exports } = buildComponent(prometheus, `forward_to = [next]\n${settings}`, { next: capsule })
  return { batches, input: exports!['input'] as OtlpConsumer }
}

const metricsOf = (metrics: Json[], resource: Record<string, string> = {}, scope: Json = {}) =>
  batchOf('metrics', { resourceMetrics: [{ resource: { attributes: attributes(resource) }, scopeMetrics: [{ scope, metrics }] }] })

async function convert(metrics: Json[], settings?: string, resource?: Record<string, string>, scope?: Json) {
  const { batches, input } = build(settings)
  const call = fakeCall()
  await input.consume(metricsOf(metrics, resource, scope), call)
  return { batch: batches[0], lines: batches.flatMap(lines), logs: call.logs }
}

const gauge = (name: string, ...dataPoints: Json[]) => ({ name, gauge: { dataPoints } })
const counter = (name: string, ...dataPoints: Json[]) => ({ name, sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } })
const histogram = (point: Json) => ({ name: 'h', unit: 's', histogram: { aggregationTemporality: 2, dataPoints: [point] } })

describe('otelcol.exporter.prometheus', () => {
  it('makes job, instance and target_info of the resource', async () => {
    const resource = { 'service.namespace': 'shop', 'service.name': 'cart', 'service.instance.id': 'a1', 'host.name': 'n7', empty: '' }
    const point = gauge('load', { timeUnixNano: ms(5), asDouble: 1.5, attributes: attributes({ 'cpu.id': '3' }) })
    const target = 'host_name=n7,instance=a1,job=shop/cart 1 1700000000000'
    assert.deepEqual((await convert([point], '', resource)).lines, [`__name__=target_info,${target}`, '__name__=load,cpu_id=3,instance=a1,job=shop/cart 1.5 5'])
    assert.deepEqual((await convert([point], 'keep_identifying_resource_attributes = true', resource)).lines[0],
      '__name__=target_info,host_name=n7,instance=a1,job=shop/cart,service_instance_id=a1,service_name=cart,service_namespace=shop 1 1700000000000')
  })

  it('puts the attributes of the resource on every series when asked to', async () => {
    const settings = 'include_target_info = false\nresource_to_telemetry_conversion = true'
    const point = gauge('load', { timeUnixNano: ms(5), asDouble: 1, attributes: attributes({ zone: 'of the point' }) })
    assert.deepEqual((await convert([point], settings, { 'service.name': 'cart', zone: 'a' })).lines, ['__name__=load,job=cart,service_name=cart,zone=a 1 5'])
  })

  it('describes scopes when asked to, and never labels series with them, as in Alloy', async () => {
    const settings = 'include_target_info = false\ninclude_scope_info = true\ninclude_scope_labels = true'
    const { lines: got } = await convert([gauge('up', { asInt: '1', timeUnixNano: ms(1) })], settings, { 'service.name': 'a' }, { name: 'lib', version: '2', attributes: attributes({ 'x.y': 'z' }) })
    assert.deepEqual(got, ['__name__=otel_scope_info,job=a,otel_scope_name=lib,otel_scope_version=2,x_y=z 1 1700000000000', '__name__=up,job=a 1 1'])
  })

  it('names metrics by unit and type, or leaves their names alone', async () => {
    const all = [
      { ...counter('http.requests', { asInt: '2', timeUnixNano: ms(1) }), unit: '1' },
      { ...gauge('cpu.load', { asInt: '2', timeUnixNano: ms(1) }), unit: '1' },
      { ...gauge('memory', { asInt: '2', timeUnixNano: ms(1) }), unit: 'By' },
      { name: 'level', unit: 's', sum: { aggregationTemporality: 2, dataPoints: [{ asDouble: -1, timeUnixNano: ms(1) }] } },
    ]
    const names = (got: string[]) => got.map(line => line.split(/[ =]/)[1])
    assert.deepEqual(names((await convert(all)).lines), ['http_requests_total', 'cpu_load_ratio', 'memory_bytes', 'level_seconds'])
    assert.deepEqual(names((await convert(all, 'include_target_info = false\nadd_metric_suffixes = false')).lines), ['http_requests', 'cpu_load', 'memory', 'level'])
  })

  it('writes histograms as buckets that add up, with the exemplars of each', async () => {
    const exemplars = [{ asDouble: 3, timeUnixNano: ms(4), traceId: '0102030405060708090a0b0c0d0e0f10' }, { asInt: '0', timeUnixNano: ms(3), spanId: '0102030405060708' }]
    const got = await convert([histogram({ count: '7', sum: 9, bucketCounts: ['2', '0', '5'], explicitBounds: [0.5, 2], timeUnixNano: ms(9), exemplars })])
    assert.deepEqual(got.lines, [
      '__name__=h_seconds_sum 9 9', '__name__=h_seconds_count 7 9',
      '__name__=h_seconds_bucket,le=0.5 2 9', '__name__=h_seconds_bucket,le=0.5 exemplar span_id=0102030405060708 0',
      '__name__=h_seconds_bucket,le=2 2 9',
      '__name__=h_seconds_bucket,le=+Inf 7 9', '__name__=h_seconds_bucket,le=+Inf exemplar trace_id=0102030405060708090a0b0c0d0e0f10 3',
    ])
  })

  it('lets no attribute pass for a bucket or a name', async () => {
    const point = { count: '1', bucketCounts: ['1', '0'], explicitBounds: [1], timeUnixNano: ms(1), attributes: attributes({ le: 'x', __name__: 'y', job: 'mine' }) }
    const got = await convert([histogram(point)], undefined, { 'service.name': 'a' })
    assert.deepEqual(got.lines, ['__name__=h_seconds_count,job=mine,le=x 1 1', '__name__=h_seconds_bucket,job=mine,le=1 1 1', '__name__=h_seconds_bucket,job=mine,le=+Inf 1 1'])
  })

  it('writes native histograms: exponential ones, and with custom buckets when asked to', async () => {
    const exponential = { name: 'e', exponentialHistogram: { aggregationTemporality: 2, dataPoints: [{ count: '5', sum: 2, scale: 1, zeroCount: '1', positive: { offset: 2, bucketCounts: ['1', '3'] }, timeUnixNano: ms(4) }] } }
    const classic = histogram({ count: '3', sum: 2, bucketCounts: ['1', '2'], explicitBounds: [1], timeUnixNano: ms(4) })
    const { batch } = await convert([exponential, classic], 'include_target_info = false\nconvert_classic_histograms_to_nhcb = true')
    const read = Array.from(seriesOf(batch!), series => decodeHistogram([...series.readHistograms()][0]!.bytes))
    assert.deepEqual(read.map(({ schema, count, positive, customValues }) => ({ schema, count, positive, customValues })), [
      { schema: 1, count: 5n, positive: { spans: [{ offset: 3, length: 2 }], counts: [1n, 3n] }, customValues: [] },
      { schema: -53, count: 3n, positive: { spans: [{ offset: 0, length: 2 }], counts: [1n, 2n] }, customValues: [1] },
    ])
  })

  it('writes summaries', async () => {
    const summary = { name: 's', summary: { dataPoints: [{ count: '4', sum: 8, quantileValues: [{ quantile: 0.5, value: 1 }, { quantile: 1, value: 6 }], timeUnixNano: ms(2) }] } }
    assert.deepEqual((await convert([summary])).lines, ['__name__=s_sum 8 2', '__name__=s_count 4 2', '__name__=s,quantile=0.5 1 2', '__name__=s,quantile=1 6 2'])
  })

  it('ends series where there is no recorded value', async () => {
    const { batch } = await convert([gauge('a', { timeUnixNano: ms(2), flags: 1 }), histogram({ flags: 1, count: '0', bucketCounts: ['0', '0'], explicitBounds: [1] })])
    const stale = Array.from(seriesOf(batch!), series => Array.from(series.readSamples(), sample => sample.stale)).flat()
    assert.deepEqual(stale, [true, true, true, true])
  })

  it('sends each series once, in the order of time, and of one moment what came last', async () => {
    const { lines: got, batch } = await convert([gauge('a', { timeUnixNano: ms(3), asInt: '3' }, { timeUnixNano: ms(1), asInt: '1' }, { timeUnixNano: ms(3), asInt: '4' })])
    assert.deepEqual(got, ['__name__=a 1 1', '__name__=a 4 3'])
    assert.equal(countSeries(batch!), 1)
  })

  it('sends metadata when asked to', async () => {
    const { batch } = await convert([{ ...counter('c', { asInt: '1', timeUnixNano: ms(1) }), unit: 's', description: 'Counts.' }], 'honor_metadata = true')
    assert.deepEqual([...metadataOf(batch!)], [
      { type: 'gauge', family: 'target_info', help: 'Target metadata', unit: '' }, { type: 'counter', family: 'c_seconds_total', help: 'Counts.', unit: 's' },
    ])
  })

  it('begins a counter with a zero once for each start', async () => {
    const { batches, input } = build('include_target_info = false\nstart_timestamp_zero_ingestion = true')
    for (const [start, time] of [[1, 5], [1, 6], [7, 8], [0, 9]] as const) {
      await input.consume(metricsOf([counter('c', { startTimeUnixNano: ms(start), timeUnixNano: ms(time), asInt: '3' })]), fakeCall())
    }
    assert.deepEqual(batches.map(lines), [['__name__=c_total 0 1', '__name__=c_total 3 5'], ['__name__=c_total 3 6'], ['__name__=c_total 0 7', '__name__=c_total 3 8'], ['__name__=c_total 3 9']])
  })

  it('leaves out delta metrics and those without a name, and says so', async () => {
    const delta = { name: 'd', sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ asInt: '1', timeUnixNano: ms(1) }] } }
    const coarse = { name: 'e', exponentialHistogram: { aggregationTemporality: 2, dataPoints: [{ count: '1', scale: -5 }] } }
    const got = await convert([delta, gauge('%%', { asInt: '1' }), coarse, { name: 'nothing' }, gauge('ok', { asInt: '1', timeUnixNano: ms(1) })])
    assert.deepEqual(got.lines, ['__name__=ok 1 1'])
    assert.deepEqual(got.logs.map(({ level, fields }) => [level, fields['count']]), [['warn', 1], ['warn', 1], ['error', 1]])
  })

  it('takes nothing but metrics, and passes on nothing when nothing is left', async () => {
    const { batches, input } = build()
    await input.consume(spans('a'), fakeCall())
    await input.consume(metricsOf([]), fakeCall())
    assert.deepEqual(batches, [])
  })

  it('fails as what follows it fails', async () => {
    const { input } = build(undefined, () => { throw retryable('down') })
    await assert.rejects(input.consume(metricsOf([gauge('a', { asInt: '1' })]), fakeCall()), ConsumeError)
  })

  it('takes everything that OTLP can say, cut off anywhere, or refuses it as damaged', async () => {
    const { input } = build()
    const whole = encodeOtlp('metrics', everyMetric)
    for (let end = 0; end < whole.bytes.length; end += 3) {
      await input.consume({ ...whole, bytes: whole.bytes.subarray(0, end) }, fakeCall()).catch((error: unknown) => assert.equal((error as Error).name, 'WireError'))
    }
  })

  it('refuses to forget series all the time, and knows what does nothing here', () => {
    assert.throws(() => build('gc_frequency = "0s"'), ArgumentError)
    assert.deepEqual(problemsOf(prometheus, 'forward_to = []\ngc_frequency = "1m"\ninclude_scope_labels = false').map(problem => problem.split(':')[0]), ['inert gc_frequency', 'inert include_scope_labels'])
    const gated = (text: string) => decodeArguments(prometheus, `forward_to = []\n${text}`, {}, 'generally-available').problems.map(({ kind }) => kind)
    assert.deepEqual([gated('convert_classic_histograms_to_nhcb = true'), gated('start_timestamp_zero_ingestion = false')], [['gated'], []])
  })
})
