import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import relabel from '../../../src/components/loki/relabel.ts'
import type { LokiConsumer, RelabelRules } from '../../../src/components/contract/consume.ts'
import { ArgumentError } from '../../../src/components/contract/errors.ts'
import type { LokiBatch } from '../../../src/telemetry/batch.ts'
import { fakeCall } from '../../support/call.ts'
import { buildComponent, sink } from '../../support/component.ts'
import { entries, streams } from '../../support/loki.ts'

function build(rules: string) {
  const { batches, capsule } = sink<LokiBatch>('loki.LogsReceiver')
  const { exports } = buildComponent(relabel, `forward_to = [next]\n${rules}`, { next: capsule })
  return { batches, receiver: exports!['receiver'] as LokiConsumer, rules: exports!['rules'] as RelabelRules }
}

describe('loki.relabel', () => {
  const batch = streams([['{job="api", env="x"}', ['one', 1], ['two', 2]], ['{job="db"}', ['three', 3]]])

  it('rewrites labels, and drops streams that a rule drops or leaves without labels', async () => {
    const { receiver, batches } = build(`rule { action = "labeldrop"
      regex = "env" }
      rule { action = "drop"
      source_labels = ["job"]
      regex = "d." }`)
    for (let round = 0; round < 2; round++) await receiver.consume(batch, fakeCall())
    assert.deepEqual(batches.map(entries), [['{job="api"} one @1', '{job="api"} two @2'], ['{job="api"} one @1', '{job="api"} two @2']])
    const nothing = build('rule { action = "labelkeep"\n regex = "env" }')
    await nothing.receiver.consume(batch, fakeCall())
    assert.deepEqual(nothing.batches.map(entries), [['{env="x"} one @1', '{env="x"} two @2']])
  })

  it('counts what comes and what goes on', async () => {
    const call = fakeCall()
    await build('rule { action = "drop"\n source_labels = ["job"]\n regex = "db" }').receiver.consume(batch, call)
    assert.deepEqual(Object.fromEntries(call.counts), { loki_relabel_entries_processed: 3, loki_relabel_entries_written: 2 })
  })

  it('passes on nothing when nothing is left', async () => {
    const { receiver, batches } = build('rule { action = "drop" }')
    await receiver.consume(batch, fakeCall())
    assert.equal(batches.length, 0)
  })

  it('remembers no more than it may', async () => {
    const { receiver, batches } = build('max_cache_size = 1\nrule { target_label = "new"\n replacement = "x" }')
    for (let round = 0; round < 2; round++) await receiver.consume(batch, fakeCall())
    assert.deepEqual(entries(batches[1]!)[2], '{job="db", new="x"} three @3')
  })

  it('exports its rules, and refuses wrong ones', () => {
    assert.equal(build('rule { target_label = "a" }').rules.rules.length, 1)
    assert.throws(() => build('rule { regex = "["\n target_label = "a" }'), (error: unknown) => error instanceof ArgumentError && error.path.join('.') === 'rule.0.regex')
  })
})
