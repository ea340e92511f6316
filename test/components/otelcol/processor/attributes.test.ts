import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import attributes from '../../../../src/components/otelcol/processor/attributes.ts'
import type { Client } from '../../../../src/components/contract/call.ts'
import type { OtlpConsumer } from '../../../../src/components/contract/consume.ts'
import { ArgumentError } from '../../../../src/components/contract/errors.ts'
import type { OtlpBatch, OtlpSignal } from '../../../../src/telemetry/batch.ts'
import type { AttributeValue } from '../../../../src/telemetry/otlp.ts'
import { readOtlp } from '../../../../src/telemetry/otlp.ts'
import { fakeCall } from '../../../support/call.ts'
import { buildComponent, sink } from '../../../support/component.ts'
import { batchOf, objectOf } from '../otlp.ts'

type Json = Record<string, unknown>
const value = (plain: unknown): Json =>
  typeof plain === 'string' ? { stringValue: plain } : typeof plain === 'boolean' ? { boolValue: plain } : typeof plain === 'bigint' ? { intValue: String(plain) }
    : typeof plain === 'number' ? { doubleValue: Number.isFinite(plain) ? plain : String(plain) } : { arrayValue: { values: [] } }
const attributesJson = (plain: Json) => Object.entries(plain).map(([key, inner]) => ({ key, value: value(inner) }))

interface Thing { item?: Json; attributes?: Json; resource?: Json; scope?: Json }
function batch(signal: OtlpSignal, things: Thing[]): OtlpBatch {
  const items = { traces: 'spans', logs: 'logRecords', metrics: 'metrics' }[signal]
  const named = { traces: 'Spans', logs: 'Logs', metrics: 'Metrics' }[signal]
  return batchOf(signal, {
    [`resource${named}`]: things.map(({ item = {}, attributes: own = {}, resource = {}, scope = {} }) => ({
      resource: { attributes: attributesJson(resource) },
      [`scope${named}`]: [{
        scope,
        [items]: [signal === 'metrics' ? { ...item, sum: { dataPoints: [{ asInt: '1', attributes: attributesJson(own) }] } } : { ...item, attributes: attributesJson(own) }],
      }],
    })),
  })
}

/** The attributes of each item after the processor. */
async function processed(config: string, given: OtlpBatch, client?: Client): Promise<Record<string, AttributeValue>[]> {
  const next = sink<OtlpBatch>('otelcol.Consumer')
  const instance = buildComponent(attributes, `${config}\noutput {\n ${given.signal} = [next]\n}`, { next: next.capsule })
  await (instance.exports!['input'] as OtlpConsumer).consume(given, fakeCall(client === undefined ? {} : { client }))
  const seen: Record<string, AttributeValue>[] = []
  readOtlp(next.batches[0]!, item => { seen.push(Object.fromEntries(item.entries())) })
  return seen
}
const one = async (config: string, own: Json, client?: Client) => (await processed(config, batch('traces', [{ attributes: own }]), client))[0]
const action = (name: string, rest: string) => `action {\n action = "${name}"\n ${rest}\n}\n`

describe('otelcol.processor.attributes: actions', () => {
  it('inserts, updates and upserts', async () => {
    const rest = 'key = "k"\n value = "new"'
    assert.deepEqual(await one(action('insert', rest), { k: 'old' }), { k: 'old' })
    assert.deepEqual(await one(action('insert', rest), { a: 'b' }), { a: 'b', k: 'new' })
    assert.deepEqual(await one(action('UPDATE', rest), { k: 'old' }), { k: 'new' })
    assert.deepEqual(await one(action('update', rest), {}), {})
    assert.deepEqual(await one(action('upsert', rest), { k: 'old' }), { k: 'new' })
    assert.deepEqual(await one(action('upsert', rest), {}), { k: 'new' })
  })

  it('sets values of every type that a user can write', async () => {
    const table: [string, AttributeValue][] = [['5', 5n], ['1.5', 1.5], ['true', true], ['["a", 1]', ['a', 1n]], ['{ "x" = { "y" = 2 } }', new Map([['x', new Map([['y', 2n]])]])]]
    for (const [written, wanted] of table) assert.deepEqual(await one(action('upsert', `key = "k"\n value = ${written}`), {}), { k: wanted })
  })

  it('copies other attributes with their type, in the order of the actions', async () => {
    assert.deepEqual(await one(action('upsert', 'key = "b"\n from_attribute = "a"'), { a: 7n }), { a: 7n, b: 7n })
    assert.deepEqual(await one(action('upsert', 'key = "b"\n from_attribute = "gone"'), { a: 7n }), { a: 7n })
    const chain = action('insert', 'key = "a"\n value = "x"') + action('insert', 'key = "b"\n from_attribute = "a"') + action('delete', 'key = "a"')
    assert.deepEqual(await one(chain, {}), { b: 'x' })
  })

  it('takes what is known of the sender', async () => {
    const client = { metadata: { 'x-tenant': ['a', 'b'] }, auth: { username: 'ann' }, address: '192.0.2.1' }
    const config = ['metadata.X-Tenant', 'x-tenant', 'auth.username', 'client.address', 'metadata.gone', 'auth.gone']
      .map((name, index) => action('upsert', `key = "k${index}"\n from_context = "${name}"`)).join('')
    assert.deepEqual(await one(config, {}, client), { k0: 'a;b', k1: 'a;b', k2: 'ann', k3: '192.0.2.1' })
  })

  it('deletes by name and by pattern', async () => {
    assert.deepEqual(await one(action('delete', 'key = "a"\n pattern = "^x"'), { a: '1', ax: '2', xa: '3', xb: '4' }), { ax: '2' })
  })

  it('hashes with SHA-256', async () => {
    const sha = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')
    const own = { s: 'user@example.com', n: 5n, d: 1.5, b: true, l: [], e: '' }
    const number = Buffer.alloc(16)
    number.writeBigInt64LE(5n)
    number.writeDoubleLE(1.5, 8)
    assert.deepEqual(await one(action('hash', 'pattern = "."'), own),
      { s: sha('user@example.com'), n: sha(number.subarray(0, 8)), d: sha(number.subarray(8)), b: sha(Uint8Array.of(1)), l: '', e: sha('') })
    assert.deepEqual(await one(action('hash', 'key = "gone"'), { a: 'b' }), { a: 'b' })
  })

  it('extracts named groups', async () => {
    const rest = 'key = "url"\n pattern = "^(?P<scheme>[^:]+)://(?P<host>[^/]+)(?P<path>/.*)?$"'
    assert.deepEqual(await one(action('extract', rest), { url: 'http://h', host: 'old' }), { url: 'http://h', host: 'h', scheme: 'http', path: '' })
    assert.deepEqual(await one(action('extract', rest), { url: 'nothing' }), { url: 'nothing' })
    assert.deepEqual(await one(action('extract', rest), { url: 5n }), { url: 5n })
  })

  it('converts, and leaves what it cannot convert', async () => {
    const table: [string, unknown, AttributeValue][] = [
      ['int', '123', 123n], ['int', '+1', 1n], ['int', '1.5', '1.5'], ['int', '9223372036854775808', '9223372036854775808'], ['int', -1.9, -1n], ['int', NaN, -(2n ** 63n)], ['int', true, 1n],
      ['double', '1e3', 1000], ['double', '-Inf', -Infinity], ['double', 'x', 'x'], ['double', '1e999', '1e999'], ['double', 5n, 5], ['double', false, 0],
      ['string', 5n, '5'], ['string', 1e21, '1e+21'], ['string', true, 'true'],
    ]
    for (const [type, before, after] of table) assert.deepEqual(await one(action('convert', `key = "k"\n converted_type = "${type}"`), { k: before }), { k: after }, `${String(before)} to ${type}`)
  })

  it('changes log records and the points of metrics too, and leaves everything else as it is', async () => {
    const config = action('upsert', 'key = "k"\n value = "v"')
    assert.deepEqual(await processed(config, batch('logs', [{ item: { severityText: 'x' } }])), [{ k: 'v' }])
    assert.deepEqual(await processed(config, batch('metrics', [{ item: { name: 'm' } }])), [{ k: 'v' }])
  })

  it('passes a batch on untouched when there is nothing to do', async () => {
    const next = sink<OtlpBatch>('otelcol.Consumer')
    const given = batch('traces', [{ attributes: { a: 'b' } }])
    const instance = buildComponent(attributes, `${action('delete', 'key = "gone"')}output {\n traces = [next]\n}`, { next: next.capsule })
    await (instance.exports!['input'] as OtlpConsumer).consume(given, fakeCall())
    assert.equal(next.batches[0], given)
    await (instance.exports!['input'] as OtlpConsumer).consume(batch('logs', [{}]), fakeCall())
    assert.equal(next.batches.length, 1, 'logs lead nowhere')
  })
})

describe('otelcol.processor.attributes: include and exclude', () => {
  const mark = action('upsert', 'key = "hit"\n value = true')
  /** Which of the things were changed. */
  async function hits(signal: OtlpSignal, config: string, things: Thing[]): Promise<number[]> {
    return (await processed(config + mark, batch(signal, things))).flatMap((item, index) => ('hit' in item ? [index] : []))
  }
  const include = (body: string, type = 'strict') => `include {\n match_type = "${type}"\n${body}\n}\n`
  const exclude = (body: string, type = 'strict') => `exclude {\n match_type = "${type}"\n${body}\n}\n`

  it('compares texts exactly, or finds expressions in them', async () => {
    const things = [{ item: { name: 'login' }, resource: { 'service.name': 'auth' } }, { item: { name: 'login.user' }, resource: { 'service.name': 'auth.basic' } }, { item: { name: 'x' } }]
    assert.deepEqual(await hits('traces', include('services = ["auth"]'), things), [0])
    assert.deepEqual(await hits('traces', include('services = ["auth"]', 'regexp'), things), [0, 1])
    assert.deepEqual(await hits('traces', include('span_names = ["login", "x"]'), things), [0, 2])
    assert.deepEqual(await hits('traces', include('services = ["nil-service"]', 'regexp'), things), [2])
    assert.deepEqual(await hits('traces', include('services = ["auth"]', 'regexp') + exclude('span_names = ["^login$"]', 'regexp'), things), [1])
    assert.deepEqual(await hits('traces', exclude('services = ["auth"]'), things), [1, 2])
  })

  it('compares attributes with their type, or as text', async () => {
    const things = [{ attributes: { n: 5n } }, { attributes: { n: '5' } }, { attributes: { n: 55n } }, { attributes: { m: 5n } }]
    assert.deepEqual(await hits('traces', include('attribute {\n key = "n"\n value = 5\n}'), things), [0])
    assert.deepEqual(await hits('traces', include('attribute {\n key = "n"\n value = "5"\n}'), things), [1])
    assert.deepEqual(await hits('traces', include('attribute {\n key = "n"\n}'), things), [0, 1, 2])
    assert.deepEqual(await hits('traces', include('attribute {\n key = "n"\n value = "^5$"\n}', 'regexp'), things), [0, 1])
    assert.deepEqual(await hits('traces', exclude('attribute {\n key = "n"\n}\nattribute {\n key = "m"\n}'), things), [0, 1, 2, 3], 'all of them have to be there')
  })

  it('compares resources, scopes and kinds', async () => {
    const things = [
      { resource: { host: 'a' }, scope: { name: 'lib', version: '1' }, item: { kind: 2 } },
      { resource: { host: 'b' }, scope: { name: 'lib' }, item: { kind: 3 } },
    ]
    assert.deepEqual(await hits('traces', include('resource {\n key = "host"\n value = "b"\n}'), things), [1])
    assert.deepEqual(await hits('traces', include('library {\n name = "lib"\n}'), things), [0, 1])
    assert.deepEqual(await hits('traces', include('library {\n name = "lib"\n version = ""\n}'), things), [1])
    assert.deepEqual(await hits('traces', include('library {\n name = "lib"\n version = "1"\n}'), things), [0])
    assert.deepEqual(await hits('traces', include('span_kinds = ["SPAN_KIND_CLIENT"]'), things), [1])
    assert.deepEqual(await hits('traces', include('library {\n name = "lib"\n}') + exclude('library {\n name = "lib"\n version = "1"\n}'), things), [1])
  })

  it('compares bodies and severities of logs', async () => {
    const things = [{ item: { body: { stringValue: 'AUTH ok' }, severityNumber: 9, severityText: 'Info' } }, { item: { body: { intValue: '5' }, severityNumber: 17 } }, { item: {} }]
    assert.deepEqual(await hits('logs', include('log_bodies = ["AUTH", "^5$"]', 'regexp'), things), [0, 1])
    assert.deepEqual(await hits('logs', include('log_severity_texts = ["Info"]'), things), [0])
    assert.deepEqual(await hits('logs', include('log_severity {\n min = "WARN"\n match_undefined = false\n}'), things), [1])
    assert.deepEqual(await hits('logs', include('log_severity {\n min = "INFO"\n match_undefined = true\n}'), things), [0, 1, 2])
  })

  it('compares metrics by name alone', async () => {
    const things = [{ item: { name: 'cpu' } }, { item: { name: 'memory' } }]
    assert.deepEqual(await hits('metrics', include('metric_names = ["cpu"]'), things), [0])
    assert.deepEqual(await hits('metrics', include('services = ["none"]'), things), [0, 1])
  })

  it('keeps what it does not touch byte for byte', async () => {
    const given = batch('traces', [{ item: { name: 'a' }, attributes: { x: 'y' } }, { item: { name: 'b' } }])
    const next = sink<OtlpBatch>('otelcol.Consumer')
    const instance = buildComponent(attributes, `${include('span_names = ["b"]')}${mark}output {\n traces = [next]\n}`, { next: next.capsule })
    await (instance.exports!['input'] as OtlpConsumer).consume(given, fakeCall())
    const [before, after] = [objectOf(given), objectOf(next.batches[0]!)] as { resourceSpans: unknown[] }[]
    assert.deepEqual(after!.resourceSpans[0], before!.resourceSpans[0])
  })
})

describe('otelcol.processor.attributes: arguments', () => {
  const build = (config: string, output = 'traces = [next]') => buildComponent(attributes, `${config}\noutput {\n ${output}\n}`, { next: sink('otelcol.Consumer').capsule })

  it('refuses actions that cannot work, naming the argument', () => {
    const table: [string, string, RegExp][] = [
      ['merge', 'key = "k"', /unsupported action "merge"/],
      ['insert', 'key = "k"', /requires one of value, from_attribute and from_context/],
      ['insert', 'key = "k"\n value = 1\n from_attribute = "a"', /only one of/],
      ['insert', 'value = 1', /requires the key argument/],
      ['insert', 'key = "k"\n value = 1\n pattern = "x"', /does not use pattern/],
      ['delete', '', /at least the key argument or the pattern/],
      ['delete', 'key = "k"\n value = 1', /does not use value/],
      ['hash', 'pattern = "("', /missing closing \)/],
      ['extract', 'key = "k"', /requires the pattern argument/],
      ['extract', 'key = "k"\n pattern = "x"', /no named matcher groups/],
      ['extract', 'key = "k"\n pattern = "(?P<a>x)(y)"', /at least one unnamed/],
      ['convert', 'key = "k"', /requires the converted_type argument/],
      ['convert', 'key = "k"\n converted_type = "bool"', /"bool" is none of/],
    ]
    for (const [name, rest, message] of table) {
      assert.throws(() => build(action(name, rest)), (error: unknown) => error instanceof ArgumentError && error.path[0] === 'action' && message.test(error.message), `${name} ${rest}`)
    }
  })

  it('refuses matches that do not fit the signals passed on', () => {
    const match = (body: string) => `include {\n match_type = "strict"\n${body}\n}`
    assert.throws(() => build(match('log_bodies = ["x"]')), /log_bodies should not be specified for trace spans/)
    assert.throws(() => build(match('services = ["x"]'), 'logs = [next]'), /not valid for log records/)
    assert.throws(() => build(match('')), /at least one of services/)
    assert.throws(() => build(match('span_kinds = ["server"]')), /none of the standard span kinds/)
    assert.throws(() => build('include {\n match_type = "fuzzy"\n services = ["x"]\n}'), /unrecognized match_type: 'fuzzy'/)
    assert.throws(() => build('include {\n match_type = "regexp"\n services = ["("]\n}'), /missing closing \)/)
    assert.throws(() => build('include {\n match_type = "regexp"\n attribute {\n key = "n"\n value = 5\n }\n}'), /only supports strings/)
    build(match('services = ["x"]'), 'metrics = [next]')
  })
})
