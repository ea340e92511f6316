import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ArgumentError } from '../../../src/components/contract/errors.ts'
import relabel from '../../../src/components/discovery/relabel.ts'
import { buildComponent } from '../../support/component.ts'
import { plainTargets } from '../../support/targets.ts'

const output = (text: string) => plainTargets(buildComponent(relabel, text).exports!['output'])

describe('discovery.relabel', () => {
  it('rewrites labels, drops targets, and keeps the order of the others', () => {
    assert.deepEqual(output(`
      targets = [
        {__address__ = "b:1", __meta_role = "api"},
        {__address__ = "x:1", __meta_role = "db"},
        {__address__ = "a:1", __meta_role = "api", empty = ""},
      ]
      rule {
        source_labels = ["__meta_role"]
        regex         = "db"
        action        = "drop"
      }
      rule {
        source_labels = ["__address__"]
        regex         = "(.*):\\\\d+"
        target_label  = "instance"
      }`), [
      { __address__: 'b:1', __meta_role: 'api', instance: 'b' },
      { __address__: 'a:1', __meta_role: 'api', instance: 'a' },
    ])
  })

  it('spreads targets by hash', () => {
    const kept = [0, 1, 2].map(shard => output(`
      targets = [{__address__ = "a:1"}, {__address__ = "b:1"}, {__address__ = "c:1"}, {__address__ = "d:1"}]
      rule {
        source_labels = ["__address__"]
        action        = "hashmod"
        modulus       = 3
        target_label  = "__tmp"
      }
      rule {
        source_labels = ["__tmp"]
        regex         = "${shard}"
        action        = "keep"
      }`).length)
    assert.equal(kept.reduce((sum, count) => sum + count), 4)
  })

  it('takes numbers as label values, as Alloy does', () => {
    assert.deepEqual(output('targets = [{__address__ = "a:1", shard = 4}]'), [{ __address__: 'a:1', shard: '4' }])
  })

  it('exports its rules', () => {
    const { rules } = buildComponent(relabel, 'targets = []\nrule { target_label = "a" }').exports as { rules: { rules: unknown[] } }
    assert.equal(rules.rules.length, 1)
  })

  it('refuses rules that cannot work, with their place', () => {
    assert.throws(() => output('targets = []\nrule { target_label = "a" }\nrule { regex = "("\n target_label = "b" }'),
      (error: unknown) => error instanceof ArgumentError && error.path.join('.') === 'rule.1.regex')
  })
})
