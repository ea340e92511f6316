import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import debug from '../../../../src/components/otelcol/exporter/debug.ts'
import type { OtlpConsumer } from '../../../../src/components/contract/consume.ts'
import type { OtlpBatch } from '../../../../src/telemetry/batch.ts'
import { fakeCall } from '../../../support/call.ts'
import { buildComponent, problemsOf } from '../../../support/component.ts'
import { batchOf, spans } from '../otlp.ts'

const input = (text: string) => buildComponent(debug, text).exports!['input'] as OtlpConsumer
async function logged(text: string, ...batches: OtlpBatch[]) {
  const call = fakeCall()
  const consumer = input(text)
  for (const batch of batches) await consumer.consume(batch, call)
  return call
}
const text = async (verbosity: string, batch: OtlpBatch) => (await logged(`verbosity = "${verbosity}"`, batch)).logs[1]!.message

const str = (key: string, stringValue: string) => ({ key, value: { stringValue } })

const trace = batchOf('traces', {
  resourceSpans: [{
    schemaUrl: 'https://schema', resource: { attributes: [str('service.name', 'shop')], entityRefs: [{ type: 'service', schemaUrl: 'https://s', idKeys: ['service.name'], descriptionKeys: ['v'] }] },
    scopeSpans: [{
      schemaUrl: 'https://scope', scope: { name: 'lib', version: '1.2', attributes: [str('k', 'v')] },
      spans: [{
        traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '1112131415161718', parentSpanId: '2122232425262728', traceState: 'ot=th:0', name: 'GET /', kind: 2,
        startTimeUnixNano: '1581452772000000321', endTimeUnixNano: '1581452773000000000', droppedEventsCount: 1, status: { code: 2, message: 'broken' },
        attributes: [{ key: 'n', value: { intValue: '7' } }, { key: 'list', value: { arrayValue: { values: [{ boolValue: true }, { doubleValue: 1.5 }, {}] } } }],
        events: [{ name: 'e', timeUnixNano: '1', attributes: [str('why', 'so')] }],
        links: [{ traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0000000000000000', droppedAttributesCount: 4 }],
      }],
    }],
  }],
})

const times = { startTimeUnixNano: '0', timeUnixNano: '1000000000' }
const metrics = batchOf('metrics', {
  resourceMetrics: [{
    scopeMetrics: [{
      metrics: [
        { name: 'g', unit: 's', gauge: { dataPoints: [{ ...times, asDouble: 0.0078125, attributes: [str('a', 'b'), str('c', 'd')] }, { ...times, asInt: '-3' }] } },
        { name: 's', metadata: [str('m', 'n')], sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...times, asDouble: 1e21, exemplars: [{ timeUnixNano: '5', asInt: '9', traceId: '0102030405060708090a0b0c0d0e0f10', filteredAttributes: [str('f', 'g')] }] }] } },
        { name: 'h', histogram: { aggregationTemporality: 1, dataPoints: [{ ...times, count: '3', sum: 4.5, min: 0.5, explicitBounds: [1, 2], bucketCounts: ['1', '2', '0'] }] } },
        { name: 'e', exponentialHistogram: { dataPoints: [{ ...times, count: '4', scale: 0, zeroCount: '1', positive: { offset: 1, bucketCounts: ['2'] }, negative: { bucketCounts: ['1'] } }] } },
        { name: 'q', summary: { dataPoints: [{ ...times, count: '2', sum: 3, quantileValues: [{ quantile: 0.99, value: 7 }] }] } },
        { name: 'nothing' },
      ],
    }],
  }],
})

const logs = batchOf('logs', {
  resourceLogs: [{
    scopeLogs: [{
      logRecords: [
        { timeUnixNano: '1581452773000000789', severityNumber: 10, severityText: 'info', eventName: 'boot', spanId: '0102030405060708', flags: 1,
          body: { kvlistValue: { values: [str('z', 'a "quoted" <word>'), { key: 'a', value: { kvlistValue: { values: [{ key: 'n', value: { intValue: '1' } }] } } }] } } },
        { severityNumber: 99, body: { bytesValue: 'AAEC' }, attributes: [str('k', 'v')] },
      ],
    }],
  }],
})

describe('otelcol.exporter.debug', () => {
  it('writes counts to the log', async () => {
    const { logs: lines } = await logged('', spans('a', 'b'), metrics, logs)
    assert.deepEqual(lines, [
      { level: 'info', message: 'Traces', fields: { 'resource spans': 1, spans: 2 } },
      { level: 'info', message: 'Metrics', fields: { 'resource metrics': 1, metrics: 6, 'data points': 6 } },
      { level: 'info', message: 'Logs', fields: { 'resource logs': 1, 'log records': 2 } },
    ])
  })

  it('writes a line an item', async () => {
    assert.equal(await text('normal', trace), [
      'ResourceTraces #0 [https://schema] service.name=shop',
      'ScopeTraces #0 lib@1.2 [https://scope] k=v',
      'GET / 0102030405060708090a0b0c0d0e0f10 1112131415161718 n=7 list=[true,1.5,null]',
      '',
    ].join('\n'))
    assert.equal(await text('normal', metrics), [
      'ResourceMetrics #0', 'ScopeMetrics #0', 'g{a=b,c=d} 0.0078125', 'g{} -3', 's{} 1e+21', 'h{} count=3 sum=4.5 min=0.5 le1=1 le2=2 0',
      'e{} count=4 le-1=1 zero=1 le4=2', 'q{} count=2 sum=3.000000 q0.99=7', '',
    ].join('\n'))
    assert.equal(await text('normal', logs), ['ResourceLog #0', 'ScopeLog #0', '{"a":{"n":1},"z":"a \\"quoted\\" <word>"} ', 'AAEC k=v', ''].join('\n'))
  })

  it('writes traces in full', async () => {
    assert.equal(await text('Detailed', trace), `ResourceSpans #0
Resource SchemaURL: https://schema
Resource attributes:
     -> service.name: Str(shop)
Resource entity refs:
     -> Entity ref #0:
          -> Type: service
          -> Schema URL: https://s
          -> ID keys:
               -> service.name
          -> Description keys:
               -> v
ScopeSpans #0
ScopeSpans SchemaURL: https://scope
InstrumentationScope lib 1.2
InstrumentationScope attributes:
     -> k: Str(v)
Span #0
    Trace ID       : 0102030405060708090a0b0c0d0e0f10
    Parent ID      : 2122232425262728
    ID             : 1112131415161718
    Name           : GET /
    Kind           : Server
    TraceState     : ot=th:0
    Start time     : 2020-02-11 20:26:12.000000321 +0000 UTC
    End time       : 2020-02-11 20:26:13 +0000 UTC
    Status code    : Error
    Status message : broken
    DroppedAttributesCount: 0
    DroppedEventsCount: 1
    DroppedLinksCount: 0
Attributes:
     -> n: Int(7)
     -> list: Slice([true,1.5,null])
Events:
SpanEvent #0
     -> Name: e
     -> Timestamp: 1970-01-01 00:00:00.000000001 +0000 UTC
     -> DroppedAttributesCount: 0
     -> Attributes::
          -> why: Str(so)
Links:
SpanLink #0
     -> Trace ID: 0102030405060708090a0b0c0d0e0f10
     -> ID: ${''}
     -> TraceState: ${''}
     -> DroppedAttributesCount: 4
`)
  })

  it('writes metrics in full', async () => {
    const lines = (await text('detailed', metrics)).split('\n')
    const from = (name: string) => lines.slice(lines.indexOf(`     -> Name: ${name}`) + 1)
    const point = ['StartTimestamp: 1970-01-01 00:00:00 +0000 UTC', 'Timestamp: 1970-01-01 00:00:01 +0000 UTC']
    assert.deepEqual(from('g').slice(2, 11), ['     -> DataType: Gauge', 'NumberDataPoints #0', 'Data point attributes:', '     -> a: Str(b)', '     -> c: Str(d)', ...point, 'Value: 0.007812', 'NumberDataPoints #1'])
    assert.deepEqual(from('s').slice(2, 17), [
      '     -> DataType: Sum', '     -> Metadata:', '          -> m: Str(n)', '     -> IsMonotonic: true', '     -> AggregationTemporality: Cumulative', 'NumberDataPoints #0', ...point,
      'Value: 1000000000000000000000.000000', 'Exemplars:', 'Exemplar #0', '     -> Trace ID: 0102030405060708090a0b0c0d0e0f10', '     -> Span ID: ', '     -> Timestamp: 1970-01-01 00:00:00.000000005 +0000 UTC', '     -> Value: 9',
    ])
    assert.deepEqual(from('h').slice(3, 15), ['     -> AggregationTemporality: Delta', 'HistogramDataPoints #0', ...point, 'Count: 3', 'Sum: 4.500000', 'Min: 0.500000', 'ExplicitBounds #0: 1.000000', 'ExplicitBounds #1: 2.000000', 'Buckets #0, Count: 1', 'Buckets #1, Count: 2', 'Buckets #2, Count: 0'])
    assert.deepEqual(from('e').slice(7, 11), ['Count: 4', 'Bucket [-2.000000, -1.000000), Count: 1', 'Bucket [0, 0], Count: 1', 'Bucket (2.000000, 4.000000], Count: 2'])
    assert.deepEqual(from('q').slice(3, 9), ['SummaryDataPoints #0', ...point, 'Count: 2', 'Sum: 3.000000', 'QuantileValue #0: Quantile 0.990000, Value 7.000000'])
    assert.deepEqual(from('nothing').slice(2), ['     -> DataType: Empty', ''])
  })

  it('writes logs in full', async () => {
    const lines = (await text('detailed', logs)).split('\n')
    assert.deepEqual(lines.slice(5), [
      'LogRecord #0', 'ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC', 'Timestamp: 2020-02-11 20:26:13.000000789 +0000 UTC', 'SeverityText: info', 'SeverityNumber: Info2(10)', 'EventName: boot',
      'Body: Map({"a":{"n":1},"z":"a \\"quoted\\" <word>"})', 'Trace ID: ', 'Span ID: 0102030405060708', 'Flags: 1',
      'LogRecord #1', 'ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC', 'Timestamp: 1970-01-01 00:00:00 +0000 UTC', 'SeverityText: ', 'SeverityNumber: (99)', 'Body: Bytes(AAEC)',
      'Attributes:', '     -> k: Str(v)', 'Trace ID: ', 'Span ID: ', 'Flags: 0', '',
    ])
  })

  it('writes plain text instead, when asked to', async () => {
    const { prints, logs: lines } = await logged('use_internal_logger = false\nverbosity = "normal"', spans('a'))
    assert.deepEqual([prints[0], prints[1]?.split('\n')[2], lines.length], ['Traces\t{"resource spans": 1, "spans": 1}', 'a 0102030405060708090a0b0c0d0e0f10 0000000000000001', 0])
  })

  it('thins out equal messages, second by second', async () => {
    const call = fakeCall()
    const consumer = input('sampling_initial = 2\nsampling_thereafter = 3')
    for (let i = 0; i < 9; i++) await consumer.consume(spans('a'), call)
    assert.equal(call.logs.length, 4, 'the first two, the fifth and the eighth')
    call.advance(1000)
    await consumer.consume(spans('a'), call)
    assert.equal(call.logs.length, 5)
    const never = input('sampling_initial = 1\nsampling_thereafter = 0')
    const quiet = fakeCall()
    for (let i = 0; i < 5; i++) await never.consume(spans('a'), quiet)
    assert.equal(quiet.logs.length, 1)
  })

  it('says where plain text cannot go', () => {
    assert.match(problemsOf(debug, 'output_paths = ["stdout", "/tmp/x"]').join(), /^inert output_paths/)
    assert.deepEqual(problemsOf(debug, 'output_paths = ["stdout"]'), [])
  })

  it('refuses arguments that cannot work', () => {
    assert.throws(() => input('verbosity = "loud"'), /invalid verbosity "loud"/)
  })
})
