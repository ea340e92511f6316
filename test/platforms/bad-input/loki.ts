/** What the Loki receiver refuses. */

import { gzip, pushJson, pushRequest, snap } from '../messages.ts'
import {
  accepted, asJson, bytes, cut, inGzip, limit, onlyPost,
  proto, text, tooLarge, zeros, type Answer, type BadInput,
} from './answers.ts'

const push = '/loki/api/v1/push'
const lokiCase = (name: string, body: () => Uint8Array | string, answer: Answer, headers: Record<string, string> = {}, arrives: readonly string[] = []): BadInput =>
  ({ name: `Loki: ${name}`, path: push, headers: { 'content-type': proto, ...headers }, body, answer, arrives })
const stream = pushRequest([{ labels: '{job="web"}', lines: ['good'] }])

export const lokiCases: readonly BadInput[] = [
  lokiCase('protobuf without snappy', () => stream,
    text(400, 'snappy: more comes out than the 10 bytes declared at byte 1')),
  lokiCase('snappy around something else', () => snap(new TextEncoder().encode('this is not protobuf')),
    text(400, 'loki push: wire type 4 of field 14 is not supported at byte 0')),
  lokiCase('snappy cut in the middle', () => cut(snap(stream), 0.5),
    text(400, 'snappy: a literal of 31 bytes exceeds the 14 left at byte 1')),
  lokiCase('protobuf cut in the middle', () => snap(cut(stream, 0.5)),
    text(400, 'loki push: a length of 29 exceeds the 13 bytes left at byte 1')),
  lokiCase('snappy that announces 4 GB', () => bytes(0xff, 0xff, 0xff, 0xff, 0x0f, 0x00),
    text(413, 'the body is larger than the limit of 65536 bytes once decompressed (snappy)')),
  lokiCase('snappy over the limit once decompressed', () => snap(zeros(limit + 1)),
    text(413, 'the body is larger than the limit of 65536 bytes once decompressed (snappy)')),
  lokiCase('a body over the limit', () => zeros(limit + 1), text(413, tooLarge('by its Content-Length'))),
  lokiCase('labels that do not parse, beside good ones', () => snap(pushRequest([{ labels: '{job=', lines: ['bad'] }, { labels: '{job="web"}', lines: ['good'] }])),
    text(400, 'parse error at line 1, col 6: unexpected end where a quoted value should stand in the labels {job='), {}, ['good']),
  lokiCase('labels without a closing quote', () => snap(pushRequest([{ labels: '{job="web}', lines: ['bad'] }])),
    text(400, 'parse error at line 1, col 6: the string has no closing " in the labels {job="web}')),
  lokiCase('protobuf with a field of the wrong wire type', () => snap(bytes(0x08, 0x01)),
    text(400, 'loki push: field 1 has wire type 0 instead of 2 at byte 0')),
  lokiCase('an empty body', () => '', text(400, 'snappy: the length is cut off or too large at byte 0')),
  lokiCase('JSON that is none', () => '{"streams": [',
    text(400, 'loki push JSON: expected an object, found the end of the input at streams[0] (byte 13)'), asJson),
  lokiCase('JSON without streams', () => '{"stream": []}', accepted, asJson),
  lokiCase('JSON with a timestamp that is none', () => pushJson({ job: 'web' }, ['bad']).replace('1700000000000000000', 'now'),
    text(400, 'loki push JSON: "now" is no timestamp in nanoseconds at streams[0].values[0][0] (byte 48)'), asJson),
  lokiCase('JSON with an entry of one element', () => '{"streams":[{"stream":{"job":"web"},"values":[["1700000000000000000"]]}]}',
    text(400, 'loki push JSON: a value needs a timestamp and a line at streams[0].values[0] (byte 46)'), asJson),
  lokiCase('JSON with a label name that cannot be, beside good ones', () =>
    '{"streams":[{"stream":{"a b":"c"},"values":[["1700000000000000000","bad"]]},{"stream":{"job":"web"},"values":[["1700000000000000000","good"]]}]}', text(400, 'parse error at line 1, col 1: "a b" is not a label name in the labels {"a b"="c"}'), asJson, ['good']),
  lokiCase('JSON nested 20,000 deep', () => `{"streams":${'['.repeat(20_000)}`,
    text(400, 'loki push JSON: expected an object, found "[" at streams[0] (byte 12)'), asJson),
  lokiCase('gzip that is none', () => pushJson({ job: 'web' }, ['bad']),
    text(400, 'the body cannot be decompressed: gzip: no gzip header at byte 0'), { ...asJson, ...inGzip }),
  lokiCase('gzip cut in the middle', () => cut(gzip(pushJson({ job: 'web' }, ['bad'])), 0.6),
    text(400, 'the body cannot be decompressed: gzip: the data is damaged or cut off somewhere after its header at byte 10'), { ...asJson, ...inGzip }),
  lokiCase('a gzip bomb', () => gzip(zeros(16 * 1024 * 1024)),
    text(413, tooLarge('once decompressed (gzip)')), { ...asJson, ...inGzip }),
  lokiCase('an encoding that nobody knows', () => stream,
    text(400, 'Content-Encoding "br" is not supported; send it plain or as one of: snappy, gzip, deflate'), { 'content-encoding': 'br' }),
  lokiCase('a content type that is none', () => stream,
    text(400, 'the Content-Type is missing or none; send application/json or application/x-protobuf'), { 'content-type': ';' }),
  { name: 'Loki: no content type', path: push, body: () => snap(stream),
    answer: text(400, 'the Content-Type is missing or none; send application/json or application/x-protobuf') },
  { name: 'Loki: GET', method: 'GET', path: push, answer: onlyPost('GET', '/loki/api/v1/push') },
]
