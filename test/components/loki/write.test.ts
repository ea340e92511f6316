import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import write from '../../../src/components/loki/write.ts'
import type { LokiConsumer } from '../../../src/components/contract/consume.ts'
import { ArgumentError, ConsumeError } from '../../../src/components/contract/errors.ts'
import type { LokiBatch } from '../../../src/telemetry/batch.ts'
import { fakeCall, type Answer } from '../../support/call.ts'
import { buildComponent, decodeArguments, problemsOf } from '../../support/component.ts'
import { sentEntries, streams } from '../../support/loki.ts'

const endpoint = (more = '') => `endpoint { url = "https://u:p@loki.test/loki/api/v1/push"\n${more} }`

async function send(text: string, batch: LokiBatch, fetch: Answer = () => new Response(null, { status: 204 })) {
  const receiver = buildComponent(write, text).exports!['receiver'] as LokiConsumer
  const call = fakeCall({ fetch })
  const error = await receiver.consume(batch, call).then(() => undefined, (reason: unknown) => reason)
  return { call, requests: call.requests, sent: call.requests.map(({ body }) => sentEntries(body)), error }
}
const statuses = (...all: number[]): Answer => (_, n) => {
  const status = all[Math.min(n, all.length - 1)]!
  return new Response(status === 204 ? null : 'why', { status })
}

describe('loki.write: requests', () => {
  const one = streams([['{a="b"}', ['line', 5, { k: 'v' }]]])

  it('speaks Loki\'s push protocol', async () => {
    const { requests, sent, error } = await send(endpoint('headers = { "X-One" = "1", "Content-Type" = "text/plain", "User-Agent" = "me" }'), one)
    assert.equal(error, undefined)
    const [{ url, method, headers }] = requests as [typeof requests[0] & object]
    assert.equal(`${method} ${url}`, 'POST https://loki.test/loki/api/v1/push')
    assert.deepEqual(sent, [['{a="b"} line @5 k=v']])
    assert.equal(headers.get('content-type'), 'application/x-protobuf')
    assert.equal(headers.get('content-encoding'), 'snappy')
    assert.equal(headers.get('x-one'), '1')
    assert.match(headers.get('user-agent')!, /^Sluice\//)
    assert.equal(headers.get('authorization'), `Basic ${btoa('u:p')}`)
    assert.equal(headers.get('x-scope-orgid'), null)
    assert.equal(headers.get('x-alloy-id'), headers.get('x-agent-id'))
  })

  it('adds external labels under those of the stream, and takes internal ones off', async () => {
    const { sent } = await send(`external_labels = { a = "other", cluster = "c" }\n${endpoint()}`, streams([['{a="b", __path__="/x"}', ['1']], ['{}', ['2']]]))
    assert.deepEqual(sent, [['{a="b", cluster="c"} 1 @1', '{a="other", cluster="c"} 2 @1']])
  })

  it('sends each tenant\'s entries on their own', async () => {
    const batch = streams([['{a="1", __tenant_id__="t1"}', ['x']], ['{a="2"}', ['y']], ['{a="3", __tenant_id__="t1"}', ['z']]])
    const { requests, sent } = await send(endpoint('tenant_id = "own"\nheaders = { "X-Scope-OrgID" = "none" }'), batch)
    assert.deepEqual(requests.map(({ headers }, i) => [headers.get('x-scope-orgid'), sent[i]]), [
      ['t1', ['{a="1"} x @1', '{a="3"} z @1']], ['own', ['{a="2"} y @1']],
    ])
  })

  it('brings the entries of a stream together, and cuts what is more than batch_size', async () => {
    const batch = streams([['{a="1"}', ['aaaa', 1]], ['{a="2"}', ['bbbb', 2]], ['{a="1"}', ['cccc', 3], ['dddd', 4]]])
    const { sent } = await send(endpoint('batch_size = 8'), batch)
    assert.deepEqual(sent, [['{a="1"} aaaa @1', '{a="1"} cccc @3'], ['{a="1"} dddd @4', '{a="2"} bbbb @2']])
  })

  it('drops streams past max_streams, and says how many entries', async () => {
    const batch = streams([['{a="1"}', ['x']], ['{a="2"}', ['y']], ['{a="3"}', ['z'], ['zz']]])
    const { sent, call, error } = await send(`max_streams = 1\n${endpoint()}`, batch)
    assert.deepEqual([sent, error], [[['{a="1"} x @1']], undefined])
    assert.deepEqual(call.logs.map(({ level, fields }) => [level, fields['entries'], fields['stream']]), [['error', 3, '{a="2"}']])
  })

  it('refuses entries without labels, and sends the others', async () => {
    const { sent, error } = await send(endpoint(), streams([['{}', ['x']], ['{__only__="internal"}', ['y']], ['{a="1"}', ['z']]]))
    assert.deepEqual(sent, [['{a="1"} z @1']])
    assert.ok(error instanceof ConsumeError)
    assert.deepEqual([error.kind, error.rejected], ['permanent', 2])
  })

  it('tries again what may succeed, and not what was refused', async () => {
    const again = await send(endpoint('min_backoff_period = "100ms"'), one, statuses(429, 500, 204))
    assert.deepEqual([again.requests.length, again.error], [3, undefined])
    assert.deepEqual(again.call.sleeps, [150, 300])
    const limited = await send(endpoint('retry_on_http_429 = false'), one, statuses(429))
    assert.ok(limited.error instanceof ConsumeError && limited.error.kind === 'permanent')
    const few = await send(endpoint('max_backoff_retries = 2\nmin_backoff_period = "1ms"'), one, statuses(500))
    assert.equal(few.requests.length, 2)
    // What was not delivered is durable, and so is its tenant.
    assert.equal(few.error, undefined)
    const [line] = buildComponent(write, endpoint()).drains!
    assert.deepEqual((await few.call.open(line!.queue).peek(1e6)).map(({ items, meta }) => [items, meta]), [[1, {}]])
    const refused = await send(endpoint(), one, statuses(400))
    assert.equal(refused.requests.length, 1)
    assert.ok(refused.error instanceof ConsumeError && refused.error.kind === 'permanent')
  })

  it('counts what it sends, repeats and loses, by host and tenant', async () => {
    const counted = async (text: string, batch: LokiBatch, ...answers: number[]) => {
      const { call, requests } = await send(text, batch, statuses(...answers))
      return { counts: Object.fromEntries(call.counts), bytes: requests.reduce((sum, { body }) => sum + body.length, 0) }
    }
    const through = await counted(endpoint('tenant_id = "t"\nmin_backoff_period = "1ms"'), one, 500, 204)
    assert.deepEqual(through.counts, {
      'loki_write_batch_retries_total{loki.test,t}': 1,
      'loki_write_request_duration_seconds{loki.test,t,204}': 1,
      'loki_write_sent_entries_total{loki.test,t}': 1,
      'loki_write_sent_bytes_total{loki.test,t}': through.bytes / 2,
    })
    const refused = await counted(endpoint(), one, 400)
    assert.deepEqual(refused.counts, {
      'loki_write_dropped_entries_total{loki.test,,ingester_error}': 1,
      'loki_write_dropped_bytes_total{loki.test,,ingester_error}': one.bytes.length,
    })
    const limited = await counted(`max_streams = 1\n${endpoint()}`, streams([['{a="b"}', ['1']], ['{a="c"}', ['2'], ['3']]]), 204)
    assert.equal(limited.counts['loki_write_dropped_entries_total{loki.test,,stream_limited}'], 2)
    assert.equal(limited.counts['sluice_dropped_items_total{stream_limited}'], 2)
    assert.equal(limited.counts['loki_write_sent_entries_total{loki.test,}'], 1)
  })

  it('refuses the entries of a tenant that no header can carry', async () => {
    const { requests, error } = await send(endpoint(), streams([['{a="1", __tenant_id__="\u2603"}', ['x']], ['{a="2"}', ['y']]]))
    assert.equal(requests.length, 1)
    assert.ok(error instanceof ConsumeError)
    assert.deepEqual([error.kind, error.rejected], ['permanent', 1])
  })

  it('one tenant\'s trouble does not cost another', async () => {
    const batch = streams([['{a="1", __tenant_id__="bad"}', ['x']], ['{a="2", __tenant_id__="good"}', ['y']]])
    const { requests, error } = await send(endpoint(), batch, ({ headers }) => new Response(null, { status: headers.get('x-scope-orgid') === 'bad' ? 400 : 204 }))
    assert.equal(requests.length, 2)
    assert.ok(error instanceof ConsumeError && error.kind === 'permanent')
  })
})

describe('loki.write: arguments', () => {
  it('refuses what cannot work', () => {
    const path = (text: string) => {
      try {
        buildComponent(write, text)
        return undefined
      } catch (error) {
        assert.ok(error instanceof ArgumentError, String(error))
        return error.path.join('.')
      }
    }
    assert.equal(path('endpoint { url = "loki" }'), 'endpoint.0.url')
    assert.equal(path(`${endpoint()}\n${endpoint('basic_auth { }\n oauth2 { }')}`), 'endpoint.1.oauth2')
    assert.equal(path('wal { min_read_frequency = "1s" }'), 'wal.min_read_frequency')
  })

  it('gates a queue_config that differs, as Alloy does', () => {
    const kinds = (queue: string) => decodeArguments(write, endpoint(`queue_config { ${queue} }`), {}, 'generally-available').problems.map(({ kind }) => kind)
    assert.deepEqual(kinds(''), ['inert'])
    assert.deepEqual(kinds('capacity = "10MiB"'), ['inert'])
    assert.deepEqual(kinds('min_shards = 2'), ['inert', 'gated'])
  })

  it('explains what has no effect', () => {
    const names = problemsOf(write, `wal { enabled = true }\n${endpoint('batch_wait = "2s"')}`).map(problem => problem.split(':')[0])
    assert.deepEqual(names, ['inert endpoint.batch_wait'])
  })
})
