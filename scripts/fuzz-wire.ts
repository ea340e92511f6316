/**
 * Feeds broken bytes to every codec: `tsx scripts/fuzz-wire.ts [--runs N] [--seed N] [--only NAME]`, N mutations for each target
 * (default 100,000). Nothing but the codec's own error may come out, within bounded time, and what a check accepts must be usable.
 * Exit 1, with the seed and the bytes in hexadecimal, at the first that is not so.
 */
import { parseArgs } from 'node:util'
import { hex } from '../src/lib/bytes.ts'
import { countEntries, lokiBatch, streamsOf } from '../src/telemetry/loki.ts'
import { countItems, editOtlp, otlpBatch, splitOtlp, validateOtlp } from '../src/telemetry/otlp.ts'
import { countSamples, prometheusBatch, seriesOf } from '../src/telemetry/prometheus.ts'
import { WireError } from '../src/wire/error.ts'
import { lokiJsonToProto, validateLokiPush } from '../src/wire/loki-push.ts'
import { otlpJsonToProto, otlpProtoToJson } from '../src/wire/otlp-json.ts'
import { decodeRemoteWrite2 } from '../src/wire/remote-write-2.ts'
import { validateWriteRequest } from '../src/wire/remote-write.ts'
import { decodeSnappy, encodeSnappy, encodeSnappyFramed } from '../src/wire/snappy.ts'
import { TooLargeError } from '../src/wire/compression.ts'
import { numbers } from '../test/support/hostile.ts'
import { mutate } from '../test/support/mutate.ts'
import { encodeOtlp, everyMetric, everyValue, sampleRecord, sampleSpan } from '../test/support/otlp.ts'
import { encode, sampleWriteRequest } from '../test/support/prompb.ts'

interface Target {
  readonly name: string
  readonly sample: Uint8Array
  /** What must hold for the rest to be called at all; a refusal here ends the run of these bytes. */
  readonly check: (bytes: Uint8Array) => unknown
  /** What must work on everything that the check accepts. */
  readonly use?: (bytes: Uint8Array) => unknown
}

const otlpSamples = [
  encodeOtlp('traces', { resourceSpans: [{ resource: { attributes: everyValue }, scopeSpans: [{ scope: { name: 's' }, spans: [sampleSpan(0), sampleSpan(1)] }] }] }),
  encodeOtlp('metrics', everyMetric),
  encodeOtlp('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [sampleRecord(0), { body: { kvlistValue: { values: everyValue } } }] }] }] }),
]
const writeRequest = encode('WriteRequest', sampleWriteRequest)
const push = encode('PushRequest', { streams: [{ labels: '{a="b"}', entries: [{ timestamp: { seconds: '1', nanos: 2 }, line: 'x', structured_metadata: [{ name: 'k', value: 'v' }] }] }] })
const limit = 1 << 20

const targets: Target[] = [
  ...otlpSamples.map(({ signal, bytes }): Target => ({
    name: `otlp-${signal}`,
    sample: bytes,
    check: mutated => validateOtlp(mutated, signal),
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
  })),
  ...otlpSamples.map(({ signal, bytes }): Target => ({
    name: `otlp-json-${signal}`,
    sample: new TextEncoder().encode(otlpProtoToJson(bytes, signal)),
    check: mutated => validateOtlp(otlpJsonToProto(mutated, signal), signal),
  })),
  {
    name: 'remote-write', sample: writeRequest, check: bytes => validateWriteRequest(bytes),
    use: bytes => [countSamples(prometheusBatch(bytes)), ...[...seriesOf(prometheusBatch(bytes))].map(series => series.labels())],
  },
  {
    name: 'remote-write-2',
    sample: encode('Request2', { symbols: ['', '__name__', 'up', 'job', 'api'], timeseries: [{ labels_refs: [1, 2, 3, 4], samples: [{ value: 1, timestamp: '5' }], metadata: { type: 1, help_ref: 2 } }] }),
    check: bytes => decodeRemoteWrite2(bytes),
  },
  { name: 'loki', sample: push, check: bytes => validateLokiPush(bytes), use: bytes => [countEntries(lokiBatch(bytes)), ...[...streamsOf(lokiBatch(bytes))].flatMap(stream => [...stream.entries()])] },
  { name: 'loki-json', sample: new TextEncoder().encode('{"streams":[{"stream":{"a":"b\\u00e9"},"values":[["1","line"],["2","x",{"k":"v"}]]}]}'), check: bytes => lokiJsonToProto(bytes) },
  { name: 'snappy', sample: encodeSnappy(writeRequest), check: bytes => decodeSnappy(bytes, limit) },
  { name: 'snappy-framed', sample: encodeSnappyFramed(writeRequest), check: bytes => decodeSnappy(bytes, limit) },
]

const { values } = parseArgs({ options: { runs: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' }, only: { type: 'string', default: '' } } })
const runs = Number(values.runs)
const SLOWEST_MS = 200

for (const target of targets.filter(({ name }) => name.includes(values.only))) {
  const random = numbers(Number(values.seed))
  let accepted = 0
  let slowest = 0
  const start = performance.now()
  for (let run = 0; run < runs; run++) {
    let bytes = target.sample
    for (let steps = 1 + Math.floor(random() * 4); steps > 0 && bytes.length > 0; steps--) {
      bytes = mutate(bytes, Math.floor(random() * 7), random(), Math.floor(random() * 256))
    }
    const before = performance.now()
    if (attempt(target, run, bytes)) accepted++
    if (performance.now() - before > slowest) slowest = Math.max(slowest, again(target, run, bytes))
  }
  const rate = Math.round(runs / (performance.now() - start) * 1000)
  console.log(`${target.name.padEnd(20)} ${runs} runs, ${accepted} accepted, ${rate}/s, slowest ${slowest.toFixed(1)} ms`)
  if (slowest > SLOWEST_MS) process.exitCode = 1
}

/** Whether the target takes these bytes; anything but a refusal by its own error ends the program. */
function attempt(target: Target, run: number, bytes: Uint8Array): boolean {
  try {
    target.check(bytes)
  } catch (error) {
    if (!isExpected(error)) fail(target, run, bytes, error)
    return false
  }
  try {
    target.use?.(bytes)
  } catch (error) {
    fail(target, run, bytes, error)
  }
  return true
}

/** The best of three further times: a busy machine makes anything slow once, but what is slow each time is slow by itself. */
function again(target: Target, run: number, bytes: Uint8Array): number {
  const times = [1, 2, 3].map(() => {
    const before = performance.now()
    attempt(target, run, bytes)
    return performance.now() - before
  })
  return Math.min(...times)
}

function isExpected(error: unknown): boolean {
  return error instanceof TooLargeError || (error instanceof WireError && error.message.length > 10 && error.offset >= 0)
}

function fail({ name }: Target, run: number, bytes: Uint8Array, error: unknown): never {
  console.error(`${name}: run ${run} of seed ${values.seed}: ${String(error)}\n${hex(bytes)}`)
  console.error(error)
  process.exit(1)
}
