import { defineComponent } from '../contract/define.ts'
import { liveState } from '../contract/live.ts'
import { args } from '../contract/schema.ts'
import { awsFields } from './_shared/aws.ts'
import { ec2Finder, filters } from './_shared/find-ec2.ts'
import { discovers, exports } from './_shared/targets.ts'

/** Finds targets among the instances of Amazon EC2. */
export default defineComponent({
  name: 'discovery.ec2',
  stability: 'generally-available',
  args: args({
    ...awsFields(),
    /** Which instances are targets, by EC2's own filters. */
    filter: filters(),
  }),
  exports,
  state: liveState,
  build: args => discovers(args.refresh_interval, ec2Finder(args)),
})
