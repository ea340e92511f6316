import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import bearer from '../../../../src/components/otelcol/auth/bearer.ts'
import type { AuthHandler } from '../../../../src/components/contract/consume.ts'
import { fakeCall } from '../../../support/call.ts'
import { buildComponent } from '../../../support/component.ts'

const handlerOf = (text: string) => buildComponent(bearer, text).exports!['handler'] as AuthHandler
async function sent(handler: AuthHandler, header: string): Promise<string | null> {
  const headers = new Headers()
  await handler.authorize!(headers, fakeCall())
  return headers.get(header)
}

describe('otelcol.auth.bearer', () => {
  it('sends the token behind its scheme, in its header', async () => {
    assert.equal(await sent(handlerOf('token = "abc"'), 'authorization'), 'Bearer abc')
    assert.equal(await sent(handlerOf('token = "abc"\nscheme = ""'), 'authorization'), 'abc')
    assert.equal(await sent(handlerOf('token = "abc"\nscheme = "Api"\nheader = "X-Key"'), 'x-key'), 'Api abc')
  })

  it('lets in the whole header and nothing else', async () => {
    const handler = handlerOf('token = "abc"')
    const known = (value?: string) => handler.authenticate!(new Headers(value === undefined ? {} : { authorization: value }), fakeCall())
    assert.deepEqual(await known('Bearer abc'), {})
    for (const value of [undefined, 'abc', 'Bearer', 'Bearer ab', 'Bearer abcd', 'bearer abc']) assert.equal(await known(value), undefined, value)
  })

  it('refuses what no header can carry', () => {
    assert.throws(() => handlerOf('token = "abc\\n"'), /line break/)
    assert.throws(() => handlerOf('token = "abc"\nheader = "not a name"'), /not the name of a header/)
    assert.throws(() => handlerOf(''), /missing-attribute token/)
  })
})
