import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isDoubtful } from '../../../src/components/contract/decode.ts'
import { defineComponent } from '../../../src/components/contract/define.ts'
import { args, block, blocks, integer, receivers, string } from '../../../src/components/contract/schema.ts'
import { Unknown } from '../../../src/language/value.ts'
import { decodeArguments } from '../../support/component.ts'

const definition = defineComponent({
  name: 'test.decode',
  stability: 'generally-available',
  args: args({
    forward_to: receivers('loki.LogsReceiver'),
    size: integer({ default: 1, gate: 'experimental', gateWhen: value => (value as number) > 10 }),
    rule: blocks({ regex: string({ default: '' }), inner: block({ word: string() }) }),
    queue: block({ size: integer({ default: 5 }) }, { gate: 'experimental', gateWhen: value => (value as { size: number }).size !== 5 }),
  }),
  build: () => ({}),
})
const unknown = { next: new Unknown('capsule("loki.LogsReceiver")'), text: new Unknown('string') }

describe('decoding: blanks', () => {
  const blanksOf = (text: string) => decodeArguments(definition, text, unknown).blanks

  it('tells in which blocks there are some', () => {
    assert.deepEqual(blanksOf('forward_to = []\nrule { }\nrule { regex = text }\nrule { inner { word = text } }'), [['rule', 1], ['rule', 2, 'inner']])
  })

  it('a capsule is none', () => {
    const { blanks, complete } = decodeArguments(definition, 'forward_to = [next]', unknown)
    assert.deepEqual([blanks, complete], [[], false])
  })

  it('doubts complaints about the same block, and those around and inside it', () => {
    const blanks = [['rule', 1]]
    const doubtful = [[], ['rule'], ['rule', 1], ['rule', 1, 'regex'], ['rule', 1, 'inner', 'word']]
    for (const path of doubtful) assert.ok(isDoubtful(path, blanks), path.join('.'))
    for (const path of [['rule', 0, 'regex'], ['size'], ['queue', 'size']]) assert.ok(!isDoubtful(path, blanks), path.join('.'))
    assert.ok(isDoubtful(['anything'], [[]]))
    assert.ok(!isDoubtful([], []))
  })
})

describe('decoding: gates', () => {
  const gated = (text: string) => decodeArguments(definition, `forward_to = []\n${text}`, unknown, 'generally-available').problems.map(({ kind, name }) => `${kind} ${name}`)

  it('may be for some values only', () => {
    assert.deepEqual(gated('size = 10\nqueue { }'), [])
    assert.deepEqual(gated('size = 11\nqueue { size = 6 }'), ['gated size', 'gated queue'])
  })
})
