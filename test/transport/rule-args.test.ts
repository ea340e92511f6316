import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ArgumentError } from '../../src/components/contract/errors.ts'
import { rulesAt } from '../../src/transport/rule-args.ts'

describe('relabelling rules', () => {
  it('says which rule cannot work, and which argument of it', () => {
    const build = () => rulesAt([{ target_label: 'a' }, { regex: '(', target_label: 'b' }], ['endpoint', 0, 'write_relabel_config'])
    assert.throws(build, (error: unknown) => {
      assert.ok(error instanceof ArgumentError)
      assert.deepEqual(error.path, ['endpoint', 0, 'write_relabel_config', 1, 'regex'])
      assert.match(error.message, /missing closing \)/)
      return true
    })
  })

  it('relabels', () => {
    const rules = rulesAt([{ source_labels: ['a'], target_label: 'b' }], ['rule'])
    assert.deepEqual(rules.relabel([['a', '1']]), [['a', '1'], ['b', '1']])
  })
})
