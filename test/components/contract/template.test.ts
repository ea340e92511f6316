import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { template } from '../../../src/components/contract/template.ts'
import { Unknown } from '../../../src/language/value.ts'

describe('a template field', () => {
  const { schema } = template({ required: true })
  const said = (value: unknown) => schema!.safeParse(value).error?.issues.map(({ message }) => message)

  it('takes what Go parses, as it is written', () => {
    assert.equal(schema!.parse('{{ .Value | ToUpper }}'), '{{ .Value | ToUpper }}')
    assert.equal(template({ default: '' }).fallback, '')
  })

  it('refuses the rest in Go\'s words, with the line', () => {
    assert.deepEqual(said('a\n{{ .Value'), ['is no template: template: pipeline_template:2: unclosed action'])
    assert.deepEqual(said('{{ shout .Value }}'), ['is no template: template: pipeline_template:1: function "shout" not defined'])
    assert.deepEqual(said(true), ['should be string, got bool'])
  })

  it('says nothing of a value that is not known yet', () => { assert.equal(said(new Unknown('string')), undefined) })
})
