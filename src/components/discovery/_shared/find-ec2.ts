/** Looking for instances of EC2. */

import type { Call } from '../../contract/call.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { blocks, list, string } from '../../contract/schema.ts'
import { parseXml, xmlText } from '../../../wire/xml.ts'
import { awsApi, mostPages, type AwsArgs } from './aws.ts'
import { instanceTargets, zoneIds } from './ec2.ts'
import type { Target } from './targets.ts'

const apiVersion = '2016-11-15'

/** The `filter` block. */
export const filters = () => blocks({
  /** The filter's name. */
  name: string({ required: true }),
  /** The values it lets pass. */
  values: list(string({ required: true }), { required: true }),
})

interface Filtered {
  readonly filter: readonly { readonly name: string; readonly values: readonly string[] }[]
}

/** Finds the instances that the filters let pass. Throws ArgumentError for arguments that cannot work. */
export function ec2Finder(args: AwsArgs & Filtered): (call: Call) => Promise<Target[]> {
  for (const [i, { name, values }] of args.filter.entries()) {
    if (values.length === 0 && name !== '') throw new ArgumentError(['filter', i, 'values'], 'EC2 SD configuration filter values cannot be empty')
  }
  const post = awsApi(args, { name: 'ec2', contentType: 'application/x-www-form-urlencoded; charset=utf-8' })
  const wanted = args.filter.flatMap(({ name, values }, i) =>
    [[`Filter.${i + 1}.Name`, name], ...values.map((value, j) => [`Filter.${i + 1}.Value.${j + 1}`, value])] as [string, string][])
  /** Learned once, as Prometheus does: regions seldom get new zones. */
  let zones: Map<string, string> | undefined
  return async call => {
    const ask = async (action: string, parameters: readonly [string, string][]) =>
      parseXml(await post(call, new URLSearchParams([['Action', action], ['Version', apiVersion], ...parameters].map(pair => [...pair])).toString()))
    try {
      zones ??= zoneIds(await ask('DescribeAvailabilityZones', []))
    } catch (error) {
      call.log('debug', 'availability zones cannot be described', { err: error instanceof Error ? error.message : String(error) })
    }
    const targets: Target[] = []
    let next = ''
    for (let pages = 0; pages < mostPages; pages++) {
      const answer = await ask('DescribeInstances', next === '' ? wanted : [...wanted, ['NextToken', next]])
      targets.push(...instanceTargets(answer, { region: args.region, port: args.port, zones: zones ?? new Map() }))
      next = xmlText(answer, 'nextToken') ?? ''
      if (next === '') return targets
    }
    throw new Error('the list of instances does not come to an end')
  }
}
