import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ArgumentError, ConsumeError } from '../../src/components/contract/errors.ts'
import { blanks } from '../../src/components/contract/schema.ts'
import { promHttpClient, type OAuth2Args } from '../../src/transport/client-args.ts'
import { tokenSource } from '../../src/transport/oauth2.ts'
import { fakeCall, type Answer } from '../support/call.ts'

const defaults = blanks(promHttpClient().oauth2.fields!) as unknown as OAuth2Args
const args: OAuth2Args = {
  ...defaults, client_id: 'id', client_secret_file: '/secret', token_url: 'https://auth.test/token', scopes: ['a', 'b'], endpoint_params: { audience: 'x' },
}
const source = () => tokenSource(args, async () => 's&cret', ['oauth2'])
const json = (body: object, status = 200) => Response.json(body, { status })
const form = (body: Uint8Array) => Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body)))

describe('OAuth2 client credentials', () => {
  it('asks once and keeps the token until shortly before it expires', async () => {
    const call = fakeCall({ fetch: (_, n) => json({ access_token: `t${n}`, token_type: 'bearer', expires_in: 60 }) })
    const token = source()
    assert.equal(await token(call), 'Bearer t0')
    call.advance(49_000)
    assert.equal(await token(call), 'Bearer t0')
    call.advance(2_000)
    assert.equal(await token(call), 'Bearer t1')
    const [first] = call.requests
    assert.deepEqual(form(first!.body), { grant_type: 'client_credentials', scope: 'a b', audience: 'x' })
    assert.equal(first!.headers.get('authorization'), `Basic ${btoa('id:s%26cret')}`)
  })

  it('asks once for all calls that wait', async () => {
    const call = fakeCall({ fetch: () => json({ access_token: 't' }) })
    const token = source()
    assert.deepEqual(await Promise.all([token(call), token(call), token(call)]), ['Bearer t', 'Bearer t', 'Bearer t'])
    assert.equal(call.requests.length, 1)
  })

  it('does not wait for ever for a request that another call began', async () => {
    const token = source()
    const lost = fakeCall({ fetch: () => new Promise<Response>(() => undefined) })
    token(lost).catch(() => undefined)
    const later = fakeCall({ startMs: lost.now() + 11_000, fetch: () => json({ access_token: 'fresh' }) })
    assert.equal(await token(later), 'Bearer fresh')
  })

  it('ends with the call that waits', async () => {
    const ending = new AbortController()
    const token = source()
    const waiting = token(fakeCall({ fetch: () => new Promise<Response>(() => undefined), signal: ending.signal }))
    ending.abort()
    await assert.rejects(waiting, (error: unknown) => error instanceof ConsumeError && error.kind === 'retryable')
  })

  it('puts the secret into the form where the endpoint wants it there, and remembers', async () => {
    const answer: Answer = request => (request.headers.has('authorization') ? json({}, 401) : json({ access_token: 't', expires_in: 11 }))
    const call = fakeCall({ fetch: answer })
    const token = source()
    assert.equal(await token(call), 'Bearer t')
    assert.equal(form(call.requests[1]!.body)['client_secret'], 's&cret')
    call.advance(5_000)
    await token(call)
    assert.equal(call.requests.length, 3)
  })

  it('reads tokens in a form too', async () => {
    const call = fakeCall({ fetch: () => new Response('access_token=t&token_type=mac', { headers: { 'content-type': 'text/plain' } }) })
    assert.equal(await source()(call), 'MAC t')
  })

  it('fails as retryable, and asks again, without quoting the answer', async () => {
    const answers = [() => json({ error: 's&cret' }, 500), () => new Response('{'), () => json({ token: 1 }), () => json({ access_token: 'ok' })]
    const call = fakeCall({ fetch: (_, n) => answers[n]!() })
    const token = source()
    for (const said of [/answered 500/, /without an access_token/, /without an access_token/]) {
      await assert.rejects(token(call), (error: unknown) => error instanceof ConsumeError && error.kind === 'retryable' && said.test(error.message) && !error.message.includes('s&cret'))
    }
    assert.equal(await token(call), 'Bearer ok')
  })

  it('refuses arguments that cannot work', () => {
    const build = (over: Partial<OAuth2Args>) => () => tokenSource({ ...args, ...over }, async () => '', ['oauth2'])
    const names = (name: string) => (error: unknown) => error instanceof ArgumentError && error.path.at(-1) === name
    assert.throws(build({ client_id: '' }), names('client_id'))
    assert.throws(build({ token_url: '' }), names('token_url'))
    assert.throws(build({ token_url: 'not a url' }), names('token_url'))
    assert.throws(build({ client_secret_file: '' }), names('oauth2'))
  })
})
