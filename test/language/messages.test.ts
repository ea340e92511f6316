import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { errorsPage, errorsPagePath } from '../../scripts/errors.ts'
import { graphMessages } from '../../src/graph/compile/messages.ts'
import { messages } from '../../src/language/messages.ts'

const all = [...Object.values(messages), ...Object.values(graphMessages)]

describe('message catalogue', () => {
  it('gives each message a code of its own, of an area and words', () => {
    const codes = all.map(({ code }) => code)
    assert.deepEqual(codes.filter((code, index) => codes.indexOf(code) !== index), [])
    assert.deepEqual(codes.filter(code => !/^[a-z]+\/[a-z0-9]+(-[a-z0-9]+)*$/.test(code)), [])
  })

  it('explains each in a sentence', () => {
    assert.deepEqual(all.filter(({ explain }) => !/^[A-Z`].*[.!?]$/s.test(explain)).map(({ code }) => code), [])
  })

  it('is what docs/reference/errors.md says', () => {
    assert.ok(readFileSync(errorsPagePath, 'utf8') === errorsPage(), 'the page is stale: npx tsx scripts/errors.ts writes it anew')
  })
})
