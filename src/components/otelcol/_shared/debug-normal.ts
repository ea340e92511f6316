/** A batch with one line an item, in the layout of the collector's debug exporter with `verbosity: normal`. */

import { formatFloat } from '../../../lib/go-format.ts'
import type { OtlpBatch } from '../../../telemetry/batch.ts'
import { decodeLogs, decodeMetrics, decodeTraces, type Attribute, type Decoded } from '../../../telemetry/otlp.ts'
import { idText, sixDigits, valueText } from './value-text.ts'

/** The text, every line ended by a newline. */
export function normalText(batch: OtlpBatch): string {
  const lines: string[] = []
  switch (batch.signal) {
    case 'traces':
      eachScope(lines, 'Traces', decodeTraces(batch), group => group.scopeSpans, scope => scope.spans.map(spanLine))
      break
    case 'metrics':
      eachScope(lines, 'Metrics', decodeMetrics(batch), group => group.scopeMetrics, scope => scope.metrics.flatMap(metricLines))
      break
    case 'logs':
      eachScope(lines, 'Log', decodeLogs(batch), group => group.scopeLogs, scope => scope.logRecords.map(recordLine))
      break
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

interface ResourceGroup { readonly schemaUrl: string; readonly resource: Decoded<'Resource'> }
interface ScopeGroup { readonly schemaUrl: string; readonly scope: Decoded<'InstrumentationScope'> }

function eachScope<R extends ResourceGroup, S extends ScopeGroup>(
  lines: string[], title: string, groups: Iterable<R>, scopesOf: (group: R) => readonly S[], items: (scope: S) => string[],
): void {
  let index = 0
  for (const group of groups) {
    lines.push([`Resource${title} #${index++}`, bracketed(group.schemaUrl), ...pairs(group.resource.attributes)].filter(part => part !== '').join(' '))
    scopesOf(group).forEach((inner, at) => {
      const { name, version, attributes } = inner.scope
      const scope = `${name}${version === '' ? '' : `@${version}`}`
      lines.push([`Scope${title} #${at}`, scope, bracketed(inner.schemaUrl), ...pairs(attributes)].filter(part => part !== '').join(' '), ...items(inner))
    })
  }
}

const bracketed = (schemaUrl: string) => (schemaUrl === '' ? '' : `[${schemaUrl}]`)
const pairs = (attributes: readonly Attribute[]) => attributes.map(({ key, value }) => `${key}=${valueText(value)}`)

const spanLine = (span: Decoded<'Span'>) => [span.name, idText(span.traceId), idText(span.spanId), ...pairs(span.attributes)].join(' ')

// The space behind the body stands there without attributes too.
const recordLine = (record: Decoded<'LogRecord'>) => `${valueText(record.body)} ${pairs(record.attributes).join(' ')}`

function metricLines(metric: Decoded<'Metric'>): string[] {
  const line = (attributes: readonly Attribute[], value: string) => `${metric.name}{${pairs(attributes).join(',')}} ${value}`
  const { gauge, sum, histogram, exponentialHistogram, summary } = metric
  return [
    ...((gauge ?? sum)?.dataPoints ?? []).map(point => line(point.attributes, numberText(point))),
    ...(histogram?.dataPoints ?? []).map(point => line(point.attributes, histogramText(point))),
    ...(exponentialHistogram?.dataPoints ?? []).map(point => line(point.attributes, exponentialText(point))),
    ...(summary?.dataPoints ?? []).map(point => line(point.attributes, summaryText(point))),
  ]
}

const numberText = ({ asInt, asDouble }: Decoded<'NumberDataPoint'>) =>
  asInt !== undefined ? String(asInt) : asDouble !== undefined ? formatFloat(asDouble) : ''

function statistics({ count, sum, min, max }: Pick<Decoded<'HistogramDataPoint'>, 'count' | 'sum' | 'min' | 'max'>): string[] {
  const named = [['sum', sum], ['min', min], ['max', max]] as const
  return [`count=${count}`, ...named.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${formatFloat(value)}`]))]
}

function histogramText(point: Decoded<'HistogramDataPoint'>): string {
  const bounds = point.explicitBounds.map(bound => `le${formatFloat(bound)}=`)
  return [...statistics(point), ...point.bucketCounts.map((count, index) => `${bounds[index] ?? ''}${count}`)].join(' ')
}

function exponentialText(point: Decoded<'ExponentialHistogramDataPoint'>): string {
  const { scale, zeroCount, positive, negative } = point
  const bound = (index: number) => Math.exp(index * Math.LN2 * 2 ** -scale)
  const below = negative.bucketCounts.map((count, at) => `le${formatFloat(-bound(negative.offset + at))}=${count}`).reverse()
  const above = positive.bucketCounts.map((count, at) => `le${formatFloat(bound(positive.offset + at + 1))}=${count}`)
  return [...statistics(point), ...below, ...(zeroCount === 0n ? [] : [`zero=${zeroCount}`]), ...above].join(' ')
}

const summaryText = ({ count, sum, quantileValues }: Decoded<'SummaryDataPoint'>) =>
  [`count=${count}`, `sum=${sixDigits(sum)}`, ...quantileValues.map(({ quantile, value }) => `q${formatFloat(quantile)}=${formatFloat(value)}`)].join(' ')
