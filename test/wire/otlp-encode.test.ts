import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decode } from '../../src/wire/otlp-decode.ts'
import { encode } from '../../src/wire/otlp-encode.ts'
import { type MessageName, requests } from '../../src/wire/otlp-schema.ts'
import { encodeOtlp, everyMetric, proto } from '../support/otlp.ts'
import { messageOf } from '../support/otlp-arbitrary.ts'

describe('OTLP messages as objects', () => {
  for (const name of [...Object.values(requests), 'Status', 'ExportTraceServiceResponse'] as MessageName[]) {
    it(`are the same ${name} after decoding, encoding and decoding`, () => {
      const type = proto.lookupType(name)
      fc.assert(fc.property(messageOf(name), message => {
        const decoded = decode(name, Uint8Array.from(type.encode(type.fromObject(message)).finish()))
        const bytes = encode(name, decoded)
        assert.deepEqual(decode(name, bytes), decoded)
        // The other implementation reads what we wrote as we do.
        assert.deepEqual(decode(name, Uint8Array.from(type.encode(type.decode(bytes)).finish())), decoded)
      }), { numRuns: 100 })
    })
  }

  it('keep what absence means', () => {
    const { bytes } = encodeOtlp('metrics', everyMetric)
    const decoded = decode('ExportMetricsServiceRequest', bytes)
    assert.deepEqual(decode('ExportMetricsServiceRequest', encode('ExportMetricsServiceRequest', decoded)), decoded)
    assert.equal(encode('NumberDataPoint', { asInt: 0n }).length, 9)
    assert.equal(encode('NumberDataPoint', { flags: 0 }).length, 0)
  })

  it('may leave out whatever has its default', () => {
    const bytes = encode('ExportLogsServiceRequest', { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: 'hello', attributes: [{ key: 'n', value: 1n }] }] }] }] })
    const [record] = decode('ExportLogsServiceRequest', bytes).resourceLogs[0]!.scopeLogs[0]!.logRecords
    assert.deepEqual([record!.body, record!.attributes, record!.timeUnixNano], ['hello', [{ key: 'n', value: 1n }], 0n])
  })
})
