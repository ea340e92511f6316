import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { logLine, passes } from '../../../src/graph/run/log.ts'

describe('the log', () => {
  it('writes logfmt, quoting what needs it', () => {
    const line = logLine({ level: 'info', format: 'logfmt' }, 0, 'warn', 'two words', { component_id: 'a.b', n: 5, empty: '', gone: undefined, quote: 'a"b', list: [1] })
    assert.equal(line, 'ts=1970-01-01T00:00:00.000Z level=warn msg="two words" component_id=a.b n=5 empty="" quote="a\\"b" list=[1]')
  })

  it('writes JSON', () => {
    assert.deepEqual(JSON.parse(logLine({ level: 'info', format: 'json' }, 1, 'error', 'm', { a: 1 })), { ts: '1970-01-01T00:00:00.001Z', level: 'error', msg: 'm', a: 1 })
  })

  it('keeps what is less severe than the level to itself', () => {
    const settings = { level: 'warn', format: 'json' } as const
    assert.deepEqual((['debug', 'info', 'warn', 'error'] as const).filter(level => passes(level, settings)), ['warn', 'error'])
  })
})
