/** DNS replies as servers write them. */

import { concat } from '../../src/lib/bytes.ts'
import { dnsTypes, encodeDnsQuery, type DnsTypeName } from '../../src/wire/dns.ts'

/** A reply to a question about `name` with these records, whose owner is a pointer to that name; `flags` are its lower 15 bits. */
export function dnsReply(name: string, records: readonly { readonly type: DnsTypeName; readonly data: Uint8Array }[], flags = 0): Uint8Array {
  const question = encodeDnsQuery(name, 'A')
  const view = new DataView(question.buffer)
  view.setUint16(2, 0x8000 | flags)
  view.setUint16(6, records.length)
  return concat([question, ...records.map(({ type, data }) => {
    const head = new Uint8Array(12)
    const fields = new DataView(head.buffer)
    fields.setUint16(0, 0xc00c)
    fields.setUint16(2, dnsTypes[type])
    fields.setUint16(4, 1)
    fields.setUint16(10, data.length)
    return concat([head, data])
  })])
}
