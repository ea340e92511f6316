import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { invokerOf } from '../../src/handlers/lambda-invoke.ts'
import { startSink } from '../support/sink.ts'

const env = { AWS_LAMBDA_FUNCTION_NAME: 'my fn', AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 'token' }
const of = (variables: Record<string, string>) => invokerOf(name => variables[name])

describe('invocations of the function by itself', () => {
  it('need what Lambda tells of itself', () => {
    assert.equal(of({}), undefined)
    assert.equal(of({ ...env, AWS_LAMBDA_FUNCTION_NAME: '' }), undefined)
    assert.notEqual(of(env), undefined)
  })

  it('are asynchronous, signed, and repeated when the service is busy', async () => {
    const sink = await startSink()
    try {
      const at = '/2015-03-31/functions/my%20fn/invocations'
      sink.script(at, { status: 429 }, { status: 202 })
      await of({ ...env, AWS_ENDPOINT_URL_LAMBDA: sink.url })!({ a: 1 })
      const sent = sink.take(at)
      assert.equal(sent.length, 2)
      assert.equal(new TextDecoder().decode(sent[1]!.body), '{"a":1}')
      assert.equal(sent[1]!.headers['x-amz-invocation-type'], 'Event')
      assert.equal(sent[1]!.headers['x-amz-security-token'], 'token')
      assert.match(sent[1]!.headers['authorization']!, /Credential=AKID\/\d{8}\/eu-west-1\/lambda\/aws4_request/)
      sink.script(at, { status: 403, body: 'no' })
      await assert.rejects(of({ ...env, AWS_ENDPOINT_URL_LAMBDA: sink.url })!({}), /my fn cannot invoke itself: 403 no; its role needs lambda:InvokeFunction/)
    } finally {
      await sink.stop()
    }
  })
})
