/** Looking for instances of Lightsail. */

import type { Call } from '../../contract/call.ts'
import { readJson } from './ask.ts'
import { awsApi, mostPages, type AwsArgs } from './aws.ts'
import { hostPort, labels, prefixed, separated, type Target } from './targets.ts'

const prefix = '__meta_lightsail_'

/** Finds all instances of the region. Throws ArgumentError for arguments that cannot work. */
export function lightsailFinder(args: AwsArgs): (call: Call) => Promise<Target[]> {
  const ask = awsApi(args, { name: 'lightsail', contentType: 'application/x-amz-json-1.1' })
  return async call => {
    const targets: Target[] = []
    let pageToken: string | undefined
    for (let pages = 0; pages < mostPages; pages++) {
      const body = JSON.stringify(pageToken === undefined ? {} : { pageToken })
      const answer = await ask(call, body, { 'x-amz-target': 'Lightsail_20161128.GetInstances' })
      const { instances = [], nextPageToken } = readJson(answer, 'lightsail') as Page
      targets.push(...instances.flatMap(instance => toTarget(instance, args.region, args.port)))
      if (!nextPageToken) return targets
      pageToken = nextPageToken
    }
    throw new Error('the list of instances does not come to an end')
  }
}

interface Page {
  readonly instances?: readonly Instance[]
  readonly nextPageToken?: string | null
}

/** Every field may be absent. */
interface Instance {
  readonly name?: string
  readonly supportCode?: string
  readonly blueprintId?: string
  readonly bundleId?: string
  readonly location?: { readonly availabilityZone?: string }
  readonly state?: { readonly name?: string }
  readonly privateIpAddress?: string
  readonly publicIpAddress?: string
  readonly ipv6Addresses?: readonly string[]
  readonly tags?: readonly { readonly key?: string; readonly value?: string }[]
}

function toTarget(instance: Instance, region: string, port: number): Target[] {
  const { privateIpAddress: address, ipv6Addresses = [] } = instance
  if (address === undefined) return []
  const tags = (instance.tags ?? []).flatMap(({ key, value }) => (key === undefined || value === undefined ? [] : [[key, value] as const]))
  return [labels({
    __address__: hostPort(address, port),
    [`${prefix}private_ip`]: address,
    [`${prefix}region`]: region,
    [`${prefix}availability_zone`]: instance.location?.availabilityZone,
    [`${prefix}blueprint_id`]: instance.blueprintId,
    [`${prefix}bundle_id`]: instance.bundleId,
    [`${prefix}instance_name`]: instance.name,
    [`${prefix}instance_state`]: instance.state?.name,
    [`${prefix}instance_support_code`]: instance.supportCode,
    [`${prefix}public_ip`]: instance.publicIpAddress,
    [`${prefix}ipv6_addresses`]: ipv6Addresses.length === 0 ? undefined : separated(ipv6Addresses),
  }, prefixed(`${prefix}tag_`, Object.fromEntries(tags)))]
}
