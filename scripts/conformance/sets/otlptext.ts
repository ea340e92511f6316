/** The debug exporter's detailed text: upstream's test payloads, described here in JSON, against its expected renderings. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { detailedText } from '../../../src/components/otelcol/_shared/debug-detailed.ts'
import type { OtlpSignal } from '../../../src/telemetry/batch.ts'
import { otlpBatch } from '../../../src/telemetry/otlp.ts'
import { otlpJsonToProto } from '../../../src/wire/otlp-json.ts'
import type { SetResult } from './cases.ts'

/** The name of the set, and how it runs over a corpus folder. */
export const name = 'otlptext'

const folders = ['otelcol-otlptext', 'otelcol-core-testdata/exporter/debugexporter/internal/otlptext/testdata']

export async function run(dir: string): Promise<SetResult> {
  const failures: string[] = []
  let total = 0
  for (const folder of folders) {
    for (const [file, json] of Object.entries(payloads)) {
      const expected = await readFile(path.join(dir, folder, `${file}.out`), 'utf8').catch(() => undefined)
      if (expected === undefined) continue
      total++
      const signal = file.slice(0, file.indexOf('/')) as OtlpSignal
      const got = detailedText(otlpBatch(signal, otlpJsonToProto(JSON.stringify(json), signal)))
      if (got !== expected.replaceAll('\r', '')) failures.push(`${folder}/${file}: ${firstDifference(expected, got)}`)
    }
  }
  return { passed: total - failures.length, total, failures }
}

function firstDifference(expected: string, got: string): string {
  const [wanted, actual] = [expected.split('\n'), got.split('\n')]
  const at = wanted.findIndex((line, index) => line !== actual[index])
  return `line ${at + 1}: expected ${JSON.stringify(wanted[at])}, got ${JSON.stringify(actual[at])}`
}

// --- payloads -----------------------------------------------------------------------------------------------------------------------

type Json = Record<string, unknown>
const value = (plain: unknown): Json =>
  typeof plain === 'string' ? { stringValue: plain } : typeof plain === 'number' ? { intValue: plain } : { kvlistValue: { values: pairs(plain as Json) } }
const pairs = (plain: Json) => Object.entries(plain).map(([key, inner]) => ({ key, value: value(inner) }))

const second = (nanoseconds: number, seconds: number) => `${1581452760 + seconds}${String(nanoseconds).padStart(9, '0')}`
const started = second(321, 12)
const ended = second(789, 13)
const happened = second(123, 13)
const traceId = '0102030405060708090a0b0c0d0e0f10'
const spanId = '1112131415161718'

const resource = { attributes: pairs({ 'resource-attr': 'resource-attr-val-1' }) }
const entityResource = {
  attributes: pairs({ 'service.name': 'my-service', 'service.version': '1.0.0', 'host.name': 'server-01' }),
  entityRefs: [
    { type: 'service', schemaUrl: 'https://opentelemetry.io/schemas/1.21.0', idKeys: ['service.name'], descriptionKeys: ['service.version'] },
    { type: 'host', idKeys: ['host.name'] },
  ],
}
const scope = { name: 'test-scope' }
const testAttribute = pairs({ 'test.attribute': 'test-value' })

const metrics = (list: readonly Json[]) => ({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics: list.map(metric => ({ unit: '1', ...metric })) }] }] })
const labels = (...numbers: number[]) => pairs(Object.fromEntries(numbers.map(n => [`label-${n}`, `label-value-${n}`])))
const point = (attributes: unknown, more: Json) => ({ attributes, startTimeUnixNano: started, timeUnixNano: ended, ...more })
const exemplar = { traceId, spanId, timeUnixNano: happened, filteredAttributes: pairs({ 'exemplar-attachment': 'exemplar-attachment-value' }) }
const ints = { dataPoints: [point(labels(1), { asInt: 123 }), point(labels(2), { asInt: 456 })] }
const doubles = { dataPoints: [point(labels(1, 2), { asDouble: 1.23 }), point(labels(1, 3), { asDouble: 4.56 })] }
const gauges = [{ name: 'gauge-int', gauge: ints }, { name: 'gauge-double', gauge: doubles }]
const cumulative = { aggregationTemporality: 2, isMonotonic: true }
const allTypes = [
  ...gauges,
  { name: 'sum-int', sum: { ...cumulative, ...ints } },
  { name: 'sum-double', sum: { ...cumulative, ...doubles } },
  { name: 'histogram', histogram: { aggregationTemporality: 2, dataPoints: [
    point(labels(1, 3), { count: 1, sum: 15 }),
    point(labels(2), { count: 1, sum: 15, min: 15, max: 15, bucketCounts: [0, 1], explicitBounds: [1], exemplars: [{ ...exemplar, asDouble: 15 }] }),
  ] } },
  { name: 'exponential-histogram', exponentialHistogram: { aggregationTemporality: 1, dataPoints: [
    point(labels(1, 3), { count: 5, sum: 0.15, zeroCount: 1, scale: 1, positive: { offset: 1, bucketCounts: [1, 1] }, negative: { offset: -1, bucketCounts: [1, 1] } }),
    point(labels(2), { count: 3, sum: 1.25, min: 0, max: 1, zeroCount: 1, scale: -1, positive: { offset: -1, bucketCounts: [1, 1] }, exemplars: [{ ...exemplar, asInt: 15 }] }),
  ] } },
  { name: 'summary', summary: { dataPoints: [
    point(labels(1, 3), { count: 1, sum: 15 }),
    point(labels(2), { count: 1, sum: 15, quantileValues: [{ quantile: 0.01, value: 15 }] }),
  ] } },
]

const logs = (list: readonly Json[], more: Json = { resource }) => ({ resourceLogs: [{ ...more, scopeLogs: [{ logRecords: list }] }] })
const record = { timeUnixNano: ended, severityNumber: 9, severityText: 'Info' }
const first = {
  ...record, traceId: '08040201000000000000000000000000', spanId: '0102040800000000',
  body: value('This is a log message'), attributes: pairs({ app: 'server', instance_num: 1 }),
}
const other = { ...record, body: value('something happened'), attributes: pairs({ customer: 'acme', env: 'dev' }) }

const spans = [
  {
    name: 'operationA', startTimeUnixNano: started, endTimeUnixNano: ended, droppedAttributesCount: 1, traceState: 'ot=th:0', traceId, spanId,
    events: [
      { timeUnixNano: happened, name: 'event-with-attr', attributes: pairs({ 'span-event-attr': 'span-event-attr-val' }), droppedAttributesCount: 2 },
      { timeUnixNano: happened, name: 'event', droppedAttributesCount: 2 },
    ],
    droppedEventsCount: 1, status: { code: 2, message: 'status-cancelled' },
  },
  {
    name: 'operationB', startTimeUnixNano: started, endTimeUnixNano: ended, droppedLinksCount: 3,
    links: [{ attributes: pairs({ 'span-link-attr': 'span-link-attr-val' }), droppedAttributesCount: 4 }, { droppedAttributesCount: 4 }],
  },
]

/** By the file of the rendering, without its ending. */
const payloads: Readonly<Record<string, Json>> = {
  'traces/empty': {},
  'traces/two_spans': { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] },
  'traces/traces_with_entity_refs': { resourceSpans: [{ resource: entityResource, scopeSpans: [{ scope, spans: [{ name: 'test-span', traceId, spanId: '0102030405060708' }] }] }] },
  'metrics/empty': {},
  'metrics/two_metrics': metrics(gauges),
  'metrics/metrics_with_all_types': metrics(allTypes),
  'metrics/invalid_metric_type': metrics([{ name: 'sum-int' }]),
  'metrics/metrics_with_entity_refs': { resourceMetrics: [{ resource: entityResource, scopeMetrics: [{ scope, metrics: [
    { name: 'test-metric', description: 'A test metric', unit: '1', gauge: { dataPoints: [{ asDouble: 123.45, attributes: testAttribute }] } },
  ] }] }] },
  'metrics/metrics_with_metadata': { resourceMetrics: [{ resource: { attributes: pairs({ 'service.name': 'test-service' }) }, scopeMetrics: [{ scope, metrics: [
    { name: 'test-metric-metadata', description: 'A test metric with metadata', unit: '1', metadata: pairs({ 'meta.key': 'meta-value', 'meta.id': 101 }), gauge: { dataPoints: [{ asInt: 1 }] } },
  ] }] }] },
  'logs/empty': {},
  'logs/one_record': logs([first]),
  'logs/two_records': logs([first, other]),
  'logs/log_with_event_name': logs([{ ...first, eventName: 'event_name' }], {}),
  'logs/embedded_maps': logs([{
    ...record, severityText: 'INFO', body: value({ key1: 'val1', key2: { key21: 'val21', key22: 'val22' } }),
    attributes: pairs({ key1: { key11: 'val11', key12: 'val12', key13: { key131: 'val131' } }, key2: 'val2' }),
  }], {}),
  'logs/logs_with_entity_refs': { resourceLogs: [{ resource: entityResource, scopeLogs: [{ scope, logRecords: [
    { ...record, body: value('This is a test log message'), attributes: testAttribute },
  ] }] }] },
}
