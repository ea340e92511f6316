import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { OtlpBatch, OtlpSignal } from '../../src/telemetry/batch.ts'
import { countItems, decodeLogs, decodeMetrics, decodeTraces, editOtlp, isEmpty, mergeOtlp, otlpBatch, splitOtlp, validateOtlp } from '../../src/telemetry/otlp.ts'
import { WireError } from '../../src/wire/error.ts'
import { otlpProtoToJson } from '../../src/wire/otlp-json.ts'
import { requests } from '../../src/wire/otlp-schema.ts'
import { LENGTH } from '../../src/wire/reader.ts'
import { Writer } from '../../src/wire/writer.ts'
import { encodeOtlp, everyMetric, everyValue, proto, sampleBatch, sampleRecord, sampleSpan } from '../support/otlp.ts'
import { messageOf } from '../support/otlp-arbitrary.ts'
import { hostileMutation } from '../support/mutate.ts'

const samples: OtlpBatch[] = [
  encodeOtlp('traces', { resourceSpans: [{ resource: { attributes: everyValue }, scopeSpans: [{ scope: { name: 's' }, spans: [sampleSpan(0), sampleSpan(1)] }] }] }),
  encodeOtlp('metrics', everyMetric),
  encodeOtlp('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [sampleRecord(0), { body: { kvlistValue: { values: everyValue } } }] }] }] }),
]
const decoders = { traces: decodeTraces, metrics: decodeMetrics, logs: decodeLogs }

/** Everything that reads a batch, each on its own: what the error of one hides, another may meet. */
const uses: ((batch: OtlpBatch) => unknown)[] = [
  countItems,
  isEmpty,
  batch => [...decoders[batch.signal](batch)],
  batch => otlpProtoToJson(batch.bytes, batch.signal),
  batch => splitOtlp(batch, { maxItems: 1 }),
  batch => splitOtlp(batch, { maxBytes: 300 }),
  batch => mergeOtlp([batch, batch]),
  batch => editOtlp(batch, {
    resource: resource => void resource.set('a', 1n),
    scope: scope => { scope.name += '.' },
    metric: metric => { metric.name = `${metric.name}${String(metric.type)}${metric.aggregationTemporality}${metric.isMonotonic}` },
    item: item => {
      const first = item.keys()[0]
      if (first !== undefined) item.set(first, [...item.entries()].map(([, value]) => value))
      item.insert('http.request.method', 'x')
      item.delete('a')
      if (item.signal === 'traces') item.name += String(item.statusCode) + String(item.events.length) + String(item.links.length) + String(item.startTimeUnixNano)
      if (item.signal === 'logs') item.body = [item.body, item.severityText, item.timeUnixNano]
      if (item.signal === 'metrics' && item.value !== undefined) item.value = 1
      if (item.keys().length % 3 === 0) item.drop()
    },
  }),
]
/** Runs `work`; only a WireError with an offset in range may come out. Answers whether it did. */
function fails(work: () => unknown, length: number): boolean {
  try {
    work()
    return false
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    assert.ok(error.offset >= 0 && error.offset <= length, `${error.message} of ${length}`)
    return true
  }
}
const valid = (batch: OtlpBatch) => !fails(() => validateOtlp(batch.bytes, batch.signal), batch.bytes.length)

describe('hostile OTLP bytes', () => {
  it('meet nothing but WireError at every truncation, and whatever passes the check is safe to use', () => {
    for (const { signal, bytes } of samples) {
      let accepted = 0
      for (let length = 0; length <= bytes.length; length++) {
        const batch = otlpBatch(signal, bytes.slice(0, length))
        const passes = valid(batch)
        if (passes) accepted++
        for (const use of uses) assert.ok(!fails(() => use(batch), 2 * length + 1000) || !passes, `${signal} cut at ${length}`)
      }
      assert.equal(accepted, 2, 'only nothing and all are whole')
    }
  })

  it('meet nothing but WireError after any mutation', () => {
    for (const { signal, bytes } of samples) {
      fc.assert(fc.property(hostileMutation(bytes), mutated => {
        const batch = otlpBatch(signal, mutated)
        const passes = valid(batch)
        for (const use of uses) assert.ok(!fails(() => use(batch), 10 * mutated.length + 1000) || !passes, 'what passes the check is safe to use')
      }), { numRuns: 1500 })
    }
  })

  it('are accepted by the check whenever protobufjs encoded them', () => {
    for (const signal of Object.keys(requests) as OtlpSignal[]) {
      const type = proto.lookupType(requests[signal])
      fc.assert(fc.property(messageOf(requests[signal]), message => {
        const bytes = Uint8Array.from(type.encode(type.fromObject(message)).finish())
        validateOtlp(bytes, signal)
        for (const use of uses) use(otlpBatch(signal, bytes))
      }), { numRuns: 100 })
    }
  })

  const problem = (bytes: Uint8Array, signal: OtlpSignal = 'traces') => {
    try {
      validateOtlp(bytes, signal)
    } catch (error) {
      return (error as Error).message
    }
    return undefined
  }

  it('are refused with format, offset and problem', () => {
    assert.equal(problem(Uint8Array.of(0x0a, 4, 0x12, 2, 0x12, 1)), 'OTLP traces: a length of 1 exceeds the 0 bytes left at byte 6')
    assert.equal(problem(Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0x7f)), 'OTLP traces: a length of 268435455 exceeds the 0 bytes left at byte 5')
    assert.equal(problem(Uint8Array.of(0x08, 1)), 'OTLP traces: field 1 has wire type 0 instead of 2 at byte 0')
    assert.equal(problem(Uint8Array.of(0x0a, 2, 0x0b, 0x0c)), 'OTLP traces: field 1 has wire type 3 instead of 2 at byte 2')
    assert.equal(problem(Uint8Array.of(0xa3, 0x06)), 'OTLP traces: wire type 3 of field 100 is not supported at byte 0')
    assert.equal(problem(Uint8Array.of(0x00, 1)), 'OTLP traces: field number 0 at byte 0')
    // request > resource > scope > span > trace id.
    assert.equal(problem(Uint8Array.of(0x0a, 9, 0x12, 7, 0x12, 5, 0x0a, 3, 1, 2, 3)), 'OTLP traces: an id has 3 bytes instead of 16 at byte 8')
    // Histogram bucket counts, packed, in 7 bytes: request > resource > scope > metric > histogram > point.
    const packed = [0x0a, 19, 0x12, 17, 0x12, 15, 0x4a, 13, 0x0a, 11, 0x32, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert.equal(problem(Uint8Array.from(packed), 'metrics'), 'OTLP metrics: packed values of 8 bytes do not fill 9 bytes at byte 12')
    assert.throws(() => validateOtlp(new Uint8Array(11), 'traces', { bytes: 10, depth: 1, fields: 1 }), /OTLP traces: the message exceeds 10 bytes/)
  })

  it('do not nest without end', () => {
    let value = new Uint8Array(0)
    for (let i = 0; i < 5000; i++) value = new Writer(value.length + 16).tag(5, LENGTH).fork(value.length + 4).tag(1, LENGTH).bytes(value).join().finish() as Uint8Array<ArrayBuffer>
    const wrap = (...fields: number[]) => fields.reduceRight((inner, field) => new Writer(inner.length + 8).tag(field, LENGTH).bytes(inner).finish(), value as Uint8Array)
    const batch = otlpBatch('logs', wrap(1, 2, 2, 5))
    assert.match(problem(batch.bytes, 'logs')!, /messages nest deeper than 100/)
    assert.throws(() => editOtlp(batch, item => void (item.signal === 'logs' && item.body)), /values nest deeper than 100/)
    assert.throws(() => otlpProtoToJson(batch.bytes, 'logs'), /values nest deeper than 100/)
  })

  it('cost no more than their length', () => {
    // A million empty items, attributes or resources: linear work, and no more memory than they themselves take.
    const many = (...path: number[]) => {
      const inner = new Uint8Array(200_000)
      const leaf = path.at(-1)!
      for (let i = 0; i < inner.length; i += 2) inner[i] = (leaf << 3) | LENGTH
      return path.slice(0, -1).reduceRight((bytes, field) => new Writer(bytes.length + 8).tag(field, LENGTH).bytes(bytes).finish(), inner as Uint8Array)
    }
    for (const [path, items] of [[[1], 0], [[1, 2], 0], [[1, 2, 2], 100_000], [[1, 2, 2, 9], 1]] as const) {
      const batch = otlpBatch('traces', many(...path))
      assert.equal(countItems(batch), items)
      validateOtlp(batch.bytes, 'traces')
      const edited = editOtlp(batch, item => void item.set('k', 'v').delete(''))
      assert.equal(countItems(edited), items)
      assert.equal(editOtlp(batch, item => item.drop()).bytes.length > 0, items === 0)
      splitOtlp(batch, { maxItems: 50_000 })
    }
  })

  it('are read whatever the order and encoding of their fields', () => {
    const spelled = sampleBatch('traces', 3)
    // Every length written with a superfluous byte: legal protobuf that no encoder writes.
    const bytes = widen(spelled.bytes, ['ExportTraceServiceRequest'])
    validateOtlp(bytes, 'traces')
    const batch = otlpBatch('traces', bytes)
    const read = (of: OtlpBatch) => {
      const found: unknown[] = []
      editOtlp(of, item => void found.push([...item.entries()], item.resource.get('service.name'), item.get('http.request.method')))
      return found
    }
    assert.deepEqual(read(batch), read(spelled))
    const edit = (of: OtlpBatch) => decoders.traces(editOtlp(of, item => void item.set('url.path', '/').delete('http.request.method')))
    assert.deepEqual([...edit(batch)], [...edit(spelled)])
  })
})

/** The same message with every length of the containers one byte longer than it need be. */
function widen(bytes: Uint8Array, path: readonly string[]): Uint8Array {
  const type = proto.lookupType(path[0]!)
  const out: number[] = []
  let pos = 0
  while (pos < bytes.length) {
    const from = pos
    while (bytes[pos++]! >= 0x80);
    const field = type.fieldsById[bytes[from]! >> 3 & 0x0f]
    const wireType = bytes[from]! & 7
    if (wireType !== LENGTH) {
      if (wireType === 0) while (bytes[pos++]! >= 0x80);
      else pos += wireType === 1 ? 8 : 4
      out.push(...bytes.subarray(from, pos))
      continue
    }
    out.push(...bytes.subarray(from, pos))
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[pos++]!
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    let inner = bytes.subarray(pos, pos + length)
    pos += length
    if (field?.resolvedType instanceof Object && bytes[from]! < 0x80) inner = widen(inner, [field.resolvedType.name])
    for (let rest = inner.length; ; rest >>= 7) {
      out.push((rest & 0x7f) | 0x80)
      if (rest < 0x80) break
    }
    out.push(0)
    out.push(...inner)
  }
  return Uint8Array.from(out)
}
