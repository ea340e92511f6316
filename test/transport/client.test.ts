import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineComponent } from '../../src/components/contract/define.ts'
import { ArgumentError, ConsumeError } from '../../src/components/contract/errors.ts'
import { promHttpClient } from '../../src/transport/client-args.ts'
import { httpClient, type HttpClient } from '../../src/transport/client.ts'
import { fakeCall, type FakeCallOptions } from '../support/call.ts'
import { buildComponent, problemsOf } from '../support/component.ts'

const definition = defineComponent({
  name: 'test.client',
  stability: 'generally-available',
  args: promHttpClient(),
  build: args => ({ exports: { client: httpClient(args, []) } }),
})

const clientOf = (text: string) => buildComponent(definition, text).exports!['client'] as HttpClient

async function headersOf(text: string, options: FakeCallOptions = {}): Promise<Headers> {
  const headers = new Headers()
  await clientOf(text).authorize(headers, fakeCall(options))
  return headers
}

const refused = (text: string, path: (string | number)[], message: RegExp) =>
  assert.throws(() => clientOf(text), (error: unknown) => {
    assert.ok(error instanceof ArgumentError, String(error))
    assert.deepEqual(error.path, path)
    assert.match(error.message, message)
    return true
  })

describe('HTTP client arguments: credentials', () => {
  const cases: [string, string, string | null][] = [
    ['nothing', '', null],
    ['basic_auth', 'basic_auth { username = "ann"\n password = "pä:ss" }', `Basic ${Buffer.from('ann:pä:ss').toString('base64')}`],
    ['basic_auth from a file', 'basic_auth { username = "ann"\n password_file = "/pw" }', `Basic ${Buffer.from('ann:from file').toString('base64')}`],
    ['authorization', 'authorization { credentials = "abc" }', 'Bearer abc'],
    ['authorization of a type', 'authorization { type = " GenieKey "\n credentials_file = "/pw" }', 'GenieKey from file'],
    ['bearer_token', 'bearer_token = "tok"', 'Bearer tok'],
    ['bearer_token_file', 'bearer_token_file = "/pw"', 'Bearer from file'],
    ['an empty bearer_token is none', 'bearer_token = ""\nbasic_auth { username = "u" }', `Basic ${btoa('u:')}`],
  ]
  for (const [name, text, expected] of cases) {
    it(name, async () => {
      const headers = await headersOf(text, { files: { '/pw': 'from file\n' } })
      assert.equal(headers.get('authorization'), expected)
    })
  }

  it('a file that is missing is a failure to try again, named without its content', async () => {
    await assert.rejects(headersOf('bearer_token_file = "/none"'), (error: unknown) =>
      error instanceof ConsumeError && error.kind === 'retryable' && error.message.includes('/none'))
  })

  it('credentials that no header can carry are not quoted', async () => {
    for (const token of ['a\\nhidden', 'hidden\u2603']) {
      await assert.rejects(headersOf(`bearer_token = "${token}"`), (error: unknown) =>
        error instanceof ConsumeError && error.status === 500 && !`${error.stack} ${String(error.cause)}`.includes('hidden'))
    }
  })

  it('refuses what excludes each other, with both names', () => {
    refused('basic_auth { }\nbearer_token = "x"', ['bearer_token'], /basic_auth and bearer_token exclude each other/)
    refused('oauth2 { }\nauthorization { }', ['oauth2'], /authorization and oauth2/)
    refused('basic_auth { password = "a"\n password_file = "b" }', ['basic_auth', 'password_file'], /password and password_file/)
    refused('authorization { credentials = "a"\n credentials_file = "b" }', ['authorization', 'credentials_file'], /credentials and/)
  })

  it('refuses authorization of type basic', () => {
    refused('authorization { type = "Basic" }', ['authorization', 'type'], /"basic"/)
  })
})

describe('HTTP client arguments: everything else', () => {
  it('sends http_headers with all their values', async () => {
    const headers = await headersOf('http_headers = { "X-One" = ["a", "b"], "X-Two" = ["c"] }')
    assert.equal(headers.get('x-one'), 'a, b')
    assert.equal(headers.get('x-two'), 'c')
  })

  it('refuses headers that are not the user\'s to set, or cannot be sent', () => {
    refused('http_headers = { "Content-Type" = ["a"] }', ['http_headers', 'Content-Type'], /not allowed/)
    refused('http_headers = { "X-A" = ["a\\nb"] }', ['http_headers', 'X-A'], /characters/)
    refused('http_headers = { "X A" = ["a"] }', ['http_headers', 'X A'], /not a header name/)
  })

  it('follows redirects unless told not to', () => {
    assert.equal(clientOf('').redirect, 'follow')
    assert.equal(clientOf('follow_redirects = false').redirect, 'manual')
  })

  it('explains what a platform cannot do', () => {
    const problems = problemsOf(definition, 'proxy_url = "http://p"\ntls_config { insecure_skip_verify = true }\nenable_http2 = false')
    assert.equal(problems.length, 3)
    assert.match(problems.join('\n'), /inert proxy_url: .*no proxy[^]*inert enable_http2[^]*inert tls_config: .*certificates/)
  })

  it('refuses combinations that Alloy refuses', () => {
    refused('no_proxy = "a"', ['no_proxy'], /proxy_url/)
    refused('proxy_from_environment = true\nproxy_url = "http://p"', ['proxy_url'], /proxy_from_environment and proxy_url/)
    refused('proxy_connect_header = { "A" = ["b"] }', ['proxy_connect_header'], /means nothing/)
    refused('tls_config { cert_pem = "c" }', ['tls_config'], /needs its key/)
    refused('tls_config { ca_pem = "c"\n ca_file = "f" }', ['tls_config', 'ca_file'], /ca_pem and ca_file/)
  })
})
