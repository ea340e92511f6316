import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { LokiConsumer } from '../../../../src/components/contract/consume.ts'
import { ConsumeError, retryable } from '../../../../src/components/contract/errors.ts'
import loki from '../../../../src/components/otelcol/receiver/loki.ts'
import type { LokiBatch, OtlpBatch } from '../../../../src/telemetry/batch.ts'
import { lokiToOtlp } from '../../../../src/telemetry/convert/loki-to-otlp.ts'
import { otlpToLoki } from '../../../../src/telemetry/convert/otlp-to-loki.ts'
import { renderLabels } from '../../../../src/telemetry/labels.ts'
import { lokiBatch } from '../../../../src/telemetry/loki.ts'
import { editOtlp, editResources, readOtlp, validateOtlp } from '../../../../src/telemetry/otlp.ts'
import { fakeCall } from '../../../support/call.ts'
import { buildComponent, sink } from '../../../support/component.ts'
import { entries, streams } from '../../../support/loki.ts'
import { objectOf } from '../otlp.ts'

function build(outcome?: () => void) {
  const { batches, capsule } = sink<OtlpBatch>('otelcol.Consumer', outcome)
  return { batches, receiver: buildComponent(loki, 'output { logs = [next] }', { next: capsule }).exports!['receiver'] as LokiConsumer }
}

async function convert(batch: LokiBatch): Promise<unknown[]> {
  const { batches, receiver } = build()
  await receiver.consume(batch, fakeCall())
  return batches.map(objectOf)
}

const text = (values: Record<string, string>) => Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }))
const observed = '1700000000000000000'

describe('otelcol.receiver.loki', () => {
  it('makes records of entries: labels and structured metadata are attributes', async () => {
    const batch = streams([['{app="a", filename="/var/log/app/x.log"}', ['one', 7, { trace: 't', app: 'not this' }], ['two', 8]], ['{app="b"}', ['three', 9]]])
    const labels = { 'log.file.path': '/var/log/app/x.log', 'log.file.name': 'x.log', 'loki.attribute.labels': 'app,filename', app: 'a', filename: '/var/log/app/x.log' }
    assert.deepEqual(await convert(batch), [{
      resourceLogs: [{
        scopeLogs: [{
          logRecords: [
            { timeUnixNano: '7', observedTimeUnixNano: observed, body: { stringValue: 'one' }, attributes: text({ trace: 't', ...labels }) },
            { timeUnixNano: '8', observedTimeUnixNano: observed, body: { stringValue: 'two' }, attributes: text(labels) },
            { timeUnixNano: '9', observedTimeUnixNano: observed, body: { stringValue: 'three' }, attributes: text({ 'loki.attribute.labels': 'app', app: 'b' }) },
          ],
        }],
      }],
    }])
  })

  it('names files as Go does', () => {
    const names: string[] = []
    for (const path of ['/a/b', 'a', '/', 'a//', '//x//y/']) {
      readOtlp(lokiToOtlp(streams([[renderLabels([['filename', path]]), ['x']]]), 1), item => names.push(item.get('log.file.name') as string))
    }
    assert.deepEqual(names, ['b', 'a', '/', 'a', 'y'])
  })

  it('takes the time of now for an entry without one, and keeps any other to the nanosecond', async () => {
    const times: bigint[] = []
    for (const time of [0, 1, -5]) readOtlp(lokiToOtlp(streams([['{a="b"}', ['x', time]]]), 3), item => { if (item.signal === 'logs') times.push(BigInt.asIntN(64, item.timeUnixNano)) })
    assert.deepEqual(times, [3_000_000n, 1n, -5n])
  })

  it('passes on nothing when there is nothing, and fails as what follows it fails', async () => {
    assert.deepEqual(await convert(lokiBatch(new Uint8Array(0))), [])
    await assert.rejects(build(() => { throw retryable('down') }).receiver.consume(streams([['{a="b"}', ['x']]]), fakeCall()), ConsumeError)
  })

  const name = fc.stringMatching(/^[a-z]{1,6}$/).filter(one => one !== 'exporter' && one !== 'level')
  const labelSet = fc.dictionary(name, fc.string({ minLength: 1, unit: 'grapheme' }), { minKeys: 1, maxKeys: 4, noNullPrototype: true })
  const entry = fc.tuple(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 2 ** 50 }))
  const batchArbitrary = fc.uniqueArray(fc.tuple(labelSet, fc.array(entry, { minLength: 1, maxLength: 3 })), {
    maxLength: 3, selector: ([labels]) => renderLabels(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))),
  })

  it('loses no label, time or line on the way to OTLP and back', () => {
    fc.assert(fc.property(batchArbitrary, all => {
      const rendered = (labels: Record<string, string>) => renderLabels(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
      const batch = (more: Record<string, string>) => streams(all.map(([labels, lines]) => [rendered({ ...labels, ...more }), ...lines]))
      const records = lokiToOtlp(batch({}), 1)
      if (all.length > 0) validateOtlp(records.bytes, 'logs')
      const raw = editOtlp(records, item => { item.set('loki.format', 'raw') })
      assert.deepEqual(entries(otlpToLoki(raw, 1).batch), entries(batch({ exporter: 'OTLP' })))
    }), { numRuns: 100, seed: 4 })
  })

  it('leaves room for attributes of a resource later on', () => {
    const batch = editResources(lokiToOtlp(streams([['{a="b"}', ['x']]]), 1), resource => void resource.set('service.name', 's'))
    readOtlp(batch, item => assert.equal(item.resource.get('service.name'), 's'))
  })
})
