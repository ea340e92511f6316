import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import basic from '../../../../src/components/otelcol/auth/basic.ts'
import type { AuthHandler } from '../../../../src/components/contract/consume.ts'
import { ArgumentError, ConsumeError } from '../../../../src/components/contract/errors.ts'
import { fakeCall, type FakeCall } from '../../../support/call.ts'
import { buildComponent, problemsOf } from '../../../support/component.ts'

const handlerOf = (text: string) => buildComponent(basic, text).exports!['handler'] as AuthHandler
const credentials = (user: string, password: string) => new Headers({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` })
const knows = (handler: AuthHandler, user: string, password: string, call: FakeCall = fakeCall()) => handler.authenticate!(credentials(user, password), call)

describe('otelcol.auth.basic', () => {
  it('sends client_auth, and the old pair without it', async () => {
    for (const text of ['client_auth {\n username = "ann"\n password = "gräfin:1"\n}', 'username = "ann"\npassword = "gräfin:1"']) {
      const headers = new Headers()
      await handlerOf(text).authorize!(headers, fakeCall())
      assert.equal(headers.get('authorization'), credentials('ann', 'gräfin:1').get('authorization'))
    }
  })

  it('reads user and password from files, without the white space around them', async () => {
    const headers = new Headers()
    const call = fakeCall({ files: { '/etc/user': 'ann\n', '/etc/word': ' secret \n' } })
    await handlerOf('client_auth {\n username_file = "/etc/user"\n password_file = "/etc/word"\n}').authorize!(headers, call)
    assert.equal(headers.get('authorization'), credentials('ann', 'secret').get('authorization'))
  })

  it('reports a file that cannot be read as retryable', async () => {
    const handler = handlerOf('client_auth {\n username = "ann"\n password_file = "/gone"\n}')
    await assert.rejects(handler.authorize!(new Headers(), fakeCall()), (error: unknown) => error instanceof ConsumeError && error.kind === 'retryable' && error.message.includes('/gone'))
  })

  it('lets in plain, SHA-1, salted SHA-1 and bcrypt entries with the right password only', async () => {
    const handler = handlerOf(`htpasswd {
      inline = "plain:open sesame\\nsha:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\\nssha:{SSHA}yI6cZwQadOA1e+/f+T+H3eCQQhRzYWx0\\nbc:$2y$04$4R7mO4tGlsg2A0O1/SkBtOlpBaIbNS8gy1YituBTtCa9PP7lD2YP2\\n"
    }`)
    for (const user of ['plain', 'sha', 'ssha', 'bc']) {
      const right = user === 'plain' ? 'open sesame' : 'password'
      assert.equal((await knows(handler, user, right))?.['username'], user, user)
      assert.equal((await knows(handler, user, right))?.['username'], user, `${user} again`)
      assert.equal(await knows(handler, user, `${right}x`), undefined, user)
      assert.equal(await knows(handler, user, ''), undefined, user)
    }
    assert.equal(await knows(handler, 'nobody', 'password'), undefined)
    assert.equal(handler.challenge, 'Basic')
  })

  it('takes the last entry of a user, and inline over file', async () => {
    const handler = handlerOf('htpasswd {\n file = "users"\n inline = "ann:inline"\n}')
    const call = fakeCall({ files: { users: 'ann:file\nbob:one\nbob:two' } })
    assert.equal(await knows(handler, 'ann', 'file', call), undefined)
    assert.ok(await knows(handler, 'ann', 'inline', call))
    assert.equal(await knows(handler, 'bob', 'one', call), undefined)
    assert.ok(await knows(handler, 'bob', 'two', call))
  })

  it('ignores entries of a file that it cannot use, and says so', async () => {
    const call = fakeCall({ files: { users: 'ann:$apr1$salt$hash\nbob:fine\njunk' } })
    const handler = handlerOf('htpasswd {\n file = "users"\n}')
    assert.ok(await knows(handler, 'bob', 'fine', call))
    assert.equal(await knows(handler, 'ann', '$apr1$salt$hash', call), undefined)
    assert.equal(call.logs.length, 2)
  })

  it('knows nobody by a header that is not Basic', async () => {
    const handler = handlerOf('htpasswd {\n inline = "ann:x"\n}')
    for (const value of ['', 'Bearer abc', 'Basic', 'Basic ***', `Basic ${Buffer.from('no colon').toString('base64')}`]) {
      assert.equal(await handler.authenticate!(new Headers(value === '' ? {} : { authorization: value }), fakeCall()), undefined, value)
    }
  })

  it('has only the sides that it has credentials for', () => {
    assert.equal(handlerOf('htpasswd {\n inline = "ann:x"\n}').authorize, undefined)
    assert.equal(handlerOf('client_auth {\n username = "a"\n password = "b"\n}').authenticate, undefined)
  })

  it('refuses configurations without credentials or with hashes it cannot check', () => {
    assert.throws(() => handlerOf(''), new ArgumentError([], 'no credential source provided'))
    assert.throws(() => handlerOf('username = "ann"'), new ArgumentError(['username'], 'no password provided'))
    assert.throws(() => handlerOf('htpasswd {\n inline = "ann:$apr1$x$y"\n}'), /bcrypt/)
    assert.deepEqual(problemsOf(basic, 'usrname = "a"'), ['unknown-attribute usrname'])
  })
})
