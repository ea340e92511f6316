import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'node:test'
import { fromHex, hex } from '../../src/lib/bytes.ts'
import { decodeDnsReply, encodeDnsQuery, type DnsTypeName } from '../../src/wire/dns.ts'
import { WireError } from '../../src/wire/error.ts'
import { dnsReply } from '../support/dns.ts'

const rdata = (type: DnsTypeName, data: string) => decodeDnsReply(dnsReply('a.test', [{ type, data: fromHex(data)! }]), type).answers

describe('DNS messages', () => {
  it('ask for the records of a name', () => {
    const asked = '0000' + '0100' + '0001' + '0000' + '0000' + '0000' + '04' + hex(Buffer.from('_web')) + '04' + hex(Buffer.from('_tcp')) + '01' + '61' + '00' + '0021' + '0001'
    assert.equal(hex(encodeDnsQuery('_web._tcp.a', 'SRV')), asked)
    assert.equal(hex(encodeDnsQuery('_web._tcp.a.', 'SRV')), asked)
  })

  for (const name of ['', '.', 'a..b', `${'a'.repeat(64)}.b`, `${'abcdefg.'.repeat(32)}x`]) {
    it(`do not ask for ${JSON.stringify(name.slice(0, 20))}`, () => { assert.throws(() => encodeDnsQuery(name, 'A'), RangeError) })
  }

  it('answer with addresses', () => {
    assert.deepEqual(rdata('A', '0a000001'), [{ value: '10.0.0.1' }])
    const written: [string, string][] = [
      ['20010db8000000000000000000000001', '2001:db8::1'],
      ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
      ['00000000000000000000000000000000', '::'],
      ['00000000000000000000000000000001', '::1'],
      ['fe80000000000000000000000000000a', 'fe80::a'],
      ['20010db8000000010001000100010000', '2001:db8:0:1:1:1:1:0'],
      ['20010000000000000001000000000000', '2001::1:0:0:0'],
      ['10000000000000000000000000000000', '1000::'],
      ['00000000000000000000ffff0a000001', '10.0.0.1'],
    ]
    for (const [data, value] of written) assert.deepEqual(rdata('AAAA', data), [{ value }])
  })

  it('answer with hosts, by names that point back into the message', () => {
    // "b" and a pointer to the question's name, which stands behind the header.
    assert.deepEqual(rdata('NS', '0162c00c'), [{ value: 'b.a.test.' }])
    assert.deepEqual(rdata('MX', '000a0162c00c'), [{ value: 'b.a.test.' }])
    assert.deepEqual(rdata('SRV', '000000051f900162c00c'), [{ value: 'b.a.test.', port: 8080 }])
    assert.deepEqual(rdata('NS', '00'), [{ value: '.' }])
    assert.deepEqual(rdata('NS', '03612e0000'), [{ value: 'a\\.\\000.' }])
  })

  it('leave out records of other types', () => {
    const reply = dnsReply('a.test', [{ type: 'NS', data: fromHex('0162c00c')! }, { type: 'A', data: Uint8Array.of(1, 2, 3, 4) }])
    assert.deepEqual(decodeDnsReply(reply, 'A').answers, [{ value: '1.2.3.4' }])
  })

  it('say how it went', () => {
    assert.deepEqual(decodeDnsReply(dnsReply('a', [], 3), 'A'), { code: 3, truncated: false, answers: [] })
    assert.equal(decodeDnsReply(dnsReply('a', [], 0x202), 'A').truncated, true)
  })

  const damaged: [string, () => unknown][] = [
    ['a question', () => decodeDnsReply(encodeDnsQuery('a', 'A'), 'A')],
    ['a name that points at itself', () => rdata('NS', 'c024')],
    ['a name that points forwards', () => rdata('NS', 'c0ff')],
    ['a label of an unknown kind', () => rdata('NS', '8061')],
    ['a short address', () => rdata('A', '0a0000')],
    ['a short SRV record', () => rdata('SRV', '000000')],
  ]
  for (const [what, run] of damaged) it(`refuse ${what}`, () => { assert.throws(run, WireError) })

  it('refuse what is cut off anywhere, and survive any bytes', () => {
    const whole = dnsReply('a.test', [{ type: 'SRV', data: fromHex('000000051f900162c00c')! }])
    for (let length = 0; length < whole.length; length++) assert.throws(() => decodeDnsReply(whole.subarray(0, length), 'SRV'), WireError)
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }), fc.constantFrom<DnsTypeName>('SRV', 'NS', 'A'), (changes, type) => {
      const bytes = whole.slice()
      for (const [at, byte] of changes) bytes[at] = byte
      try {
        decodeDnsReply(bytes, type)
      } catch (error) {
        assert.ok(error instanceof WireError, String(error))
      }
    }), { numRuns: 500 })
  })
})
