import assert from 'node:assert/strict'
import { it } from 'node:test'
import { checkInput, createRandom, fuzzInput } from '../support/fuzz-language.ts'

it('takes any input without throwing, and formats without changing what it says (scripts/fuzz-language.ts runs more)', () => {
  const random = createRandom(7)
  for (let run = 0; run < 3000; run++) {
    const input = fuzzInput(random)
    assert.equal(checkInput(input), undefined, JSON.stringify(input))
  }
})
