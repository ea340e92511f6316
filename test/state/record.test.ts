import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { concat, fromHex, hex, utf8 } from '../../src/lib/bytes.ts'
import { encodeRecord, headerBytes, readRecords, type Damage } from '../../src/state/record.ts'

const record = (number: number, body: string) => encodeRecord({ number, meta: { items: number }, body: utf8(body) })
const three = [record(0, 'first batch'), record(1, 'second batch'), record(2, 'third batch')]
const whole = concat(three)
const starts = [0, three[0]!.length, three[0]!.length + three[1]!.length]
const flip = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 0x10 : byte))
const without = (bytes: Uint8Array, from: number, to: number) => concat([bytes.subarray(0, from), bytes.subarray(to)])
const summary = ({ damage, records }: ReturnType<typeof readRecords>) => ({
  numbers: records.map(({ number }) => number),
  damage: damage.map(({ reason, offset, records }) => `${reason} at ${offset}: ${records}`),
})

/** A record as a later version may write it: the same header, any content. */
function fromTheFuture(number: number): Uint8Array {
  const bytes = record(number, 'something not known yet')
  bytes[3] = 2
  return encodeChecksummed(bytes)
}

/** Makes the header's checksum right again, with the reader as the judge of it. */
function encodeChecksummed(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  new DataView(copy.buffer).setUint32(24, crcOfHeader(copy), true)
  return copy
}

/** Bit by bit, apart from the table-driven one under test. */
function crcOfHeader(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes.subarray(0, 24)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}

/** Every way that we could think of in which a segment of three records can be damaged. */
const corruptions: { name: string; bytes: Uint8Array; numbers: number[]; damage: string[] }[] = [
  { name: 'nothing', bytes: whole, numbers: [0, 1, 2], damage: [] },
  { name: 'all bytes gone', bytes: new Uint8Array(0), numbers: [], damage: [] },
  { name: 'a bit of the magic', bytes: flip(whole, starts[1]! + 1), numbers: [0, 2], damage: [`header at ${starts[1]}: 1`] },
  { name: 'a bit of the version', bytes: flip(whole, starts[1]! + 3), numbers: [0, 2], damage: [`header at ${starts[1]}: 1`] },
  { name: 'a bit of a length, low', bytes: flip(whole, starts[1]! + 8), numbers: [0, 2], damage: [`header at ${starts[1]}: 1`] },
  { name: 'a bit of a length, high', bytes: flip(whole, starts[1]! + 11), numbers: [0, 2], damage: [`header at ${starts[1]}: 1`] },
  { name: 'a bit of the number', bytes: flip(whole, starts[1]! + 12), numbers: [0, 2], damage: [`header at ${starts[1]}: 1`] },
  { name: "a bit of the content's checksum", bytes: flip(whole, starts[1]! + 20), numbers: [0, 2], damage: [`header at ${starts[1]}: 1`] },
  { name: "a bit of the header's checksum", bytes: flip(whole, starts[1]! + 24), numbers: [0, 2], damage: [`header at ${starts[1]}: 1`] },
  { name: 'a bit of the meta', bytes: flip(whole, starts[1]! + headerBytes), numbers: [0, 2], damage: [`body at ${starts[1]}: 1`] },
  { name: 'a bit of the body', bytes: flip(whole, starts[2]! - 1), numbers: [0, 2], damage: [`body at ${starts[1]}: 1`] },
  { name: 'a bit of the first body', bytes: flip(whole, starts[1]! - 1), numbers: [1, 2], damage: ['body at 0: 1'] },
  { name: 'a bit of the first header', bytes: flip(whole, 5), numbers: [1, 2], damage: ['header at 0: 1'] },
  { name: 'a bit of the last header', bytes: flip(whole, starts[2]! + 5), numbers: [0, 1], damage: [`header at ${starts[2]}: 1`] },
  { name: 'two headers in a row', bytes: flip(flip(whole, 5), starts[1]! + 5), numbers: [2], damage: ['header at 0: 2'] },
  { name: 'all headers', bytes: flip(flip(flip(whole, 5), starts[1]! + 5), starts[2]! + 5), numbers: [], damage: ['header at 0: 3'] },
  { name: 'torn in the last body', bytes: whole.subarray(0, whole.length - 3), numbers: [0, 1], damage: [`torn at ${starts[2]}: 1`] },
  { name: 'torn in the last header', bytes: whole.subarray(0, starts[2]! + 10), numbers: [0, 1], damage: [`torn at ${starts[2]}: 1`] },
  { name: 'torn between records', bytes: whole.subarray(0, starts[2]), numbers: [0, 1], damage: [`missing at ${starts[2]}: 1`] },
  { name: 'torn in the first header', bytes: whole.subarray(0, 9), numbers: [], damage: ['torn at 0: 3'] },
  { name: 'bytes missing from a body', bytes: without(whole, starts[2]! - 6, starts[2]! - 2), numbers: [0, 2], damage: [`body at ${starts[1]}: 1`] },
  { name: 'bytes missing from a header', bytes: without(whole, starts[1]! + 4, starts[1]! + 9), numbers: [0, 2], damage: [`header at ${starts[1]}: 1`] },
  { name: 'a hole over two records', bytes: without(whole, starts[1]! - 4, starts[1]! + 6), numbers: [2], damage: ['body at 0: 1', `header at ${starts[1]}: 1`] },
  { name: 'a record missing', bytes: without(whole, starts[1]!, starts[2]!), numbers: [0, 2], damage: [`missing at ${starts[1]}: 1`] },
  { name: 'a record twice', bytes: concat([three[0]!, three[1]!, three[1]!, three[2]!]), numbers: [0, 1, 2], damage: [`repeated at ${starts[2]}: 0`] },
  { name: 'records exchanged', bytes: concat([three[1]!, three[0]!, three[2]!]), numbers: [1, 2], damage: [`repeated at ${three[1]!.length}: 0`] },
  { name: 'rubbish in front', bytes: concat([utf8('SLCrubbish'), whole]), numbers: [0, 1, 2], damage: ['header at 0: 1'] },
  { name: 'rubbish in between', bytes: concat([three[0]!, utf8('SLSLC\u0001'), three[1]!, three[2]!]), numbers: [0, 1, 2], damage: [`header at ${starts[1]}: 1`] },
  { name: 'rubbish behind', bytes: concat([whole, new Uint8Array(40)]), numbers: [0, 1, 2], damage: [`header at ${whole.length}: 1`] },
  { name: 'only rubbish', bytes: utf8('this was never a record, and it is long enough'), numbers: [], damage: ['header at 0: 3'] },
  { name: 'a length past the end', bytes: lengthen(whole, starts[1]!), numbers: [0, 2], damage: [`torn at ${starts[1]}: 1`] },
  { name: 'a version from the future', bytes: concat([three[0]!, fromTheFuture(1), three[2]!]), numbers: [0, 2], damage: [`version at ${starts[1]}: 1`] },
]

/** A header that is intact and lies. */
function lengthen(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  new DataView(copy.buffer).setUint32(at + 8, 0xfffffff0, true)
  copy.set(encodeChecksummed(copy.subarray(at)), at)
  return copy
}

describe('records', () => {
  for (const { name, bytes, numbers, damage } of corruptions) {
    it(`damage: ${name}`, () => {
      const expected = name === 'all bytes gone' ? undefined : 3
      assert.deepEqual(summary(readRecords(bytes, expected)), { numbers, damage })
    })
  }

  it('version 1 stays readable: these bytes were written by the first release', () => {
    const golden = '534c4301' + '3e000000' + '03000000' + '0700000000000000' + '41479751' + 'd22381c6' +
      '7b226974656d73223a322c22616363657074656441744d73223a313736333634303030303030302c226d657461223a7b2274656e616e74223a2261227d7d' + '616263'
    const meta = { items: 2, acceptedAtMs: 1763640000000, meta: { tenant: 'a' } }
    assert.deepEqual(readRecords(fromHex(golden)!), { records: [{ number: 7, offset: 0, meta, body: utf8('abc') }], damage: [] })
  })

  it('gives back what was written', () => {
    const input = fc.array(fc.record({ body: fc.uint8Array({ maxLength: 300 }), meta: fc.dictionary(fc.string(), fc.string()) }), { maxLength: 8 })
    fc.assert(fc.property(input, all => {
      const { records, damage } = readRecords(concat(all.map(({ body, meta }, number) => encodeRecord({ number, meta, body }))), all.length)
      assert.deepEqual(damage, [])
      assert.deepEqual(records.map(({ body, meta }) => ({ body: hex(body), meta: { ...meta } })), all.map(({ body, meta }) => ({ body: hex(body), meta: { ...meta } })))
    }), { numRuns: 200, seed: 5 })
  })

  it('loses to one damaged byte at most the record that holds it', () => {
    fc.assert(fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const bytes = whole.map((byte, i) => (i === at ? byte ^ by : byte))
      const hurt = starts.findLastIndex(start => start <= at)
      const { records, damage } = readRecords(bytes, 3)
      assert.deepEqual(records.map(({ number }) => number), [0, 1, 2].filter(number => number !== hurt))
      assert.equal(damage.reduce((sum, each: Damage) => sum + each.records, 0), 1)
    }), { numRuns: 500, seed: 5 })
  })

  it('never fails on any bytes, and accounts for each of them', () => {
    const pieces = fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...three), fc.constant(utf8('SLC'))), { maxLength: 6 })
    fc.assert(fc.property(pieces, parts => {
      const bytes = concat(parts)
      const { records, damage } = readRecords(bytes)
      const covered = damage.reduce((sum, { length }) => sum + length, 0) +
        records.reduce((sum, { meta, body }) => sum + headerBytes + utf8(JSON.stringify(meta)).length + body.length, 0)
      assert.equal(covered, bytes.length)
    }), { numRuns: 300, seed: 5 })
  })

  it('refuses a meta that no reader would take', () => {
    assert.throws(() => encodeRecord({ number: 0, meta: { a: 'x'.repeat(70_000) }, body: new Uint8Array(0) }), /meta/)
  })
})
