/** Names to addresses, as a Call offers it. */

export type DnsType = 'A' | 'AAAA' | 'SRV' | 'MX' | 'NS'

/** An address (A, AAAA), or a host's name with its final dot; with a port where the record names one (SRV). */
export interface DnsRecord {
  readonly value: string
  readonly port?: number
}

/** The records of that type, none if the name has none, undefined when there is no such name; rejects when nobody can tell. */
export type DnsLookup = (name: string, type: DnsType) => Promise<readonly DnsRecord[] | undefined>

/** The platform's own resolver, or, where there is none, the server of DNS over HTTPS (RFC 8484) to ask. */
export type Dns = { readonly lookup: DnsLookup } | { readonly url: string }
