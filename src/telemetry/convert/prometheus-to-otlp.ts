/**
 * Prometheus series to OTLP metrics, by the rules of the collector's Prometheus receiver:
 *
 *     job, instance -> resource, with what target_info says of it     otel_scope_* -> scope, with what otel_scope_info says of it
 *     names -> metrics, together with their suffixes where the type is known from metadata; else each series is a gauge
 *     native histogram -> exponential histogram, or one with explicit bounds where its buckets are custom
 */

import { version } from '../../lib/version.ts'
import { WireError } from '../../wire/error.ts'
import { LENGTH } from '../../wire/reader.ts'
import { Writer } from '../../wire/writer.ts'
import type { OtlpBatch, PrometheusBatch } from '../batch.ts'
import { labelValue, labelsOf, type Label, type Labels } from '../labels.ts'
import { otlpBatch } from '../otlp.ts'
import { metadataOf, seriesOf, type SeriesCursor } from '../prometheus.ts'
import { Family, placeOf } from './metric-family.ts'
import { CUSTOM_BUCKETS, decodeHistogram, emptyBuckets, type NativeHistogram } from './native-histogram.ts'
import { writeAttributes, writeMetric } from './write-metric.ts'

const SCOPE_NAME = 'otel_scope_name'
const SCOPE_VERSION = 'otel_scope_version'
const SCOPE_SCHEMA = 'otel_scope_schema_url'
/** Labels that say where a series belongs, and are no attributes of its points. */
const placing: ReadonlySet<string> = new Set(['job', 'instance', SCOPE_NAME, SCOPE_VERSION, SCOPE_SCHEMA])
/** The scope of series that name none. */
const RECEIVER = 'otelcol/prometheusreceiver'

interface Scope {
  readonly name: string
  readonly version: string
  readonly schemaUrl: string
  attributes: Labels
  readonly families: Map<string, Family>
}

interface Target {
  readonly job: string
  readonly instance: string
  info: Labels
  readonly scopes: Map<string, Scope>
}

/** What could not be converted, in samples and histograms. */
export interface SeriesLosses {
  /** Those of series without a name, a job or an instance. */
  homeless: number
  /** Native histograms that are damaged, or that have more empty buckets between their spans than are worth writing out. */
  damaged: number
  /** Points of histograms and summaries without a count. */
  incomplete: number
}

/** OTLP writes empty buckets out, so a few bytes could become a lot: this many may be in one batch. */
const MAX_EMPTY_BUCKETS = 4_000_000

/** Converts a batch; series of unknown type become gauges. Throws WireError. */
export function prometheusToOtlp(batch: PrometheusBatch): { batch: OtlpBatch; losses: SeriesLosses } {
  const losses: SeriesLosses = { homeless: 0, damaged: 0, incomplete: 0 }
  const room = { emptyBuckets: MAX_EMPTY_BUCKETS }
  const known = new Map(Array.from(metadataOf(batch), one => [one.family, one] as const))
  const targets = new Map<string, Target>()
  for (const series of seriesOf(batch)) {
    const labels = labelsOf(series.labels()).filter(([, value]) => value !== '')
    const name = labelValue(labels, '__name__')
    const target = targetOf(targets, labels)
    if (name === undefined || target === undefined) losses.homeless += Math.max(1, series.samples + series.histograms)
    else if (name === 'target_info') target.info = labels.filter(([key]) => !placing.has(key) && !key.startsWith('__'))
    else if (name === 'otel_scope_info') scopeOf(target, labels).attributes = labels.filter(([key]) => !placing.has(key) && !key.startsWith('__'))
    else addSeries(scopeOf(target, labels).families, name, labels, series, known, histogram => fits(histogram, room), losses)
  }
  const w = new Writer(batch.bytes.length + 1024)
  for (const target of targets.values()) writeTarget(w, target, losses)
  return { batch: otlpBatch('metrics', w.finish()), losses }
}

function targetOf(targets: Map<string, Target>, labels: Labels): Target | undefined {
  const job = labelValue(labels, 'job')
  const instance = labelValue(labels, 'instance')
  if (job === undefined || instance === undefined) return undefined
  return getOrMake(targets, `${job.length} ${job}${instance}`, () => ({ job, instance, info: [], scopes: new Map() }))
}

function scopeOf({ scopes }: Target, labels: Labels): Scope {
  const [name, scopeVersion, schemaUrl] = [SCOPE_NAME, SCOPE_VERSION, SCOPE_SCHEMA].map(key => labelValue(labels, key) ?? '') as [string, string, string]
  const key = `${name.length} ${scopeVersion.length} ${name}${scopeVersion}${schemaUrl}`
  return getOrMake(scopes, key, () => ({ name, version: scopeVersion, schemaUrl, attributes: [], families: new Map() }))
}

function getOrMake<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) map.set(key, value = make())
  return value
}

/** Takes what a histogram needs out of the room that there is; false where it does not suffice. */
function fits({ positive, negative, schema }: NativeHistogram, room: { emptyBuckets: number }): boolean {
  const empty = schema === CUSTOM_BUCKETS ? 0 : emptyBuckets(positive) + emptyBuckets(negative)
  if (!(empty <= room.emptyBuckets)) return false
  room.emptyBuckets -= empty
  return true
}

function addSeries(
  families: Map<string, Family>, name: string, labels: Labels, series: SeriesCursor, known: Parameters<typeof placeOf>[1],
  accept: (histogram: NativeHistogram) => boolean, losses: SeriesLosses,
): void {
  let family: Family | undefined
  let attributes = attributesOf(labels)
  if (series.samples > 0) {
    const place = placeOf(name, known, undefined)
    const bound = place.kind === 'histogram' ? 'le' : place.kind === 'summary' ? 'quantile' : undefined
    if (bound !== undefined) attributes = attributes.filter(([key]) => key !== bound)
    family = getOrMake(families, place.key, () => new Family(place))
    const at = bound === undefined ? undefined : boundOf(labelValue(labels, bound))
    // A series that should have a bound and has none is no part of its family.
    if (place.part === 'bound' && at === undefined) return
    for (const sample of series.readSamples()) family.add(place, attributes, sample, at ?? 0)
  }
  for (const { bytes } of series.readHistograms()) {
    const histogram = readable(bytes)
    if (histogram === undefined || !accept(histogram)) {
      losses.damaged++
      continue
    }
    const place = placeOf(name, known, histogram.schema === CUSTOM_BUCKETS ? 'custom' : 'exponential')
    family = getOrMake(families, place.key, () => new Family(place))
    family.addNative(attributes, histogram)
  }
  for (const exemplar of series.readExemplars()) family?.addExemplar(attributes, exemplar)
}

/** A histogram, unless its spans and counts do not fit together, which nothing before here looks at. */
function readable(bytes: Uint8Array): NativeHistogram | undefined {
  try {
    return decodeHistogram(bytes)
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

const attributesOf = (labels: Labels): Label[] => labels.filter(([key]) => !placing.has(key) && !key.startsWith('__'))

/** A bound as Go reads it; undefined for what is no number. */
function boundOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[+]?inf(inity)?$/i.test(text)) return Infinity
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined
}

function writeTarget(w: Writer, target: Target, losses: SeriesLosses): void {
  const start = w.pos
  let points = 0
  w.tag(1, LENGTH).fork(1024).tag(1, LENGTH).fork(256)
  writeAttributes(w, 1, resourceOf(target))
  w.join()
  for (const scope of target.scopes.values()) points += writeScope(w, scope, losses)
  if (points === 0) w.abandon(start)
  else w.join()
}

function writeScope(w: Writer, { name, version: scopeVersion, schemaUrl, attributes, families }: Scope, losses: SeriesLosses): number {
  const start = w.pos
  const own = name === '' && scopeVersion === '' && schemaUrl === ''
  let points = 0
  w.tag(2, LENGTH).fork(1024).tag(1, LENGTH).fork(64).tag(1, LENGTH).string(own ? RECEIVER : name)
  if (own || scopeVersion !== '') w.tag(2, LENGTH).string(own ? version : scopeVersion)
  writeAttributes(w, 3, own ? [] : attributes)
  w.join()
  for (const family of families.values()) {
    const written = writeMetric(w, family)
    points += written.points
    losses.incomplete += written.incomplete
  }
  if (schemaUrl !== '') w.tag(3, LENGTH).string(schemaUrl)
  if (points === 0) w.abandon(start)
  else w.join()
  return points
}

/** The attributes of a target, under their present names and the ones before; what `target_info` says wins. */
function resourceOf({ job, instance, info }: Target): Map<string, string> {
  const { host, port } = splitHostPort(instance)
  const seen = isDiscernible(host)
  const attributes: Label[] = [
    ['service.name', job], ['net.host.name', seen ? host : ''], ['server.address', seen ? host : ''], ['service.instance.id', instance],
    ['net.host.port', port], ['http.scheme', 'http'], ['server.port', port], ['url.scheme', 'http'],
  ]
  return new Map([...attributes.filter(([, value]) => value !== ''), ...info])
}

/** Host and port of `host:port` and `[::1]:port`; anything else is a host alone. */
function splitHostPort(instance: string): { host: string; port: string } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(instance) ?? []
  return port === undefined ? { host: instance, port: '' } : { host: bracketed ?? plain!, port }
}

/** Whether a host says which one it is: not this very machine, and not any. */
function isDiscernible(host: string): boolean {
  return host !== 'localhost' && !/^127\.\d+\.\d+\.\d+$/.test(host) && host !== '0.0.0.0' && !/^(0*:)+:?0*1?$/.test(host)
}
