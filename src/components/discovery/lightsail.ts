import { defineComponent } from '../contract/define.ts'
import { liveState } from '../contract/live.ts'
import { args } from '../contract/schema.ts'
import { awsFields } from './_shared/aws.ts'
import { lightsailFinder } from './_shared/find-lightsail.ts'
import { discovers, exports } from './_shared/targets.ts'

/** Finds targets among the instances of Amazon Lightsail. */
export default defineComponent({
  name: 'discovery.lightsail',
  stability: 'generally-available',
  args: args(awsFields()),
  exports,
  state: liveState,
  build: args => discovers(args.refresh_interval, lightsailFinder(args)),
})
