import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { catalog } from '../../src/components/catalog.gen.ts'
import { knownComponents, unavailable } from '../../src/cli/known-components.ts'

describe('known components', () => {
  it('are all of Alloy\'s 185', () => {
    assert.equal(knownComponents.length, 185)
    assert.equal(new Set(knownComponents).size, 185)
  })

  it('hold every component that is implemented', () => {
    const blocks = ['http', 'logging']
    assert.deepEqual(Object.keys(catalog).filter(name => !knownComponents.includes(name) && !blocks.includes(name)), [])
  })

  it('say why one is not here, and nothing about names that Alloy does not have', () => {
    assert.equal(unavailable('prometheus.scrape'), 'it is planned for Workers, Lambda and Node, and not part of this version yet')
    assert.match(unavailable('loki.source.file')!, /follows files on the disk of a host.*send to loki\.source\.api/)
    assert.match(unavailable('remotecfg')!, /planned/)
    assert.equal(unavailable('toString'), undefined)
    assert.equal(unavailable('loki.source.fiel'), undefined)
  })
})
