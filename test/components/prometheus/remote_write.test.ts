import assert from 'node:assert/strict'
import { generateKeyPairSync, verify } from 'node:crypto'
import { describe, it } from 'node:test'
import remoteWrite from '../../../src/components/prometheus/remote_write.ts'
import type { PrometheusConsumer } from '../../../src/components/contract/consume.ts'
import { ArgumentError, ConsumeError } from '../../../src/components/contract/errors.ts'
import type { PrometheusBatch } from '../../../src/telemetry/batch.ts'
import { decodeRemoteWrite2 } from '../../../src/wire/remote-write-2.ts'
import { decodeSnappyBlock } from '../../../src/wire/snappy.ts'
import { prometheusBatch } from '../../../src/telemetry/prometheus.ts'
import { Writer } from '../../../src/wire/writer.ts'
import { fakeCall, type Answer, type FakeCallOptions } from '../../support/call.ts'
import { buildComponent, decodeArguments, problemsOf } from '../../support/component.ts'
import { lines, sentLines, series } from '../../support/prometheus.ts'

const url = 'https://user:pa%40ss@prom.test/api/v1/write'
const histogram = { histograms: [{ bytes: new Writer().tag(15, 0).varint(5).finish() }] }

async function send(text: string, batch: PrometheusBatch, fetch: Answer = () => new Response(null, { status: 204 }), options: FakeCallOptions = {}) {
  const receiver = buildComponent(remoteWrite, text).exports!['receiver'] as PrometheusConsumer
  const call = fakeCall({ fetch, ...options })
  const error = await receiver.consume(batch, call).then(() => undefined, (reason: unknown) => reason)
  return { call, requests: call.requests, sent: call.requests.filter(({ headers }) => headers.get('content-encoding') === 'snappy').map(request => sentLines(request.body)), error }
}
const endpoint = (more = '') => `endpoint { url = "${url}"\n${more} }`

describe('prometheus.remote_write: requests', () => {
  it('speaks remote-write 1.0', async () => {
    const text = endpoint('headers = { "X-Scope-OrgID" = "t", "Content-Type" = "text/plain" }')
    const { requests, sent } = await send(text, series([[{ __name__: 'up', job: 'a' }, [[1, 10], [0, 20]]]]))
    const [{ headers, method, url: sentTo }] = requests as [typeof requests[0] & object]
    assert.equal(`${method} ${sentTo}`, 'POST https://prom.test/api/v1/write')
    assert.equal(headers.get('content-type'), 'application/x-protobuf')
    assert.equal(headers.get('content-encoding'), 'snappy')
    assert.equal(headers.get('x-prometheus-remote-write-version'), '0.1.0')
    assert.match(headers.get('user-agent')!, /^Sluice\/\d/)
    assert.equal(headers.get('x-agent-id'), headers.get('x-alloy-id'))
    assert.equal(headers.get('x-scope-orgid'), 't')
    assert.equal(headers.get('authorization'), `Basic ${btoa('user:pa@ss')}`)
    assert.deepEqual(sent, [['__name__=up,job=a 1 10', '__name__=up,job=a 0 20']])
  })

  it('speaks remote-write 2.0', async () => {
    const { requests } = await send(endpoint('protobuf_message = "io.prometheus.write.v2.Request"'), series([[{ __name__: 'up' }, [[1, 10]]]]))
    const [{ headers, body }] = requests as [typeof requests[0] & object]
    assert.equal(headers.get('content-type'), 'application/x-protobuf;proto=io.prometheus.write.v2.Request')
    assert.equal(headers.get('x-prometheus-remote-write-version'), '2.0.0')
    const { bytes } = decodeRemoteWrite2(decodeSnappyBlock(body, 1000))
    assert.deepEqual(lines(prometheusBatch(bytes)), ['__name__=up 1 10'])
  })

  it('puts external labels under those of the series, then relabels', async () => {
    const text = `external_labels = { cluster = "c", job = "other" }\n${endpoint(`write_relabel_config { source_labels = ["cluster"]\n target_label = "seen" }
      write_relabel_config { source_labels = ["__name__"]\n regex = "drop.*"\n action = "drop" }`)}`
    const { sent } = await send(text, series([[{ __name__: 'up', job: 'a' }, [[1, 1]]], [{ __name__: 'dropped' }, [[1, 1]]]]))
    assert.deepEqual(sent, [['__name__=up,cluster=c,job=a,seen=c 1 1']])
  })

  it('sends nothing where rules leave nothing', async () => {
    const { requests, error } = await send(endpoint('write_relabel_config { action = "drop" }'), series([[{ __name__: 'up' }, [[1, 1]]]]))
    assert.deepEqual([requests.length, error], [0, undefined])
  })

  it('leaves out what is not to be sent', async () => {
    const batch = series([
      [{ __name__: 'a' }, [[1, 1]], { exemplars: [{ labels: [['t', 'x']], value: 2, timestamp: 3 }] }], [{ __name__: 'h' }, [], histogram],
    ], [{ type: 'counter', family: 'a', help: 'A', unit: '' }])
    const all = ['__name__=a 1 1', '__name__=a exemplar t=x 2', '__name__=h histogram 5', '# a A']
    assert.deepEqual((await send(endpoint('send_native_histograms = true'), batch)).sent, [all])
    assert.deepEqual((await send(endpoint(), batch)).sent, [[all[0], all[1], all[3]]])
    assert.deepEqual((await send(endpoint('send_exemplars = false\nmetadata_config { send = false }'), batch)).sent, [[all[0]]])
  })

  it('does not send what is older than sample_age_limit, and says so', async () => {
    const batch = series([[{ __name__: 'a' }, [[1, 1000], [2, 9000]]], [{ __name__: 'b' }, [[3, 2000]]], [{ __name__: 'c' }, [[4, 9500]]]])
    const { sent, call } = await send(endpoint('queue_config { sample_age_limit = "5s" }'), batch, undefined, { startMs: 10_000 })
    assert.deepEqual(sent, [['__name__=a 2 9000', '__name__=c 4 9500']])
    assert.deepEqual(call.logs.map(({ level, fields }) => [level, fields['samples']]), [['warn', 2]])
  })

  it('cuts what is more than max_samples_per_send, in order', async () => {
    const batch = series([[{ __name__: 'a' }, [[1, 1], [2, 2], [3, 3]]], [{ __name__: 'b' }, [[4, 4]]]])
    const { sent } = await send(endpoint('queue_config { max_samples_per_send = 2 }'), batch)
    assert.deepEqual(sent, [['__name__=a 1 1', '__name__=a 2 2'], ['__name__=a 3 3', '__name__=b 4 4']])
  })

  it('signs for AWS', async () => {
    const text = 'endpoint { url = "https://aps.test/w"\n sigv4 { region = "r"\n access_key = "k"\n secret_key = "s" } }'
    const { requests } = await send(text, series([[{ __name__: 'a' }, [[1, 1]]]]))
    assert.match(requests[0]!.headers.get('authorization')!, /^AWS4-HMAC-SHA256 Credential=k\/\d{8}\/r\/aps\/aws4_request, /)
  })

  it('signs in to Azure', async () => {
    const id = '01234567-89ab-4cde-8f01-23456789abcd'
    const text = `endpoint { url = "https://p.test/w"\n azuread { oauth { client_id = "${id}"\n client_secret = "s"\n tenant_id = "ten.ant" } } }`
    const receiver = buildComponent(remoteWrite, text).exports!['receiver'] as PrometheusConsumer
    const call = fakeCall({ fetch: (_, n) => (n === 0 ? Response.json({ access_token: 'tok' }) : new Response(null, { status: 204 })) })
    await receiver.consume(series([[{ __name__: 'a' }, [[1, 1]]]]), call)
    assert.equal(call.requests[0]!.url, 'https://login.microsoftonline.com/ten.ant/oauth2/v2.0/token')
    assert.equal(call.requests[1]!.headers.get('authorization'), 'Bearer tok')
  })
})

describe('prometheus.remote_write: tokens', () => {
  const one = series([[{ __name__: 'a' }, [[1, 1]]]])
  const answer: Answer = (_, n) => (n === 0 ? Response.json({ access_token: 'tok', expires_in: 3600 }) : new Response(null, { status: 204 }))
  const form = (body: Uint8Array) => Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body)))

  it('of an Azure workload, by the token that Kubernetes gave it', async () => {
    const id = '01234567-89ab-4cde-8f01-23456789abcd'
    const text = endpoint(`azuread { workload_identity { client_id = "${id}"\n tenant_id = "t"\n token_file_path = "/token" }\n cloud = "AzureChina" }`)
    const { requests } = await send(text, one, answer, { files: { '/token': 'jwt\n' } })
    assert.equal(requests[0]!.url, 'https://login.chinacloudapi.cn/t/oauth2/v2.0/token')
    assert.deepEqual(form(requests[0]!.body), {
      grant_type: 'client_credentials', client_id: id, scope: 'https://monitor.azure.cn//.default',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: 'jwt',
    })
    assert.equal(requests[1]!.headers.get('authorization'), 'Bearer tok')
  })

  it('of a service account of Google Cloud', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const key = { type: 'service_account', client_email: 'a@p.iam', private_key_id: 'k1', private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }), token_uri: 'https://oauth.test/token' }
    const { requests } = await send(endpoint('google_iam { credentials_file = "/key" }'), one, answer, { files: { '/key': JSON.stringify(key) }, startMs: 1_700_000_000_000 })
    assert.equal(requests[0]!.url, 'https://oauth.test/token')
    const { grant_type, assertion } = form(requests[0]!.body)
    assert.equal(grant_type, 'urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [header, claims, signature] = assertion!.split('.') as [string, string, string]
    const json = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown
    assert.deepEqual(json(header), { alg: 'RS256', typ: 'JWT', kid: 'k1' })
    assert.deepEqual(json(claims), { iss: 'a@p.iam', scope: 'https://www.googleapis.com/auth/monitoring.write', aud: 'https://oauth.test/token', iat: 1_700_000_000, exp: 1_700_003_600 })
    assert.ok(verify('sha256', Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, 'base64url')))
    assert.equal(requests[1]!.headers.get('authorization'), 'Bearer tok')
  })

  it('are waited for where the key is not one, of which nothing is told', async () => {
    const keys: [string, RegExp][] = [
      ['hush', /is no JSON/], ['{}', /not the key of a service account/], ['{"type":"service_account"}', /no client_email/],
      ['{"type":"service_account","client_email":"a","private_key":"hush"}', /no PEM/],
      ['{"type":"service_account","client_email":"a","private_key":"-----BEGIN PRIVATE KEY-----aHVzaA==-----END PRIVATE KEY-----"}', /cannot sign/],
    ]
    for (const [key, message] of keys) {
      const { requests, error, call } = await send(endpoint('google_iam { credentials_file = "/key" }'), one, answer, { files: { '/key': key } })
      assert.deepEqual([requests.length, error], [0, undefined])
      const [warning] = call.logs.filter(({ level }) => level === 'warn')
      assert.match(String(warning!.fields['err']), message)
      assert.doesNotMatch(String(warning!.fields['err']), /hush/)
    }
  })
})

describe('prometheus.remote_write: outcomes', () => {
  const one = series([[{ __name__: 'a' }, [[1, 1]]]])
  const statuses = (...all: number[]): Answer => (_, n) => {
    const status = all[Math.min(n, all.length - 1)]!
    return new Response(status === 204 ? null : 'why', { status })
  }

  it('tries again what may succeed', async () => {
    const { requests, error, call } = await send(endpoint(), one, statuses(500, 429, 503, 204))
    assert.deepEqual([requests.length, error], [4, undefined])
    assert.deepEqual(call.sleeps, [30, 60, 120])
    assert.equal(requests[2]!.headers.get('retry-attempt'), '2')
  })

  it('counts what it sends, repeats, loses and leaves out', async () => {
    const labels = 'e,https://prom.test/api/v1/write'
    const named = (more = '') => endpoint(`name = "e"\n${more}`)
    const batch = series([[{ __name__: 'up' }, [[1, 10], [0, 20]]], [{ __name__: 'noise' }, [[1, 10]]]])
    const rule = 'write_relabel_config {\n source_labels = ["__name__"]\n regex = "noise"\n action = "drop"\n}'
    let calls = 0
    const again = await send(named(rule), batch, () => new Response(null, { status: calls++ === 0 ? 500 : 204 }))
    assert.deepEqual(Object.fromEntries(again.call.counts), {
      [`prometheus_remote_storage_samples_retried_total{${labels}}`]: 2,
      [`prometheus_remote_storage_samples_total{${labels}}`]: 2,
      [`prometheus_remote_storage_bytes_total{${labels}}`]: again.requests[0]!.body.length,
      [`prometheus_remote_storage_sent_batch_duration_seconds{${labels}}`]: 1,
      [`prometheus_remote_storage_samples_dropped_total{${labels},dropped_series}`]: 1,
      'sluice_dropped_items_total{dropped_series}': 1,
    })
    const refused = await send(named(), batch, () => new Response('no', { status: 400 }))
    assert.deepEqual(Object.fromEntries(refused.call.counts), { [`prometheus_remote_storage_samples_failed_total{${labels}}`]: 3 })
    const old = await send(named('queue_config { sample_age_limit = "1h" }'), batch)
    assert.equal(old.call.counts.get(`prometheus_remote_storage_samples_dropped_total{${labels},too_old}`), 3)
    assert.equal(old.call.counts.get(`prometheus_remote_storage_samples_total{${labels}}`), 0)
  })

  it('does not try again what was refused', async () => {
    for (const [text, status] of [[endpoint(), 400], [endpoint('queue_config { retry_on_http_429 = false }'), 429]] as const) {
      const { requests, error } = await send(text, one, statuses(status))
      assert.equal(requests.length, 1)
      assert.ok(error instanceof ConsumeError && error.kind === 'permanent')
      assert.match(error.message, /^https:\/\/prom\.test\/api\/v1\/write answered \d+: why$/)
    }
  })

  it('gives everything to every endpoint, and keeps for one what it cannot take', async () => {
    const text = `${endpoint()}\nendpoint { url = "https://two.test/w"\n remote_timeout = "1s"\n queue_config { min_backoff = "3s" } }`
    const { requests, error, call } = await send(text, one, request => new Response(null, { status: request.url.includes('two') ? 500 : 204 }))
    assert.deepEqual(requests.map(({ url }) => new URL(url).host).sort(), ['prom.test', 'two.test'])
    assert.equal(error, undefined)
    const depths = await Promise.all(buildComponent(remoteWrite, text).drains!.map(({ queue }) => call.open(queue).depth()))
    assert.deepEqual(depths.map(({ items }) => items), [0, 1])
  })

  it('a refused part does not cost the others', async () => {
    const batch = series([[{ __name__: 'a' }, [[1, 1], [2, 2], [3, 3]]]])
    const { requests, error } = await send(endpoint('queue_config { max_samples_per_send = 1 }'), batch, statuses(204, 400, 204))
    assert.equal(requests.length, 3)
    assert.ok(error instanceof ConsumeError)
    assert.deepEqual([error.kind, error.rejected], ['permanent', 1])
  })
})

describe('prometheus.remote_write: arguments', () => {
  const refused: [string, string, string, RegExp][] = [
    ['an address that is none', 'endpoint { url = "prom/api" }', 'endpoint.0.url', /absolute URL/],
    ['two ways to authenticate', endpoint('bearer_token = "x"\n sigv4 { }'), 'endpoint.0.sigv4', /bearer_token and sigv4/],
    ['a rule that cannot work', endpoint('write_relabel_config { regex = "("\n target_label = "a" }'), 'endpoint.0.write_relabel_config.0.regex', /missing closing/],
    ['Google Cloud without a key', endpoint('google_iam { }'), 'endpoint.0.google_iam.credentials_file', /needs credentials_file/],
    ['the chain of Azure\'s SDK', endpoint('azuread { sdk { tenant_id = "t" } }'), 'endpoint.0.azuread.sdk', /host in Azure/],
    ['a workload that is none', endpoint('azuread { workload_identity { client_id = "x"\n tenant_id = "t" } }'), 'endpoint.0.azuread.workload_identity.client_id', /UUID/],
    ['an AWS profile', endpoint('sigv4 { profile = "p" }'), 'endpoint.0.sigv4.profile', /no AWS configuration files/],
    ['a machine\'s identity', endpoint('azuread { managed_identity { client_id = "x" } }'), 'endpoint.0.azuread.managed_identity', /host in Azure/],
    ['no way to sign in', endpoint('azuread { }'), 'endpoint.0.azuread', /needs a way/],
    ['a header that cannot be sent', endpoint('headers = { "a b" = "c" }'), 'endpoint.0.headers.a b', /not a header name/],
    ['a log that is never cut', 'wal { truncate_frequency = "0s" }', 'wal.truncate_frequency', /must not be 0/],
    ['times the wrong way round', 'wal { min_keepalive_time = "9h" }', 'wal.min_keepalive_time', /smaller/],
  ]
  for (const [name, text, path, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => buildComponent(remoteWrite, text), (error: unknown) => {
        assert.ok(error instanceof ArgumentError, String(error))
        assert.equal(error.path.join('.'), path)
        assert.match(error.message, message)
        return true
      })
    })
  }

  it('gates remote-write 2.0 as Alloy does, and only that', () => {
    const problems = (message: string) =>
      decodeArguments(remoteWrite, endpoint(`protobuf_message = "${message}"`), {}, 'generally-available').problems.map(({ kind }) => kind)
    assert.deepEqual(problems('prometheus.WriteRequest'), [])
    assert.deepEqual(problems('io.prometheus.write.v2.Request'), ['gated'])
    assert.deepEqual(problems('other'), ['invalid'])
  })

  it('explains what has no effect', () => {
    const problems = problemsOf(remoteWrite, `wal { }\n${endpoint('queue_config { max_shards = 3 }\n round_robin_dns = true')}`)
    assert.deepEqual(problems.map(problem => problem.split(':')[0]), ['inert endpoint.round_robin_dns'])
  })
})
