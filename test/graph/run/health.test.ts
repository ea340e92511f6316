import assert from 'node:assert/strict'
import { it } from 'node:test'
import { FailureLog } from '../../../src/graph/run/health.ts'

it('keeps the last failures, newest first, and counts repetitions instead of listing them', () => {
  const log = new FailureLog(2)
  log.add(1, 'a', 'down')
  log.add(2, 'b', 'full')
  log.add(3, 'a', 'down')
  assert.deepEqual(log.list(), [{ atMs: 3, id: 'a', message: 'down', count: 2 }, { atMs: 2, id: 'b', message: 'full', count: 1 }])
  log.add(4, 'c', 'late')
  assert.deepEqual(log.list().map(({ id }) => id), ['c', 'a'])
})
