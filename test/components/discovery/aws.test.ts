/** discovery.ec2, discovery.lightsail, and discovery.aws over both. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ArgumentError } from '../../../src/components/contract/errors.ts'
import aws from '../../../src/components/discovery/aws.ts'
import ec2 from '../../../src/components/discovery/ec2.ts'
import lightsail from '../../../src/components/discovery/lightsail.ts'
import { text } from '../../../src/lib/bytes.ts'
import { fakeCall, type SentRequest } from '../../support/call.ts'
import { buildComponent } from '../../support/component.ts'
import { found } from '../../support/targets.ts'

const keys = 'region = "eu-west-1"\naccess_key = "AKID"\nsecret_key = "secret"'
const action = (request: SentRequest) => new URLSearchParams(text(request.body)).get('Action')

describe('discovery.ec2', () => {
  const network = (subnet: string, device: number, addresses: [string, boolean][]) => `<item><subnetId>${subnet}</subnetId><attachment><deviceIndex>${device}</deviceIndex></attachment>
    <ipv6AddressesSet>${addresses.map(([address, primary]) => `<item><ipv6Address>${address}</ipv6Address><isPrimaryIpv6>${primary}</isPrimaryIpv6></item>`).join('')}</ipv6AddressesSet></item>`
  const instance = (more: string) => `<item><instanceId>i-1</instanceId><imageId>ami-1</imageId><instanceState><code>16</code><name>running</name></instanceState>
    <instanceType>t3.small</instanceType><placement><availabilityZone>eu-west-1a</availabilityZone></placement>${more}</item>`
  const page = (instances: string, next = '') => `<?xml version="1.0"?><DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet>
    <item><ownerId>42</ownerId><instancesSet>${instances}</instancesSet></item></reservationSet>${next === '' ? '' : `<nextToken>${next}</nextToken>`}</DescribeInstancesResponse>`
  const zones = '<DescribeAvailabilityZonesResponse><availabilityZoneInfo><item><zoneName>eu-west-1a</zoneName><zoneId>euw1-az2</zoneId></item></availabilityZoneInfo></DescribeAvailabilityZonesResponse>'
  const m = (labels: Record<string, string>) => Object.fromEntries(Object.entries(labels).map(([name, value]) => [name.startsWith('_') ? name : `__meta_ec2_${name}`, value]))
  const shared = { ami: 'ami-1', availability_zone: 'eu-west-1a', availability_zone_id: 'euw1-az2', instance_id: 'i-1', instance_state: 'running', instance_type: 't3.small', owner_id: '42', region: 'eu-west-1' }
  const run = (instances: string) => found(buildComponent(ec2, keys), fakeCall({ fetch: request => new Response(action(request) === 'DescribeInstances' ? page(instances) : zones) }))

  it('finds instances, with what EC2 says of them', async () => {
    const whole = instance(`<privateIpAddress>10.0.0.1</privateIpAddress><ipAddress>1.2.3.4</ipAddress><privateDnsName/><dnsName>ec2.test</dnsName><platform>windows</platform>
      <architecture>x86_64</architecture><instanceLifecycle>spot</instanceLifecycle><vpcId>vpc-1</vpcId><subnetId>s1</subnetId>
      <networkInterfaceSet>${network('s1', 0, [['fd00::1', false]])}${network('s2', 2, [['fd00::2', true], ['fd00::3', false]])}${network('s1', 1, [])}</networkInterfaceSet>
      <tagSet><item><key>Name</key><value>web</value></item><item><key>a:b</key><value>x &amp; y</value></item></tagSet>`)
    assert.deepEqual(await run(whole), [m({
      __address__: '10.0.0.1:80', ...shared, architecture: 'x86_64', default_ipv6_address: 'fd00::2', instance_lifecycle: 'spot', ipv6_addresses: ',fd00::1,fd00::2,fd00::3,',
      platform: 'windows', primary_ipv6_addresses: ',,,fd00::2,', primary_subnet_id: 's1', private_dns_name: '', private_ip: '10.0.0.1', public_dns_name: 'ec2.test', public_ip: '1.2.3.4',
      subnet_id: ',s1,s2,', tag_Name: 'web', tag_a_b: 'x & y', vpc_id: 'vpc-1',
    })].map(target => Object.fromEntries(Object.entries(target).sort(([a], [b]) => (a < b ? -1 : 1)))))
  })

  it('reaches an instance by IPv6 where it has nothing else, and leaves out those without an address', async () => {
    const [only, ...others] = await run(instance('') + instance(`<vpcId>v</vpcId><networkInterfaceSet>${network('s', 0, [['fd00::9', false]])}</networkInterfaceSet>`))
    assert.deepEqual([only!['__address__'], only!['__meta_ec2_default_ipv6_address'], others.length], ['[fd00::9]:80', 'fd00::9', 0])
  })

  it('asks page by page with its filters, signed, and for zones once', async () => {
    const call = fakeCall({ fetch: request => {
      const { body } = request
      if (action(request) !== 'DescribeInstances') return new Response(zones)
      return new Response(text(body).includes('NextToken') ? page('') : page(instance('<privateIpAddress>10.0.0.1</privateIpAddress>'), 'more='))
    } })
    const component = buildComponent(ec2, `${keys}\nport = 9100\nfilter {\nname = "tag:env"\nvalues = ["a", "b c"]\n}`)
    assert.equal((await found(component, call))[0]!['__address__'], '10.0.0.1:9100')
    await found(component, call)
    assert.deepEqual(call.requests.map(action), ['DescribeAvailabilityZones', 'DescribeInstances', 'DescribeInstances', 'DescribeInstances', 'DescribeInstances'])
    const { url, method, headers, body } = call.requests[2]!
    assert.deepEqual([method, url], ['POST', 'https://ec2.eu-west-1.amazonaws.com/'])
    assert.equal(text(body), 'Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3Aenv&Filter.1.Value.1=a&Filter.1.Value.2=b+c&NextToken=more%3D')
    assert.match(headers.get('authorization')!, /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/ec2\/aws4_request, SignedHeaders=[^,]*host[^,]*, Signature=[0-9a-f]{64}$/)
  })

  it('does without zone ids when they cannot be had, and fails when instances cannot', async () => {
    const answer = (request: SentRequest) => (action(request) === 'DescribeInstances' ? new Response(page(instance('<privateIpAddress>10.0.0.1</privateIpAddress>'))) : new Response('denied', { status: 403 }))
    assert.equal((await found(buildComponent(ec2, keys), fakeCall({ fetch: answer })))[0]!['__meta_ec2_availability_zone_id'], '')
    await assert.rejects(found(buildComponent(ec2, keys), fakeCall({ fetch: () => new Response('<Error>AuthFailure</Error>', { status: 401 }) })), /answered 401: <Error>AuthFailure/)
  })

  for (const [arguments_, path] of [
    ['access_key = "a"\nsecret_key = "b"', 'region'], ['region = "r"', 'access_key'], ['region = "r"\naccess_key = "a"', 'access_key'],
    [`${keys}\nprofile = "p"`, 'profile'], [`${keys}\nendpoint = "ec2"`, 'endpoint'], [`${keys}\nfilter {\nname = "a"\nvalues = []\n}`, 'filter.0.values'],
  ] as const) {
    it(`refuses ${path} in ${JSON.stringify(arguments_)}`, () => {
      assert.throws(() => buildComponent(ec2, arguments_), (error: unknown) => error instanceof ArgumentError && error.path.join('.') === path)
    })
  }
})

describe('discovery.lightsail', () => {
  it('finds instances page by page, with what Lightsail says of them', async () => {
    const first = {
      instances: [{
        name: 'web', supportCode: '1/i-1', blueprintId: 'debian_12', bundleId: 'nano', location: { availabilityZone: 'eu-west-1a' }, state: { name: 'running' },
        privateIpAddress: '10.0.0.1', publicIpAddress: '1.2.3.4', ipv6Addresses: ['fd00::1', 'fd00::2'], tags: [{ key: 'a b', value: 'c' }, { key: 'none' }],
      }, { name: 'without an address' }],
      nextPageToken: 'n',
    }
    const call = fakeCall({ fetch: ({ body }) => Response.json(text(body) === '{}' ? first : { instances: [{ privateIpAddress: '10.0.0.2' }] }) })
    assert.deepEqual(await found(buildComponent(lightsail, keys), call), [{
      __address__: '10.0.0.1:80', __meta_lightsail_availability_zone: 'eu-west-1a', __meta_lightsail_blueprint_id: 'debian_12', __meta_lightsail_bundle_id: 'nano',
      __meta_lightsail_instance_name: 'web', __meta_lightsail_instance_state: 'running', __meta_lightsail_instance_support_code: '1/i-1',
      __meta_lightsail_ipv6_addresses: ',fd00::1,fd00::2,', __meta_lightsail_private_ip: '10.0.0.1', __meta_lightsail_public_ip: '1.2.3.4',
      __meta_lightsail_region: 'eu-west-1', __meta_lightsail_tag_a_b: 'c',
    }, { __address__: '10.0.0.2:80', __meta_lightsail_private_ip: '10.0.0.2', __meta_lightsail_region: 'eu-west-1' }])
    const [{ url, headers }, second] = call.requests as [SentRequest, SentRequest]
    assert.deepEqual([url, headers.get('x-amz-target'), headers.get('content-type')], ['https://lightsail.eu-west-1.amazonaws.com/', 'Lightsail_20161128.GetInstances', 'application/x-amz-json-1.1'])
    assert.equal(text(second.body), '{"pageToken":"n"}')
  })
})

describe('discovery.aws', () => {
  for (const [role, host] of [['ec2', 'ec2.eu-west-1.amazonaws.com'], ['lightsail', 'lightsail.eu-west-1.amazonaws.com']] as const) {
    it(`looks where discovery.${role} does`, async () => {
      const call = fakeCall({ fetch: () => (role === 'ec2' ? new Response('<r/>') : Response.json({})) })
      assert.deepEqual(await found(buildComponent(aws, `role = "${role}"\n${keys}`), call), [])
      assert.equal(new URL(call.requests[0]!.url).host, host)
    })
  }

  for (const [more, path] of [
    ['role = "s3"', 'role'], ['role = "msk"', 'role'], ['role = "ec2"\nclusters = ["a"]', 'clusters'], ['role = "ec2"\nrequest_concurrency = 2', 'request_concurrency'],
    ['role = "lightsail"\nfilter {\nname = "a"\nvalues = ["b"]\n}', 'filter'], ['role = "ec2"\nexternal_id = "x"', 'external_id'],
  ] as const) {
    it(`refuses ${path} in ${JSON.stringify(more)}`, () => {
      assert.throws(() => buildComponent(aws, `${more}\n${keys}`), (error: unknown) => error instanceof ArgumentError && error.path.join('.') === path)
    })
  }
})
