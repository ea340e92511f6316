import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { labelsOf } from '../../src/telemetry/labels.ts'
import { RelabelError, compileRules, hashmod, type RelabelRule } from '../../src/telemetry/relabel.ts'

const apply = (rules: RelabelRule[], labels: Record<string, string>, names?: 'legacy' | 'utf8') => {
  const out = compileRules(rules, names).relabel(labelsOf(Object.entries(labels)))
  return out === undefined ? undefined : Object.fromEntries(out)
}
const input = { __address__: '10.0.0.1:80', job: 'Api', pod: 'web-7', __meta_label_team: 'core' }

describe('relabelling', () => {
  const cases: [name: string, rules: RelabelRule[], out: Record<string, string> | undefined][] = [
    ['replace copies by default', [{ source_labels: ['job'], target_label: 'j' }], { ...input, j: 'Api' }],
    ['replace expands groups', [{ source_labels: ['pod'], regex: '(.+)-(\\d+)', target_label: 'n', replacement: '${2}-$1' }], { ...input, n: '7-web' }],
    ['replace takes names of groups', [{ source_labels: ['pod'], regex: '(?P<kind>.+)-.*', target_label: 'k', replacement: '$kind' }], { ...input, k: 'web' }],
    ['replace leaves what does not match', [{ source_labels: ['pod'], regex: 'x.*', target_label: 'n' }], input],
    ['replace matches the whole value', [{ source_labels: ['pod'], regex: 'web', target_label: 'n' }], input],
    ['replace with nothing deletes', [{ target_label: 'job', replacement: '' }], { __address__: '10.0.0.1:80', pod: 'web-7', __meta_label_team: 'core' }],
    ['replace joins with the separator', [{ source_labels: ['job', 'none', 'pod'], separator: '/', target_label: 'j' }], { ...input, j: 'Api//web-7' }],
    ['replace expands the target', [{ source_labels: ['pod'], regex: '(.+)-(.+)', target_label: 'x_$1', replacement: '$2' }], { ...input, x_web: '7' }],
    ['replace refuses a target that is no name', [{ source_labels: ['pod'], regex: '(.+)', target_label: '${1}', replacement: 'v' }], input],
    ['keep', [{ source_labels: ['pod'], regex: 'web-.', action: 'keep' }], input],
    ['keep drops the rest', [{ source_labels: ['pod'], regex: 'web', action: 'keep' }], undefined],
    ['drop', [{ source_labels: ['pod'], regex: 'web.*', action: 'drop' }], undefined],
    ['keepequal', [{ source_labels: ['pod'], target_label: 'job', action: 'keepequal' }], undefined],
    ['dropequal', [{ source_labels: ['pod'], target_label: 'pod', action: 'dropequal' }], undefined],
    ['lowercase', [{ source_labels: ['job'], target_label: 'job', action: 'lowercase' }], { ...input, job: 'api' }],
    ['uppercase', [{ source_labels: ['job'], target_label: 'job', action: 'uppercase' }], { ...input, job: 'API' }],
    ['labeldrop', [{ regex: '__.*', action: 'labeldrop' }], { job: 'Api', pod: 'web-7' }],
    ['labelkeep', [{ regex: 'p.*', action: 'labelkeep' }], { pod: 'web-7' }],
    ['labelmap', [{ regex: '__meta_label_(.+)', action: 'labelmap' }], { ...input, team: 'core' }],
    ['hashmod', [{ source_labels: ['__address__'], target_label: 'h', modulus: 1000, action: 'hashmod' }], { ...input, h: String(hashmod('10.0.0.1:80', 1000n)) }],
    ['rules see what earlier rules did', [{ target_label: 'a', replacement: '1' }, { source_labels: ['a'], target_label: 'b' }], { ...input, a: '1', b: '1' }],
    ['a dot matches newlines', [{ source_labels: ['nl'], regex: 'a.b', action: 'drop' }], input],
  ]
  for (const [name, rules, out] of cases) it(name, () => assert.deepEqual(apply(rules, input), out))

  it('matches across newlines, and Prometheus names may be UTF-8', () => {
    assert.equal(apply([{ source_labels: ['a'], regex: 'x.y', action: 'drop' }], { a: 'x\ny' }), undefined)
    assert.deepEqual(apply([{ target_label: 'a.b', replacement: 'v' }], {}, 'utf8'), { 'a.b': 'v' })
  })

  it('changes case as Go does: one code point for one', () => {
    assert.deepEqual(apply([{ source_labels: ['a'], target_label: 'u', action: 'uppercase' }], { a: 'straße ﬁ é' }), { a: 'straße ﬁ é', u: 'STRAßE ﬁ É' })
    assert.deepEqual(apply([{ source_labels: ['a'], target_label: 'l', action: 'lowercase' }], { a: 'ΟΣ İ' }), { a: 'ΟΣ İ', l: 'οσ i' })
  })

  it('hands back the same labels when nothing changed', () => {
    const labels = labelsOf(Object.entries(input))
    assert.equal(compileRules([{ source_labels: ['job'], target_label: 'job' }, { regex: 'x', action: 'labeldrop' }]).relabel(labels), labels)
  })

  it('hashes to 64 bits exactly', () => {
    assert.equal(hashmod('a', 2n ** 64n - 1n), 0x31c399e269772661n % (2n ** 64n - 1n))
  })

  const refused: [rule: RelabelRule, argument: string, reason: RegExp][] = [
    [{ action: '' }, 'action', /action cannot be empty/],
    [{ action: 'explode' }, 'action', /unrecognized action type "explode"; one of drop, dropequal/],
    [{ action: 'toString' }, 'action', /unrecognized action type/],
    [{ action: 'hashmod', target_label: 'x' }, 'modulus', /requires non-zero modulus/],
    [{}, 'target_label', /replace action requires 'target_label' value/],
    [{ target_label: 'a-b' }, 'target_label', /"a-b" is invalid 'target_label' for replace action/],
    [{ target_label: '0${1}' }, 'target_label', /invalid 'target_label'/],
    [{ action: 'lowercase', target_label: '$1' }, 'target_label', /invalid 'target_label' for lowercase/],
    [{ action: 'lowercase', target_label: 'a', replacement: 'x' }, 'replacement', /'replacement' can not be set for lowercase action/],
    [{ action: 'labelmap', replacement: '-' }, 'replacement', /"-" is invalid 'replacement' for labelmap action/],
    [{ action: 'labeldrop', source_labels: ['a'] }, 'source_labels', /labeldrop action requires only 'regex', and no other fields/],
    [{ action: 'keepequal', target_label: 'a', regex: 'x' }, 'regex', /requires only 'source_labels' and 'target_label'/],
    [{ target_label: 'a', regex: '(' }, 'regex', /error parsing regexp: missing closing \): `\(`/],
  ]
  for (const [rule, argument, reason] of refused) {
    it(`refuses ${JSON.stringify(rule)}`, () => {
      assert.throws(() => compileRules([{ target_label: 'fine' }, rule]), (error: unknown) => {
        assert.ok(error instanceof RelabelError)
        assert.equal(error.index, 1)
        assert.equal(error.argument, argument)
        assert.match(error.message, /^rule 1: /)
        assert.match(error.reason, reason)
        return true
      })
    })
  }
})
