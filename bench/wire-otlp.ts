/** OTLP rows: what components do most, on spans, points and records. */
import type { Type } from 'protobufjs'
import type { OtlpBatch, OtlpSignal } from '../src/telemetry/batch.ts'
import { countItems, editOtlp, editResources, mergeOtlp, splitOtlp, validateOtlp } from '../src/telemetry/otlp.ts'
import { otlpJsonToProto, otlpProtoToJson } from '../src/wire/otlp-json.ts'
import { requestTypes, sampleBatch } from '../test/support/otlp.ts'
import type { Case } from './measure.ts'

interface KeyValue { key: string; value: { stringValue?: string } }
interface Item { attributes: KeyValue[]; traceId?: unknown; spanId?: unknown; parentSpanId?: unknown; events?: Item[]; links?: Item[] }
interface Metric { sum?: { dataPoints: Item[] }; gauge?: { dataPoints: Item[] } }
interface Scope { spans?: Item[]; logRecords?: Item[]; metrics?: Metric[] }
interface Resource { resource: { attributes: KeyValue[] }; scopeSpans?: Scope[]; scopeLogs?: Scope[]; scopeMetrics?: Scope[] }
interface Request { resourceSpans?: Resource[]; resourceLogs?: Resource[]; resourceMetrics?: Resource[] }

const nouns: Record<OtlpSignal, string> = { traces: 'spans', metrics: 'points', logs: 'records' }
const resources = (request: Request): Resource[] => request.resourceSpans ?? request.resourceLogs ?? request.resourceMetrics ?? []
const scopes = (resource: Resource): Scope[] => resource.scopeSpans ?? resource.scopeLogs ?? resource.scopeMetrics ?? []
/** The arrays that hold items. */
function* lists(request: Request): Generator<Item[]> {
  for (const resource of resources(request)) {
    for (const scope of scopes(resource)) {
      if (scope.spans !== undefined && scope.spans.length > 0) yield scope.spans
      if (scope.logRecords !== undefined && scope.logRecords.length > 0) yield scope.logRecords
      for (const metric of scope.metrics ?? []) yield (metric.sum ?? metric.gauge)!.dataPoints
    }
  }
}

const upsert = (attributes: KeyValue[], key: string, stringValue: string) => {
  const known = attributes.find(attribute => attribute.key === key)
  if (known === undefined) attributes.push({ key, value: { stringValue } })
  else known.value = { stringValue }
}

export function* otlpCases(items: number): Generator<Case> {
  for (const signal of ['traces', 'logs', 'metrics'] as const) yield* signalCases(signal, items)
}

function* signalCases(signal: OtlpSignal, items: number): Generator<Case> {
  const batch = sampleBatch(signal, items)
  const type = requestTypes[signal]
  const read = ({ bytes }: OtlpBatch): Request => type.decode(bytes) as unknown as Request
  const write = (request: Request): Uint8Array => type.encode(request).finish()
  const name = (what: string) => `${nouns[signal]}: ${what}`

  yield {
    row: name('count'), items,
    ours: () => countItems(batch),
    baseline: () => {
      let count = 0
      for (const list of lists(read(batch))) count += list.length
      return count
    },
  }
  yield {
    row: name('check and pass through'), items,
    ours: () => {
      validateOtlp(batch.bytes, signal)
      return batch.bytes
    },
    baseline: () => write(read(batch)),
  }
  const ten = Array.from({ length: 10 }, () => sampleBatch(signal, items))
  yield {
    row: name('merge 10 batches'), items: 10 * items,
    ours: () => mergeOtlp(ten).bytes,
    baseline: () => {
      const whole = read(ten[0]!)
      for (const other of ten.slice(1)) resources(whole).push(...resources(read(other)))
      return write(whole)
    },
  }
  yield {
    row: name('upsert one and delete one attribute'), items,
    ours: () => editOtlp(batch, item => {
      item.set('deployment.environment', 'production')
      item.delete('http.request.method')
    }).bytes,
    baseline: () => {
      const request = read(batch)
      for (const list of lists(request)) {
        for (const item of list) {
          upsert(item.attributes, 'deployment.environment', 'production')
          item.attributes = item.attributes.filter(({ key }) => key !== 'http.request.method')
        }
      }
      return write(request)
    },
  }
  yield {
    row: name('set a resource attribute'), items,
    ours: () => editResources(batch, resource => void resource.set('deployment.environment', 'staging')).bytes,
    baseline: () => {
      const request = read(batch)
      for (const { resource } of resources(request)) upsert(resource.attributes, 'deployment.environment', 'staging')
      return write(request)
    },
  }
  yield {
    row: name('drop half by an attribute'), items,
    ours: () => editOtlp(batch, item => {
      if (item.get('http.request.method') === 'POST') item.drop()
    }).bytes,
    baseline: () => {
      const request = read(batch)
      const keep = ({ attributes }: Item) => attributes.find(({ key }) => key === 'http.request.method')?.value.stringValue !== 'POST'
      for (const resource of resources(request)) {
        for (const scope of scopes(resource)) {
          if (scope.spans !== undefined) scope.spans = scope.spans.filter(keep)
          if (scope.logRecords !== undefined) scope.logRecords = scope.logRecords.filter(keep)
          for (const { sum, gauge } of scope.metrics ?? []) {
            const data = (sum ?? gauge)!
            data.dataPoints = data.dataPoints.filter(keep)
          }
        }
      }
      return write(request)
    },
  }
  yield {
    row: name('split at 500'), items,
    ours: () => splitOtlp(batch, { maxItems: 500 }).length,
    baseline: () => baselineSplit(read(batch), 500).map(write).length,
  }

  const json = new TextEncoder().encode(otlpProtoToJson(batch.bytes, signal))
  yield {
    row: name('JSON to protobuf'), items,
    ours: () => otlpJsonToProto(json, signal).length,
    baseline: () => baselineJson(json, type).length,
  }
}

/** As a processor would do it: the same resource and scope around each slice of items. */
function baselineSplit(request: Request, size: number): Request[] {
  const pieces: Request[] = []
  for (const resource of resources(request)) {
    for (const scope of scopes(resource)) {
      const slices = <T>(list: readonly T[]) => Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size))
      for (const spans of slices(scope.spans ?? [])) pieces.push({ resourceSpans: [{ ...resource, scopeSpans: [{ ...scope, spans }] }] })
      for (const logRecords of slices(scope.logRecords ?? [])) pieces.push({ resourceLogs: [{ ...resource, scopeLogs: [{ ...scope, logRecords }] }] })
      for (const metric of scope.metrics ?? []) {
        const key = metric.sum === undefined || metric.sum === null ? 'gauge' : 'sum'
        for (const dataPoints of slices(metric[key]!.dataPoints)) {
          pieces.push({ resourceMetrics: [{ ...resource, scopeMetrics: [{ ...scope, metrics: [{ ...metric, [key]: { ...metric[key], dataPoints } }] }] }] })
        }
      }
    }
  }
  return pieces
}

/** JSON.parse, ids from hexadecimal to bytes, then protobufjs' own conversion and encoder. */
function baselineJson(json: Uint8Array, type: Type): Uint8Array {
  const request = JSON.parse(new TextDecoder().decode(json)) as Request
  for (const list of lists(request)) {
    for (const item of list) {
      fixIds(item)
      item.links?.forEach(fixIds)
    }
  }
  return type.encode(type.fromObject(request)).finish()
}

function fixIds(item: Item): void {
  if (typeof item.traceId === 'string') item.traceId = Buffer.from(item.traceId, 'hex')
  if (typeof item.spanId === 'string') item.spanId = Buffer.from(item.spanId, 'hex')
  if (typeof item.parentSpanId === 'string') item.parentSpanId = Buffer.from(item.parentSpanId, 'hex')
}
