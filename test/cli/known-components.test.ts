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

  it('have each a reason and a way out', () => {
    const absent = knownComponents.filter(name => !Object.hasOwn(catalog, name))
    const silent = absent.filter(name => !/(?:; until then |, and there is no host here; )\w/.test(unavailable(name) ?? ''))
    assert.deepEqual(silent, [])
    assert.deepEqual(absent.filter(name => /undefined|unknown/.test(unavailable(name)!)), [])
  })

  it('say why one is not here, and nothing about names that Alloy does not have', () => {
    assert.equal(unavailable('discovery.ec2'), 'it is planned for Workers, Lambda and Node, and not part of this version yet; until then write the targets out as a list, '
      + 'or discover and scrape in Grafana Alloy and send to prometheus.receive_http')
    assert.match(unavailable('otelcol.exporter.otlp')!, /planned for Lambda and Node.*Workers cannot run it: it needs calls by gRPC.*until then use otelcol\.exporter\.otlphttp$/)
    assert.match(unavailable('loki.source.file')!, /follows files on the disk of a host.*send to loki\.source\.api/)
    assert.match(unavailable('remotecfg')!, /planned/)
    assert.equal(unavailable('toString'), undefined)
    assert.equal(unavailable('loki.source.fiel'), undefined)
  })
})
