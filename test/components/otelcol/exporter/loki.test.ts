import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OtlpConsumer } from '../../../../src/components/contract/consume.ts'
import { ConsumeError, retryable } from '../../../../src/components/contract/errors.ts'
import loki from '../../../../src/components/otelcol/exporter/loki.ts'
import type { LokiBatch } from '../../../../src/telemetry/batch.ts'
import { fakeCall } from '../../../support/call.ts'
import { buildComponent, sink } from '../../../support/component.ts'
import { entries } from '../../../support/loki.ts'
import { everyValue } from '../../../support/otlp.ts'
import { batchOf, spans } from '../otlp.ts'

type Json = Record<string, unknown>
const attributes = (values: Record<string, unknown>) => Object.entries(values).map(([key, value]) => ({ key, value: typeof value === 'string' ? { stringValue: value } : value }))

function build(outcome?: () => void) {
  const { batches, capsule } = sink<LokiBatch>('loki.LogsReceiver', outcome)
  return { batches, input: buildComponent(loki, 'forward_to = [next]', { next: capsule }).exports!['input'] as OtlpConsumer }
}

const logsOf = (records: Json[], resource: Record<string, unknown> = {}, scope: Json = {}) =>
  batchOf('logs', { resourceLogs: [{ resource: { attributes: attributes(resource) }, scopeLogs: [{ scope, logRecords: records }] }] })

async function convert(record: Json, resource?: Record<string, unknown>, scope?: Json): Promise<string[]> {
  const { batches, input } = build()
  await input.consume(logsOf([{ timeUnixNano: '7', ...record }], resource, scope), fakeCall())
  return batches.flatMap(entries)
}

describe('otelcol.exporter.loki', () => {
  const body = { stringValue: 'a <b> & "c"' }

  it('makes labels of the resource and the severity, and a JSON line of the rest', async () => {
    const record = { body, severityNumber: 17, severityText: 'Error', flags: 1, traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0102030405060708', attributes: attributes({ user: 'x' }) }
    const resource = { 'service.name': 'cart', 'service.namespace': 'shop', 'service.instance.id': 'i' }
    assert.deepEqual(await convert(record, resource, { name: 'lib', version: '2' }), [
      '{exporter="OTLP", instance="i", job="shop/cart", level="ERROR"} {"body":"a \\u003cb\\u003e \\u0026 \\"c\\"","traceid":"0102030405060708090a0b0c0d0e0f10",'
      + '"spanid":"0102030405060708","severity":"Error","flags":1,"attributes":{"user":"x"},'
      + '"resources":{"service.instance.id":"i","service.name":"cart","service.namespace":"shop"},"instrumentation_scope":{"name":"lib","version":"2"}} @7',
    ])
  })

  it('promotes what hints name, which leaves the line', async () => {
    const record = {
      body: { stringValue: 'x' },
      attributes: attributes({ 'loki.attribute.labels': 'http.method, inner.key ,none', 'http.method': 'GET', inner: { kvlistValue: { values: attributes({ key: 'v' }) } }, 'größe': 'L', job: 'kept' }),
    }
    const resource = { 'loki.resource.labels': { arrayValue: { values: [{ stringValue: 'host.name' }] } }, 'host.name': 'n7', 'service.name': 'cart' }
    assert.deepEqual(await convert(record, resource), [
      '{exporter="OTLP", host_name="n7", http_method="GET", inner_key="v", job="cart"} '
      + '{"body":"x","attributes":{"größe":"L","inner":{"key":"v"},"job":"kept"},"resources":{"service.name":"cart"}} @7',
    ])
  })

  it('gives labels names that Loki takes', async () => {
    const record = { attributes: attributes({ 'loki.attribute.labels': { arrayValue: { values: attributes({ a: '1st', b: 'größe' }).map(pair => pair.value) } }, '1st': 'a', 'größe': 'b' }) }
    assert.deepEqual(await convert(record), ['{exporter="OTLP", gr__e="b", key_1st="a"} {} @7'])
  })

  it('adds the level to whichever labels a record asks for, and leaves its own level alone', async () => {
    assert.deepEqual(await convert({ severityNumber: 9, attributes: attributes({ 'loki.attribute.labels': 'a', a: '1', level: 'mine' }) }), ['{a="1", exporter="OTLP", level="mine"} {} @7'])
    assert.deepEqual(await convert({ severityNumber: 10 }), ['{exporter="OTLP", level="INFO2"} {} @7'])
    assert.deepEqual(await convert({ severityNumber: 99 }), ['{exporter="OTLP"} {} @7'])
  })

  it('writes logfmt, or the body alone, when a hint says so', async () => {
    const logfmt = { attributes: attributes({ 'loki.format': 'logfmt', user: 'a b', list: { arrayValue: { values: [{ intValue: '9007199254740993' }] } } }), flags: 2, severityText: 'warn' }
    assert.deepEqual(await convert({ ...logfmt, body: { stringValue: 'msg="hi there" severity=old' } }, { zone: 'z' }, { name: 'lib' }), [
      '{exporter="OTLP"} msg="hi there" severity=warn flags=2 attribute_user="a b" attribute_list_0=9007199254740993 resource_zone=z instrumentation_scope_name=lib @7',
    ])
    assert.deepEqual(await convert({ ...logfmt, attributes: attributes({ 'loki.format': 'logfmt' }), flags: 0, severityText: '', body: { stringValue: 'a = "no logfmt' } }), [
      '{exporter="OTLP"} msg="a = \\"no logfmt" @7',
    ])
    assert.deepEqual(await convert({ body: { kvlistValue: { values: attributes({ a: 'b' }) } }, attributes: attributes({ x: 'y' }) }, { 'loki.format': 'raw' }), ['{exporter="OTLP"} {"a":"b"} @7'])
  })

  it('keeps every kind of value exactly', async () => {
    const odd = { key: 'odd', value: { doubleValue: 'NaN' } }
    const [line = ''] = await convert({ attributes: [...everyValue, odd] })
    assert.match(line, /"array":\["a",9223372036854775807,null\]/)
    assert.match(line, /"odd":"NaN"/)
  })

  it('takes the time of the observation, or of now, where a record has none', async () => {
    assert.match((await convert({ timeUnixNano: '0', observedTimeUnixNano: '9' }))[0]!, /@9$/)
    assert.match((await convert({ timeUnixNano: '0' }))[0]!, /@1700000000000000000$/)
  })

  it('does not take records for alike that promote other keys, or other values of them', async () => {
    const { batches, input } = build()
    const record = (...names: string[]) => ({ timeUnixNano: '7', attributes: attributes({ 'loki.resource.labels': { arrayValue: { values: names.map(stringValue => ({ stringValue })) } } }) })
    await input.consume(logsOf([record('a,b'), record('a', 'b'), record()], { 'a,b': '1', a: '2', b: '3' }), fakeCall())
    assert.deepEqual(batches.flatMap(entries), [
      '{a_b="1", exporter="OTLP"} {"resources":{"a":"2","b":"3"}} @7',
      '{a="2", b="3", exporter="OTLP"} {"resources":{"a,b":"1"}} @7',
      '{exporter="OTLP"} {"resources":{"a":"2","a,b":"1","b":"3"}} @7',
    ])
  })

  it('joins the records of one stream, and drops those of an unknown format with a word', async () => {
    const { batches, input } = build()
    const call = fakeCall()
    await input.consume(logsOf([{ severityNumber: 9 }, { severityNumber: 17 }, { severityNumber: 9 }, { attributes: attributes({ 'loki.format': 'xml' }) }]), call)
    assert.deepEqual(batches.flatMap(entries).map(line => line.split(' ').slice(0, 2).join(' ')), Array.from({ length: 3 }, (_, i) => `{exporter="OTLP", level="${i < 2 ? 'INFO' : 'ERROR'}"}`))
    assert.deepEqual(call.logs.map(({ level, fields }) => [level, fields['format'], fields['count']]), [['error', 'xml', 1]])
  })

  it('takes nothing but logs, passes on nothing when nothing is left, and fails as what follows it fails', async () => {
    const { batches, input } = build()
    await input.consume(spans('a'), fakeCall())
    await input.consume(logsOf([]), fakeCall())
    assert.deepEqual(batches, [])
    await assert.rejects(build(() => { throw retryable('down') }).input.consume(logsOf([{}]), fakeCall()), ConsumeError)
  })
})
