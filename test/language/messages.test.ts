import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { examples, withoutExample } from '../../scripts/error-examples.ts'
import { catalogue as all, errorsPage, errorsPagePath } from '../../scripts/errors.ts'

describe('message catalogue', () => {
  it('gives each message a code of its own, of an area and words', () => {
    const codes = all.map(({ code }) => code)
    assert.deepEqual(codes.filter((code, index) => codes.indexOf(code) !== index), [])
    assert.deepEqual(codes.filter(code => !/^[a-z]+\/[a-z0-9]+(-[a-z0-9]+)*$/.test(code)), [])
  })

  it('explains each in a sentence', () => {
    assert.deepEqual(all.filter(({ explain }) => !/^[A-Z`].*[.!?]$/s.test(explain)).map(({ code }) => code), [])
  })

  it('has an example for each, or a reason why not', () => {
    const codes = all.map(({ code }) => code)
    assert.deepEqual(codes.filter(code => examples[code] === undefined && withoutExample[code] === undefined), [])
    assert.deepEqual([...Object.keys(examples), ...Object.keys(withoutExample)].filter(code => !codes.includes(code)), [])
  })

  it('is what docs/reference/errors.md says, whose examples lead to their messages', async () => {
    assert.ok(readFileSync(errorsPagePath, 'utf8') === await errorsPage(), 'the page is stale: npx tsx scripts/errors.ts writes it anew')
  })
})
