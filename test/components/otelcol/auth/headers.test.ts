import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import headers from '../../../../src/components/otelcol/auth/headers.ts'
import type { AuthHandler } from '../../../../src/components/contract/consume.ts'
import { ConsumeError } from '../../../../src/components/contract/errors.ts'
import { fakeCall } from '../../../support/call.ts'
import { buildComponent } from '../../../support/component.ts'

const client = { metadata: { 'x-scope-orgid': ['tenant-7'], twice: ['a', 'b'] }, auth: { username: 'ann' } }
async function applied(text: string, before: Record<string, string> = {}): Promise<Record<string, string>> {
  const sent = new Headers(before)
  await (buildComponent(headers, text).exports!['handler'] as AuthHandler).authorize!(sent, fakeCall({ client }))
  return Object.fromEntries(sent)
}
const header = (body: string) => `header {\n key = "X-Tenant"\n ${body}\n}\n`

describe('otelcol.auth.headers', () => {
  it('takes values as written, from the request and from its authentication', async () => {
    assert.deepEqual(await applied(header('value = "fixed"')), { 'x-tenant': 'fixed' })
    assert.deepEqual(await applied(header('from_context = "X-Scope-OrgID"')), { 'x-tenant': 'tenant-7' })
    assert.deepEqual(await applied(header('from_attribute = "username"')), { 'x-tenant': 'ann' })
    assert.deepEqual(await applied(header('from_context = "absent"')), { 'x-tenant': '' })
  })

  it('inserts, updates, upserts and deletes', async () => {
    const table = [['insert', 'old', 'new'], ['update', 'new', undefined], ['UPSERT', 'new', 'new'], ['delete', undefined, undefined]] as const
    for (const [action, present, absent] of table) {
      const text = header(`value = "new"\n action = "${action}"`)
      assert.equal((await applied(text, { 'x-tenant': 'old' }))['x-tenant'], present, action)
      assert.equal((await applied(text))['x-tenant'], absent, action)
    }
  })

  it('cannot choose between several values of one request header', async () => {
    await assert.rejects(applied(header('from_context = "twice"')), (error: unknown) => error instanceof ConsumeError && error.kind === 'permanent')
  })

  it('refuses headers without exactly one source, a name or a known action', () => {
    assert.throws(() => buildComponent(headers, header('')), /one of value, from_context, or from_attribute must be provided/)
    assert.throws(() => buildComponent(headers, header('value = "a"\n from_context = "b"')), /only one of/)
    assert.throws(() => buildComponent(headers, header('value = "a"\n action = "merge"')), /unknown action merge/)
    assert.throws(() => buildComponent(headers, 'header {\n key = ""\n value = "a"\n}'), /non-empty/)
  })
})
