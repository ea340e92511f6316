import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { formatByteSize, parseByteSize } from '../../src/lib/byte-size.ts'

describe('byte sizes', () => {
  it('are read as Alloy reads them: powers of 1024, with or without the i', () => {
    for (const [text, bytes] of [
      ['0', 0], ['1B', 1], ['1KiB', 1024], ['1KB', 1024], ['20MiB', 20 * 1024 ** 2], ['1.5KiB', 1536], ['.5MB', 512 * 1024], ['1MiB512KiB', 1.5 * 1024 ** 2],
      ['2GiB', 2 * 1024 ** 3], ['1TiB', 1024 ** 4], ['-1KiB', -1024], ['+1B', 1], ['0.5B', 0],
    ] as const) assert.equal(parseByteSize(text), bytes, text)
    for (const text of ['', '1', 'MiB', '1 MiB', '1Mib', '1mb', '1..5KiB', '1KiB2', '--1B', '1e3B']) assert.equal(parseByteSize(text), undefined, text)
  })

  it('are written in the largest whole unit, which reads back', () => {
    assert.deepEqual([0, 1, 1024, 1536, 20 * 1024 ** 2, 1024 ** 6].map(formatByteSize), ['0B', '1B', '1KiB', '1536B', '20MiB', '1EiB'])
    for (const bytes of [0, 7, 4096, 5 * 1024 ** 3]) assert.equal(parseByteSize(formatByteSize(bytes)), bytes)
  })
})
