import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { WireError } from '../../src/wire/error.ts'
import { lokiJsonToProto, splitNanos, validateLokiPush } from '../../src/wire/loki-push.ts'
import { survives } from '../support/hostile.ts'
import { decode, encode, readable, samplePush } from '../support/prompb.ts'

const json = (text: string) => new TextEncoder().encode(text)
const push = (value: object) => decode('PushRequest', lokiJsonToProto(json(JSON.stringify(value))))
const bytes = encode('PushRequest', samplePush)

describe('Loki push in JSON', () => {
  it('becomes protobuf, whatever the order of its members', () => {
    const line = 'line with "quotes" and zwölf'
    const wanted = {
      streams: [{
        labels: '{a="1", b="x\\"y"}',
        entries: [
          { timestamp: { seconds: '1700000000', nanos: 123_456_789 }, line, structured_metadata: [{ name: 'trace', value: 'id' }] },
          { timestamp: { nanos: 7 }, line: 'x' },
        ],
      }],
    }
    const values = [['1700000000123456789', line, { trace: 'id' }], ['7', 'x']]
    assert.deepEqual(push({ streams: [{ stream: { b: 'x"y', a: '1' }, values }] }), wanted)
    assert.deepEqual(push({ other: [{}], streams: [{ values, more: null, stream: { b: 'x"y', a: '1' } }] }), wanted)
  })

  it('takes timestamps to the nanosecond, before 1970 and as numbers too', () => {
    const at = (timestamp: string) => {
      const decoded = decode('PushRequest', lokiJsonToProto(json(`{"streams":[{"stream":{},"values":[[${timestamp},"x"]]}]}`)))
      return (decoded as typeof samplePush).streams[0]!.entries[0]!.timestamp
    }
    assert.deepEqual(at('"9223372036854775807"'), { seconds: '9223372036', nanos: 854_775_807 })
    assert.deepEqual(at('"-1"'), { seconds: '-1', nanos: 999_999_999 })
    assert.deepEqual(at('1700000000123456789'), { seconds: '1700000000', nanos: 123_456_789 })
    for (const bad of ['"9223372036854775808"', '"now"', '""', '1.5', '"1e9"', 'null', '{}']) assert.throws(() => at(bad), WireError, bad)
    fc.assert(fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), ns => {
      const { seconds, nanos } = splitNanos(ns)
      assert.equal(seconds * 1_000_000_000n + BigInt(nanos), ns)
      assert.ok(nanos >= 0 && nanos < 1e9)
    }))
  })

  it('may be empty', () => {
    assert.deepEqual(push({}), {})
    assert.deepEqual(push({ streams: [] }), {})
    assert.deepEqual(push({ streams: null }), {})
    assert.deepEqual(push({ streams: [{}] }), { streams: [{ labels: '{}' }] })
  })

  it('says where it is wrong', () => {
    for (const [text, problem] of [
      ['', /loki push JSON: expected an object, found the end of the input/],
      ['[]', /expected an object, found "\["/],
      ['{"streams":{}}', /expected an array/],
      ['{"streams":[{"stream":{"a":1}}]}', /a label value in quotes, found "1" at streams\[0\]\.stream/],
      ['{"streams":[{"values":[["1"]]}]}', /a value needs a timestamp and a line/],
      ['{"streams":[{"values":[["1", 2]]}]}', /a log line in quotes/],
      ['{"streams":[{"values":[["1", "x", {"a": 1}]]}]}', /a structured metadata value in quotes/],
      ['{"streams":[]} x', /expected the end/],
      [`{"x":${'['.repeat(100_000)}`, /nest deeper/],
    ] as const) assert.throws(() => lokiJsonToProto(json(text)), (error: unknown) => error instanceof WireError && problem.test(error.message), text.slice(0, 60))
  })

  it('throws nothing but WireError when damaged, and what it makes is always a push', async () => {
    const text = json('{"streams":[{"stream":{"a":"b\\n"},"values":[["1700000000123456789","line ä \\u00e9",{"k":"v"}]]}]}')
    await survives(text, 20_000, damaged => validateLokiPush(lokiJsonToProto(damaged)), [WireError])
  })
})

describe('validation of Loki pushes', () => {
  it('passes pushes and refuses other messages', () => {
    validateLokiPush(bytes)
    validateLokiPush(new Uint8Array(0))
    assert.throws(() => validateLokiPush(Uint8Array.of(0x08, 1)), /loki push: field 1 has wire type 0 instead of 2/)
    assert.throws(() => validateLokiPush(bytes.subarray(0, -1)), /exceeds|cut off/)
    assert.throws(() => validateLokiPush(bytes, { bytes: 5, depth: 1, fields: 1 }), /limit of 5/)
  })

  it('throws nothing but WireError, and afterwards the oracle reads every message too', async () => {
    await survives(bytes, 20_000, damaged => {
      validateLokiPush(damaged)
      assert.ok(readable('PushRequest', damaged))
    }, [WireError])
  })
})
