import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseHttpDate, parseRfc3339, rfc3339 } from '../../src/lib/time.ts'

it('reads HTTP dates and nothing else', () => {
  assert.equal(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT'), 784_111_777_000)
  for (const other of ['', '1994-11-06', 'Sun, 06 Foo 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT']) assert.equal(parseHttpDate(other), undefined)
})

it('writes RFC 3339 with milliseconds', () => { assert.equal(rfc3339(784_111_777_001), '1994-11-06T08:49:37.001Z') })

it('reads RFC 3339 and nothing else', () => {
  assert.equal(parseRfc3339('1994-11-06T08:49:37Z'), 784_111_777_000)
  assert.equal(parseRfc3339('1994-11-06T10:49:37.001+02:00'), 784_111_777_001)
  for (const other of ['', '1994-11-06', '1994-13-06T08:49:37Z', '1994-11-06T08:49:37', 'soon']) assert.equal(parseRfc3339(other), undefined)
})
