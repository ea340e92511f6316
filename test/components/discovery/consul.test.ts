import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import consul from '../../../src/components/discovery/consul.ts'
import { fakeCall } from '../../support/call.ts'
import { buildComponent } from '../../support/component.ts'
import { found } from '../../support/targets.ts'

const instance = (more: object = {}, checks: object[] = [{ CheckID: 'serfHealth', Status: 'passing' }]) => ({
  Node: { Node: 'n1', Address: '10.0.0.1', Meta: { 'rack-id': '7' }, TaggedAddresses: { lan: '10.0.0.1' } },
  Service: { ID: 'web-1', Address: '', Port: 8080, Tags: ['a', 'b'], Meta: { 'v.1': 'x' }, Namespace: '', ...more },
  Checks: checks,
})

/** A server with these answers, by path. */
function ask(text: string, answers: Readonly<Record<string, unknown>>) {
  const call = fakeCall({ fetch: ({ url }) => {
    const { pathname } = new URL(url)
    return pathname in answers ? Response.json(answers[pathname]) : new Response('rpc error', { status: 500 })
  } })
  return { call, targets: found(buildComponent(consul, text), call) }
}

describe('discovery.consul', () => {
  const self = { '/v1/agent/self': { Config: { Datacenter: 'dc1' } } }
  const m = (labels: Record<string, string>) => Object.fromEntries(Object.entries(labels).map(([name, value]) => [name.startsWith('_') ? name : `__meta_consul_${name}`, value]))

  it('finds the instances of all services, with what node and service say of themselves', async () => {
    const { call, targets } = ask('server = "consul.test:8500"', {
      ...self, '/v1/catalog/services': { web: ['a'], db: [] }, '/v1/health/service/web': [instance()], '/v1/health/service/db': [instance({ ID: 'db', Address: 'fd00::2', Port: 5432, Tags: null, Meta: null })],
    })
    const [db, web] = await targets
    assert.deepEqual(web, m({
      __address__: '10.0.0.1:8080', address: '10.0.0.1', dc: 'dc1', health: 'passing', metadata_rack_id: '7', namespace: '', node: 'n1', partition: '', service: 'web',
      service_address: '', service_id: 'web-1', service_metadata_v_1: 'x', service_port: '8080', tagged_address_lan: '10.0.0.1', tags: ',a,b,',
    }))
    assert.deepEqual([db!['__address__'], db!['__meta_consul_tags'], db!['__meta_consul_service_address']], ['[fd00::2]:5432', ',,', 'fd00::2'])
    assert.deepEqual(call.requests.map(({ url }) => url).slice(0, 2), ['http://consul.test:8500/v1/agent/self?stale=', 'http://consul.test:8500/v1/catalog/services?stale='])
  })

  it('asks for just the services named, as it was told to', async () => {
    const { call, targets } = ask(`services = ["web"]
      datacenter  = "dc2"
      namespace   = "ns"
      partition   = "p"
      allow_stale = false
      scheme      = "https"
      token       = "secret"
      node_meta   = { "zone" = "a" }
      username    = "u"
      password    = "p"`, { '/v1/health/service/web': [] })
    await targets
    assert.deepEqual(call.requests.map(({ url }) => url), ['https://localhost:8500/v1/health/service/web?dc=dc2&ns=ns&partition=p&node-meta=zone%3Aa'])
    assert.deepEqual(['x-consul-token', 'authorization'].map(name => call.requests[0]!.headers.get(name)), ['secret', `Basic ${btoa('u:p')}`])
  })

  it('looks for tags in the catalogue first, and asks the servers for them', async () => {
    const { call, targets } = ask('datacenter = "d"\ntags = ["a", "b"]\nservices = ["x", "y"]\nallow_stale = false', {
      '/v1/catalog/services': { x: ['a', 'b', 'c'], y: ['a'], z: ['a', 'b'] }, '/v1/health/service/x': [],
    })
    await targets
    assert.deepEqual(call.requests.map(({ url }) => new URL(url)).map(({ pathname, search }) => pathname + search), ['/v1/catalog/services?dc=d', '/v1/health/service/x?dc=d&tag=a&tag=b'])
  })

  const checks: [string, object[]][] = [
    ['passing', []],
    ['warning', [{ Status: 'passing' }, { Status: 'warning' }]],
    ['critical', [{ Status: 'warning' }, { Status: 'critical' }]],
    ['maintenance', [{ Status: 'critical' }, { CheckID: '_node_maintenance', Status: 'critical' }]],
    ['maintenance', [{ CheckID: '_service_maintenance:web-1', Status: 'critical' }]],
    ['', [{ Status: 'other' }]],
  ]
  for (const [health, list] of checks) {
    it(`sums up ${JSON.stringify(list)} as ${JSON.stringify(health)}`, async () => {
      const { targets } = ask('services = ["web"]\ndatacenter = "d"', { '/v1/health/service/web': [instance({}, list)] })
      assert.equal((await targets)[0]!['__meta_consul_health'], health)
    })
  }

  it('fails when the server does', async () => {
    await assert.rejects(ask('datacenter = "d"', {}).targets, /http:\/\/localhost:8500\/v1\/catalog\/services answered 500: rpc error/)
    await assert.rejects(ask('', { '/v1/agent/self': {} }).targets, /does not say which datacenter it is in; set datacenter/)
  })

  it('refuses what cannot work', () => {
    for (const text of ['server = " "', 'refresh_interval = "0s"', 'token = "a"\nauthorization { credentials = "b" }', 'username = "a"\nbasic_auth { username = "b" }']) {
      assert.throws(() => buildComponent(consul, text), /requires a server address|greater than 0|exclude each other/)
    }
  })
})
