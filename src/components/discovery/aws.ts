import type { Call } from '../contract/call.ts'
import { defineComponent } from '../contract/define.ts'
import { ArgumentError } from '../contract/errors.ts'
import { liveState } from '../contract/live.ts'
import { args, integer, list, string, type Decoded } from '../contract/schema.ts'
import { awsFields } from './_shared/aws.ts'
import { ec2Finder, filters } from './_shared/find-ec2.ts'
import { lightsailFinder } from './_shared/find-lightsail.ts'
import { discovers, exports, type Target } from './_shared/targets.ts'

const fields = {
  /** The service to look in: ec2 or lightsail. */
  role: string({ required: true }),
  ...awsFields(),
  /** What a role's trust policy asks for beside the caller. */
  external_id: string({ default: '' }),
  /** Which instances are targets, by EC2's own filters. */
  filter: filters(),
  /** The clusters to look in, of roles that have some. */
  clusters: list(string({ required: true }), { default: [] }),
  /** How many requests may be under way at once, of roles that make many. */
  request_concurrency: integer({ default: 0, min: 0 }),
}

/** Finds targets in services of AWS. */
export default defineComponent({
  name: 'discovery.aws',
  stability: 'generally-available',
  args: args(fields),
  exports,
  state: liveState,
  build: args => discovers(args.refresh_interval, finderOf(args)),
})

const known = ['ec2', 'ecs', 'elasticache', 'lightsail', 'msk', 'rds']

function finderOf(args: Decoded<typeof fields>): (call: Call) => Promise<Target[]> {
  const { role, filter, clusters, request_concurrency, external_id, role_arn } = args
  if (external_id !== '' && role_arn === '') throw new ArgumentError(['external_id'], 'external_id means nothing without role_arn')
  if (!known.includes(role)) throw new ArgumentError(['role'], `unsupported role ${JSON.stringify(role)}: must be one of ${known.join(', ')}`)
  if (role !== 'ec2' && role !== 'lightsail') throw new ArgumentError(['role'], `the role ${role} is not possible yet`, { hint: 'ec2 and lightsail are; or let discovery.http ask a service of your own' })
  if (clusters.length > 0) throw new ArgumentError(['clusters'], `clusters is only supported with the ecs, elasticache, msk, and rds roles, not "${role}"`)
  if (request_concurrency !== 0) throw new ArgumentError(['request_concurrency'], `request_concurrency is only supported with the ecs, elasticache, msk, and rds roles, not "${role}"`)
  if (role === 'ec2') return ec2Finder(args)
  if (filter.length > 0) throw new ArgumentError(['filter'], 'filter blocks are only supported with the ec2 and rds roles, not "lightsail"')
  return lightsailFinder(args)
}
