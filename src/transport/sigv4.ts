/** AWS Signature Version 4 over requests to a destination that wants it (Amazon Managed Service for Prometheus). */

import { AwsV4Signer } from 'aws4fetch'
import type { Call } from '../components/contract/call.ts'
import { ArgumentError, retryable } from '../components/contract/errors.ts'
import { block, boolean, secret, string, type Decoded } from '../components/contract/schema.ts'
import { utf8 } from '../lib/bytes.ts'
import { parseRfc3339, rfc3339 } from '../lib/time.ts'
import { WireError } from '../wire/error.ts'
import { parseXml, type XmlElement } from '../wire/xml.ts'
import { present, type Path } from './arguments.ts'
import { kept, patienceMs } from './kept.ts'

const fields = {
  /** The region of the destination. */
  region: string({ default: '' }),
  /** The id of the access key. */
  access_key: string({ default: '' }),
  /** The secret of the access key. */
  secret_key: secret(),
  /** A profile of the AWS configuration files, which there are none of: write the keys instead. */
  profile: string({ default: '' }),
  /** A role to assume; its temporary keys are kept in the isolate. */
  role_arn: string({ default: '' }),
  /** What the role's trust policy asks for beside the caller. */
  external_id: string({ default: '' }),
  /** Whether roles are asked for at a FIPS endpoint. */
  use_fips_sts_endpoint: boolean({ default: false }),
  /** The service that the request is signed for. */
  service_name: string({ default: 'aps' }),
}

/** The `sigv4` block. */
export const sigV4 = () => block(fields)
export type SigV4Args = Decoded<typeof fields>

/** Signs a POST of `body` to `url`: the signature's headers are added to `headers`. */
export type Signer = (url: string, headers: Headers, body: Uint8Array, call: Call) => Promise<void>

/** Keys to sign with; those of a role end. */
interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** A signer by the arguments that stand at `path`; throws ArgumentError for what it cannot sign with. */
export function signer(args: SigV4Args, path: Path): Signer {
  const { region, access_key, secret_key, profile, role_arn, external_id, service_name } = args
  const refuse = (name: string, message: string, hint?: string) => new ArgumentError([...path, name], message, hint === undefined ? {} : { hint })
  if ((access_key === '') !== !present(secret_key)) throw refuse('access_key', 'access_key and secret_key go together')
  if (external_id !== '' && role_arn === '') throw refuse('external_id', 'external_id means nothing without role_arn')
  const write = 'write access_key and secret_key, for instance with sys.env'
  if (profile !== '') throw refuse('profile', 'there are no AWS configuration files to read a profile from', write)
  if (access_key === '') throw refuse('access_key', 'sigv4 needs access_key and secret_key: there is no default chain of credentials here', write)
  if (region === '') throw refuse('region', 'sigv4 needs region')

  const own: Keys = { accessKeyId: access_key, secretAccessKey: secret_key!.reveal() }
  const service = service_name === '' ? 'aps' : service_name
  const keys: (call: Call) => Promise<Keys> = role_arn === '' ? async () => own : kept(call => assumeRole(args, own, call), 'the credentials of a role')
  return async (url, headers, body, call) => sign(await keys(call), { region, service }, url, headers, body, call)
}

async function sign(keys: Keys, scope: { region: string; service: string }, url: string, headers: Headers, body: Uint8Array, call: Call): Promise<void> {
  const { headers: signed } = await new AwsV4Signer({
    method: 'POST', url, headers, body: body as BodyInit, ...keys, ...scope, datetime: rfc3339(call.now()).replace(/[:-]|\.\d{3}/g, ''),
  }).sign()
  for (const name of ['x-amz-date', 'x-amz-security-token', 'authorization']) {
    const value = signed.get(name)
    if (value !== null) headers.set(name, value)
  }
}

/** As long as the SDKs' own assume-role provider asks for. */
const roleSeconds = 900
/** The most of an answer that is read. */
const answerCharacters = 64 * 1024

/** Temporary keys of the role, from AWS' Security Token Service. Rejects with a ConsumeError that quotes no more of the answer than its error's code. */
async function assumeRole({ region, role_arn, external_id, use_fips_sts_endpoint }: SigV4Args, own: Keys, call: Call): Promise<Keys & { expiresAt: number }> {
  const url = `https://sts${use_fips_sts_endpoint ? '-fips' : ''}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`
  const form = new URLSearchParams({
    Action: 'AssumeRole', Version: '2011-06-15', RoleArn: role_arn, RoleSessionName: 'sluice', DurationSeconds: String(roleSeconds),
    ...(external_id !== '' && { ExternalId: external_id }),
  })
  const body = utf8(form.toString())
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' })
  await sign(own, { region, service: 'sts' }, url, headers, body, call)
  let status: number
  let answer: string
  try {
    [status, answer] = await call.within(patienceMs, async (signal) => {
      const response = await call.fetch(url, { method: 'POST', headers, body: body as BodyInit, signal })
      return [response.status, (await response.text()).slice(0, answerCharacters)] as const
    })
  } catch (error) {
    throw retryable(`${url} could not be reached for the role ${role_arn}`, { cause: error })
  }
  const texts = textsOf(answer)
  if (status !== 200) throw retryable(`${url} answered ${status} for the role ${role_arn}${texts['Code'] === undefined ? '' : `: ${texts['Code']}`}`)
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration } = texts
  const expiresAt = parseRfc3339(Expiration ?? '')
  if (!accessKeyId || !secretAccessKey || !sessionToken || expiresAt === undefined) throw retryable(`${url} answered without credentials for the role ${role_arn}`)
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt }
}

/** The texts of an XML document's elements by their names, which are unique where it matters; nothing where it is none. */
function textsOf(document: string): Record<string, string> {
  const texts: Record<string, string> = {}
  const visit = ({ name, text, children }: XmlElement) => {
    texts[name] = text.trim()
    children.forEach(visit)
  }
  try {
    visit(parseXml(document))
  } catch (error) {
    if (!(error instanceof WireError)) throw error
  }
  return texts
}
