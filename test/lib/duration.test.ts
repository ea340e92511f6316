import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatDuration, formatDurationNanos, parseDuration, parseDurationNanos } from '../../src/lib/duration.ts'

describe('durations', () => {
  const good: [string, bigint, string][] = [
    ['0', 0n, '0s'], ['1h30m', 5_400_000_000_000n, '1h30m0s'], ['1.5s', 1_500_000_000n, '1.5s'], ['100ms', 100_000_000n, '100ms'],
    ['-1m', -60_000_000_000n, '-1m0s'], ['1us', 1_000n, '1µs'], ['.5ns', 0n, '0s'], ['90s', 90_000_000_000n, '1m30s'], ['1234ns', 1234n, '1.234µs'],
    ['9223372036854775807ns', 2n ** 63n - 1n, '2562047h47m16.854775807s'], ['-9223372036854775808ns', -(2n ** 63n), '-2562047h47m16.854775808s'],
  ]
  for (const [text, nanos, written] of good) {
    it(text, () => {
      assert.equal(parseDurationNanos(text), nanos)
      assert.equal(formatDurationNanos(nanos), written)
    })
  }

  const bad: [string, string][] = [
    ['', 'time: invalid duration ""'], ['1', 'time: missing unit in duration "1"'], ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['s', 'time: invalid duration "s"'], ['1h-1m', 'time: unknown unit "h-" in duration "1h-1m"'], ['9223372036854775808ns', 'time: invalid duration "9223372036854775808ns"'],
    ['.s', 'time: invalid duration ".s"'], ['1constructor', 'time: unknown unit "constructor" in duration "1constructor"'],
  ]
  for (const [text, message] of bad) it(`refuses ${JSON.stringify(text)}`, () => { assert.throws(() => parseDurationNanos(text), { message }) })

  it('are milliseconds where numbers are wanted', () => {
    assert.equal(parseDuration('1.5ms'), 1.5)
    assert.equal(formatDuration(90_000), '1m30s')
  })
})
