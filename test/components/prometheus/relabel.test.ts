import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import relabel from '../../../src/components/prometheus/relabel.ts'
import type { PrometheusConsumer, RelabelRules } from '../../../src/components/contract/consume.ts'
import { ArgumentError, ConsumeError, retryable } from '../../../src/components/contract/errors.ts'
import type { PrometheusBatch } from '../../../src/telemetry/batch.ts'
import { fakeCall } from '../../support/call.ts'
import { buildComponent, sink } from '../../support/component.ts'
import { lines, series } from '../../support/prometheus.ts'

function build(rules: string, outcome?: () => void) {
  const { batches, capsule } = sink<PrometheusBatch>('storage.Appendable', outcome)
  const { exports } = buildComponent(relabel, `forward_to = [next]\n${rules}`, { next: capsule })
  return { batches, receiver: exports!['receiver'] as PrometheusConsumer, rules: exports!['rules'] as RelabelRules }
}

describe('prometheus.relabel', () => {
  const batch = series([[{ __name__: 'up', job: 'api' }, [[1, 1], [2, 2]]], [{ __name__: 'down', job: 'db' }, [[3, 3]]]])

  it('rewrites labels, and drops series', async () => {
    const { receiver, batches } = build(`rule { source_labels = ["job"]
      target_label = "service" }
      rule { action = "labeldrop"
      regex = "job" }
      rule { action = "drop"
      source_labels = ["service"]
      regex = "db" }`)
    for (let round = 0; round < 2; round++) await receiver.consume(batch, fakeCall())
    const once = ['__name__=up,service=api 1 1', '__name__=up,service=api 2 2']
    assert.deepEqual(batches.map(lines), [once, once])
  })

  it('counts what comes, what goes on, and what is taken there', async () => {
    const drop = 'rule { action = "drop"\n source_labels = ["job"]\n regex = "db" }'
    const call = fakeCall()
    await build(drop).receiver.consume(batch, call)
    const counts = { alloy_prometheus_relabel_metrics_processed: 3, alloy_prometheus_relabel_metrics_written: 2, prometheus_forwarded_samples_total: 2 }
    assert.deepEqual(Object.fromEntries(call.counts), counts)
    await assert.rejects(build(drop, () => { throw retryable('later') }).receiver.consume(batch, call))
    assert.equal(call.counts.get('prometheus_forwarded_samples_total'), 2)
  })

  it('passes on the very batch when there is nothing to do', async () => {
    const { receiver, batches } = build('')
    await receiver.consume(batch, fakeCall())
    assert.equal(batches[0], batch)
  })

  it('passes on nothing when nothing is left', async () => {
    const { receiver, batches } = build('rule { action = "labelkeep"\n regex = "none" }')
    await receiver.consume(batch, fakeCall())
    assert.equal(batches.length, 0)
  })

  it('fails as what follows it fails', async () => {
    const { receiver } = build('', () => { throw retryable('down') })
    await assert.rejects(receiver.consume(batch, fakeCall()), ConsumeError)
  })

  it('exports its rules', () => {
    const { rules } = build('rule { source_labels = ["a"]\n target_label = "b" }')
    assert.deepEqual(rules.rules.map(rule => [(rule as { source_labels: unknown }).source_labels, (rule as { target_label: unknown }).target_label]), [[['a'], 'b']])
  })

  const refused: [string, string][] = [
    ['rule { regex = "*"\n target_label = "a" }', 'rule.0.regex'],
    ['rule { target_label = "a" }\nrule { action = "hashmod"\n target_label = "a" }', 'rule.1.modulus'],
    ['cache_ttl = "2m"', 'cache_ttl'],
    ['cache_ttl = "2s"\nmax_cache_size = 0', 'cache_ttl'],
    ['max_cache_size = 0', 'max_cache_size'],
  ]
  for (const [text, path] of refused) {
    it(`refuses ${path} in ${JSON.stringify(text)}`, () => {
      assert.throws(() => build(text), (error: unknown) => error instanceof ArgumentError && error.path.join('.') === path)
    })
  }
})
