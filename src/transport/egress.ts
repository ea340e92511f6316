/**
 * Where requests to addresses that others choose may go. In the cloud a target (or what it redirects to) must not be a way to the
 * platform's own services: link-local and metadata addresses, loopback and private ranges are refused unless the deployment allows
 * them by SLUICE_EGRESS_ALLOW, a list with commas in between:
 *
 *     10.0.0.0/8            a range, or one address
 *     private               loopback, RFC 1918, CGNAT and IPv6's unique local addresses; not what is link-local, nor metadata
 *     db.internal  .svc     a host name, or all below a suffix that begins with a dot
 *     *                     everything
 *
 * Names are judged as they are written: no platform here lets a function look them up before it asks them.
 */

/** What a Call says of it: everything, or what is public and what this list allows. */
export type Egress = 'any' | readonly string[]

interface Range {
  /** 128 bits; IPv4 stands in ::ffff:0:0/96. */
  readonly address: bigint
  readonly bits: number
}

/** What stands before an IPv4 address in IPv6. */
const mapped = 0xffffn << 32n
const low32 = 0xffff_ffffn

const range = (text: string): Range => parseRange(text)!

/** Services of the platform, within ranges that may otherwise be allowed as a whole. */
const metadata = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32', '100.100.100.200', '168.63.129.16'].map(range)
const isPrivate = ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '::1', 'fc00::/7', 'fec0::/10'].map(range)
/** Addresses that no service on the internet has. */
const special = ['0.0.0.0/8', '192.0.0.0/24', '198.18.0.0/15', '224.0.0.0/3', '::', 'ff00::/8'].map(range)

const localName = /(^|\.)(localhost|local|internal|localdomain)$|^(metadata|instance-data)(\.|$)|^[^.]+$/

/** Why `url` may not be asked; undefined when it may. */
export function refusedAddress(url: URL, egress: Egress): string | undefined {
  if (egress === 'any') return undefined
  const host = url.hostname.toLowerCase().replace(/\.$/, '')
  const address = parseAddress(host.replace(/^\[|\]$/g, ''))
  const allowed = egress.some(entry => allows(entry.toLowerCase(), host, address))
  if (allowed) return undefined
  const kind = address === undefined ? (localName.test(host) ? 'a name inside the platform' : undefined) : kindOf(address)
  return kind && `${host} is ${kind}, which is not asked from the cloud; SLUICE_EGRESS_ALLOW can allow it`
}

function allows(entry: string, host: string, address: bigint | undefined): boolean {
  if (entry === '*') return true
  if (entry.startsWith('.')) return address === undefined && host.endsWith(entry)
  if (address === undefined) return entry === host
  if (entry === 'private') return within(address, isPrivate) && !within(address, metadata)
  const own = parseRange(entry)
  return own !== undefined && within(address, [own])
}

function kindOf(address: bigint): string | undefined {
  if (within(address, metadata)) return 'a link-local or metadata address'
  if (within(address, isPrivate)) return 'a private address'
  if (within(address, special)) return 'no address of a service'
  // What carries an IPv4 address in it leads there.
  const inner = embedded(address)
  return inner === undefined ? undefined : kindOf(inner)
}

const within = (address: bigint, ranges: readonly Range[]): boolean =>
  ranges.some(({ address: base, bits }) => (address ^ base) >> BigInt(128 - bits) === 0n)

/** The IPv4 address in one of IPv6 by NAT64, 6to4 or the old compatible form. */
function embedded(address: bigint): bigint | undefined {
  if (address >> 32n === 0x64_ff9bn << 64n) return mapped | (address & low32)
  if (address >> 112n === 0x2002n) return mapped | ((address >> 80n) & low32)
  return address >> 32n === 0n && address > low32 >> 16n ? mapped | address : undefined
}

/** An address with how many of its bits count: all, where there is no slash. */
function parseRange(text: string): Range | undefined {
  const [base = '', bits] = text.split('/')
  const address = parseAddress(base)
  if (address === undefined) return undefined
  const most = base.includes(':') ? 128 : 32
  const count = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : most + 1
  return count > most ? undefined : { address, bits: count + 128 - most }
}

/** An address as URLs write it (dotted decimal, or IPv6 in any form) in 128 bits; undefined for a name. */
export function parseAddress(text: string): bigint | undefined {
  if (!text.includes(':')) {
    const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number)
    if (parts === undefined || parts.some(part => part > 255)) return undefined
    return mapped | parts.reduce((sum, part) => sum << 8n | BigInt(part), 0n)
  }
  // The URL parser knows every spelling of IPv6, and writes one.
  if (!URL.canParse(`http://[${text}]/`)) return undefined
  const [head = '', tail] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const [left, right] = [groups(head), groups(tail ?? '')]
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].reduce((sum, group) => sum << 16n | BigInt(`0x${group}`), 0n)
}
