import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withoutGaps } from '../../../src/state/stores/file-list.ts'

const keys = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `queue/${String(from + i).padStart(5, '0')}`)

describe('lists of folders', () => {
  it('leave out no key that was there before another one that they hold', async () => {
    // 500 came after its piece of the folder had been read, and then 501, before its own was.
    const readings = [[...keys(0, 500), ...keys(501, 502)].reverse(), keys(0, 510)]
    assert.deepEqual(await withoutGaps(async () => readings.shift()!), keys(0, 502))
  })

  it('are read once where the folder is small', async () => {
    const readings = [keys(0, 10)]
    assert.deepEqual(await withoutGaps(async () => readings.shift()!), keys(0, 10))
    assert.deepEqual(readings, [])
  })
})
