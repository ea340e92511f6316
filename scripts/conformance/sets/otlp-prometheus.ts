/**
 * OTLP to Prometheus: names and units (facts/otlp-prometheus-names.json, which follow Prometheus' own library) and whole metrics
 * through otelcol.exporter.prometheus (facts/otlp-to-prometheus.json, which follow Alloy's tests).
 */
import type { OtlpConsumer } from '../../../src/components/contract/consume.ts'
import exporter from '../../../src/components/otelcol/exporter/prometheus.ts'
import { formatFixed } from '../../../src/lib/go-format.ts'
import type { PrometheusBatch } from '../../../src/telemetry/batch.ts'
import { labelName, metricName, unitName, utf8MetricName, type NamedMetric } from '../../../src/telemetry/convert/names.ts'
import { decodeHistogram, type Side } from '../../../src/telemetry/convert/native-histogram.ts'
import { labelValue, type Labels } from '../../../src/telemetry/labels.ts'
import { mergePrometheus, metadataOf, prometheusBatch, seriesOf, type Exemplar } from '../../../src/telemetry/prometheus.ts'
import { otlpBatch } from '../../../src/telemetry/otlp.ts'
import { otlpJsonToProto } from '../../../src/wire/otlp-json.ts'
import { fakeCall } from '../../../test/support/call.ts'
import { buildComponent, sink } from '../../../test/support/component.ts'
import type { SetResult } from '../set.ts'
import { compareCases, readCases } from './cases.ts'

/** The name of the set, and how it runs over a corpus folder. */
export const name = 'otlp-prometheus'

export async function run(dir: string): Promise<SetResult> {
  const names = compareCases(await readCases<NameCase>(dir, 'otlp-prometheus-names.json'), wantedName, actualName)
  const cases = await readCases<MetricsCase>(dir, 'otlp-to-prometheus.json')
  const got = new Map<MetricsCase, PrometheusBatch>()
  for (const one of cases) got.set(one, await convert(one))
  const metrics = compareCases(cases, wantedMetrics, one => actualMetrics(one, got.get(one)!))
  return {
    passed: names.passed + metrics.passed,
    total: names.total + metrics.total,
    failures: [...names.failures, ...metrics.failures],
  }
}

interface NameOptions {
  utf8_allowed?: boolean
  underscore_label_sanitization?: boolean
  preserve_multiple_underscores?: boolean
  with_metric_suffixes?: boolean
  namespace?: string
}
interface NameCase {
  name: string
  kind: 'label' | 'metric'
  options: NameOptions
  input?: string
  metric?: { name: string; unit: string; type: string }
  output?: string
  error?: string | null
  unit_name?: string | null
}

/** Cases whose options were lost when they were written down: they come from a constructor that takes a strategy. */
const lostOptions: Record<string, NameOptions> = {
  'metric/utf8 metric with namespace without suffixes': { utf8_allowed: true, with_metric_suffixes: false, namespace: 'test_namespace' },
  'metric/utf8 metric with namespace and suffixes': { utf8_allowed: true, with_metric_suffixes: true, namespace: 'ñamespace' },
}

const wantedName = ({ output, error, unit_name }: NameCase) => ({ output: error ? undefined : output, error: error ?? undefined, unit: unit_name ?? undefined })

function actualName(one: NameCase): ReturnType<typeof wantedName> {
  const options = lostOptions[one.name] ?? one.options
  const unit = one.unit_name == null ? undefined : unitName(one.metric!.unit)
  if (one.kind === 'label') return { ...judgedLabel(one.input!, options), unit }
  const { name: metric, unit: written, type } = one.metric!
  const named: NamedMetric = { name: metric, unit: written, type: type === 'MonotonicCounter' ? 'counter' : type === 'Gauge' ? 'gauge' : 'other' }
  const { utf8_allowed: utf8 = false, with_metric_suffixes: suffixes = false, namespace = '' } = options
  const output = utf8 ? utf8MetricName(named, { suffixes, namespace }) : metricName(named, { suffixes, namespace, script: 'ascii', colons: true })
  return output === '' ? { output: undefined, error: `normalization for metric "${metric}" resulted in empty name`, unit } : { output, error: undefined, unit }
}

/** What the library refuses, its callers here never ask for; so the refusal is part of the set. */
function judgedLabel(key: string, options: NameOptions): { output: string | undefined; error: string | undefined } {
  const { utf8_allowed: utf8 = false, underscore_label_sanitization: keyBeforeUnderscore = false, preserve_multiple_underscores: keep = false } = options
  const refused = (error: string) => ({ output: undefined, error })
  if (key === '') return refused('label name is empty')
  const output = utf8 ? key : labelName(key, { script: 'ascii', keyBeforeUnderscore, collapse: !keep })
  if (/[^_]/.test(output)) return { output, error: undefined }
  return refused(utf8 ? `label name "${key}" contains only underscores` : `normalization for label name "${key}" resulted in invalid name "${output}"`)
}

interface MetricsCase {
  name: string
  input: unknown
  options: Record<string, boolean>
  expect_text?: string
  expect_family_json?: { name: string; metric: { histogram: Record<string, unknown> }[] }
  expect_zero_sample?: boolean
}

/** Arguments that Alloy's tests set by another name, or always. */
const argumentOf: Record<string, string> = { enable: 'start_timestamp_zero_ingestion' }
const ofTheTest = new Set(['enable_open_metrics', 'show_timestamps'])

async function convert({ name: caseName, input, options }: MetricsCase): Promise<PrometheusBatch> {
  const settings = {
    include_target_info: false, add_metric_suffixes: false, honor_metadata: caseName.startsWith('TestConverter/'),
    ...Object.fromEntries(Object.entries(options).filter(([key]) => !ofTheTest.has(key)).map(([key, value]) => [argumentOf[key] ?? key, value])),
  }
  const next = sink<PrometheusBatch>('storage.Appendable')
  const body = Object.entries(settings).map(([key, value]) => `${key} = ${value}`)
  const instance = buildComponent(exporter, ['forward_to = [next]', ...body].join('\n'), { next: next.capsule })
  const batch = otlpBatch('metrics', otlpJsonToProto(JSON.stringify(input), 'metrics'))
  await (instance.exports!['input'] as OtlpConsumer).consume(batch, fakeCall())
  return next.batches.length === 0 ? prometheusBatch(new Uint8Array(0)) : mergePrometheus(next.batches)
}

function wantedMetrics(one: MetricsCase): unknown {
  if (one.expect_text !== undefined) return one.expect_text.split('\n').map(line => line.trim()).filter(line => line !== '').map(normalized).sort()
  if (one.expect_zero_sample !== undefined) return one.expect_zero_sample
  // The exemplar depends on whether the test's own reader knew the type, so only the histogram itself counts.
  const { bucket: _exemplars, ...histogram } = one.expect_family_json!.metric[0]!.histogram
  return histogram
}

function actualMetrics(one: MetricsCase, batch: PrometheusBatch): unknown {
  if (one.expect_text !== undefined) {
    return exposition(batch, { openMetrics: one.options['enable_open_metrics'] === true, times: one.options['show_timestamps'] === true }).map(normalized).sort()
  }
  if (one.expect_zero_sample !== undefined) return Array.from(seriesOf(batch), series => Array.from(series.readSamples(), sample => sample.value)).flat().includes(0)
  const [bytes] = Array.from(seriesOf(batch), series => Array.from(series.readHistograms(), histogram => histogram.bytes)).flat()
  const { count, sum, schema, zeroCount, zeroThreshold, positive, negative } = decodeHistogram(bytes!)
  return {
    sampleCount: Number(count), sampleSum: sum, schema, zeroCount: Number(zeroCount), zeroThreshold, ...side('positive', positive), ...side('negative', negative),
  }
}

const side = (which: string, { spans, counts }: Side) => (spans.length === 0 ? {} : {
  [`${which}Delta`]: counts.map((count, i) => Number(count) - Number(counts[i - 1] ?? 0)), [`${which}Span`]: spans.map(({ offset, length }) => ({ length, offset })),
})

/** Labels in order, and numbers in one form (OpenMetrics writes 1.0 for 1), in the value and in `le` and `quantile`. */
function normalized(line: string): string {
  if (line.startsWith('#')) return line
  const [, metric, labels = '', rest] = /^(\S+?)(?:\{(.*?)\})? (.*)$/.exec(line)!
  const sorted = labels.split(/,(?=\w+=)/).filter(label => label !== '').map(label => label.replace(/^(le|quantile)="(\d+)\.0"$/, '$1="$2"')).sort()
  return `${metric}{${sorted.join(',')}} ${rest!.replace(/(?<![\d.])(\d+)\.0(?= |$)/g, '$1')}`
}

/** A batch as its exposition would be. */
function exposition(batch: PrometheusBatch, { openMetrics, times }: { openMetrics: boolean; times: boolean }): string[] {
  const families = [...metadataOf(batch)].flatMap(({ family, type, help }) => {
    const shown = openMetrics && type === 'counter' ? family.replace(/_total$/, '') : family
    return [...(help === '' ? [] : [`# HELP ${shown} ${help}`]), `# TYPE ${shown} ${type}`]
  })
  const lines: string[] = []
  for (const series of seriesOf(batch)) {
    const labels = series.labels()
    const exemplar = [...series.readExemplars()].at(-1)
    for (const { value, timestamp } of series.readSamples()) {
      const time = times ? ` ${timestamp / 1000}` : ''
      lines.push(`${labelValue(labels, '__name__')}${braces(labels)} ${formatFixed(value)}${time}${openMetrics && exemplar !== undefined ? shownExemplar(exemplar) : ''}`)
    }
  }
  return [...families, ...lines]
}

const braces = (labels: Labels) => `{${labels.filter(([key]) => key !== '__name__').map(([key, value]) => `${key}="${value}"`).join(',')}}`
const shownExemplar = ({ labels, value }: Exemplar) => ` # ${braces(labels)} ${formatFixed(value)}`
