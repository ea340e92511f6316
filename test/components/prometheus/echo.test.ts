import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import echo from '../../../src/components/prometheus/echo.ts'
import type { PrometheusConsumer } from '../../../src/components/contract/consume.ts'
import type { PrometheusBatch } from '../../../src/telemetry/batch.ts'
import { Writer } from '../../../src/wire/writer.ts'
import { fakeCall } from '../../support/call.ts'
import { buildComponent } from '../../support/component.ts'
import { series } from '../../support/prometheus.ts'

async function shown(batch: PrometheusBatch, text = '') {
  const receiver = buildComponent(echo, text).exports!['receiver'] as PrometheusConsumer
  const call = fakeCall()
  await receiver.consume(batch, call)
  return { prints: call.prints, logs: call.logs }
}

describe('prometheus.echo', () => {
  const histogram = new Writer().tag(1, 0).varint(7).tag(3, 1).double(2.5).finish()
  const batch = series([
    [{ __name__: 'up', job: 'b' }, [[0, 5], [1, 1700000000123]]],
    [{ __name__: 'up', job: 'a"\\\n' }, [[1e6, 0]]],
    [{ __name__: 'latency' }, [], { histograms: [{ bytes: histogram }] }],
    [{ __name__: 'http.requests', 'a.b': 'c' }, [[NaN, 0]]],
  ], [{ type: 'gauge', family: 'up', help: 'is it\n"up"', unit: '' }, { type: 'gauge', family: 'other', help: 'not here', unit: '' }])

  it('writes the text format', async () => {
    assert.deepEqual((await shown(batch)).prints, [[
      '# TYPE "http.requests" untyped', '{"http.requests","a.b"="c"} NaN',
      '# TYPE latency histogram', 'latency_bucket{le="+Inf"} 7', 'latency_sum 2.5', 'latency_count 7',
      '# HELP up is it\\n"up"', '# TYPE up untyped', 'up{job="a\\"\\\\\\n"} 1e+06', 'up{job="b"} 1 1700000000123',
    ].join('\n')])
  })

  it('writes OpenMetrics', async () => {
    const [text] = (await shown(batch, 'format = "openmetrics"')).prints
    assert.match(text!, /# HELP up is it\\n\\"up\\"\n# TYPE up unknown\n/)
    assert.match(text!, /^up\{job="b"\} 1\.0 1\.700000000123e\+09$/m)
    assert.match(text!, /^latency_sum 2\.5$/m)
  })

  it('takes any other format for text, and says so', async () => {
    const { prints, logs } = await shown(series([[{ __name__: 'a' }, [[1, 0]]]]), 'format = "xml"')
    assert.deepEqual([prints, logs.map(({ level }) => level)], [['# TYPE a untyped\na 1'], ['warn']])
  })

  it('writes nothing for nothing', async () => {
    assert.deepEqual((await shown(series([]))).prints, [])
  })
})
