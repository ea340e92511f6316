/** The resolver of Node, for Node itself and Lambda: the servers and search domains of /etc/resolv.conf. */

import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import type { DnsLookup, DnsRecord, DnsType } from '../components/contract/dns.ts'

/** Answers that are no failure: there is no such name, or it has no records of that type. */
const noSuchName = 'ENOTFOUND'
const noRecords = 'ENODATA'

const ask: Readonly<Record<DnsType, (resolver: Resolver, name: string) => Promise<DnsRecord[]>>> = {
  A: async (resolver, name) => (await resolver.resolve4(name)).map(value => ({ value })),
  AAAA: async (resolver, name) => (await resolver.resolve6(name)).map(value => ({ value })),
  SRV: async (resolver, name) => (await resolver.resolveSrv(name)).map(({ name: host, port }) => ({ value: rooted(host), port })),
  MX: async (resolver, name) => (await resolver.resolveMx(name)).map(({ exchange }) => ({ value: rooted(exchange) })),
  NS: async (resolver, name) => (await resolver.resolveNs(name)).map(host => ({ value: rooted(host) })),
}

const rooted = (host: string) => `${host}.`

/** Looks a name up under each search domain that applies, until one of them is known. */
export const lookup: DnsLookup = async (name, type) => {
  const resolver = new Resolver({ timeout: 5_000, tries: 2 })
  let failure: Error | undefined
  for (const candidate of candidates(name, await readFile('/etc/resolv.conf', 'utf8').catch(() => ''))) {
    try {
      return await ask[type](resolver, candidate)
    } catch (error) {
      const { code } = error as { code?: string }
      if (code === noRecords) return []
      if (code !== noSuchName) failure = error as Error
    }
  }
  // One server that could not tell means that nobody knows whether there is such a name.
  if (failure !== undefined) throw failure
  return undefined
}

/** The names to try for a name as resolv.conf has it: those of its search domains after it, or before it where it has few dots. */
export function candidates(name: string, resolvConf: string): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const lines = resolvConf.split('\n').map(line => line.replace(/[#;].*$/, '').trim().split(/\s+/))
  const search = lines.findLast(([keyword]) => keyword === 'search' || keyword === 'domain')?.slice(1) ?? []
  const option = lines.filter(([keyword]) => keyword === 'options').flat().findLast(word => word.startsWith('ndots:'))
  const dots = Number(option?.slice('ndots:'.length) ?? 1)
  const searched = search.map(domain => `${name}.${domain.replace(/\.$/, '')}`)
  return name.split('.').length - 1 >= dots ? [name, ...searched] : [...searched, name]
}
