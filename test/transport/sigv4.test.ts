import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { ArgumentError, ConsumeError } from '../../src/components/contract/errors.ts'
import { blanks } from '../../src/components/contract/schema.ts'
import { sigV4, signer, type SigV4Args } from '../../src/transport/sigv4.ts'
import { fakeCall } from '../support/call.ts'

const defaults = blanks(sigV4().fields!) as unknown as SigV4Args
const key = { reveal: () => 'hush' } as unknown as NonNullable<SigV4Args['secret_key']>
const args: SigV4Args = { ...defaults, region: 'eu-west-1', access_key: 'AKID', secret_key: key }

const sha = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')
const hmac = (secret: string | Buffer, data: string) => createHmac('sha256', secret).update(data).digest()

describe('SigV4', () => {
  it('signs as the AWS documentation says', async () => {
    const headers = new Headers({ 'x-prometheus-remote-write-version': '0.1.0' })
    const body = new Uint8Array([1, 2, 3])
    await signer(args, [])('https://aps.test/workspaces/w/api/v1/remote_write', headers, body, fakeCall({ startMs: Date.UTC(2024, 0, 2, 3, 4, 5) }))

    assert.equal(headers.get('x-amz-date'), '20240102T030405Z')
    const signed = 'host;x-amz-date;x-prometheus-remote-write-version'
    const canonical = [
      'POST', '/workspaces/w/api/v1/remote_write', '', 'host:aps.test', 'x-amz-date:20240102T030405Z',
      'x-prometheus-remote-write-version:0.1.0', '', signed, sha(body),
    ].join('\n')
    const scope = '20240102/eu-west-1/aps/aws4_request'
    const toSign = ['AWS4-HMAC-SHA256', '20240102T030405Z', scope, sha(canonical)].join('\n')
    const signing = ['eu-west-1', 'aps', 'aws4_request'].reduce((secret, part) => hmac(secret, part), hmac('AWS4hush', '20240102'))
    const signature = hmac(signing, toSign).toString('hex')
    assert.equal(headers.get('authorization'), `AWS4-HMAC-SHA256 Credential=AKID/${scope}, SignedHeaders=${signed}, Signature=${signature}`)
  })

  const role = (expiration: string) => `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
    <AssumedRoleUser><AssumedRoleId>R:sluice</AssumedRoleId></AssumedRoleUser>
    <Credentials><AccessKeyId>TEMP</AccessKeyId><SecretAccessKey>temp+secret</SecretAccessKey><SessionToken>to/ken==</SessionToken><Expiration>${expiration}</Expiration></Credentials>
  </AssumeRoleResult></AssumeRoleResponse>`
  const startMs = Date.UTC(2024, 0, 2, 3, 4, 5)
  const assumed: SigV4Args = { ...args, role_arn: 'arn:aws:iam::1:role/writer' }
  const signedBy = async (sign: ReturnType<typeof signer>, call: ReturnType<typeof fakeCall>) => {
    const headers = new Headers()
    await sign('https://aps.test/w', headers, new Uint8Array([1]), call)
    return headers
  }

  it('assumes a role, and keeps its keys until they end', async () => {
    const call = fakeCall({ startMs, fetch: () => new Response(role('2024-01-02T03:19:05Z')) })
    const sign = signer({ ...assumed, external_id: 'ours' }, [])
    const headers = await signedBy(sign, call)
    await signedBy(sign, call)
    assert.equal(call.requests.length, 1)
    assert.equal(call.requests[0]!.url, 'https://sts.eu-west-1.amazonaws.com/')
    assert.match(call.requests[0]!.headers.get('authorization')!, /Credential=AKID\/20240102\/eu-west-1\/sts\/aws4_request/)
    assert.deepEqual(Object.fromEntries(new URLSearchParams(new TextDecoder().decode(call.requests[0]!.body))), {
      Action: 'AssumeRole', Version: '2011-06-15', RoleArn: 'arn:aws:iam::1:role/writer', RoleSessionName: 'sluice', DurationSeconds: '900', ExternalId: 'ours',
    })
    assert.equal(headers.get('x-amz-security-token'), 'to/ken==')
    assert.match(headers.get('authorization')!, /Credential=TEMP\/20240102\/eu-west-1\/aps\/.*SignedHeaders=host;x-amz-date;x-amz-security-token,/)
    call.advance(15 * 60_000)
    await signedBy(sign, call)
    assert.equal(call.requests.length, 2)
  })

  it('asks where the region and FIPS have it', async () => {
    for (const [over, url] of [
      [{ use_fips_sts_endpoint: true }, 'https://sts-fips.eu-west-1.amazonaws.com/'], [{ region: 'cn-north-1' }, 'https://sts.cn-north-1.amazonaws.com.cn/'],
    ] as const) {
      const call = fakeCall({ startMs, fetch: () => new Response(role('2024-01-02T03:19:05Z')) })
      await signedBy(signer({ ...assumed, ...over }, []), call)
      assert.equal(call.requests[0]!.url, url)
    }
  })

  it('says why there is no role, and no more of the answer', async () => {
    const cases: [() => Response, RegExp][] = [
      [() => new Response('<ErrorResponse><Error><Code>AccessDenied</Code><Message>hush</Message></Error></ErrorResponse>', { status: 403 }), /answered 403 for the role arn:aws:iam::1:role\/writer: AccessDenied$/],
      [() => new Response('no XML <', { status: 500 }), /answered 500 for the role [^ ]+$/],
      [() => new Response('{}'), /without credentials/],
      [() => new Response(role('soon')), /without credentials/],
      [() => { throw new Error('down') }, /could not be reached/],
    ]
    for (const [fetch, message] of cases) {
      await assert.rejects(signedBy(signer(assumed, []), fakeCall({ startMs, fetch })), (error: unknown) =>
        error instanceof ConsumeError && error.kind === 'retryable' && message.test(error.message) && !error.message.includes('hush'))
    }
  })

  const refused: [string, Partial<SigV4Args>][] = [
    ['access_key', { access_key: '' }],
    ['access_key', { secret_key: undefined }],
    ['access_key', { access_key: '', secret_key: undefined }],
    ['region', { region: '' }],
    ['profile', { profile: 'p' }],
    ['external_id', { external_id: 'x' }],
  ]
  for (const [name, over] of refused) {
    it(`names ${name} for ${JSON.stringify(over)}`, () => {
      assert.throws(() => signer({ ...args, ...over }, ['sigv4']), (error: unknown) => error instanceof ArgumentError && error.path.join('.') === `sigv4.${name}`)
    })
  }
})
