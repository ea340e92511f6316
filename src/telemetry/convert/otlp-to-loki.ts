/**
 * OTLP log records to Loki entries, as the collector's Loki translator has it:
 *
 *     labels   exporter, job, instance, level; and what the hints name     line   JSON, logfmt or the body alone, by a hint
 *
 * Hints are attributes of a record or a resource (`loki.attribute.labels`, `loki.resource.labels`, `loki.format`, `loki.tenant`).
 * What becomes a label leaves the line, and so do the hints.
 */

import { hex } from '../../lib/bytes.ts'
import type { OtlpBatch, LokiBatch } from '../batch.ts'
import { labelsOf, renderLabels, type Label, type Labels } from '../labels.ts'
import { writeLoki, type Entry } from '../loki.ts'
import { isMap, readOtlp, type AttributeValue, type RecordView, type ResourceView } from '../otlp.ts'
import { enumNames } from '../../wire/otlp-schema.ts'
import { readLogfmt, writeLogfmt, type LogfmtPair } from './logfmt.ts'
import { LabelNames } from './names.ts'
import { seriesKey } from './series-store.ts'
import { quotedJson, valueJson, valueText } from './value-text.ts'

type Attributes = ReadonlyMap<string, AttributeValue>

const ATTRIBUTE_LABELS = 'loki.attribute.labels'
const RESOURCE_LABELS = 'loki.resource.labels'
const FORMAT = 'loki.format'
const hints: ReadonlySet<string> = new Set([ATTRIBUTE_LABELS, RESOURCE_LABELS, FORMAT, 'loki.tenant'])

/** What a line is made of. */
interface Source {
  readonly record: RecordView
  readonly attributes: Attributes
  readonly resource: Rest
}

/** What is left of a resource for the line, and its JSON once that has been asked for. */
interface Rest {
  readonly attributes: Attributes
  json: string | undefined
}

const formats: Readonly<Record<string, (source: Source) => string>> = { json: jsonLine, logfmt: logfmtLine, raw: ({ record }) => valueText(record.body) }

/** The formats that `loki.format` may name. */
export const lineFormats: readonly string[] = Object.keys(formats)

/** What could not be converted: records by the format that they ask for and that there is none of. */
export type FormatLosses = ReadonlyMap<string, number>

/** Converts a batch of logs; `now` (milliseconds) is the time of records that have none. Throws WireError. */
export function otlpToLoki(batch: OtlpBatch, now: number): { batch: LokiBatch; losses: FormatLosses } {
  const streams = new Map<string, Entry[]>()
  const losses = new Map<string, number>()
  const names = new LabelNames({ script: 'ascii', keyBeforeUnderscore: true, collapse: false })
  let resource: Attributes = new Map()
  let rest: Rest & { key: string } | undefined
  /** Label texts of the resource, by what is promoted. */
  const texts = new Map<string, string>()
  const labelsFor = (promoted: Labels): string => {
    const key = seriesKey(promoted)
    const text = texts.get(key) ?? labelText([...usualLabels(resource), ...promoted.map(([name, value]): Label => [names.of(name), value])])
    texts.set(key, text)
    return text
  }
  readOtlp(batch, {
    resource: view => {
      resource = attributesOf(view)
      rest = undefined
      texts.clear()
    },
    item: record => {
      if (record.signal !== 'logs') return
      const attributes = withLevel(attributesOf(record), record.severityNumber)
      const format = valueText(resource.get(FORMAT) ?? attributes.get(FORMAT) ?? 'json')
      const line = Object.hasOwn(formats, format) ? formats[format] : undefined
      if (line === undefined) return void losses.set(format, (losses.get(format) ?? 0) + 1)
      const promoted = promotedBy(attributes, resource)
      // Nearly all records of a resource promote the same keys, and then its part of the line is the same.
      const key = seriesKey(Array.from(promoted.keys(), name => [name, '']))
      if (rest?.key !== key) rest = { key, attributes: without(resource, promoted), json: undefined }
      const labels = labelsFor([...promoted])
      const entry = { timestamp: timeOf(record, now), line: line({ record, attributes: without(attributes, promoted), resource: rest }), metadata: [] }
      const entries = streams.get(labels)
      if (entries === undefined) streams.set(labels, [entry])
      else entries.push(entry)
    },
  })
  return { batch: writeLoki(Array.from(streams, ([labels, entries]) => ({ labels, entries }))), losses }
}

const labelText = (labels: Label[]): string => renderLabels(labelsOf(labels).filter(([name, value]) => name !== '' && value !== ''))

/** What is left for the line. */
function without(attributes: Attributes, promoted: ReadonlyMap<string, string>): Attributes {
  const left = new Map<string, AttributeValue>()
  for (const [key, value] of attributes) if (!hints.has(key) && !promoted.has(key)) left.set(key, value)
  return left
}

const attributesOf = (view: RecordView | ResourceView): Attributes => new Map(view.entries())

function timeOf({ timeUnixNano, observedTimeUnixNano }: RecordView, now: number): bigint {
  const time = timeUnixNano === 0n ? observedTimeUnixNano : timeUnixNano
  return time === 0n ? BigInt(now) * 1_000_000n : BigInt.asIntN(64, time)
}

/** A record with a severity has a level, which becomes a label too. */
function withLevel(attributes: Attributes, severity: number): Attributes {
  if (severity === 0) return attributes
  const hint = attributes.get(ATTRIBUTE_LABELS)
  const more = typeof hint === 'string' ? `${hint},level` : Array.isArray(hint) ? [...hint as AttributeValue[], 'level'] : hint ?? 'level'
  const level = attributes.get('level') ?? enumNames['severityNumber']!.names[severity] ?? ''
  return new Map(attributes).set(ATTRIBUTE_LABELS, more).set('level', level)
}

/** The labels that no hint is needed for. */
function usualLabels(resource: Attributes): Label[] {
  const labels: Label[] = [['exporter', 'OTLP']]
  const name = resource.get('service.name')
  const namespace = resource.get('service.namespace')
  if (name !== undefined) labels.push(['job', (namespace === undefined ? '' : `${valueText(namespace)}/`) + valueText(name)])
  const instance = resource.get('service.instance.id')
  if (instance !== undefined) labels.push(['instance', valueText(instance)])
  return labels
}

/** What hints make labels of, by the attributes' own keys; what a record says itself wins. */
function promotedBy(attributes: Attributes, resource: Attributes): Map<string, string> {
  const labels = new Map<string, string>()
  const promote = (hint: AttributeValue | undefined, from: Attributes) => {
    for (const key of namesIn(hint)) {
      const value = lookUp(key, from)
      if (value !== undefined) labels.set(key, valueText(value))
    }
  }
  promote(resource.get(RESOURCE_LABELS), resource)
  promote(attributes.get(RESOURCE_LABELS), resource)
  promote(attributes.get(ATTRIBUTE_LABELS), attributes)
  return labels
}

/** A hint names one key, several between commas, or is a list of keys. */
function namesIn(hint: AttributeValue | undefined): string[] {
  if (hint === undefined) return []
  const names = typeof hint === 'string' ? hint.split(',') : Array.isArray(hint) ? (hint as AttributeValue[]).map(valueText) : [valueText(hint)]
  return names.map(name => name.trim())
}

/** The longest key that a hint may reach into: each dot may be one between keys of maps, or one of a key's own. */
const DEEPEST = 16

/** The value of `a.b.c`: of that key itself, or of `c` in the map `a.b`, or of `b.c` in the map `a`, ... */
function lookUp(key: string, from: Attributes, depth = 0): AttributeValue | undefined {
  const value = from.get(key)
  if (value !== undefined || depth === DEEPEST) return value
  for (let dot = key.lastIndexOf('.'); dot > 0; dot = key.lastIndexOf('.', dot - 1)) {
    const inner = from.get(key.slice(0, dot))
    if (inner !== undefined && isMap(inner)) return lookUp(key.slice(dot + 1), inner, depth + 1)
  }
  return undefined
}

const idOf = (id: Uint8Array): string => (id.some(byte => byte !== 0) ? hex(id) : '')

/** Go's JSON shows these in a way that is safe within HTML. */
const unsafe: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' }

/** Members in their fixed order; what is empty is left out. */
function jsonLine({ record, attributes, resource }: Source): string {
  const { body, scope } = record
  const object = (map: Attributes) => (map.size === 0 ? undefined : json(map))
  const text = (value: string) => (value === '' ? undefined : quotedJson(value))
  const version = scope.version === '' ? '' : `,"version":${quotedJson(scope.version)}`
  const members: [string, string | undefined][] = [
    ['body', body === null ? undefined : json(body)],
    ['traceid', text(idOf(record.traceId))],
    ['spanid', text(idOf(record.spanId))],
    ['severity', text(record.severityText)],
    ['flags', record.flags === 0 ? undefined : String(record.flags)],
    ['attributes', object(attributes)],
    ['resources', resource.attributes.size === 0 ? undefined : (resource.json ??= json(resource.attributes))],
    ['instrumentation_scope', scope.name === '' ? undefined : `{"name":${quotedJson(scope.name)}${version}}`],
  ]
  const line = `{${members.flatMap(([key, value]) => (value === undefined ? [] : [`"${key}":${value}`])).join(',')}}`
  return line.replace(/[<>&]/g, character => unsafe[character]!)
}

/** JSON has no infinite numbers: they stand as text, so that the rest of the record is not lost with them. */
const json = (value: AttributeValue): string => valueJson(value, odd => `"${Number.isNaN(odd) ? 'NaN' : odd > 0 ? '+Inf' : '-Inf'}"`)!

function logfmtLine({ record, attributes, resource }: Source): string {
  const { body, scope } = record
  const pairs: LogfmtPair[] = typeof body === 'string' ? readLogfmt(body) ?? [['msg', body]]
    : body !== null && isMap(body) ? flat('', body) : Array.isArray(body) ? flat('body', body as AttributeValue) : body === null ? [] : flat('msg', body)
  const put = (key: string, value: string) => {
    if (value === '') return
    const at = pairs.findIndex(pair => pair[0] === key)
    if (at < 0) pairs.push([key, value])
    else pairs[at] = [key, value]
  }
  put('traceID', idOf(record.traceId))
  put('spanID', idOf(record.spanId))
  put('severity', record.severityText)
  put('flags', record.flags === 0 ? '' : String(record.flags))
  for (const [key, value] of attributes) pairs.push(...flat(`attribute_${key}`, value))
  for (const [key, value] of resource.attributes) pairs.push(...flat(`resource_${key}`, value))
  if (scope.name !== '') {
    pairs.push(['instrumentation_scope_name', scope.name])
    if (scope.version !== '') pairs.push(['instrumentation_scope_version', scope.version])
  }
  return writeLogfmt(pairs)
}

/** Values inside maps and lists under names made of their way there. */
function flat(key: string, value: AttributeValue): LogfmtPair[] {
  if (value === null) return []
  if (typeof value !== 'object' || value instanceof Uint8Array) return [[key, valueText(value)]]
  const prefix = key === '' ? '' : `${key}_`
  if (isMap(value)) return [...value].flatMap(([name, inner]) => flat(prefix + name, inner))
  return value.flatMap((inner, i) => flat(`${prefix}${i}`, inner))
}
