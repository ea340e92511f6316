/** What the OTLP receiver refuses. */

import { gzip, otlp, spanJson, spanRequest } from '../messages.ts'
import {
  asJson, bytes, cut, inGzip, json, limit, malformed, malformedJson,
  nothingAt, onlyPost, proto, refused, shortened, status,
  tooLarge, unknownType, varint, zeros, type Answer, type BadInput,
} from './answers.ts'

const span = otlp('traces', spanRequest('good'))
const nested = (depth: number) => '{"arrayValue":{"values":['.repeat(depth) + '{"intValue":"1"}' + ']}}'.repeat(depth)

const traces = '/v1/traces'
const otlpCase = (name: string, body: () => Uint8Array | string, answer: Answer, headers: Record<string, string> = {}): BadInput =>
  ({ name: `OTLP: ${name}`, path: traces, headers: { 'content-type': proto, ...headers }, body, answer })

export const otlpCases: readonly BadInput[] = [
  otlpCase('protobuf that is none', () => 'this is not protobuf',
    malformed('OTLP traces: wire type 4 of field 14 is not supported at byte 0')),
  otlpCase('protobuf cut in the middle', () => cut(span, 0.5),
    malformed('OTLP traces: a length of 108 exceeds the 53 bytes left at byte 2')),
  otlpCase('protobuf cut before its last byte', () => span.subarray(0, -1),
    malformed('OTLP traces: a length of 108 exceeds the 107 bytes left at byte 2')),
  otlpCase('protobuf of which only one byte is left', () => span.subarray(0, 1),
    malformed('OTLP traces: a length is cut off at byte 1')),
  otlpCase('an inner length that points past the end', () => bytes(0x0a, 0x7f, 0x12, 0x01),
    malformed('OTLP traces: a length of 127 exceeds the 2 bytes left at byte 2')),
  otlpCase('a length of 2^63', () => bytes(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
    malformed('OTLP traces: a length is too large at byte 1')),
  otlpCase('a varint that does not end', () => new Uint8Array(20).fill(0xff),
    malformed('OTLP traces: a field tag is too large at byte 0')),
  otlpCase('field number 0', () => bytes(0x00, 0x01), malformed('OTLP traces: field number 0 at byte 0')),
  otlpCase('a wire type that does not exist', () => bytes(0x0f, 0x01),
    malformed('OTLP traces: field 1 has wire type 7 instead of 2 at byte 0')),
  otlpCase('a field with the wrong wire type', () => bytes(0x08, 0x01),
    malformed('OTLP traces: field 1 has wire type 0 instead of 2 at byte 0')),
  otlpCase('protobuf nested 1,000 deep', () => {
    let value: Uint8Array = bytes(0x0a, 0x01, 0x78)
    const field = (tag: number, inner: Uint8Array) => Uint8Array.from([tag, ...varint(inner.length), ...inner])
    for (let depth = 0; depth < 1000; depth++) value = field(0x2a, field(0x0a, value))
    return field(0x0a, field(0x0a, field(0x0a, Uint8Array.from([...field(0x0a, bytes(0x6b)), ...field(0x12, value)]))))
  }, malformed('OTLP traces: messages nest deeper than 100 at byte 306')),
  otlpCase('JSON that is none', () => '{"resourceSpans": [}',
    malformedJson('OTLP/JSON: expected an object (ResourceSpans), found "}" at resourceSpans[0] (byte 19)'), asJson),
  otlpCase('JSON that ends early', () => spanJson('good').slice(0, 60),
    malformedJson('OTLP/JSON: a string without an end at resourceSpans[0].resource.attributes[0].key (byte 52)'), asJson),
  otlpCase('JSON of the wrong shape', () => '[1, 2, 3]',
    malformedJson('OTLP/JSON: expected an object (ExportTraceServiceRequest), found "[" at byte 0'), asJson),
  otlpCase('JSON with a number where text belongs', () => '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":7}]}]}]}',
    malformedJson('OTLP/JSON: expected a string, found "7" at resourceSpans[0].scopeSpans[0].spans[0].name (byte 51)'), asJson),
  otlpCase('JSON with a trace id that is not hexadecimal', () => spanJson('good').replace('01'.repeat(16), 'zz'.repeat(16)),
    malformedJson('OTLP/JSON: traceId is not hexadecimal at resourceSpans[0].scopeSpans[0].spans[0].traceId (byte 137)'), asJson),
  otlpCase('JSON nested 1,000 deep', () => `{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":${nested(1_000)}}]}}]}`,
    malformedJson(`OTLP/JSON: messages nest deeper than 100 at ${shortened(`resourceSpans[0].resource.attributes[0].value.${'arrayValue.values[0].'.repeat(20)}`)} (byte 1278)`), asJson),
  otlpCase('JSON nested 30,000 deep in a field that nobody knows', () => `{"unknown":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
    malformedJson(`OTLP/JSON: values nest deeper than 100 at ${shortened(`unknown${'[0]'.repeat(100)}`)} (byte 112)`), asJson),
  otlpCase('JSON that is not UTF-8', () => Uint8Array.from([...new TextEncoder().encode('{"a":"'), 0xff, 0xfe, 0x22, 0x7d]),
    malformedJson('OTLP/JSON: a string that is no UTF-8 at a (byte 6)'), asJson),
  otlpCase('an empty body that claims to be JSON', () => '',
    malformedJson('OTLP/JSON: expected an object (ExportTraceServiceRequest), found the end of the input at byte 0'), asJson),
  otlpCase('gzip that is none', () => span,
    malformed('the body cannot be decompressed: gzip: no gzip header at byte 0'), inGzip),
  otlpCase('gzip cut in the middle', () => cut(gzip(span), 0.6),
    malformed('the body cannot be decompressed: gzip: the data is damaged or cut off somewhere after its header at byte 10'), inGzip),
  otlpCase('gzip with a wrong checksum', () => { const all = gzip(span); all[all.length - 5]! ^= 1; return all },
    malformed('the body cannot be decompressed: gzip: the data is damaged or cut off somewhere after its header at byte 10'), inGzip),
  otlpCase('a gzip bomb', () => gzip(zeros(16 * 1024 * 1024)), status(413, 3, tooLarge('once decompressed (gzip)')), inGzip),
  otlpCase('a body over the limit', () => zeros(limit + 1), status(413, 3, tooLarge('by its Content-Length'))),
  otlpCase('a body over the limit once decompressed', () => gzip(zeros(limit + 1)),
    status(413, 3, tooLarge('once decompressed (gzip)')), inGzip),
  otlpCase('snappy that is none', () => span,
    malformed('the body cannot be decompressed: snappy: more comes out than the 10 bytes declared at byte 1'), { 'content-encoding': 'snappy' }),
  otlpCase('snappy that announces 4 GB', () => bytes(0xff, 0xff, 0xff, 0xff, 0x0f, 0x00),
    status(413, 3, tooLarge('once decompressed (snappy)')), { 'content-encoding': 'snappy' }),
  otlpCase('an encoding that nobody knows', () => span,
    status(415, 3, 'Content-Encoding "br" is not supported; send it plain or as one of: gzip, zstd, zlib, snappy, deflate, lz4'), { 'content-encoding': 'br' }),
  otlpCase('two encodings', () => gzip(gzip(span)),
    status(415, 3, 'Content-Encoding "gzip, gzip" is not supported; send it plain or as one of: gzip, zstd, zlib, snappy, deflate, lz4'), { 'content-encoding': 'gzip, gzip' }),
  otlpCase('a content type that nobody knows', () => span, unknownType, { 'content-type': 'text/csv' }),
  { name: 'OTLP: no content type', path: traces, body: () => span, answer: unknownType },
  { name: 'OTLP: GET', method: 'GET', path: traces, answer: onlyPost('GET', '/v1/traces') },
  { name: 'OTLP: DELETE at the component\'s own address', method: 'DELETE', path: `/api/v0/component/otelcol.receiver.otlp.in${traces}`,
    answer: onlyPost('DELETE', '/api/v0/component/otelcol.receiver.otlp.in/v1/traces') },
  { name: 'OTLP: a signal that goes nowhere', path: '/v1/logs', headers: { 'content-type': proto }, body: () => '',
    answer: nothingAt('/v1/logs') },
  { name: 'a component that does not exist', path: '/api/v0/component/otelcol.receiver.otlp.other/v1/traces', headers: { 'content-type': proto }, body: () => span,
    answer: nothingAt('/api/v0/component/otelcol.receiver.otlp.other/v1/traces') },
  { name: 'OTLP: no credentials', path: '/guarded', headers: { 'content-type': proto }, body: () => span,
    answer: refused() },
  { name: 'OTLP: wrong credentials, in JSON', path: '/guarded', headers: { 'content-type': json, 'authorization': `Basic ${btoa('writer:guess')}` }, body: () => span,
    answer: refused(json) },
  { name: 'OTLP: credentials that are not base64', path: '/guarded', headers: { 'content-type': proto, 'authorization': 'Basic {}' }, body: () => span,
    answer: refused() },
  { name: 'OTLP: credentials of another kind', path: '/guarded', headers: { 'content-type': proto, 'authorization': 'Bearer abc' }, body: () => span,
    answer: refused() },
]
