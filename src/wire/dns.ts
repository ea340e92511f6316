/** DNS messages (RFC 1035, 2782, 3596), as far as targets are found by them: one question, and the records of the answer. */

import { utf8 } from '../lib/bytes.ts'
import { WireError } from './error.ts'

/** Numbers of the record types that are asked for. */
export const dnsTypes = { A: 1, NS: 2, MX: 15, AAAA: 28, SRV: 33 } as const
export type DnsTypeName = keyof typeof dnsTypes

/** An address, or a host's name with its final dot; SRV records have a port. */
export interface DnsAnswer {
  readonly value: string
  readonly port?: number
}

export interface DnsReply {
  /** 0: well, 3: no such name, others: failures of the server. */
  readonly code: number
  /** Whether records were left out for lack of space. */
  readonly truncated: boolean
  readonly answers: readonly DnsAnswer[]
}

const headerBytes = 12
const mostName = 255
const mostLabel = 63
const recursionDesired = 0x0100

/** A question for the records of `name`; throws a RangeError for what is no name. The id is 0, so that answers can be cached. */
export function encodeDnsQuery(name: string, type: DnsTypeName): Uint8Array {
  const labels = (name.endsWith('.') ? name.slice(0, -1) : name).split('.').map(utf8)
  const length = labels.reduce((sum, label) => sum + label.length + 1, 1)
  if (length > mostName || labels.some(label => label.length === 0 || label.length > mostLabel)) throw new RangeError(`${JSON.stringify(name)} is no name of the DNS`)
  const message = new Uint8Array(headerBytes + length + 4)
  const view = new DataView(message.buffer)
  view.setUint16(2, recursionDesired)
  view.setUint16(4, 1)
  let at = headerBytes
  for (const label of labels) {
    message[at] = label.length
    message.set(label, at + 1)
    at += label.length + 1
  }
  view.setUint16(at + 1, dnsTypes[type])
  view.setUint16(at + 3, 1)
  return message
}

/** Reads a reply; of its answers, those of `type`. Throws a WireError for damage. */
export function decodeDnsReply(bytes: Uint8Array, type: DnsTypeName): DnsReply {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  need(bytes, 0, headerBytes)
  const flags = view.getUint16(2)
  if (flags < 0x8000) throw new WireError('DNS', 2, 'a question where a reply should be')
  let at = headerBytes
  for (let left = view.getUint16(4); left > 0; left--) at = readName(bytes, at).end + 4
  const answers: DnsAnswer[] = []
  for (let left = view.getUint16(6); left > 0; left--) {
    at = readName(bytes, at).end
    need(bytes, at, 10)
    const [kind, group, length] = [view.getUint16(at), view.getUint16(at + 2), view.getUint16(at + 8)]
    at += 10
    need(bytes, at, length)
    if (kind === dnsTypes[type] && group === 1) answers.push(readers[type](bytes, at, length))
    at += length
  }
  return { code: flags & 15, truncated: (flags & 0x0200) !== 0, answers }
}

const readers: Readonly<Record<DnsTypeName, (bytes: Uint8Array, at: number, length: number) => DnsAnswer>> = {
  A: (bytes, at, length) => ({ value: ipv4(address(bytes, at, length, 4)) }),
  AAAA: (bytes, at, length) => ({ value: ipv6(address(bytes, at, length, 16)) }),
  NS: (bytes, at) => ({ value: readName(bytes, at).name }),
  MX: (bytes, at) => ({ value: readName(bytes, at + 2).name }),
  SRV: (bytes, at, length) => {
    if (length < 7) throw new WireError('DNS', at, 'an SRV record that is too short')
    return { value: readName(bytes, at + 6).name, port: (bytes[at + 4]! << 8) | bytes[at + 5]! }
  },
}

function need(bytes: Uint8Array, at: number, length: number): void {
  if (at + length > bytes.length) throw new WireError('DNS', at, `the message ends where ${length} bytes should be`)
}

function address(bytes: Uint8Array, at: number, length: number, wanted: number): Uint8Array {
  if (length !== wanted) throw new WireError('DNS', at, `an address of ${length} bytes instead of ${wanted}`)
  return bytes.subarray(at, at + wanted)
}

/** A name in the usual notation, with its final dot, and where it ends. Pointers lead backwards only, so every name comes to an end. */
function readName(bytes: Uint8Array, start: number): { name: string; end: number } {
  let name = ''
  let end: number | undefined
  let limit = start
  for (let at = start, length = 0; ;) {
    need(bytes, at, 1)
    const size = bytes[at]!
    if (size === 0) return { name: name === '' ? '.' : name, end: end ?? at + 1 }
    if (size >= 0xc0) {
      need(bytes, at, 2)
      const to = ((size & 0x3f) << 8) | bytes[at + 1]!
      end ??= at + 2
      if (to >= limit) throw new WireError('DNS', at, 'a name that points forwards')
      at = limit = to
      continue
    }
    if (size > mostLabel) throw new WireError('DNS', at, 'a label of an unknown kind')
    need(bytes, at + 1, size)
    length += size + 1
    if (length > mostName) throw new WireError('DNS', start, `a name of more than ${mostName} bytes`)
    for (const byte of bytes.subarray(at + 1, at + 1 + size)) name += shown(byte)
    name += '.'
    at += size + 1
  }
}

/** A byte of a label as zone files write it. */
function shown(byte: number): string {
  if (byte < 0x21 || byte > 0x7e) return `\\${String(byte).padStart(3, '0')}`
  const character = String.fromCharCode(byte)
  return '."();@$\\'.includes(character) ? `\\${character}` : character
}

const ipv4 = (bytes: Uint8Array): string => bytes.join('.')

/** RFC 5952, as Go writes addresses: the longest run of zeros left out, and IPv4 within IPv6 as IPv4. */
function ipv6(bytes: Uint8Array): string {
  if (bytes.subarray(0, 10).every(byte => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff) return ipv4(bytes.subarray(12))
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16))
  const runs = [...groups.join(':').matchAll(/(?<![0-9a-f])0(:0)+(?![0-9a-f])/g)]
  const longest = runs.reduce<RegExpExecArray | undefined>((best, run) => (run[0].length > (best?.[0].length ?? 0) ? run : best), undefined)
  if (longest === undefined) return groups.join(':')
  const all = groups.join(':')
  return `${all.slice(0, longest.index).replace(/:$/, '')}::${all.slice(longest.index + longest[0].length).replace(/^:/, '')}`
}
