import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readBasic, sameSecret } from '../../src/transport/guard.ts'

describe('credentials of those who come in', () => {
  it('compares whole texts', () => {
    assert.ok(sameSecret('pässword', 'pässword'))
    assert.ok(sameSecret('', ''))
    for (const [given, expected] of [['a', 'b'], ['a', ''], ['', 'a'], ['aa', 'a'], ['abab', 'ab'], ['ab', 'abab']]) {
      assert.ok(!sameSecret(given!, expected!), `${given} ${expected}`)
    }
  })

  it('reads Basic headers', () => {
    assert.deepEqual(readBasic(`basic ${btoa('a:b:c')}`), { username: 'a', password: 'b:c' })
    for (const header of [null, '', 'Basic', 'Basic !!', `Basic ${btoa('none')}`, `Bearer ${btoa('a:b')}`]) assert.equal(readBasic(header), undefined)
  })
})
