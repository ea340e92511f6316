import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { TooLargeError } from '../../src/wire/compression.ts'
import { WireError } from '../../src/wire/error.ts'
import { decodeSnappy, decodeSnappyBlock, encodeSnappy, encodeSnappyFramed, isFramed } from '../../src/wire/snappy.ts'
import { numbers, survives } from '../support/hostile.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)
const ascii = (text: string) => new TextEncoder().encode(text)
const mixed = (() => {
  const random = numbers(7)
  const noise = Uint8Array.from({ length: 70_000 }, () => random() * 256)
  return Uint8Array.from([...ascii('labels and values, again and again; '.repeat(2000)), ...noise])
})()

describe('snappy blocks', () => {
  it('come back as they were', () => {
    for (const data of [bytes(), bytes(1), ascii('a'.repeat(100_000)), mixed]) {
      assert.deepEqual(decodeSnappyBlock(encodeSnappy(data), data.length), data)
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), data => assert.deepEqual(decodeSnappy(encodeSnappy(data), 300), data)))
  })

  it('are read in every kind of element', () => {
    // A literal of 4, a copy of 4 with one, of 3 with two, of 2 with four bytes of distance.
    const block = bytes(13, 3 << 2, 97, 98, 99, 100, 1, 4, (3 - 1) << 2 | 2, 2, 0, (2 - 1) << 2 | 3, 1, 0, 0, 0)
    assert.equal(new TextDecoder().decode(decodeSnappyBlock(block, 100)), 'abcdabcdcdccc')
    // A literal whose length takes one byte more, and one that takes four.
    assert.equal(decodeSnappyBlock(bytes(61, 60 << 2, 60, ...ascii('x'.repeat(61))), 61).length, 61)
    assert.equal(decodeSnappyBlock(bytes(2, 63 << 2, 1, 0, 0, 0, 9, 9), 2).length, 2)
  })

  it('are refused when they lie', () => {
    for (const [block, problem] of [
      [bytes(), /the length is cut off/],
      [bytes(0xff, 0xff, 0xff, 0xff, 0xff, 1), /too large/],
      [bytes(0xff, 0xff, 0xff, 0xff, 0x7f), /too large/],
      [bytes(5, 3 << 2, 1, 2), /a literal of 4 bytes exceeds the 2 left/],
      [bytes(4, 63 << 2, 0xfa, 0xff, 0xff, 0xff, 1), /more comes out/],
      [bytes(4, 63 << 2, 0xfa, 0xff), /a literal is cut off/],
      [bytes(4, 1, 1), /a copy from 1 bytes back, where 0 have come out/],
      [bytes(8, 3 << 2, 1, 2, 3, 4, 1), /a copy is cut off/],
      [bytes(8, 3 << 2, 1, 2, 3, 4, 1, 0), /a copy from 0 bytes back/],
      [bytes(5, 3 << 2, 1, 2, 3, 4), /4 bytes come out where 5 are declared/],
      [bytes(4, 3 << 2, 1, 2, 3, 4, 1, 1), /more comes out than the 4 bytes declared/],
      [bytes(0x80, 0x80, 0x40, 0), /more than 4 bytes can hold/],
    ] as const) {
      assert.throws(() => decodeSnappyBlock(block, 1 << 30), (error: unknown) => {
        assert.ok(error instanceof WireError && error.format === 'snappy')
        assert.match(error.message, problem)
        return true
      })
    }
  })

  it('are refused for their size before anything is allocated', () => {
    assert.throws(() => decodeSnappyBlock(encodeSnappy(mixed), mixed.length - 1), TooLargeError)
    assert.throws(() => decodeSnappyBlock(bytes(0xff, 0xff, 0xff, 0xff, 0x0f), 1000), TooLargeError)
  })

  it('throw nothing but their own errors when damaged', async () => {
    await survives(encodeSnappy(ascii('tick tock '.repeat(20) + 'and so on')), 20_000, data => decodeSnappy(data, 10_000), [WireError, TooLargeError])
  })
})

describe('snappy frames', () => {
  const framed = encodeSnappyFramed(mixed)

  it('come back as they were and are told from blocks', () => {
    assert.ok(isFramed(framed) && !isFramed(encodeSnappy(mixed)))
    assert.deepEqual(decodeSnappy(framed, mixed.length), mixed)
    assert.deepEqual(decodeSnappy(encodeSnappyFramed(bytes()), 0), bytes())
    assert.throws(() => decodeSnappy(framed, mixed.length - 1), TooLargeError)
  })

  it('skip what may be skipped and refuse what may not', () => {
    const header = framed.slice(0, 10)
    const padding = bytes(0xfe, 3, 0, 0, 1, 2, 3)
    const joined = Uint8Array.from([...header, ...padding, ...framed])
    assert.deepEqual(decodeSnappy(joined, mixed.length), mixed)
    assert.throws(() => decodeSnappy(Uint8Array.from([...header, 2, 1, 0, 0, 9]), 10), /chunk type 2 is not known/)
    assert.throws(() => decodeSnappy(Uint8Array.from([...header, 0, 9, 0, 0]), 10), /a chunk of 9 bytes exceeds the 0 left/)
    assert.throws(() => decodeSnappy(Uint8Array.from([...header, 1, 5, 0, 0, 1, 2, 3, 4, 5]), 10), /checksum of a chunk does not match/)
  })

  it('throw nothing but their own errors when damaged', async () => {
    await survives(encodeSnappyFramed(ascii('tick tock '.repeat(20))), 20_000, data => decodeSnappy(data, 10_000), [WireError, TooLargeError])
  })
})
