/** AWS Signature Version 4 over requests to a destination that wants it (Amazon Managed Service for Prometheus). */

import { AwsV4Signer } from 'aws4fetch'
import type { Call } from '../components/contract/call.ts'
import { ArgumentError } from '../components/contract/errors.ts'
import { block, boolean, secret, string, type Decoded } from '../components/contract/schema.ts'
import { rfc3339 } from '../lib/time.ts'
import { present, type Path } from './arguments.ts'

const fields = {
  /** The region of the destination. */
  region: string({ default: '' }),
  /** The id of the access key. */
  access_key: string({ default: '' }),
  /** The secret of the access key. */
  secret_key: secret(),
  /** A profile of the AWS configuration files. */
  profile: string({ default: '' }),
  /** A role to assume. */
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

/** A signer by the arguments that stand at `path`; throws ArgumentError for what it cannot sign with. */
export function signer(args: SigV4Args, path: Path): Signer {
  const { region, access_key, secret_key, profile, role_arn, external_id, use_fips_sts_endpoint, service_name } = args
  const refuse = (name: string, message: string, hint?: string) => new ArgumentError([...path, name], message, hint === undefined ? {} : { hint })
  if ((access_key === '') !== !present(secret_key)) throw refuse('access_key', 'access_key and secret_key go together')
  if (external_id !== '' && role_arn === '') throw refuse('external_id', 'external_id means nothing without role_arn')
  const keys = 'write access_key and secret_key, for instance with sys.env'
  if (role_arn !== '' || use_fips_sts_endpoint) throw refuse('role_arn', 'assuming a role is not possible yet', keys)
  if (profile !== '') throw refuse('profile', 'there are no AWS configuration files to read a profile from', keys)
  if (access_key === '') throw refuse('access_key', 'sigv4 needs access_key and secret_key: there is no default chain of credentials here', keys)
  if (region === '') throw refuse('region', 'sigv4 needs region')

  return async (url, headers, body, call) => {
    const { headers: signed } = await new AwsV4Signer({
      method: 'POST', url, headers, body: body as BodyInit,
      accessKeyId: access_key, secretAccessKey: secret_key!.reveal(), region,
      service: service_name === '' ? 'aps' : service_name,
      datetime: rfc3339(call.now()).replace(/[:-]|\.\d{3}/g, ''),
    }).sign()
    for (const name of ['x-amz-date', 'authorization']) headers.set(name, signed.get(name)!)
  }
}
