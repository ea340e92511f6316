import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DnsLookup, DnsRecord } from '../../../src/components/contract/dns.ts'
import dns from '../../../src/components/discovery/dns.ts'
import { fromHex, hex } from '../../../src/lib/bytes.ts'
import { encodeDnsQuery } from '../../../src/wire/dns.ts'
import { fakeCall } from '../../support/call.ts'
import { buildComponent } from '../../support/component.ts'
import { dnsReply } from '../../support/dns.ts'
import { found } from '../../support/targets.ts'

const none = { __meta_dns_mx_record_target: '', __meta_dns_ns_record_target: '', __meta_dns_srv_record_port: '', __meta_dns_srv_record_target: '' }
const resolver = (answers: Record<string, readonly DnsRecord[] | undefined>): DnsLookup => async (name, type) => {
  if (!Object.hasOwn(answers, `${name} ${type}`)) throw new Error('SERVFAIL')
  return answers[`${name} ${type}`]
}
const run = (text: string, answers: Record<string, readonly DnsRecord[] | undefined>) => found(buildComponent(dns, text), fakeCall({ dns: { lookup: resolver(answers) } }))

describe('discovery.dns', () => {
  it('finds the hosts and ports of SRV records', async () => {
    assert.deepEqual(await run('names = ["_web._tcp.a.test"]', { '_web._tcp.a.test SRV': [{ value: 'b.a.test.', port: 8080 }] }), [{
      ...none, __address__: 'b.a.test:8080', __meta_dns_name: '_web._tcp.a.test', __meta_dns_srv_record_port: '8080', __meta_dns_srv_record_target: 'b.a.test.',
    }])
  })

  it('finds addresses and hosts of the other types, at the port given', async () => {
    const at = (type: string) => `names = ["a.test"]\ntype = "${type}"\nport = 80`
    assert.deepEqual(await run(at('A'), { 'a.test A': [{ value: '10.0.0.1' }, { value: '10.0.0.2' }] }), [
      { ...none, __address__: '10.0.0.1:80', __meta_dns_name: 'a.test' }, { ...none, __address__: '10.0.0.2:80', __meta_dns_name: 'a.test' },
    ])
    assert.deepEqual(await run(at('aaaa'), { 'a.test AAAA': [{ value: '2001:db8::1' }] }), [{ ...none, __address__: '[2001:db8::1]:80', __meta_dns_name: 'a.test' }])
    assert.deepEqual(await run(at('MX'), { 'a.test MX': [{ value: 'm.test.' }] }), [{ ...none, __address__: 'm.test:80', __meta_dns_name: 'a.test', __meta_dns_mx_record_target: 'm.test.' }])
    assert.deepEqual(await run(at('NS'), { 'a.test NS': [{ value: 'n.test.' }] }), [{ ...none, __address__: 'n.test:80', __meta_dns_name: 'a.test', __meta_dns_ns_record_target: 'n.test.' }])
  })

  it('finds nothing behind a name that does not exist', async () => {
    assert.deepEqual(await run('names = ["gone.test"]', { 'gone.test SRV': undefined }), [])
  })

  it('keeps what a name said last while nobody can tell, and fails where nothing is known', async () => {
    const answers: Record<string, readonly DnsRecord[] | undefined> = { 'a.test A': [{ value: '10.0.0.1' }], 'b.test A': [{ value: '10.0.0.2' }] }
    const component = buildComponent(dns, 'names = ["a.test", "b.test"]\ntype = "A"\nport = 1')
    const call = fakeCall({ dns: { lookup: resolver(answers) } })
    await found(component, call)
    delete answers['a.test A']
    answers['b.test A'] = []
    assert.deepEqual((await found(component, call)).map(target => target['__address__']), ['10.0.0.1:1'])
    assert.match(call.logs[0]!.message, /its last targets stay/)
    await assert.rejects(run('names = ["a.test"]\ntype = "A"\nport = 1', {}), /a\.test cannot be resolved: SERVFAIL/)
  })

  it('asks over HTTPS where there is no resolver', async () => {
    const call = fakeCall({
      fetch: () => new Response(dnsReply('_web._tcp.a', [{ type: 'SRV', data: fromHex('000000051f900162c00c')! }]) as BodyInit),
      dns: { url: 'https://dns.test/query' },
    })
    const targets = await found(buildComponent(dns, 'names = ["_web._tcp.a"]'), call)
    assert.deepEqual(targets.map(target => target['__address__']), ['b._web._tcp.a:8080'])
    const [{ url, method, headers, body }] = call.requests as [typeof call.requests[0]]
    assert.deepEqual([url, method, headers.get('content-type'), headers.get('accept')], ['https://dns.test/query', 'POST', 'application/dns-message', 'application/dns-message'])
    assert.equal(hex(body), hex(encodeDnsQuery('_web._tcp.a', 'SRV')))
  })

  for (const [what, code, wanted] of [['no such name', 3, []], ['a failure', 2, /answered with the DNS code 2/]] as const) {
    it(`understands ${what} over HTTPS`, async () => {
      const outcome = found(buildComponent(dns, 'names = ["a"]'), fakeCall({ fetch: () => new Response(dnsReply('a', [], code) as BodyInit) }))
      if (wanted instanceof RegExp) await assert.rejects(outcome, wanted)
      else assert.deepEqual(await outcome, wanted)
    })
  }

  it('refuses what cannot work', () => {
    assert.throws(() => buildComponent(dns, 'names = ["a"]\ntype = "A"'), /a port is required in DNS-SD configs for all record types except SRV/)
    assert.throws(() => buildComponent(dns, 'names = ["a"]\ntype = "TXT"'), /invalid DNS-SD records type TXT/)
  })
})
