import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { WireError } from '../../src/wire/error.ts'
import { FIXED32, FIXED64, LENGTH, Reader, VARINT, tag, text } from '../../src/wire/reader.ts'
import { Writer } from '../../src/wire/writer.ts'

const problem = (bytes: number[], read: (r: Reader) => unknown) => {
  try {
    read(new Reader(Uint8Array.from(bytes)))
  } catch (error) {
    assert.ok(error instanceof WireError)
    return error.message
  }
  return undefined
}
const walk = (r: Reader) => {
  while (r.next() !== 0) r.skip()
}

describe('Reader and Writer', () => {
  it('agree on every scalar', () => {
    const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })
    fc.assert(fc.property(int64, fc.double(), fc.string({ unit: 'binary' }), fc.uint8Array(), fc.integer(), fc.maxSafeNat(), (int, double, string, bytes, int32, nat) => {
      const written = new Writer(0).bigint(int).fixed64Exact(int).double(double).string(string).bytes(bytes).int32(int32).varint(nat).fixed32(int32).finish()
      const r = new Reader(written)
      assert.equal(r.int64(), int)
      assert.equal(r.sfixed64(), int)
      assert.ok(Object.is(r.double(), double))
      assert.equal(r.string(), new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(string)))
      assert.deepEqual(r.subarray(), bytes)
      assert.equal(r.int32(), int32)
      assert.equal(r.uint64(), BigInt(nat))
      assert.equal(r.fixed32() | 0, int32)
      assert.equal(r.pos, written.length)
    }))
  })

  it('writes forks with the shortest length, whatever was expected', () => {
    for (const length of [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
      for (const expected of [0, length, 3_000_000]) {
        const body = new Uint8Array(length).fill(7)
        const forked = new Writer().tag(1, LENGTH).fork(expected).raw(body).join().tag(2, VARINT).varint(1).finish()
        assert.deepEqual(forked, new Writer().tag(1, LENGTH).bytes(body).tag(2, VARINT).varint(1).finish(), `${length} ${expected}`)
      }
    }
  })

  it('nests forks', () => {
    const nested = new Writer(1)
    for (let i = 0; i < 50; i++) nested.tag(1, LENGTH).fork()
    nested.string('x'.repeat(100))
    for (let i = 0; i < 50; i++) nested.join()
    let bytes = nested.finish()
    for (let i = 0; i < 50; i++) {
      const r = new Reader(bytes)
      assert.equal(r.next(), tag(1, LENGTH))
      bytes = r.subarray()
      assert.equal(r.next(), 0)
    }
    assert.equal(text(bytes, 1, bytes.length), 'x'.repeat(100))
  })

  it('hands out arrays that later writing leaves alone', () => {
    const w = new Writer(4)
    const first = w.raw(Uint8Array.of(1, 2, 3, 4)).finish()
    w.raw(Uint8Array.of(9, 9, 9, 9)).finish()
    assert.deepEqual([...first], [1, 2, 3, 4])
  })

  it('steps over every wire type', () => {
    const r = new Reader(new Writer().tag(1, VARINT).bigint(-1n).tag(2, FIXED64).double(1).tag(3, LENGTH).string('abc').tag(1 << 20, FIXED32).fixed32(7).finish())
    const seen: number[] = []
    while (r.next() !== 0) {
      seen.push(r.field, r.wireType)
      r.skip()
    }
    assert.deepEqual(seen, [1, 0, 2, 1, 3, 2, 1 << 20, 5])
  })

  it('refuses what is malformed, naming problem and offset', () => {
    assert.equal(problem([0x0a, 5, 1], walk), 'protobuf: a length of 5 exceeds the 1 bytes left at byte 1')
    assert.equal(problem([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1], walk), 'protobuf: a length of 4294967295 exceeds the 1 bytes left at byte 1')
    assert.equal(problem([0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], walk), 'protobuf: a length is too large at byte 1')
    assert.equal(problem([0x0a], walk), 'protobuf: a length is cut off at byte 1')
    assert.equal(problem([0x0a, 0x80], walk), 'protobuf: a length is cut off at byte 1')
    assert.equal(problem([0x08], walk), 'protobuf: a varint is cut off at byte 1')
    assert.equal(problem([0x08, ...Array<number>(10).fill(0x80), 1], walk), 'protobuf: a varint is longer than 64 bits at byte 1')
    assert.equal(problem([...Array<number>(9).fill(0xff), 2], r => r.varint()), 'protobuf: a varint is longer than 64 bits at byte 0')
    assert.equal(problem([0x08, 1, 0x0b], walk), 'protobuf: wire type 3 of field 1 is not supported at byte 2')
    assert.equal(problem([0x00], walk), 'protobuf: field number 0 at byte 0')
    assert.equal(problem([0x82, 0x00], walk), 'protobuf: field number 0 at byte 0')
    assert.equal(problem([0x80], walk), 'protobuf: a field tag is cut off at byte 0')
    assert.equal(problem([0x09, 1, 2], walk), 'protobuf: a fixed64 is cut off at byte 1')
    assert.equal(problem([0x0d, 1, 2], walk), 'protobuf: a fixed32 is cut off at byte 1')
    assert.equal(problem([0x08, 1], r => { r.next(); r.expect(LENGTH) }), 'protobuf: field 1 has wire type 0 instead of 2 at byte 0')
  })

  it('reads text of any length and script', () => {
    for (const sample of ['', 'a', 'é', 'ascii only but longer than the short path takes', '\ufeffbom', 'aé'.repeat(40)]) {
      const bytes = new TextEncoder().encode(sample)
      assert.equal(text(bytes, 0, bytes.length), sample)
    }
  })
})
