/**
 * How much memory does one large batch take? Each case runs in a process of its own: `peakMiB` is the input plus all that the work
 * added to the resident set at its highest, garbage and results included.
 *
 * Run by itself with the name of a case and a size, it is that process.
 */
import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { countItems, editOtlp, editResources, mergeOtlp, splitOtlp, validateOtlp } from '../src/telemetry/otlp.ts'
import { decompress } from '../src/wire/compression.ts'
import { otlpJsonToProto, otlpProtoToJson } from '../src/wire/otlp-json.ts'
import type { OtlpBatch } from '../src/telemetry/batch.ts'
import { memoryEndToEnd } from './e2e-memory.ts'
import type { BenchOptions } from './measure.ts'
import { sampleBatch } from '../test/support/otlp.ts'

const MIB = 1 << 20

interface MemoryCase {
  /** What stands in memory before the work begins, made of a batch of the asked size. */
  prepare?: (batch: OtlpBatch) => Uint8Array
  work: (batch: OtlpBatch, prepared: Uint8Array) => unknown
}
const memoryCases: Readonly<Record<string, MemoryCase>> = {
  'check and count': { work: batch => (validateOtlp(batch.bytes, 'traces'), countItems(batch)) },
  'upsert one and delete one attribute': { work: batch => editOtlp(batch, item => void item.set('deployment.environment', 'production').delete('http.request.method')) },
  'set a resource attribute': { work: batch => editResources(batch, resource => void resource.set('deployment.environment', 'staging')) },
  'drop half by an attribute': { work: batch => editOtlp(batch, item => { if (item.get('http.request.method') === 'POST') item.drop() }) },
  'split at 500': { work: batch => splitOtlp(batch, { maxItems: 500 }) },
  'gunzip and check': {
    prepare: ({ bytes }) => Uint8Array.from(gzipSync(bytes, { level: 1 })),
    work: async (_, body) => validateOtlp(await decompress('gzip', body, 64 * MIB), 'traces'),
  },
  'JSON to protobuf': { work: (_, json) => otlpJsonToProto(json, 'traces') },
}

/** A batch of about `mib` MiB, and for JSON a request of that size. */
function inputs(name: string, mib: number): [OtlpBatch, Uint8Array] {
  const one = sampleBatch('traces', 1000)
  if (name === 'JSON to protobuf') {
    const json = otlpProtoToJson(one.bytes, 'traces')
    const inside = json.slice(json.indexOf('[') + 1, -2)
    const times = Math.round(mib * MIB / json.length)
    return [one, new TextEncoder().encode(`{"resourceSpans":[${Array.from({ length: times }, () => inside).join(',')}]}`)]
  }
  const batch = mergeOtlp(Array.from({ length: Math.round(mib * MIB / one.bytes.length) }, () => one))
  const prepared = memoryCases[name]!.prepare?.(batch)
  // What is decompressed must not be held besides.
  return prepared === undefined ? [batch, batch.bytes] : [one, prepared]
}

/** The rows alone, and the whole collector's: `npm run bench -- memory`. */
export async function* rows({ only }: BenchOptions) {
  yield* memoryRows(only)
  yield* memoryEndToEnd(only)
}

export function* memoryRows(only: string): Generator<Readonly<{ row: string } & Record<string, string | number>>> {
  for (const mib of [20, 60]) {
    for (const name of Object.keys(memoryCases)) {
      const row = `memory: ${name}`
      if (!row.includes(only)) continue
      const out = execFileSync(process.execPath, ['--expose-gc', '--import', 'tsx', import.meta.filename, name, String(mib)], { encoding: 'utf8' })
      yield { row, ...(JSON.parse(out) as { inputMiB: number; peakMiB: number }) }
    }
  }
}

async function main(name: string, mib: number): Promise<void> {
  const { work } = memoryCases[name]!
  // The code is loaded and compiled before anything is weighed.
  const [small, smallInput] = inputs(name, 1)
  for (let i = 0; i < 20; i++) await work(small, smallInput)
  const [batch, prepared] = inputs(name, mib)
  // Freed pages go back to the system some time after the collection that freed them.
  for (let i = 0; i < 5; i++) {
    globalThis.gc!()
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  const before = process.memoryUsage.rss()
  let peak = before
  const watch = setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()) }, 1)
  const result = await work(batch, prepared)
  peak = Math.max(peak, process.memoryUsage.rss())
  clearInterval(watch)
  void result
  console.log(JSON.stringify({ inputMiB: Math.round(prepared.length / MIB * 10) / 10, peakMiB: Math.round((peak - before + prepared.length) / MIB) }))
}

if (process.argv[1] === import.meta.filename) await main(process.argv[2]!, Number(process.argv[3]))
