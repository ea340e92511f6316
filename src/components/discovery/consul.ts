import type { Call } from '../contract/call.ts'
import { defineComponent } from '../contract/define.ts'
import { ArgumentError } from '../contract/errors.ts'
import { liveState } from '../contract/live.ts'
import { args, boolean, list, map, secret, string, type Decoded } from '../contract/schema.ts'
import { atMostOne, basicCredentials, httpUrl, present } from '../../transport/arguments.ts'
import { promHttpClient } from '../../transport/client-args.ts'
import { httpClient } from '../../transport/client.ts'
import { askJson } from './_shared/ask.ts'
import { mapBounded } from './_shared/map-bounded.ts'
import { discovers, exports, hostPort, labels, prefixed, refreshInterval, separated, type Target } from './_shared/targets.ts'

const fields = {
  /** The server's address, without a scheme. */
  server: string({ default: 'localhost:8500' }),
  /** A token of Consul's access control. */
  token: secret(),
  /** The datacenter to ask for; the server's own where none is named. */
  datacenter: string({ default: '' }),
  /** The namespace (Consul Enterprise). */
  namespace: string({ default: '' }),
  /** The admin partition (Consul Enterprise). */
  partition: string({ default: '' }),
  /** What stands between, before and behind the tags in their label. */
  tag_separator: string({ default: ',' }),
  /** The scheme of the server's address. */
  scheme: string({ default: 'http' }),
  /** A user name, for basic authentication. */
  username: string({ default: '' }),
  /** The password of that user. */
  password: secret(),
  /** Whether any server may answer, with what it knows. */
  allow_stale: boolean({ default: true }),
  /** The services whose instances are targets; all of them unless it names some. */
  services: list(string({ required: true }), { default: [] }),
  /** Tags that a service must have, all of them. */
  tags: list(string({ required: true }), { default: [] }),
  /** Metadata that a node must have. */
  node_meta: map(string({ required: true }), { default: {} }),
  /** How often to ask. */
  refresh_interval: refreshInterval('30s'),
  ...promHttpClient(),
}

/** Finds targets in the catalogue of a Consul server. */
export default defineComponent({
  name: 'discovery.consul',
  stability: 'generally-available',
  args: args(fields),
  exports,
  state: liveState,
  build(args) {
    const ask = asker(args)
    /** The services to look at: those named, or all of them, that have the tags. */
    const servicesNow = async (call: Call): Promise<string[]> => {
      if (args.services.length > 0 && args.tags.length === 0) return [...args.services]
      const catalog = await ask(call, '/v1/catalog/services') as Readonly<Record<string, readonly string[] | null>>
      const wanted = (name: string, tags: readonly string[]) => (args.services.length === 0 || args.services.includes(name)) && args.tags.every(tag => tags.includes(tag))
      return Object.keys(catalog).filter(name => wanted(name, catalog[name] ?? [])).sort()
    }
    return discovers(args.refresh_interval, async call => {
      const datacenter = args.datacenter === '' ? await ownDatacenter(call, ask) : args.datacenter
      const found = await mapBounded(await servicesNow(call), async name => {
        const instances = await ask(call, `/v1/health/service/${encodeURIComponent(name)}`, args.tags.map(tag => ['tag', tag])) as Instance[]
        return instances.map(instance => toTarget(instance, name, datacenter, args.tag_separator))
      })
      return found.flat()
    })
  },
})

type Ask = (call: Call, path: string, more?: readonly (readonly [string, string])[]) => Promise<unknown>

function asker(args: Decoded<typeof fields>): Ask {
  const { server, scheme, token, username, password, datacenter, namespace, partition, allow_stale, node_meta, authorization, oauth2, basic_auth } = args
  if (server.trim() === '') throw new ArgumentError(['server'], 'consul SD configuration requires a server address')
  const own = username !== '' || present(password)
  if (own && basic_auth !== undefined) throw new ArgumentError(['username'], 'username and password, and basic_auth exclude each other')
  atMostOne({ token, authorization, oauth2 }, [], 'way to authenticate')
  const client = httpClient(args, [], own ? { username: username || password } : {})
  const { url } = httpUrl(`${scheme}://${server}`, ['server'])
  const shared: (readonly [string, string])[] = [
    ...(datacenter === '' ? [] : [['dc', datacenter] as const]), ...(namespace === '' ? [] : [['ns', namespace] as const]),
    ...(partition === '' ? [] : [['partition', partition] as const]), ...(allow_stale ? [['stale', ''] as const] : []),
    ...Object.entries(node_meta).map(([name, value]) => ['node-meta', `${name}:${value}`] as const),
  ]
  const headers = {
    'x-consul-token': present(token) ? token!.reveal() : undefined,
    authorization: own ? basicCredentials(username, password?.reveal() ?? '') : undefined,
  }
  return async (call, path, more = []) => {
    const query = new URLSearchParams([...shared, ...more].map(pair => [...pair])).toString()
    return askJson(call, { url: `${url.replace(/\/$/, '')}${path}${query === '' ? '' : `?${query}`}`, client, headers })
  }
}

async function ownDatacenter(call: Call, ask: Ask): Promise<string> {
  const self = await ask(call, '/v1/agent/self') as { readonly Config?: { readonly Datacenter?: unknown } } | null
  const name = self?.Config?.Datacenter
  if (typeof name !== 'string') throw new Error('the Consul server does not say which datacenter it is in; set datacenter')
  return name
}

/** An entry of the health API. */
interface Instance {
  readonly Node: { readonly Node: string; readonly Address: string; readonly Meta?: Target | null; readonly TaggedAddresses?: Target | null }
  readonly Service: {
    readonly ID: string; readonly Address?: string; readonly Port: number; readonly Tags?: readonly string[] | null
    readonly Meta?: Target | null; readonly Namespace?: string; readonly Partition?: string
  }
  readonly Checks?: readonly { readonly CheckID?: string; readonly Status?: string }[] | null
}

const prefix = '__meta_consul_'

function toTarget({ Node: node, Service: service, Checks: checks }: Instance, name: string, datacenter: string, separator: string): Target {
  return labels({ [`${prefix}service`]: name, [`${prefix}dc`]: datacenter }, {
    // A service may be registered at a node that it does not run on.
    __address__: hostPort(service.Address || node.Address, service.Port),
    [`${prefix}address`]: node.Address,
    [`${prefix}node`]: node.Node,
    [`${prefix}namespace`]: service.Namespace ?? '',
    [`${prefix}partition`]: service.Partition ?? '',
    [`${prefix}tags`]: separated(service.Tags ?? [], separator),
    [`${prefix}service_address`]: service.Address ?? '',
    [`${prefix}service_port`]: String(service.Port),
    [`${prefix}service_id`]: service.ID,
    [`${prefix}health`]: health(checks ?? []),
  }, prefixed(`${prefix}metadata_`, node.Meta), prefixed(`${prefix}service_metadata_`, service.Meta), prefixed(`${prefix}tagged_address_`, node.TaggedAddresses))
}

const statuses = ['critical', 'warning', 'passing']

/** The worst of an instance's checks, as Consul's client sums them up; maintenance is the worst of all, and nothing is said of unknown ones. */
function health(checks: readonly { readonly CheckID?: string; readonly Status?: string }[]): string {
  const isMaintenance = ({ CheckID: id = '' }: { readonly CheckID?: string }) => id === '_node_maintenance' || id.startsWith('_service_maintenance:')
  const others = checks.filter(check => !isMaintenance(check))
  if (others.some(({ Status: status = '' }) => !statuses.includes(status))) return ''
  if (others.length < checks.length) return 'maintenance'
  return statuses.find(status => others.some(check => check.Status === status)) ?? 'passing'
}
