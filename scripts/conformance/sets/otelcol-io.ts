/** Whole runs of otelcol processors: arguments and one payload in, the payload out (facts/otelcol-component-io.json). */
import { isDeepStrictEqual } from 'node:util'
import type { Definition } from '../../../src/components/contract/define.ts'
import type { OtlpConsumer } from '../../../src/components/contract/consume.ts'
import attributes from '../../../src/components/otelcol/processor/attributes.ts'
import type { OtlpBatch, OtlpSignal } from '../../../src/telemetry/batch.ts'
import { mergeOtlp, otlpBatch } from '../../../src/telemetry/otlp.ts'
import { otlpJsonToProto, otlpProtoToJson } from '../../../src/wire/otlp-json.ts'
import { fakeCall } from '../../../test/support/call.ts'
import { buildComponent, sink } from '../../../test/support/component.ts'
import { readCases, type SetResult } from './cases.ts'

const components: readonly Definition[] = [attributes]

/** The name of the set, and how it runs over a corpus folder. */
export const name = 'otelcol-io'

interface Case {
  name: string
  component: string
  config: string
  signal: OtlpSignal
  input: unknown
  expected: unknown
}

/** The configuration with an output that leads to `next`. */
const connected = (config: string, signal: OtlpSignal) => config.replace(/output\s*\{[^}]*\}/, `output {\n ${signal} = [next]\n}`)

const toBatch = (signal: OtlpSignal, json: unknown) => otlpBatch(signal, otlpJsonToProto(JSON.stringify(json), signal))
const toObject = (batch: OtlpBatch): unknown => JSON.parse(otlpProtoToJson(batch.bytes, batch.signal))

async function runCase({ config, signal, input }: Case, definition: Definition): Promise<OtlpBatch> {
  const next = sink<OtlpBatch>('otelcol.Consumer')
  const instance = buildComponent(definition, connected(config, signal), { next: next.capsule })
  await (instance.exports!['input'] as OtlpConsumer).consume(toBatch(signal, input), fakeCall())
  return next.batches.length === 0 ? toBatch(signal, {}) : mergeOtlp(next.batches)
}

export async function run(dir: string): Promise<SetResult> {
  const cases = await readCases<Case>(dir, 'otelcol-component-io.json')
  const failures: string[] = []
  let total = 0
  for (const one of cases) {
    const definition = components.find(({ name }) => name === one.component)
    if (definition === undefined) continue
    total++
    const expected = toObject(toBatch(one.signal, one.expected))
    const got = await runCase(one, definition).then(toObject, (error: unknown) => String(error))
    if (!isDeepStrictEqual(got, expected)) failures.push(`${one.name}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`)
  }
  return { passed: total - failures.length, total, failures }
}
