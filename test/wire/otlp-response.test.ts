import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { decodeExportResponse, decodeStatus, encodeExportResponse, encodeStatus } from '../../src/wire/otlp-response.ts'
import { proto } from '../support/otlp.ts'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const read = (name: string, bytes: Uint8Array) => proto.lookupType(name).toObject(proto.lookupType(name).decode(bytes), { longs: Number })

describe('OTLP responses', () => {
  it('say a whole success with nothing', () => {
    assert.equal(encodeExportResponse('traces', 'proto').length, 0)
    assert.equal(text(encodeExportResponse('traces', 'json')), '{}')
    for (const encoding of ['proto', 'json'] as const) assert.equal(decodeExportResponse(encodeExportResponse('logs', encoding), 'logs', encoding), undefined)
    assert.equal(decodeExportResponse(new Uint8Array(0), 'logs', 'json'), undefined)
  })

  it('say a partial success', () => {
    const partial = { rejected: 300, errorMessage: 'too old' }
    assert.deepEqual(read('ExportTraceServiceResponse', encodeExportResponse('traces', 'proto', partial)), { partialSuccess: { rejectedSpans: 300, errorMessage: 'too old' } })
    assert.deepEqual(read('ExportMetricsServiceResponse', encodeExportResponse('metrics', 'proto', partial)), { partialSuccess: { rejectedDataPoints: 300, errorMessage: 'too old' } })
    assert.equal(text(encodeExportResponse('logs', 'json', partial)), '{"partialSuccess":{"rejectedLogRecords":"300","errorMessage":"too old"}}')
    for (const signal of ['traces', 'metrics', 'logs'] as const) {
      for (const encoding of ['proto', 'json'] as const) assert.deepEqual(decodeExportResponse(encodeExportResponse(signal, encoding, partial), signal, encoding), partial)
    }
    const warning = { rejected: 0, errorMessage: 'deprecated' }
    assert.deepEqual(decodeExportResponse(encodeExportResponse('traces', 'proto', warning), 'traces', 'proto'), warning)
  })

  it('say a refusal', () => {
    const status = { code: 14, message: 'no room' }
    assert.deepEqual(read('Status', encodeStatus(status, 'proto')), status)
    assert.equal(text(encodeStatus(status, 'json')), '{"code":14,"message":"no room"}')
    for (const encoding of ['proto', 'json'] as const) assert.deepEqual(decodeStatus(encodeStatus(status, encoding), encoding), status)
    assert.deepEqual(decodeStatus(new TextEncoder().encode('{"code":3,"message":"m","details":[{"@type":"x"}]}'), 'json'), { code: 3, message: 'm' })
  })
})
