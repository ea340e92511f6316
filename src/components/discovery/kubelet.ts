import { defineComponent } from '../contract/define.ts'
import { liveState } from '../contract/live.ts'
import { args, list, string } from '../contract/schema.ts'
import { httpUrl } from '../../transport/arguments.ts'
import { promHttpClient } from '../../transport/client-args.ts'
import { httpClient } from '../../transport/client.ts'
import { shown } from '../../transport/deliver.ts'
import { askJson } from './_shared/ask.ts'
import type { Pod } from './_shared/kubernetes/objects.ts'
import { podTargets } from './_shared/kubernetes/pod.ts'
import { discovers, exports, refreshInterval } from './_shared/targets.ts'

/** Finds targets among the pods of one node, as its kubelet knows them. */
export default defineComponent({
  name: 'discovery.kubelet',
  stability: 'generally-available',
  args: args({
    /** The kubelet's address. */
    url: string({ default: 'https://localhost:10250' }),
    /** How often to ask it. */
    refresh_interval: refreshInterval('5s'),
    /** The namespaces whose pods are targets; all of them unless it names some. */
    namespaces: list(string({ required: true }), { default: [] }),
    ...promHttpClient(),
  }),
  exports,
  state: liveState,
  build(args) {
    const address = httpUrl(args.url, ['url'])
    const url = `${address.url.replace(/\/$/, '')}/pods`
    const client = httpClient(args, [])
    return discovers(args.refresh_interval, async call => {
      const answer = await askJson(call, { url, client, headers: { authorization: address.basic } })
      const pods = (answer as { items?: unknown } | null)?.items ?? []
      if (!Array.isArray(pods)) throw new Error(`${shown(url)} answered with no list of pods`)
      const wanted = (pods as Pod[]).filter(({ metadata }) => args.namespaces.length === 0 || args.namespaces.includes(metadata?.namespace ?? ''))
      return wanted.flatMap(pod => podTargets(pod))
    })
  },
})
