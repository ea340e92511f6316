/** What the remote-write receiver refuses. */

import { gzip, snap, writeRequest } from '../messages.ts'
import {
  accepted, asJson, bytes, cut, inGzip, nothingAt,
  onlyPost, proto, text, tooLarge, varint, zeros, type Answer, type BadInput,
} from './answers.ts'

const write = '/api/v1/metrics/write'
const promCase = (name: string, body: () => Uint8Array | string, answer: Answer, headers: Record<string, string> = {}, arrives: readonly string[] = []): BadInput =>
  ({ name: `remote-write: ${name}`, path: write, headers: { 'content-type': proto, 'content-encoding': 'snappy', ...headers }, body, answer, arrives })
const at = 1_700_000_000_000
const good = { labels: { __name__: 'good' }, samples: [[1, at]] } as const
const samples = writeRequest([good])

export const promCases: readonly BadInput[] = [
  promCase('protobuf without snappy', () => samples,
    text(400, 'the body cannot be decompressed: snappy: more comes out than the 10 bytes declared at byte 12')),
  promCase('snappy around something else', () => snap(new TextEncoder().encode('this is not protobuf')),
    text(400, 'remote-write: wire type 4 of field 14 is not supported at byte 0')),
  promCase('snappy cut in the middle', () => cut(snap(samples), 0.5),
    text(400, 'the body cannot be decompressed: snappy: a literal of 38 bytes exceeds the 18 left at byte 1')),
  promCase('protobuf cut in the middle', () => snap(cut(samples, 0.5)),
    text(400, 'remote-write: a length of 36 exceeds the 17 bytes left at byte 1')),
  promCase('snappy that announces 4 GB', () => bytes(0xff, 0xff, 0xff, 0xff, 0x0f, 0x00),
    text(413, tooLarge('once decompressed (snappy)', 32 * 1024 * 1024))),
  promCase('a body over the limit', () => zeros(32 * 1024 * 1024 + 1),
    text(413, tooLarge('by its Content-Length', 32 * 1024 * 1024))),
  promCase('snappy that refers to what is before its start', () => bytes(0x08, 0x05, 0x10),
    text(400, 'the body cannot be decompressed: snappy: a copy from 16 bytes back, where 0 have come out at byte 1')),
  promCase('a sample cut in two', () => snap(bytes(0x0a, 0x04, 0x12, 0x02, 0x09, 0x00)),
    text(400, 'remote-write: a fixed64 is cut off at byte 5')),
  promCase('a field with the wrong wire type', () => snap(bytes(0x08, 0x01)),
    text(400, 'remote-write: field 1 has wire type 0 instead of 2 at byte 0')),
  promCase('an empty body', () => '',
    text(400, 'the body cannot be decompressed: snappy: the length is cut off or too large at byte 0')),
  promCase('gzip instead of snappy', () => gzip(samples),
    text(415, 'gzip encoding (compression) is not accepted by this server; only snappy is acceptable'), inGzip),
  promCase('the message type of version 2', () => snap(samples),
    text(415, 'io.prometheus.write.v2.Request protobuf message is not accepted by this server; only prometheus.WriteRequest is acceptable'), { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request' }),
  promCase('a content type that nobody knows', () => snap(samples),
    text(415, 'expected application/x-protobuf as the first (media) part, got application/json content-type'), asJson),
  promCase('a series without a name, beside a good one', () => snap(writeRequest([{ labels: { job: 'x' }, samples: [[1, at]] }, good])),
    accepted, {}, ['good']),
  promCase('a label name that cannot be, beside a good one', () => snap(writeRequest([{ labels: { '__name__': 'bad', '': 'x' }, samples: [[1, at]] }, good])),
    accepted, {}, ['good']),
  promCase('a label twice, beside a good one', () => snap(concat(series([['__name__', 'bad'], ['a', '1'], ['a', '2']]), samples)),
    accepted, {}, ['good']),
  { name: 'remote-write: no encoding', path: write, headers: { 'content-type': proto }, body: () => samples,
    answer: text(400, 'snappy: more comes out than the 10 bytes declared at byte 12') },
  { name: 'remote-write: PUT', method: 'PUT', path: write, headers: { 'content-type': proto }, body: () => samples,
    answer: onlyPost('PUT', '/api/v1/metrics/write') },
  { name: 'a path that nobody serves', path: '/api/v1/write', headers: { 'content-type': proto }, body: () => samples,
    answer: nothingAt('/api/v1/write') },
]

const concat = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap(part => [...part]))

/** One series of a remote-write body, with labels that an object could not hold. */
function series(labels: readonly (readonly [string, string])[]): Uint8Array {
  const field = (tag: number, inner: Iterable<number>) => { const all = [...inner]; return [tag, ...varint(all.length), ...all] }
  const text = (value: string) => new TextEncoder().encode(value)
  const encoded = labels.flatMap(([name, value]) => field(0x0a, [...field(0x0a, text(name)), ...field(0x12, text(value))]))
  return Uint8Array.from(field(0x0a, [...encoded, ...field(0x12, [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, ...varint(1)])]))
}
