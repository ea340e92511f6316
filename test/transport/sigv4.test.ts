import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { ArgumentError } from '../../src/components/contract/errors.ts'
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

  const refused: [string, Partial<SigV4Args>][] = [
    ['access_key', { access_key: '' }],
    ['access_key', { secret_key: undefined }],
    ['access_key', { access_key: '', secret_key: undefined }],
    ['region', { region: '' }],
    ['profile', { profile: 'p' }],
    ['role_arn', { role_arn: 'arn' }],
    ['external_id', { external_id: 'x' }],
  ]
  for (const [name, over] of refused) {
    it(`names ${name} for ${JSON.stringify(over)}`, () => {
      assert.throws(() => signer({ ...args, ...over }, ['sigv4']), (error: unknown) => error instanceof ArgumentError && error.path.join('.') === `sigv4.${name}`)
    })
  }
})
