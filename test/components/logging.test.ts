import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import logging from '../../src/components/logging.ts'
import { buildComponent, problemsOf, sink } from '../support/component.ts'

describe('logging', () => {
  it('has Alloy\'s defaults', () => {
    assert.deepEqual(buildComponent(logging, '').logging, { level: 'info', format: 'logfmt' })
    assert.deepEqual(buildComponent(logging, 'level = ""').logging, { level: 'info', format: 'logfmt' })
  })

  it('takes levels and formats', () => {
    assert.deepEqual(buildComponent(logging, 'level = "debug"\nformat = "json"').logging, { level: 'debug', format: 'json' })
    assert.match(problemsOf(logging, 'level = "loud"').join(), /"loud" is not one of "debug"/)
    assert.match(problemsOf(logging, 'format = "xml"').join(), /"xml" is not one of "logfmt"/)
    assert.match(problemsOf(logging, 'destination = "nowhere"').join(), /"nowhere" is not one of/)
  })

  it('says what it does not do yet', () => {
    const { capsule } = sink('loki.LogsReceiver')
    const problems = problemsOf(logging, 'write_to = [r]\ndestination = "stderr"', { r: capsule })
    assert.match(problems[0]!, /^inert write_to: .*not sent into the graph yet/)
    assert.match(problems[1]!, /^inert destination: .*standard error/)
  })
})
