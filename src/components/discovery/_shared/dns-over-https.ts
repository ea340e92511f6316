/** DNS over HTTPS (RFC 8484), where a platform has no resolver. */

import type { Call } from '../../contract/call.ts'
import type { DnsRecord, DnsType } from '../../contract/dns.ts'
import { shown } from '../../../transport/deliver.ts'
import { decodeDnsReply, encodeDnsQuery } from '../../../wire/dns.ts'
import { sendForBytes } from './ask.ts'

const mediaType = 'application/dns-message'
const timeoutMs = 10_000
const noSuchName = 3

/** The records of a name, as the server at `url` knows them; see `DnsLookup`. */
export async function lookupOverHttps(call: Call, url: string, name: string, type: DnsType): Promise<readonly DnsRecord[] | undefined> {
  const { bytes } = await sendForBytes(call, url, {
    method: 'POST',
    headers: { 'content-type': mediaType, accept: mediaType },
    body: encodeDnsQuery(name, type) as BodyInit,
  }, timeoutMs)
  const { code, answers } = decodeDnsReply(bytes, type)
  if (code === noSuchName) return undefined
  if (code !== 0) throw new Error(`${shown(url)} answered with the DNS code ${code}`)
  return answers
}
