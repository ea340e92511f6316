/** Every format that is read from the network, with a sample of each: what tests cut at every byte, and scripts/fuzz-wire.ts damages. */
import * as zlib from 'node:zlib'
import { text, utf8 } from '../../src/lib/bytes.ts'
import { countEntries, lokiBatch, streamsOf } from '../../src/telemetry/loki.ts'
import { countItems, editOtlp, otlpBatch, splitOtlp, validateOtlp } from '../../src/telemetry/otlp.ts'
import { countSamples, prometheusBatch, seriesOf } from '../../src/telemetry/prometheus.ts'
import { TooLargeError, decompress } from '../../src/wire/compression.ts'
import { decodeDnsReply } from '../../src/wire/dns.ts'
import { WireError } from '../../src/wire/error.ts'
import { FamilyReader } from '../../src/wire/exposition-protobuf.ts'
import { ExpositionReader, type ExpositionFormat } from '../../src/wire/exposition.ts'
import { lokiJsonToProto, validateLokiPush } from '../../src/wire/loki-push.ts'
import { otlpJsonToProto, otlpProtoToJson } from '../../src/wire/otlp-json.ts'
import { FIXED64, LENGTH, VARINT } from '../../src/wire/reader.ts'
import { decodeRemoteWrite2 } from '../../src/wire/remote-write-2.ts'
import { validateWriteRequest } from '../../src/wire/remote-write.ts'
import { decodeSnappy, encodeSnappy, encodeSnappyFramed } from '../../src/wire/snappy.ts'
import { Writer } from '../../src/wire/writer.ts'
import { parseXml } from '../../src/wire/xml.ts'
import { dnsReply } from './dns.ts'
import { encodeOtlp, everyMetric, everyValue, sampleRecord, sampleSpan } from './otlp.ts'
import { encode, sampleWriteRequest } from './prompb.ts'

export interface FuzzTarget {
  readonly name: string
  readonly sample: Uint8Array
  /** What must hold for the rest to be called at all; a refusal here ends the run of these bytes. */
  readonly check: (bytes: Uint8Array) => unknown
  /** What must work on everything that the check accepts. */
  readonly use?: (bytes: Uint8Array) => unknown
}

/** Nothing may decompress to more than this. */
const limit = 1 << 20

const otlpSamples = [
  encodeOtlp('traces', { resourceSpans: [{ resource: { attributes: everyValue }, scopeSpans: [{ scope: { name: 's' }, spans: [sampleSpan(0), sampleSpan(1)] }] }] }),
  encodeOtlp('metrics', everyMetric),
  encodeOtlp('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [sampleRecord(0), { body: { kvlistValue: { values: everyValue } } }] }] }] }),
]

const otlp = otlpSamples.flatMap(({ signal, bytes }): FuzzTarget[] => [
  {
    name: `otlp-${signal}`,
    sample: bytes,
    check: mutated => { validateOtlp(mutated, signal) },
    use(mutated) {
      const batch = otlpBatch(signal, mutated)
      countItems(batch)
      splitOtlp(batch, { maxItems: 1 })
      otlpProtoToJson(mutated, signal)
      const edited = editOtlp(batch, {
        resource: resource => void resource.set('k', 1n),
        item: item => {
          for (const [key, value] of [...item.entries()]) item.set(`${key}.`, value)
          item.delete('http.request.method')
        },
      })
      validateOtlp(edited.bytes, signal)
    },
  },
  {
    name: `otlp-json-${signal}`,
    sample: utf8(otlpProtoToJson(bytes, signal)),
    check: mutated => { validateOtlp(otlpJsonToProto(mutated, signal), signal) },
  },
])

const writeRequest = encode('WriteRequest', sampleWriteRequest)
const writeRequest2 = encode('Request2', {
  symbols: ['', '__name__', 'up', 'job', 'api'],
  timeseries: [{ labels_refs: [1, 2, 3, 4], samples: [{ value: 1, timestamp: '5' }], metadata: { type: 1, help_ref: 2 } }],
})
const push = encode('PushRequest', {
  streams: [{ labels: '{a="b"}', entries: [{ timestamp: { seconds: '1', nanos: 2 }, line: 'x', structured_metadata: [{ name: 'k', value: 'v' }] }] }],
})

const requests: readonly FuzzTarget[] = [
  {
    name: 'remote-write', sample: writeRequest, check: bytes => { validateWriteRequest(bytes) },
    use: bytes => [countSamples(prometheusBatch(bytes)), ...[...seriesOf(prometheusBatch(bytes))].map(series => series.labels())],
  },
  { name: 'remote-write-2', sample: writeRequest2, check: bytes => decodeRemoteWrite2(bytes) },
  {
    name: 'loki', sample: push, check: bytes => { validateLokiPush(bytes) },
    use: bytes => [countEntries(lokiBatch(bytes)), ...[...streamsOf(lokiBatch(bytes))].flatMap(stream => [...stream.entries()])],
  },
  {
    name: 'loki-json', sample: utf8('{"streams":[{"stream":{"a":"b\\u00e9"},"values":[["1","line"],["2","x",{"k":"v"}]]}]}'),
    check: bytes => { validateLokiPush(lokiJsonToProto(bytes)) },
  },
]

/** Made once by the zstd and lz4 commands. */
const made = {
  zstd: '28b52ffd0468f50000c068656c6c6f202c20636f6d7072657373656420776f726c640100a94b11b1e54bf7',
  lz4: '04224d187440bd1e0000006f68656c6c6f20060004f0032c20636f6d7072657373656420776f726c646693b30f00000000285b49c6',
}
const unhex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))
const plain = utf8('hello hello hello hello hello, compressed world')

const codings: readonly FuzzTarget[] = [
  { name: 'snappy', sample: encodeSnappy(writeRequest), check: bytes => decodeSnappy(bytes, limit) },
  { name: 'snappy-framed', sample: encodeSnappyFramed(writeRequest), check: bytes => decodeSnappy(bytes, limit) },
  ...Object.entries({
    gzip: zlib.gzipSync(plain), zlib: zlib.deflateSync(plain), deflate: zlib.deflateRawSync(plain), zstd: unhex(made.zstd), lz4: unhex(made.lz4),
  }).map(([name, sample]): FuzzTarget => ({ name, sample: Uint8Array.from(sample), check: bytes => decompress(name, bytes, limit) })),
]

const classic = `# HELP http_requests_total The total, with a \\\\ and a \\n.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
# a comment
{"utf8.näme",path="C:\\\\DIR\\"x\\n"} 1.458255915e9
rpc_seconds{quantile="0.99"} NaN
rpc_seconds_sum -1.7e+7
rpc_seconds_count +Inf
`
const openMetrics = `# TYPE foo_seconds histogram
# UNIT foo_seconds seconds
# HELP foo_seconds Some \\"help\\".
foo_seconds_bucket{le="0.1"} 8 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.067 1520879607.79
foo_seconds_bucket{le="+Inf"} 17
foo_seconds_count 17
foo_seconds_sum 324789.3
foo_seconds_created 1520430000.123
# TYPE a_total counter
a_total{x="y"} 1 # {} 1
# EOF
`

const drain = (format: ExpositionFormat) => (bytes: Uint8Array) => {
  const reader = new ExpositionReader(bytes, format)
  for (let entry = reader.next(); entry !== 'end'; entry = reader.next()) if (entry === 'series') [reader.name(), reader.created()].join()
}

function drainFamilies(bytes: Uint8Array): void {
  const reader = new FamilyReader(bytes)
  while (reader.nextFamily()) {
    while (reader.nextMetric()) {
      reader.created()
      reader.isNative()
      reader.samples((_suffix, _bound, _value, from, to) => void reader.exemplar(from, to))
    }
  }
}

const time = (w: Writer, field: number) => w.tag(field, LENGTH).fork().tag(1, VARINT).varint(1_700_000_000).tag(2, VARINT).varint(5).join()
const pair = (w: Writer) => w.tag(1, LENGTH).fork().tag(1, LENGTH).string('a').tag(2, LENGTH).string('ü').join()
const exemplar = (w: Writer, field: number) => time(pair(w.tag(field, LENGTH).fork()).tag(2, FIXED64).double(0.5), 3).join()

/** A counter and a histogram, each behind its length, with exemplars and times of creation. */
function families(): Uint8Array {
  const w = new Writer()
  w.fork().tag(1, LENGTH).string('requests').tag(2, LENGTH).string('help').tag(3, VARINT).varint(0)
  pair(w.tag(4, LENGTH).fork()).tag(3, LENGTH).fork().tag(1, FIXED64).double(7)
  time(exemplar(w, 2), 3).join().tag(6, VARINT).varint(1_700_000_000).join().tag(5, LENGTH).string('s').join()
  w.fork().tag(1, LENGTH).string('seconds').tag(3, VARINT).varint(4)
  pair(w.tag(4, LENGTH).fork()).tag(7, LENGTH).fork().tag(1, VARINT).varint(2).tag(2, FIXED64).double(1.5)
  exemplar(w.tag(3, LENGTH).fork().tag(1, VARINT).varint(1).tag(2, FIXED64).double(0.1), 3).join()
  time(w.tag(6, FIXED64).double(0.001).tag(12, LENGTH).fork().tag(1, VARINT).varint(3).tag(2, VARINT).varint(2).join().tag(13, VARINT).varint(2), 15).join().join().join()
  return w.finish()
}

const expositions: readonly FuzzTarget[] = [
  { name: 'exposition-text', sample: utf8(classic), check: drain('text') },
  { name: 'exposition-openmetrics', sample: utf8(openMetrics), check: drain('openmetrics') },
  { name: 'exposition-protobuf', sample: families(), check: drainFamilies },
]

/** What discovery is answered. */
const answers: readonly FuzzTarget[] = [
  {
    name: 'dns',
    sample: dnsReply('a.test', [{ type: 'SRV', data: Uint8Array.of(0, 0, 0, 5, 31, 144, 1, 98, 192, 12) }]),
    check: bytes => decodeDnsReply(bytes, 'SRV'),
  },
  { name: 'xml', sample: utf8('<?xml version="1.0"?><r xmlns="x"><set><item><k>1 &amp; 2</k></item></set></r>'), check: bytes => parseXml(text(bytes)) },
]

export const fuzzTargets: readonly FuzzTarget[] = [...otlp, ...requests, ...codings, ...expositions, ...answers]

/** Whether the target takes these bytes. Rejects with an Error that has a cause when anything but a codec's own refusal comes out. */
export async function takes({ check, use }: FuzzTarget, bytes: Uint8Array): Promise<boolean> {
  try {
    const checked = check(bytes)
    // Most are synchronous, and a turn of the event loop for each of a million runs is not.
    if (checked instanceof Promise) await checked
  } catch (error) {
    if (isRefusal(error)) return false
    throw new Error('a check let something else out than a refusal', { cause: error })
  }
  try {
    use?.(bytes)
  } catch (error) {
    throw new Error('what the check accepts cannot be used', { cause: error })
  }
  return true
}

/** A codec's own error: it says what is wrong, and where. */
const isRefusal = (error: unknown): boolean =>
  error instanceof TooLargeError || (error instanceof WireError && error.message.length > 10 && error.offset >= 0)
