/** Requests to APIs of AWS: where they are, and how they are signed. */

import type { Call } from '../../contract/call.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { integer, secret, string, type Decoded } from '../../contract/schema.ts'
import { utf8 } from '../../../lib/bytes.ts'
import { httpUrl } from '../../../transport/arguments.ts'
import { promHttpClient } from '../../../transport/client-args.ts'
import { httpClient } from '../../../transport/client.ts'
import { signer } from '../../../transport/sigv4.ts'
import { userAgent } from '../../../transport/user-agent.ts'
import { send } from './ask.ts'
import { refreshInterval } from './targets.ts'

/** The arguments that discovery components of AWS share. */
export const awsFields = () => ({
  /** Another address of the API. */
  endpoint: string({ default: '' }),
  /** The region to look in. */
  region: string({ default: '' }),
  /** The id of the access key. */
  access_key: string({ default: '' }),
  /** The secret of the access key. */
  secret_key: secret(),
  /** A profile of the AWS configuration files. */
  profile: string({ default: '' }),
  /** A role to assume. */
  role_arn: string({ default: '' }),
  /** How often to look. */
  refresh_interval: refreshInterval('60s'),
  /** The targets' port. */
  port: integer({ default: 80, min: 0, max: 65_535 }),
  ...promHttpClient(),
})

export type AwsArgs = Decoded<ReturnType<typeof awsFields>> & { readonly external_id?: string }

export interface AwsService {
  /** As signatures and addresses name it. */
  readonly name: string
  readonly contentType: string
}

/** Sends a body to the API; the text of its answer. Throws ArgumentError where the arguments are not enough to sign with. */
export function awsApi(args: AwsArgs, { name, contentType }: AwsService): (call: Call, body: string, headers?: Readonly<Record<string, string>>) => Promise<string> {
  const { endpoint, region, access_key, secret_key, profile, role_arn, external_id = '' } = args
  const client = httpClient(args, [])
  if (region === '') throw new ArgumentError(['region'], `${name} needs a region`, { hint: 'there is no instance metadata here to ask for one' })
  const sign = signer({ region, access_key, secret_key, profile, role_arn, external_id, use_fips_sts_endpoint: false, service_name: name }, [])
  const { url } = httpUrl(endpoint === '' ? `https://${name}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/` : endpoint, ['endpoint'])
  return async (call, body, more = {}) => {
    const headers = new Headers({ 'user-agent': userAgent, 'content-type': contentType, ...more })
    const bytes = utf8(body)
    await client.authorize(headers, call)
    await sign(url, headers, bytes, call)
    return (await send(call, url, { method: 'POST', headers, body: bytes as BodyInit, redirect: client.redirect })).text
  }
}

/** More pages than any account has. */
export const mostPages = 1_000
