import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { base64, compare, concat, equal, fromBase64, fromHex, hex, text, utf8 } from '../../src/lib/bytes.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)

describe('bytes', () => {
  it('are joined, and a single part is not copied', () => {
    const one = bytes(1, 2)
    assert.equal(concat([one]), one)
    assert.deepEqual(concat([one, bytes(), bytes(3)]), bytes(1, 2, 3))
    assert.deepEqual(concat([]), bytes())
  })

  it('are compared as Go compares them', () => {
    assert.ok(equal(bytes(1, 2), bytes(1, 2)))
    assert.ok(!equal(bytes(1, 2), bytes(1)))
    assert.ok(compare(bytes(1), bytes(1, 0)) < 0 && compare(bytes(255), bytes(1, 2)) > 0 && compare(bytes(), bytes()) === 0)
  })

  it('go to text and back', () => {
    const all = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7) & 255)
    assert.equal(hex(all), Buffer.from(all).toString('hex'))
    assert.deepEqual(fromHex(hex(all)), all)
    assert.equal(base64(all), Buffer.from(all).toString('base64'))
    assert.deepEqual(fromBase64(base64(all)), all)
    assert.deepEqual(fromBase64(Buffer.from(all).toString('base64url')), all)
    assert.equal(text(utf8('é\u{1f600}')), 'é\u{1f600}')
  })

  it('are not read from what is no encoding of them', () => {
    for (const wrong of ['a', 'zz', '0g']) assert.equal(fromHex(wrong), undefined)
    for (const wrong of ['a', 'a b=', '*']) assert.equal(fromBase64(wrong), undefined)
  })
})
