/** A batch in full, in the layout of the collector's debug exporter with `verbosity: detailed`. */

import type { OtlpBatch } from '../../../telemetry/batch.ts'
import { decodeLogs, decodeMetrics, decodeTraces, type Attribute, type Decoded } from '../../../telemetry/otlp.ts'
import { idText, sixDigits, timeText, valueText, valueType } from './value-text.ts'

const kinds = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer']
const statusCodes = ['Unset', 'Ok', 'Error']
const temporalities = ['Unspecified', 'Delta', 'Cumulative']
const severities = ['Trace', 'Debug', 'Info', 'Warn', 'Error', 'Fatal']

/** `Info` for 9, `Info2` for 10; empty for numbers that mean nothing. */
const severityName = (number: number) => {
  if (number === 0) return 'Unspecified'
  const name = severities[Math.floor((number - 1) / 4)]
  const step = ((number - 1) % 4) + 1
  return name === undefined ? '' : `${name}${step === 1 ? '' : step}`
}

type Lines = string[]

/** The text, every line ended by a newline. */
export function detailedText(batch: OtlpBatch): string {
  const lines: Lines = []
  switch (batch.signal) {
    case 'traces': traces(lines, batch); break
    case 'metrics': metrics(lines, batch); break
    case 'logs': logs(lines, batch); break
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function traces(lines: Lines, batch: OtlpBatch): void {
  eachScope(lines, 'ResourceSpans', 'ScopeSpans', decodeTraces(batch), inner => inner.scopeSpans, scope => {
    scope.spans.forEach((span, index) => {
      lines.push(`Span #${index}`)
      const field = (name: string, value: string | number) => lines.push(`    ${name.padEnd(15)}: ${value}`)
      field('Trace ID', idText(span.traceId))
      field('Parent ID', idText(span.parentSpanId))
      field('ID', idText(span.spanId))
      field('Name', span.name)
      field('Kind', kinds[span.kind] ?? '')
      if (span.traceState !== '') field('TraceState', span.traceState)
      field('Start time', timeText(span.startTimeUnixNano))
      field('End time', timeText(span.endTimeUnixNano))
      field('Status code', statusCodes[span.status.code] ?? '')
      field('Status message', span.status.message)
      field('DroppedAttributesCount', span.droppedAttributesCount)
      field('DroppedEventsCount', span.droppedEventsCount)
      field('DroppedLinksCount', span.droppedLinksCount)
      attributes(lines, 'Attributes', span.attributes)
      if (span.events.length > 0) lines.push('Events:')
      span.events.forEach((event, at) => {
        lines.push(`SpanEvent #${at}`, `     -> Name: ${event.name}`, `     -> Timestamp: ${timeText(event.timeUnixNano)}`)
        lines.push(`     -> DroppedAttributesCount: ${event.droppedAttributesCount}`)
        attributes(lines, '     -> Attributes:', event.attributes)
      })
      if (span.links.length > 0) lines.push('Links:')
      span.links.forEach((link, at) => {
        lines.push(`SpanLink #${at}`, `     -> Trace ID: ${idText(link.traceId)}`, `     -> ID: ${idText(link.spanId)}`)
        lines.push(`     -> TraceState: ${link.traceState}`, `     -> DroppedAttributesCount: ${link.droppedAttributesCount}`)
        attributes(lines, '     -> Attributes:', link.attributes)
      })
    })
  })
}

function logs(lines: Lines, batch: OtlpBatch): void {
  eachScope(lines, 'ResourceLog', 'ScopeLogs', decodeLogs(batch), inner => inner.scopeLogs, scope => {
    scope.logRecords.forEach((record, index) => {
      lines.push(`LogRecord #${index}`, `ObservedTimestamp: ${timeText(record.observedTimeUnixNano)}`, `Timestamp: ${timeText(record.timeUnixNano)}`)
      lines.push(`SeverityText: ${record.severityText}`, `SeverityNumber: ${severityName(record.severityNumber)}(${record.severityNumber})`)
      if (record.eventName !== '') lines.push(`EventName: ${record.eventName}`)
      lines.push(`Body: ${typed(record.body)}`)
      attributes(lines, 'Attributes', record.attributes)
      lines.push(`Trace ID: ${idText(record.traceId)}`, `Span ID: ${idText(record.spanId)}`, `Flags: ${record.flags}`)
    })
  })
}

function metrics(lines: Lines, batch: OtlpBatch): void {
  eachScope(lines, 'ResourceMetrics', 'ScopeMetrics', decodeMetrics(batch), inner => inner.scopeMetrics, scope => {
    scope.metrics.forEach((metric, index) => {
      lines.push(`Metric #${index}`, 'Descriptor:', `     -> Name: ${metric.name}`, `     -> Description: ${metric.description}`, `     -> Unit: ${metric.unit}`)
      const { gauge, sum, histogram, exponentialHistogram, summary } = metric
      const type = gauge ? 'Gauge' : sum ? 'Sum' : histogram ? 'Histogram' : exponentialHistogram ? 'ExponentialHistogram' : summary ? 'Summary' : 'Empty'
      lines.push(`     -> DataType: ${type}`)
      attributes(lines, '     -> Metadata', metric.metadata)
      if (sum !== undefined) lines.push(`     -> IsMonotonic: ${sum.isMonotonic}`)
      const temporality = (sum ?? histogram ?? exponentialHistogram)?.aggregationTemporality
      if (temporality !== undefined) lines.push(`     -> AggregationTemporality: ${temporalities[temporality] ?? ''}`)
      ;(gauge ?? sum)?.dataPoints.forEach((point, at) => {
        pointHead(lines, 'NumberDataPoints', at, point)
        number(lines, 'Value', point)
        exemplars(lines, point.exemplars)
      })
      histogram?.dataPoints.forEach((point, at) => {
        pointHead(lines, 'HistogramDataPoints', at, point)
        statistics(lines, point)
        point.explicitBounds.forEach((bound, i) => lines.push(`ExplicitBounds #${i}: ${sixDigits(bound)}`))
        point.bucketCounts.forEach((count, i) => lines.push(`Buckets #${i}, Count: ${count}`))
        exemplars(lines, point.exemplars)
      })
      exponentialHistogram?.dataPoints.forEach((point, at) => {
        pointHead(lines, 'ExponentialHistogramDataPoints', at, point)
        statistics(lines, point)
        exponentialBuckets(lines, point)
        exemplars(lines, point.exemplars)
      })
      summary?.dataPoints.forEach((point, at) => {
        pointHead(lines, 'SummaryDataPoints', at, point)
        lines.push(`Count: ${point.count}`, `Sum: ${sixDigits(point.sum)}`)
        point.quantileValues.forEach(({ quantile, value }, i) => lines.push(`QuantileValue #${i}: Quantile ${sixDigits(quantile)}, Value ${sixDigits(value)}`))
      })
    })
  })
}

interface ResourceGroup { readonly schemaUrl: string; readonly resource: Decoded<'Resource'> }
interface ScopeGroup { readonly schemaUrl: string; readonly scope: Decoded<'InstrumentationScope'> }

/** Resources and scopes with their headings; `items` writes what is in a scope. */
function eachScope<R extends ResourceGroup, S extends ScopeGroup>(
  lines: Lines, resourceTitle: string, scopeTitle: string, groups: Iterable<R>, scopesOf: (group: R) => readonly S[], items: (scope: S) => void,
): void {
  let index = 0
  for (const group of groups) {
    lines.push(`${resourceTitle} #${index++}`, `Resource SchemaURL: ${group.schemaUrl}`)
    attributes(lines, 'Resource attributes', group.resource.attributes)
    entityRefs(lines, group.resource.entityRefs)
    scopesOf(group).forEach((scope, at) => {
      lines.push(`${scopeTitle} #${at}`, `${scopeTitle} SchemaURL: ${scope.schemaUrl}`)
      lines.push(`InstrumentationScope ${scope.scope.name} ${scope.scope.version}`)
      attributes(lines, 'InstrumentationScope attributes', scope.scope.attributes)
      items(scope)
    })
  }
}

function entityRefs(lines: Lines, refs: readonly Decoded<'EntityRef'>[]): void {
  if (refs.length > 0) lines.push('Resource entity refs:')
  refs.forEach(({ type, schemaUrl, idKeys, descriptionKeys }, index) => {
    lines.push(`     -> Entity ref #${index}:`, `          -> Type: ${type}`)
    if (schemaUrl !== '') lines.push(`          -> Schema URL: ${schemaUrl}`)
    for (const [title, keys] of [['ID', idKeys], ['Description', descriptionKeys]] as const) {
      if (keys.length > 0) lines.push(`          -> ${title} keys:`, ...keys.map(key => `               -> ${key}`))
    }
  })
}

const typed = (value: Attribute['value']) => `${valueType(value)}(${valueText(value)})`

/** Attributes below a title; under a title that is itself an arrow they go one step further in. */
function attributes(lines: Lines, title: string, list: readonly Attribute[]): void {
  if (list.length === 0) return
  const arrow = title.includes('->') ? title.slice(0, title.indexOf('->')) : ''
  lines.push(`${title}:`, ...list.map(({ key, value }) => `${arrow}     -> ${key}: ${typed(value)}`))
}

type AnyPoint = Pick<Decoded<'NumberDataPoint'>, 'attributes' | 'startTimeUnixNano' | 'timeUnixNano'>

function pointHead(lines: Lines, title: string, index: number, point: AnyPoint): void {
  lines.push(`${title} #${index}`)
  attributes(lines, 'Data point attributes', point.attributes)
  lines.push(`StartTimestamp: ${timeText(point.startTimeUnixNano)}`, `Timestamp: ${timeText(point.timeUnixNano)}`)
}

function number(lines: Lines, title: string, { asInt, asDouble }: Pick<Decoded<'Exemplar'>, 'asInt' | 'asDouble'>): void {
  if (asInt !== undefined) lines.push(`${title}: ${asInt}`)
  else if (asDouble !== undefined) lines.push(`${title}: ${sixDigits(asDouble)}`)
}

function statistics(lines: Lines, { count, sum, min, max }: Pick<Decoded<'HistogramDataPoint'>, 'count' | 'sum' | 'min' | 'max'>): void {
  lines.push(`Count: ${count}`)
  for (const [title, value] of [['Sum', sum], ['Min', min], ['Max', max]] as const) if (value !== undefined) lines.push(`${title}: ${sixDigits(value)}`)
}

/** Buckets from the lowest to the highest; the bounds are powers of 2^(2^-scale). */
function exponentialBuckets(lines: Lines, { scale, zeroCount, positive, negative }: Decoded<'ExponentialHistogramDataPoint'>): void {
  const bound = (index: number) => Math.exp(index * Math.LN2 * 2 ** -scale)
  for (let at = negative.bucketCounts.length - 1; at >= 0; at--) {
    const index = negative.offset + at
    lines.push(`Bucket [${sixDigits(-bound(index + 1))}, ${sixDigits(-bound(index))}), Count: ${negative.bucketCounts[at]}`)
  }
  if (zeroCount !== 0n) lines.push(`Bucket [0, 0], Count: ${zeroCount}`)
  positive.bucketCounts.forEach((count, at) => {
    const index = positive.offset + at
    lines.push(`Bucket (${sixDigits(bound(index))}, ${sixDigits(bound(index + 1))}], Count: ${count}`)
  })
}

function exemplars(lines: Lines, list: readonly Decoded<'Exemplar'>[]): void {
  if (list.length > 0) lines.push('Exemplars:')
  list.forEach((exemplar, index) => {
    lines.push(`Exemplar #${index}`, `     -> Trace ID: ${idText(exemplar.traceId)}`, `     -> Span ID: ${idText(exemplar.spanId)}`)
    lines.push(`     -> Timestamp: ${timeText(exemplar.timeUnixNano)}`)
    number(lines, '     -> Value', exemplar)
    attributes(lines, '     -> FilteredAttributes', exemplar.filteredAttributes)
  })
}
