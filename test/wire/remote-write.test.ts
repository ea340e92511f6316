import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { WireError } from '../../src/wire/error.ts'
import { defaultLimits } from '../../src/wire/limits.ts'
import { decodeRemoteWrite2, encodeRemoteWrite2 } from '../../src/wire/remote-write-2.ts'
import { validateWriteRequest, validateWriteRequest2 } from '../../src/wire/remote-write.ts'
import { survives } from '../support/hostile.ts'
import { decode, encode, readable, sampleWriteRequest } from '../support/prompb.ts'

const request = encode('WriteRequest', sampleWriteRequest)
const request2 = {
  symbols: ['', '__name__', 'http_request_seconds', 'job', 'api', 'Duration.', 'seconds', 'trace_id', 'abc'],
  timeseries: [
    {
      labels_refs: [1, 2, 3, 4],
      samples: [{ value: 1.5, timestamp: '1700000000000' }],
      exemplars: [{ labels_refs: [7, 8], value: 2, timestamp: '3' }],
      metadata: { type: 3, help_ref: 5, unit_ref: 6 },
      created_timestamp: '1600000000000',
    },
    { labels_refs: [1, 2], histograms: [{ count_int: '3', sum: 1, schema: -4, timestamp: '9' }] },
  ],
}
const bytes2 = encode('Request2', request2)

describe('validation of remote-write', () => {
  it('passes what is a request, with fields nobody knows', () => {
    validateWriteRequest(request)
    validateWriteRequest2(bytes2)
    validateWriteRequest(new Uint8Array(0))
    validateWriteRequest(Uint8Array.of(...request, 0x7a, 1, 0))
  })

  it('refuses other wire types, and more than the limits', () => {
    assert.throws(() => validateWriteRequest(Uint8Array.of(0x08, 1)), /remote-write: field 1 has wire type 0 instead of 2 at byte 0/)
    assert.throws(() => validateWriteRequest(Uint8Array.of(0x0a, 4, 0x12, 2, 0x08, 1)), /field 1 has wire type 0 instead of 1 at byte 4/)
    assert.throws(() => validateWriteRequest(Uint8Array.of(0x0a, 5, 0x22, 3, 0x52, 1, 0)), /a packed field is cut off at byte 6/)
    assert.throws(() => validateWriteRequest2(Uint8Array.of(0x2a, 3, 0x0a, 1, 0x80)), /remote-write 2.0: a packed field is cut off/)
    assert.throws(() => validateWriteRequest(request, { ...defaultLimits, fields: 10 }), /more than 10 fields/)
    assert.throws(() => validateWriteRequest(request, { ...defaultLimits, bytes: 10 }), /exceeds the limit of 10/)
  })

  it('throws nothing but WireError, and afterwards the oracle reads every message too', async () => {
    await survives(request, 20_000, bytes => {
      validateWriteRequest(bytes)
      assert.ok(readable('WriteRequest', bytes))
    }, [WireError])
  })
})

describe('remote-write 2.0', () => {
  it('becomes 1.0', () => {
    const { bytes, ...totals } = decodeRemoteWrite2(bytes2)
    assert.deepEqual(totals, { samples: 1, histograms: 1, exemplars: 1, createdTimestampsLost: 1 })
    assert.deepEqual(decode('WriteRequest', bytes), {
      timeseries: [
        {
          labels: [{ name: '__name__', value: 'http_request_seconds' }, { name: 'job', value: 'api' }],
          samples: [{ value: 1.5, timestamp: '1700000000000' }],
          exemplars: [{ labels: [{ name: 'trace_id', value: 'abc' }], value: 2, timestamp: '3' }],
        },
        { labels: [{ name: '__name__', value: 'http_request_seconds' }], histograms: [{ count_int: '3', sum: 1, schema: -4, timestamp: '9' }] },
      ],
      metadata: [{ type: 3, metric_family_name: 'http_request_seconds', help: 'Duration.', unit: 'seconds' }],
    })
  })

  it('comes back from 1.0 without loss', () => {
    const { bytes } = decodeRemoteWrite2(encodeRemoteWrite2(request))
    assert.deepEqual(decode('WriteRequest', bytes), decode('WriteRequest', request))
    const again = decode('Request2', encodeRemoteWrite2(request)) as { symbols: string[] }
    assert.equal(again.symbols[0], '')
    assert.equal(new Set(again.symbols).size, again.symbols.length)
  })

  it('takes references that are not packed', () => {
    const unpacked = Uint8Array.of(0x22, 0, 0x22, 1, 0x61, 0x2a, 6, 0x08, 1, 0x08, 0, 0x12, 0)
    assert.deepEqual(decode('WriteRequest', decodeRemoteWrite2(unpacked).bytes), { timeseries: [{ labels: [{ name: 'a' }], samples: [{}] }] })
  })

  it('refuses references to nothing', () => {
    const broken = (change: object) => () => decodeRemoteWrite2(encode('Request2', { ...request2, ...change }))
    assert.throws(broken({ timeseries: [{ labels_refs: [1, 99] }] }), /remote-write 2.0: a reference to symbol 99, of which there are 9/)
    assert.throws(broken({ timeseries: [{ labels_refs: [1, 2, 3] }] }), /an odd number of label references/)
    assert.throws(broken({ symbols: ['x'] }), /the first symbol has to be empty/)
    assert.throws(broken({ timeseries: [{ labels_refs: [1, 2], metadata: { help_ref: 77 } }] }), /symbol 77/)
  })

  it('throws nothing but WireError when damaged', async () => {
    await survives(bytes2, 20_000, bytes => encodeRemoteWrite2(decodeRemoteWrite2(bytes).bytes), [WireError])
    await survives(request, 5000, bytes => encodeRemoteWrite2(bytes), [WireError])
  })
})
