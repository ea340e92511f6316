import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import debug from '../../../src/components/otelcol/exporter/debug.ts'
import attributes from '../../../src/components/otelcol/processor/attributes.ts'
import batch from '../../../src/components/otelcol/processor/batch.ts'
import receiver from '../../../src/components/otelcol/receiver/otlp.ts'
import type { Value } from '../../../src/language/value.ts'
import { Capsule } from '../../../src/language/value.ts'
import type { OtlpSignal } from '../../../src/telemetry/batch.ts'
import { fakeCall } from '../../support/call.ts'
import { buildComponent } from '../../support/component.ts'
import { batchOf } from './otlp.ts'

const attribute = [{ key: 'k', value: { kvlistValue: { values: [{ key: 'in', value: { arrayValue: { values: [{ intValue: '1' }] } } }] } } }, { key: 's', value: { stringValue: 'ü' } }]
const resource = { attributes: attribute, entityRefs: [{ type: 't', idKeys: ['k'] }] }
const ids = { traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0102030405060708' }
const samples: Readonly<Record<OtlpSignal, unknown>> = {
  traces: { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'x', attributes: attribute }, spans: [{ ...ids, name: 'a', kind: 1, attributes: attribute, events: [{ name: 'e' }], links: [ids], status: { code: 1 } }, { name: 'b' }] }] }] },
  metrics: { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [
    { name: 'g', gauge: { dataPoints: [{ asInt: '1', attributes: attribute, exemplars: [{ asDouble: 1 }] }] } },
    { name: 'e', exponentialHistogram: { dataPoints: [{ count: '1', scale: 3, positive: { offset: 1, bucketCounts: ['1', '2'] } }] } },
    { name: 'h', histogram: { dataPoints: [{ bucketCounts: ['1'], explicitBounds: [1, 2] }] } },
  ] }] }] },
  logs: { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [{ ...ids, body: { stringValue: 'x' }, attributes: attribute }, { severityNumber: 3 }] }] }] },
}
const signals = ['traces', 'metrics', 'logs'] as const

/** receiver -> attributes -> batch -> debug, each doing all it can. */
function pipeline() {
  const everything = (name: string) => `output {\n traces = [${name}]\n metrics = [${name}]\n logs = [${name}]\n}\n`
  const input = (instance: ReturnType<typeof buildComponent>): Record<string, Value> => ({ next: new Capsule('otelcol.Consumer', instance.exports!['input']) })
  const last = buildComponent(debug, 'verbosity = "detailed"')
  const parts = buildComponent(batch, `send_batch_size = 1\nsend_batch_max_size = 1\n${everything('next')}`, input(last))
  const edits = ['hash', 'delete'].map(action => `action {\n action = "${action}"\n pattern = "^[k-z]"\n}\n`).join('')
  const edit = buildComponent(attributes, `${edits}action {\n action = "upsert"\n key = "new"\n value = 1\n}\n${everything('next')}`, input(parts))
  return buildComponent(receiver, `http { }\n${everything('next')}`, input(edit)).routes!
}

describe('damaged OTLP', () => {
  it('is accepted or refused with 400, and never a surprise further down', async () => {
    const routes = pipeline()
    const seen = new Set<number>()
    await fc.assert(fc.asyncProperty(
      fc.constantFrom(...signals),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
      fc.option(fc.nat(), { freq: 4 }),
      async (signal, changes, cut) => {
        const bytes = batchOf(signal, samples[signal]).bytes.slice()
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        const body = cut === null ? bytes : bytes.slice(0, cut % bytes.length)
        const request = new Request('http://door/', { method: 'POST', body, headers: { 'content-type': 'application/x-protobuf' } })
        const { status } = await routes[`POST /v1/${signal}`]!(request, fakeCall())
        seen.add(status)
        assert.ok(status === 200 || status === 400, String(status))
      },
    ), { numRuns: 600, seed: 1 })
    assert.deepEqual([...seen].sort(), [200, 400], 'both happen')
  })

  it('is no surprise in JSON either', async () => {
    const routes = pipeline()
    await fc.assert(fc.asyncProperty(fc.constantFrom(...signals), fc.nat(), fc.string({ maxLength: 3 }), async (signal, at, replacement) => {
      const json = JSON.stringify(samples[signal])
      const place = at % json.length
      const body = json.slice(0, place) + replacement + json.slice(place + replacement.length)
      const request = new Request('http://door/', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      const { status } = await routes[`POST /v1/${signal}`]!(request, fakeCall())
      assert.ok(status === 200 || status === 400, String(status))
    }), { numRuns: 200, seed: 1 })
  })
})
