import type { Call } from '../contract/call.ts'
import { defineComponent } from '../contract/define.ts'
import type { DnsRecord, DnsType } from '../contract/dns.ts'
import { ArgumentError } from '../contract/errors.ts'
import { liveState } from '../contract/live.ts'
import { args, integer, list, string } from '../contract/schema.ts'
import { lookupOverHttps } from './_shared/dns-over-https.ts'
import { discovers, exports, hostPort, refreshInterval, type Target } from './_shared/targets.ts'

const types: readonly DnsType[] = ['SRV', 'A', 'AAAA', 'MX', 'NS']

/** Finds targets by records of the DNS: the platform's resolver on Node and Lambda, DNS over HTTPS (SLUICE_DNS_URL) on Workers. */
export default defineComponent({
  name: 'discovery.dns',
  stability: 'generally-available',
  args: args({
    /** The names to ask for. */
    names: list(string({ required: true }), { required: true }),
    /** How often to ask. */
    refresh_interval: refreshInterval('30s'),
    /** The type of the records: SRV, A, AAAA, MX or NS. */
    type: string({ default: 'SRV' }),
    /** The targets' port; SRV records name it themselves. */
    port: integer({ default: 0, min: 0, max: 65_535 }),
  }),
  exports,
  state: liveState,
  build({ names, refresh_interval, type: written, port }) {
    const type = types.find(known => known === written.toUpperCase())
    if (type === undefined && written !== '') throw new ArgumentError(['type'], `invalid DNS-SD records type ${written}`, { hint: `use one of ${types.join(', ')}` })
    if (type !== undefined && type !== 'SRV' && port === 0) {
      throw new ArgumentError(['port'], 'a port is required in DNS-SD configs for all record types except SRV')
    }
    /** What each name said last, for when nobody can tell. */
    const known = new Map<string, readonly Target[]>()
    return discovers(refresh_interval, async call => {
      await Promise.all(names.map(async name => {
        try {
          known.set(name, (await lookup(call, name, type!) ?? []).map(record => toTarget(name, type!, record, port)))
        } catch (error) {
          const problem = error instanceof Error ? error.message : String(error)
          // Where nothing is known of it, the whole list stays as it was last.
          if (!known.has(name)) throw new Error(`${name} cannot be resolved: ${problem}`, { cause: error })
          call.log('error', 'a name cannot be resolved; its last targets stay', { name, err: problem })
        }
      }))
      return names.flatMap(name => known.get(name)!)
    })
  },
})

const lookup = (call: Call, name: string, type: DnsType) => ('lookup' in call.dns ? call.dns.lookup(name, type) : lookupOverHttps(call, call.dns.url, name, type))

/** Every target has every label, as Prometheus makes them. */
function toTarget(name: string, type: DnsType, { value, port: own }: DnsRecord, port: number): Target {
  const of = (wanted: DnsType) => (type === wanted ? value : '')
  const isHost = type !== 'A' && type !== 'AAAA'
  return {
    __address__: hostPort(isHost ? value.replace(/\.+$/, '') : value, own ?? port),
    __meta_dns_name: name,
    __meta_dns_srv_record_target: of('SRV'),
    __meta_dns_srv_record_port: own === undefined ? '' : String(own),
    __meta_dns_mx_record_target: of('MX'),
    __meta_dns_ns_record_target: of('NS'),
  }
}
