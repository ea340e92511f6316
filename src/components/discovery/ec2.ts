import { defineComponent } from '../contract/define.ts'
import { ArgumentError } from '../contract/errors.ts'
import { liveState } from '../contract/live.ts'
import { args, blocks, list, string } from '../contract/schema.ts'
import { parseXml, xmlText } from '../../wire/xml.ts'
import { awsApi, awsFields, mostPages } from './_shared/aws.ts'
import { instanceTargets, zoneIds } from './_shared/ec2.ts'
import { discovers, exports, type Target } from './_shared/targets.ts'

const apiVersion = '2016-11-15'

/** Finds targets among the instances of Amazon EC2. */
export default defineComponent({
  name: 'discovery.ec2',
  stability: 'generally-available',
  args: args({
    ...awsFields(),
    /** Which instances are targets, by EC2's own filters. */
    filter: blocks({
      /** The filter's name. */
      name: string({ required: true }),
      /** The values it lets pass. */
      values: list(string({ required: true }), { required: true }),
    }),
  }),
  exports,
  state: liveState,
  build(args) {
    for (const [i, { name, values }] of args.filter.entries()) {
      if (values.length === 0 && name !== '') throw new ArgumentError(['filter', i, 'values'], 'EC2 SD configuration filter values cannot be empty')
    }
    const post = awsApi(args, { name: 'ec2', contentType: 'application/x-www-form-urlencoded; charset=utf-8' })
    const filters = args.filter.flatMap(({ name, values }, i) =>
      [[`Filter.${i + 1}.Name`, name], ...values.map((value, j) => [`Filter.${i + 1}.Value.${j + 1}`, value])] as [string, string][])
    /** Learned once, as Prometheus does: regions seldom get new zones. */
    let zones: Map<string, string> | undefined
    return discovers(args.refresh_interval, async call => {
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
        const answer = await ask('DescribeInstances', next === '' ? filters : [...filters, ['NextToken', next]])
        targets.push(...instanceTargets(answer, { region: args.region, port: args.port, zones: zones ?? new Map() }))
        next = xmlText(answer, 'nextToken') ?? ''
        if (next === '') return targets
      }
      throw new Error('the list of instances does not come to an end')
    })
  },
})
