/** Tokens of Google Cloud for Managed Service for Prometheus, by the key of a service account (RFC 7523). */

import type { Call } from '../../contract/call.ts'
import { ArgumentError, ConsumeError } from '../../contract/errors.ts'
import { block, string, type Decoded } from '../../contract/schema.ts'
import { base64, fromBase64, utf8 } from '../../../lib/bytes.ts'
import { present, type Path } from '../../../transport/arguments.ts'
import { secretFile } from '../../../transport/client.ts'
import { grantSource } from '../../../transport/oauth2.ts'

const fields = {
  /** A file with the key of a service account. */
  credentials_file: string({ reads: 'secret' }),
}

/** The `google_iam` block. */
export const googleIam = () => block(fields)

const scope = 'https://www.googleapis.com/auth/monitoring.write'
const defaultUrl = 'https://oauth2.googleapis.com/token'
const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const lifetimeSeconds = 3600

/** A source of Authorization headers by the arguments that stand at `path`; throws ArgumentError without a key. */
export function googleTokens({ credentials_file }: Decoded<typeof fields>, path: Path): (call: Call) => Promise<string> {
  if (!present(credentials_file)) {
    throw new ArgumentError([...path, 'credentials_file'], 'google_iam needs credentials_file: default credentials are those of a host in Google Cloud', {
      hint: 'name a file with the key of a service account',
    })
  }
  return grantSource(async (call) => {
    const key = readKey(await secretFile(credentials_file!, call), credentials_file!)
    return { url: key.url, form: { grant_type, assertion: await assertion(key, Math.floor(call.now() / 1000)) } }
  })
}

interface Key { readonly account: string; readonly id: string; readonly pkcs8: Uint8Array; readonly url: string; readonly file: string }

/** The key in a file's text, of which nothing is quoted. */
function readKey(content: string, file: string): Key {
  const wrong = (problem: string) => new ConsumeError('retryable', `the file ${file} ${problem}`, { status: 500 })
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch {
    throw wrong('is no JSON')
  }
  const { type, client_email, private_key, private_key_id, token_uri } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (type !== 'service_account') throw wrong('is not the key of a service account')
  if (typeof client_email !== 'string' || typeof private_key !== 'string') throw wrong('has no client_email or no private_key')
  const body = /-----BEGIN PRIVATE KEY-----([\s\S]+?)-----END PRIVATE KEY-----/.exec(private_key)?.[1]
  const pkcs8 = body === undefined ? undefined : fromBase64(body.replace(/\s/g, ''))
  if (pkcs8 === undefined) throw wrong('has a private_key that is no PEM')
  const url = typeof token_uri === 'string' && URL.canParse(token_uri) ? token_uri : defaultUrl
  return { account: client_email, id: typeof private_key_id === 'string' ? private_key_id : '', pkcs8, url, file }
}

/** A signed statement of who asks. */
async function assertion({ account, id, pkcs8, url, file }: Key, seconds: number): Promise<string> {
  const part = (value: object) => base64Url(utf8(JSON.stringify(value)))
  const claims = { iss: account, scope, aud: url, iat: seconds, exp: seconds + lifetimeSeconds }
  const content = `${part({ alg: 'RS256', typ: 'JWT', ...(id !== '' && { kid: id }) })}.${part(claims)}`
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  // eslint-disable-next-line no-restricted-globals -- signatures of PKCS #1 v1.5 take no chance, so the same key and time sign alike
  const { subtle } = crypto
  try {
    const key = await subtle.importKey('pkcs8', pkcs8 as BufferSource, algorithm, false, ['sign'])
    return `${content}.${base64Url(new Uint8Array(await subtle.sign(algorithm, key, utf8(content) as BufferSource)))}`
  } catch (error) {
    throw new ConsumeError('retryable', `the file ${file} has a private_key that cannot sign`, { status: 500, cause: error })
  }
}

const base64Url = (bytes: Uint8Array) => base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
