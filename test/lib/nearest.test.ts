import assert from 'node:assert/strict'
import { it } from 'node:test'
import { nearest } from '../../src/lib/nearest.ts'

it('finds the word that was probably meant, and none where it is a guess', () => {
  const words = ['forward_to', 'filename', 'rule']
  assert.equal(nearest('foward_to', words), 'forward_to')
  assert.equal(nearest('file_name', words), 'filename')
  assert.equal(nearest('rules', words), 'rule')
  assert.equal(nearest('completely_else', words), undefined)
  assert.equal(nearest('x', []), undefined)
})
