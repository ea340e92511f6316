import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { WireError } from '../../src/wire/error.ts'
import { jsonToProto, otlpJsonToProto, otlpProtoToJson, protoToJson } from '../../src/wire/otlp-json.ts'
import { decode } from '../../src/wire/otlp-decode.ts'
import { type MessageName, type Signal, requests } from '../../src/wire/otlp-schema.ts'
import { type Plain, decodeOtlp, encodeOtlp, everyMetric, everyValue, proto, sampleBatch } from '../support/otlp.ts'
import { messageOf } from '../support/otlp-arbitrary.ts'

const signals = Object.keys(requests) as Signal[]
const encode = (name: string, message: Plain): Uint8Array => {
  const type = proto.lookupType(name)
  return Uint8Array.from(type.encode(type.fromObject(message)).finish())
}
/** A message as protobufjs sees it, defaults filled in, so that only meaning is compared. */
const meaning = (name: string, bytes: Uint8Array) => {
  const type = proto.lookupType(name)
  return type.toObject(type.decode(bytes), { longs: String, bytes: String, defaults: true, arrays: true })
}
const problem = (json: string, name: MessageName = 'ExportTraceServiceRequest') => {
  try {
    jsonToProto(json, name)
  } catch (error) {
    assert.ok(error instanceof WireError, String(error))
    return error.message
  }
  return undefined
}
const span = (fields: string) => `{"resourceSpans":[{"scopeSpans":[{"spans":[{${fields}}]}]}]}`
const readSpan = (fields: string) => decode('Span', jsonToProto(`{${fields}}`, 'Span'))

describe('OTLP/JSON', () => {
  it('is written as the specification has it', () => {
    const bytes = encode('Span', {
      traceId: Buffer.from('5b8efff798038103d269b633813fc60c', 'hex').toString('base64'), spanId: Buffer.from('eee19b7ec3c1b174', 'hex').toString('base64'),
      name: 'a "name"', kind: 2, startTimeUnixNano: '1544712660000000000', attributes: everyValue, droppedAttributesCount: 3, status: { code: 2 },
    })
    assert.deepEqual(JSON.parse(protoToJson(bytes, 'Span')), {
      traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'a "name"', kind: 2, startTimeUnixNano: '1544712660000000000',
      attributes: [
        { key: 'string', value: { stringValue: 'é' } }, { key: 'int', value: { intValue: '-42' } }, { key: 'double', value: { doubleValue: 1.5 } },
        { key: 'bool', value: { boolValue: false } }, { key: 'bytes', value: { bytesValue: 'ICcuNTw=' } },
        { key: 'array', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '9223372036854775807' }, {}] } } },
        { key: 'map', value: { kvlistValue: { values: [{ key: 'inner', value: { boolValue: true } }] } } }, { key: 'none', value: {} },
      ],
      droppedAttributesCount: 3, status: { code: 2 },
    })
  })

  it('keeps a body that is there and says empty, zero or false', () => {
    for (const body of [{ stringValue: '' }, { intValue: '0' }, { doubleValue: 0 }, { boolValue: false }]) {
      assert.deepEqual(JSON.parse(protoToJson(encode('LogRecord', { body }), 'LogRecord')), { body })
    }
    assert.deepEqual(JSON.parse(protoToJson(encode('LogRecord', {}), 'LogRecord')), {})
  })

  it('keeps bodies that look like nothing', () => {
    for (const body of [{ intValue: '0' }, { stringValue: '' }, { boolValue: false }, { doubleValue: 0 }, { bytesValue: '' }]) {
      const json = protoToJson(encode('LogRecord', { body }), 'LogRecord')
      assert.deepEqual(JSON.parse(json), { body })
      assert.deepEqual(meaning('LogRecord', jsonToProto(json, 'LogRecord')), meaning('LogRecord', encode('LogRecord', { body })))
    }
  })

  it('keeps every metric kind both ways', () => {
    const { bytes } = encodeOtlp('metrics', everyMetric)
    assert.deepEqual(meaning('ExportMetricsServiceRequest', otlpJsonToProto(otlpProtoToJson(bytes, 'metrics'), 'metrics')), meaning('ExportMetricsServiceRequest', bytes))
  })

  it('keeps sample batches both ways', () => {
    for (const signal of signals) {
      const batch = sampleBatch(signal, 20, 2)
      assert.deepEqual(decodeOtlp({ ...batch, bytes: otlpJsonToProto(otlpProtoToJson(batch.bytes, signal), signal) }), decodeOtlp(batch))
    }
  })

  for (const signal of signals) {
    it(`keeps any message of ${signal} both ways, like protobufjs`, () => {
      const name = requests[signal]
      fc.assert(fc.property(messageOf(name), message => {
        const bytes = encode(name, message)
        const json = otlpProtoToJson(bytes, signal)
        const pretty = JSON.stringify(JSON.parse(json), undefined, '\t')
        const wanted = meaning(name, bytes)
        assert.deepEqual(tidy(meaning(name, otlpJsonToProto(json, signal))), tidy(wanted))
        assert.deepEqual(tidy(meaning(name, otlpJsonToProto(new TextEncoder().encode(pretty), signal))), tidy(wanted))
      }), { numRuns: 150 })
    })
  }

  it('reads 64-bit integers exactly, as strings and as numbers', () => {
    for (const [text, value] of [
      ['"18446744073709551615"', 18446744073709551615n], ['18446744073709551615', 18446744073709551615n], ['1700000000123456789', 1700000000123456789n],
      ['"0"', 0n], ['1e3', 1000n], ['1.50e1', 15n], ['"12.0"', 12n], ['4294967296', 4294967296n], ['999999999', 999999999n], ['1000000000', 1000000000n],
    ] as const) assert.equal(readSpan(`"startTimeUnixNano":${text}`).startTimeUnixNano, value, text)
    for (const [text, value] of [
      ['"-9223372036854775808"', -9223372036854775808n], ['9223372036854775807', 9223372036854775807n], ['-1', -1n], ['-4294967296', -4294967296n], ['-0', 0n],
    ] as const) assert.equal(readSpan(`"attributes":[{"key":"k","value":{"intValue":${text}}}]`).attributes[0]!.value, value, text)
    fc.assert(fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), value => {
      assert.equal(readSpan(`"attributes":[{"key":"k","value":{"intValue":${value}}}]`).attributes[0]!.value, value)
    }))
  })

  it('reads doubles as JSON.parse does', () => {
    const read = (text: string) => readSpan(`"attributes":[{"key":"k","value":{"doubleValue":${text}}}]`).attributes[0]!.value
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => assert.equal(read(JSON.stringify(value)), JSON.parse(JSON.stringify(value)))))
    fc.assert(fc.property(fc.nat(), fc.nat(999999), (a, b) => assert.equal(read(`${a}.${b}`), Number(`${a}.${b}`))))
    assert.ok(Object.is(read('-0'), -0))
    assert.deepEqual([read('"NaN"'), read('"Infinity"'), read('"-Infinity"'), read('"1.5"')], [NaN, Infinity, -Infinity, 1.5])
  })

  it('ignores unknown fields, and null anywhere', () => {
    const read = readSpan('"new":{"a":[1,{"b":"}]"},null,true,-1.5e3]},"name":"n","kind":null,"attributes":null,"status":null,"":0')
    assert.deepEqual([read.name, read.kind, read.attributes], ['n', 0, []])
    assert.deepEqual(readSpan('"attributes":[{"key":"a","value":null},{"key":"b","value":{"arrayValue":{"values":[null,{"boolValue":true}]}}}]').attributes,
      [{ key: 'a', value: null }, { key: 'b', value: [null, true] }])
  })

  it('reads ids in either case, escapes, both base64 alphabets, and what the collector takes besides', () => {
    const read = readSpan('"trace_id":"5B8EFFF798038103D269B633813FC60C","span\\u0049d":"eee19b7ec3c1b174","parentSpanId":"","name":"\\u00e9\\ud83d\\ude00\\n","kind":"SPAN_KIND_CLIENT"')
    assert.deepEqual([Buffer.from(read.traceId).toString('hex'), read.spanId.length, read.parentSpanId.length, read.name, read.kind],
      ['5b8efff798038103d269b633813fc60c', 8, 0, 'é😀\n', 3])
    assert.deepEqual(readSpan('"attributes":[{"value":{"bytesValue":"-_8"},"key":"k"}]').attributes, [{ key: 'k', value: Uint8Array.of(251, 255) }])
    assert.equal(decode('LogRecord', jsonToProto('{"severityNumber":"SEVERITY_NUMBER_WARN2"}', 'LogRecord')).severityNumber, 14)
  })

  it('names the path of what is wrong', () => {
    const inSpan = (field: string) => `resourceSpans[0].scopeSpans[0].spans[0].${field}`
    // The caret marks the offset.
    const cases: [json: string, problem: string, path: string][] = [
      [span('"kind":"^SOMETHING"'), 'kind is no enum: "SOMETHING"', inSpan('kind')],
      [span('"traceId":"^xyz"'), 'traceId has 3 hexadecimal digits instead of 32', inSpan('traceId')],
      [span(`"traceId":"^${'z'.repeat(32)}"`), 'traceId is not hexadecimal', inSpan('traceId')],
      [span('"name":^5'), 'expected a string, found "5"', inSpan('name')],
      [span('"name":"a,[{","events":[{},{"timeUnixNano":"^x"}]'), 'timeUnixNano is no fixed64: "x"', inSpan('events[1].timeUnixNano')],
      [span('"startTimeUnixNano":^-1'), 'startTimeUnixNano is no fixed64: "-1"', inSpan('startTimeUnixNano')],
      [span('"startTimeUnixNano":^18446744073709551616'), 'startTimeUnixNano is no fixed64: "18446744073709551616"', inSpan('startTimeUnixNano')],
      [span('"droppedAttributesCount":^4294967296'), 'droppedAttributesCount is outside the range of uint32: "4294967296"', inSpan('droppedAttributesCount')],
      [span('"name":"^\\x"'), 'a string with an invalid escape', inSpan('name')],
      ['{"resourceSpans":^{}}', 'expected an array (resourceSpans), found "{"', 'resourceSpans'],
      ['{"resourceSpans":[^', 'expected an object (ResourceSpans), found the end of the input', 'resourceSpans[0]'],
      ['{"resourceSpans":[{},^]}', 'expected a value, found "]"', 'resourceSpans[1]'],
      ['^[]', 'expected an object (ExportTraceServiceRequest), found "["', ''],
      ['^', 'expected an object (ExportTraceServiceRequest), found the end of the input', ''],
      ['{} ^x', 'expected the end, found "x"', ''],
      ['{"a" ^1}', 'expected ":", found "1"', ''],
      ['{"a":^tru}', 'expected a value, found "t"', 'a'],
      ['{"a":^01}', 'a number with a leading zero', 'a'],
      ['{"a":^1.}', '"1." is no number', 'a'],
      ['{"a":^"b', 'a string without an end', 'a'],
      ['{"a":"^\n"}', 'a control character in a string', 'a'],
      ['{"a" : 1 ^"b":2}', 'expected "," or "}", found """', 'a'],
    ]
    for (const [json, wanted, path] of cases) {
      const offset = json.indexOf('^')
      assert.equal(problem(json.replace('^', '')), `OTLP/JSON: ${wanted} at ${path === '' ? `byte ${offset}` : `${path} (byte ${offset})`}`)
    }
    assert.match(problem(`{"a":${'['.repeat(200)}`)!, /nest deeper than 100/)
    const deep = `${'{"arrayValue":{"values":['.repeat(120)}null`
    assert.match(problem(`{"body":${deep}`, 'LogRecord')!, /messages nest deeper than 100 at body\.arrayValue\.values\[0\]/)
    assert.throws(() => jsonToProto(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 'Span'), /a string that is no UTF-8/)
  })

  it('refuses every truncation with its own error', () => {
    const json = new TextEncoder().encode(JSON.stringify(JSON.parse(otlpProtoToJson(encodeOtlp('metrics', everyMetric).bytes, 'metrics')), undefined, 1))
    for (let length = 0; length < json.length; length++) {
      assert.throws(() => otlpJsonToProto(json.subarray(0, length), 'metrics'), WireError)
    }
  })
})

/** NaN is NaN whatever its bits, `{}` and absence of an empty message are the same, and so are both zeros of a left-out default. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy)
  if (Object.is(value, -0)) return 0
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, tidy(inner)] as const).filter(([, inner]) => !isBlank(inner)))
}
const isBlank = (value: unknown): boolean =>
  value === null || value === undefined || value === 0 || value === '' || value === '0' || value === false
  || (typeof value === 'object' && Object.keys(value).length === 0)
