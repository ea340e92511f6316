/** Instances of EC2, as its API writes them in XML, and the targets made of them. */

import { xmlItems, xmlText, type XmlElement } from '../../../wire/xml.ts'
import { hostPort, labels, prefixed, separated, type Target } from './targets.ts'

const prefix = '__meta_ec2_'

export interface Surroundings {
  readonly region: string
  readonly port: number
  /** Zone ids by zone; empty where they could not be learned. */
  readonly zones: ReadonlyMap<string, string>
}

/** The targets of an answer to DescribeInstances. */
export function instanceTargets(answer: XmlElement, around: Surroundings): Target[] {
  return xmlItems(answer, 'reservationSet').flatMap(reservation =>
    xmlItems(reservation, 'instancesSet').flatMap(instance => toTarget(instance, xmlText(reservation, 'ownerId'), around)))
}

/** Zone ids by zone, of an answer to DescribeAvailabilityZones. */
export function zoneIds(answer: XmlElement): Map<string, string> {
  return new Map(xmlItems(answer, 'availabilityZoneInfo').map(zone => [xmlText(zone, 'zoneName') ?? '', xmlText(zone, 'zoneId') ?? '']))
}

function toTarget(instance: XmlElement, owner: string | undefined, { region, port, zones }: Surroundings): Target[] {
  const of = (...path: string[]) => xmlText(instance, ...path)
  const filled = (...path: string[]) => of(...path) || undefined
  const vpc = of('vpcId')
  const { standard, primary, all } = ipv6Of(instance, vpc !== undefined)
  const address = of('privateIpAddress') ?? standard
  if (address === undefined) return []
  const zone = of('placement', 'availabilityZone') ?? ''
  const subnets = xmlItems(instance, 'networkInterfaceSet').flatMap(network => xmlText(network, 'subnetId') ?? [])
  const tags = xmlItems(instance, 'tagSet').flatMap(tag => {
    const [key, value] = [xmlText(tag, 'key'), xmlText(tag, 'value')]
    return key === undefined || value === undefined ? [] : [[key, value] as const]
  })
  const isPublic = of('ipAddress') !== undefined
  const named: Readonly<Record<string, string | undefined>> = {
    instance_id: of('instanceId'),
    region,
    owner_id: owner,
    default_ipv6_address: standard,
    private_ip: of('privateIpAddress'),
    private_dns_name: of('privateDnsName'),
    platform: filled('platform'),
    public_ip: of('ipAddress'),
    public_dns_name: isPublic ? of('dnsName') ?? '' : undefined,
    primary_ipv6_addresses: primary.length === 0 ? undefined : separated(primary),
    ipv6_addresses: all.length === 0 ? undefined : separated(all),
    ami: of('imageId') ?? '',
    availability_zone: zone,
    availability_zone_id: zones.get(zone) ?? '',
    instance_state: of('instanceState', 'name') ?? '',
    instance_type: of('instanceType') ?? '',
    instance_lifecycle: filled('instanceLifecycle'),
    architecture: filled('architecture'),
    vpc_id: vpc,
    primary_subnet_id: vpc === undefined ? undefined : of('subnetId') ?? '',
    subnet_id: vpc === undefined ? undefined : separated([...new Set(subnets)]),
  }
  return [labels(
    { __address__: hostPort(address, port) },
    Object.fromEntries(Object.entries(named).map(([name, value]) => [prefix + name, value])),
    prefixed(`${prefix}tag_`, Object.fromEntries(tags)),
  )]
}

/** More network interfaces than an instance has; an index above it is damage. */
const mostDevices = 1024

/** IPv6 addresses of an instance in a VPC; primary ones stand at the index of their device, with empty places between. */
function ipv6Of(instance: XmlElement, inVpc: boolean): { standard: string | undefined; primary: string[]; all: string[] } {
  const primary: string[] = []
  const all: string[] = []
  for (const network of inVpc ? xmlItems(instance, 'networkInterfaceSet') : []) {
    if (xmlText(network, 'subnetId') === undefined) continue
    const device = Number(xmlText(network, 'attachment', 'deviceIndex') ?? 0)
    for (const entry of xmlItems(network, 'ipv6AddressesSet')) {
      const address = xmlText(entry, 'ipv6Address') ?? ''
      all.push(address)
      if (xmlText(entry, 'isPrimaryIpv6') !== 'true' || !(device >= 0 && device < mostDevices)) continue
      while (primary.length <= device) primary.push('')
      primary[device] = address
    }
  }
  return { standard: [...primary, ...all].find(address => address !== ''), primary, all }
}
