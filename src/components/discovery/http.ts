import { defineComponent } from '../contract/define.ts'
import { liveState } from '../contract/live.ts'
import { args, string } from '../contract/schema.ts'
import { httpUrl } from '../../transport/arguments.ts'
import { promHttpClient } from '../../transport/client-args.ts'
import { httpClient } from '../../transport/client.ts'
import { shown } from '../../transport/deliver.ts'
import { ask, readJson } from './_shared/ask.ts'
import { readGroups } from './_shared/groups.ts'
import { discovers, exports, refreshInterval } from './_shared/targets.ts'

/** Finds targets in a list that an HTTP server answers. */
export default defineComponent({
  name: 'discovery.http',
  stability: 'generally-available',
  args: args({
    /** Where the list is. */
    url: string({ required: true }),
    /** How often to ask for it. */
    refresh_interval: refreshInterval('60s'),
    ...promHttpClient(),
  }),
  exports,
  state: liveState,
  build(args) {
    const { url, basic } = httpUrl(args.url, ['url'])
    const client = httpClient(args, [])
    const headers = {
      accept: 'application/json',
      'x-prometheus-refresh-interval-seconds': String(args.refresh_interval / 1000),
      authorization: basic,
    }
    return discovers(args.refresh_interval, async call => {
      const { headers: answered, text } = await ask(call, { url, client, headers, timeoutMs: args.refresh_interval })
      const type = answered.get('content-type') ?? ''
      if (!isJson(type)) throw new Error(`${shown(url)} answered with the content type ${JSON.stringify(type)}; only application/json is read`)
      return readGroups(readJson(text, url), { __meta_url: url })
    })
  },
})

/** As Prometheus takes it: no other parameter than a charset, which is UTF-8. */
const isJson = (type: string): boolean => /^application\/json(;\s*charset=("utf-8"|utf-8))?$/i.test(type.trim())
