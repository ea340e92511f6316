/** What a built collector does, whatever it runs on. Platforms only start it; see `bad-input.ts` for what it refuses. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ask, basic, type Reply } from '../support/ask.ts'
import { parseMetrics, sumOf } from '../support/metrics-text.ts'
import { until, workbench, type Artefact, type Platform, type Served, type Workbench } from '../support/platform.ts'
import { freePort, startSink, type Answer, type Sink } from '../support/sink.ts'
import { config, credentials } from './config.ts'
import * as wire from './messages.ts'

const proto = { 'content-type': 'application/x-protobuf' }
const json = { 'content-type': 'application/json' }
const snappyProto = { ...proto, 'content-encoding': 'snappy' }

export function platformSuite(platform: Platform): void {
  describe(`a collector built for ${platform.name}`, () => {
    let bench: Workbench
    let sink: Sink
    let artefact: Artefact
    let served: Served
    let otlpPort: number
    let noteFile: string

    before(async () => {
      bench = await workbench()
      sink = await startSink()
      otlpPort = await freePort()
      noteFile = path.join(bench.folder, 'note.txt')
      await writeFile(noteFile, 'first')
      artefact = await bench.build(platform.target, config.replace('NOTE_FILE', noteFile), {
        SINK: sink.url,
        NOWHERE: `http://127.0.0.1:${await freePort()}`,
        OTLP_ADDRESS: `127.0.0.1:${otlpPort}`,
        DOOR_PASSWORD: credentials.password,
      })
      served = await platform.start(artefact)
    })
    after(async () => {
      await served?.stop()
      await sink?.stop()
      await bench?.clear()
    })

    const post = (at: string, body: Uint8Array | string, headers: Record<string, string>): Promise<Reply> => ask(served.url + at, { body, headers })
    const postSpan = (at: string, name = 'a span', headers = {}) => post(at, wire.otlp('traces', wire.spanRequest(name)), { ...proto, ...headers })
    /** The one request that has come to the sink's path. */
    const arrived = (at: string) => {
      const taken = sink.take(at)
      assert.equal(taken.length, 1, `${taken.length} requests at ${at}`)
      return taken[0]!
    }

    describe('takes', () => {
      const bodies = [
        ['protobuf', wire.otlp('traces', wire.spanRequest('checkout')), proto],
        ['JSON', wire.spanJson('checkout'), json],
        ['protobuf in gzip', wire.gzip(wire.otlp('traces', wire.spanRequest('checkout'))), { ...proto, 'content-encoding': 'gzip' }],
        ['JSON in gzip', wire.gzip(wire.spanJson('checkout')), { ...json, 'content-encoding': 'gzip' }],
        ['JSON in a gzip of two members', wire.gzipMembers(wire.spanJson('checkout')), { ...json, 'content-encoding': 'gzip' }],
      ] as const
      for (const [what, body, headers] of bodies) {
        it(`OTLP traces in ${what}, and they arrive changed`, async () => {
          const answer = await post('/v1/traces', body, headers)
          assert.equal(answer.status, 200, answer.text)
          assert.equal(answer.headers['content-type'], headers['content-type'])
          assert.equal(answer.text, headers === json || 'content-encoding' in headers && headers['content-type'] === json['content-type'] ? '{}' : '')
          assert.deepEqual(wire.spansOf(arrived('/main/v1/traces').body), [
            { name: 'checkout', attributes: ['http.route=/items', 'via=sluice'] },
          ])
        })
      }

      it('OTLP metrics', async () => {
        const answer = await post('/v1/metrics', wire.otlp('metrics', wire.metricRequest('queue.length')), proto)
        assert.equal(answer.status, 200, answer.text)
        const { resourceMetrics } = wire.readOtlp('metrics', arrived('/main/v1/metrics').body) as { resourceMetrics: { scopeMetrics: { metrics: { name: string; gauge: { dataPoints: { asDouble: number; attributes: { key: string }[] }[] } }[] }[] }[] }
        const metric = resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!
        assert.equal(metric.name, 'queue.length')
        assert.equal(metric.gauge.dataPoints[0]!.asDouble, 1.5)
        assert.deepEqual(metric.gauge.dataPoints[0]!.attributes.map(({ key }) => key), ['via'])
      })

      it('OTLP logs', async () => {
        const answer = await post('/v1/logs', wire.otlp('logs', wire.logRequest('hello')), proto)
        assert.equal(answer.status, 200, answer.text)
        const { resourceLogs } = wire.readOtlp('logs', arrived('/main/v1/logs').body) as { resourceLogs: { scopeLogs: { logRecords: { body: { stringValue: string }; attributes: { key: string }[] }[] }[] }[] }
        const record = resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!
        assert.equal(record.body.stringValue, 'hello')
        assert.deepEqual(record.attributes.map(({ key }) => key), ['via'])
      })

      const pushes = [
        ['protobuf', wire.snap(wire.pushRequest([{ labels: '{job="web", noise="x"}', lines: ['one', 'two'] }])), proto],
        ['JSON', wire.pushJson({ job: 'web', noise: 'x' }, ['one', 'two']), json],
        ['JSON in gzip', wire.gzip(wire.pushJson({ job: 'web', noise: 'x' }, ['one', 'two'])), { ...json, 'content-encoding': 'gzip' }],
      ] as const
      for (const [what, body, headers] of pushes) {
        it(`Loki's push in ${what}`, async () => {
          const answer = await post('/loki/api/v1/push', body, headers)
          assert.equal(answer.status, 204, answer.text)
          assert.deepEqual(wire.streamsOf(arrived('/loki').body), [{ labels: '{cluster="test", job="web", via="sluice"}', lines: ['one', 'two'] }])
        })
      }

      it('Prometheus remote-write', async () => {
        const series = ['jobs_total', 'noise_total'].map(name => ({ labels: { __name__: name, instance: 'a' }, samples: [[1, 1_700_000_000_000], [2, 1_700_000_015_000]] as const }))
        const answer = await post('/api/v1/metrics/write', wire.snap(wire.writeRequest(series)), snappyProto)
        assert.equal(answer.status, 204, answer.text)
        assert.deepEqual(wire.seriesOf(arrived('/prometheus').body), [
          { labels: { __name__: 'jobs_total', cluster: 'test', instance: 'a', via: 'sluice' }, samples: [[1, 1_700_000_000_000], [2, 1_700_000_015_000]] },
        ])
      })

      it('many requests at once, and loses none', async () => {
        const names = Array.from({ length: 40 }, (_, index) => `span ${index}`)
        const answers = await Promise.all(names.map(name => postSpan('/v1/traces', name)))
        assert.deepEqual(answers.map(({ status }) => status), names.map(() => 200))
        const there = sink.take('/main/v1/traces').flatMap(({ body }) => wire.spansOf(body).map(({ name }) => name))
        assert.deepEqual(there.sort(), names.sort())
      })

      it('and prints what the debug and echo components see', async () => {
        await postSpan('/v1/traces', 'printed span')
        await post('/loki/api/v1/push', wire.pushJson({ job: 'web' }, ['printed line']), json)
        await post('/api/v1/metrics/write', wire.snap(wire.writeRequest([{ labels: { __name__: 'printed_series' }, samples: [[1, 1_700_000_000_000]] }])), snappyProto)
        for (const word of ['printed span', 'printed line', 'printed_series']) {
          await until(`${JSON.stringify(word)} in the output`, () => served.output().includes(word) || undefined)
        }
        sink.take()
      })
    })

    describe('finds the way', () => {
      it('by the component\'s own address', async () => {
        const answer = await postSpan('/api/v0/component/otelcol.receiver.otlp.main/v1/traces', 'long way')
        assert.equal(answer.status, 200, answer.text)
        assert.equal(wire.spansOf(arrived('/main/v1/traces').body)[0]!.name, 'long way')
      })

      it('with a query, and not by a path that only begins like one', async () => {
        assert.equal((await postSpan('/v1/traces?debug=1')).status, 200)
        assert.equal((await postSpan('/v1/traces/')).status, 404)
        assert.equal((await postSpan('/api/v0/component/otelcol.receiver.otlp/v1/traces')).status, 404)
        sink.take()
      })

      it('to neither of two receivers that claim one path, and says where each is', async () => {
        const answer = await postSpan('/twin/v1/traces')
        assert.equal(answer.status, 404)
        assert.match(answer.headers['content-type']!, /^text\/plain/)
        assert.match(answer.text, /^nothing is served at \/twin\/v1\/traces; the routes are:\n/)
        for (const twin of ['a', 'b']) {
          const own = `/api/v0/component/otelcol.receiver.otlp.twin_${twin}/twin/v1/traces`
          assert.ok(answer.text.includes(`  POST ${own} -> otelcol.receiver.otlp.twin_${twin}\n`), answer.text)
          assert.equal((await postSpan(own, twin)).status, 200)
        }
        assert.equal(wire.spansOf(arrived('/left/v1/traces').body)[0]!.name, 'a')
        assert.equal(wire.spansOf(arrived('/right/v1/traces').body)[0]!.name, 'b')
      })

      it('but only by the right method', async () => {
        const answer = await ask(`${served.url}/v1/traces`)
        assert.deepEqual([answer.status, answer.headers.allow, answer.text], [405, 'POST', 'GET is not allowed on /v1/traces; use POST\n'])
      })

      it('on the ports of the configuration, where the platform has ports', async () => {
        const own = `http://127.0.0.1:${otlpPort}`
        if (!platform.ports) return assert.rejects(ask(own), /ECONNREFUSED/)
        const body = wire.otlp('traces', wire.spanRequest('by its port'))
        assert.equal((await ask(`${own}/v1/traces`, { body, headers: proto })).status, 200)
        assert.equal(wire.spansOf(arrived('/main/v1/traces').body)[0]!.name, 'by its port')
        const other = await ask(`${own}/loki/api/v1/push`, { body, headers: proto })
        assert.equal(other.status, 404)
        assert.equal(other.text.match(/otelcol\.receiver\.otlp\.main/g)?.length, 3, other.text)
        assert.ok(!other.text.includes('loki.source'), other.text)
      })
    })

    describe('asks for credentials', () => {
      const guardedPath = '/api/v0/component/otelcol.receiver.otlp.behind_the_door/behind_the_door/v1/traces'

      it('at the door', async () => {
        for (const headers of [{}, basic(credentials.user, 'wrong'), basic('nobody', credentials.password), { authorization: 'Basic ???' }]) {
          const answer = await postSpan(guardedPath, 'a span', headers)
          assert.deepEqual([answer.status, answer.headers['www-authenticate']], [401, 'Basic realm="Restricted"'])
        }
        assert.equal(sink.take().length, 0)
        assert.equal((await postSpan(guardedPath, 'a span', basic(credentials.user, credentials.password))).status, 200)
        arrived('/main/v1/traces')
      })

      it('with a handler of the receiver', async () => {
        const refused = await postSpan('/behind_a_handler/v1/traces')
        assert.equal(refused.status, 401)
        assert.match(refused.headers['www-authenticate']!, /^Basic/)
        assert.deepEqual(wire.readStatus(refused.body), { code: 16, message: 'the credentials are missing or wrong' })
        assert.equal(sink.take().length, 0)
        assert.equal((await postSpan('/behind_a_handler/v1/traces', 'a span', basic(credentials.user, credentials.password))).status, 200)
        arrived('/main/v1/traces')
      })
    })

    describe('answers for what became of the data', () => {
      const wait = { 'retry-after': '7' }
      const outcomes: readonly (readonly [what: string, answer: Answer, status: number, retryAfter?: string])[] = [
        ['503', { status: 503 }, 503],
        ['503 with Retry-After', { status: 503, headers: wait }, 503, '7'],
        ['429 with Retry-After', { status: 429, headers: wait }, 429, '7'],
        ['502', { status: 502 }, 503],
        ['400', { status: 400, body: 'no such tenant' }, 400],
        ['401', { status: 401 }, 500],
        ['nothing and closes the connection', { reset: true }, 503],
      ]
      for (const [what, answer, status, retryAfter] of outcomes) {
        it(`${status} when the OTLP destination answers ${what}`, async () => {
          sink.script('/main/v1/traces', answer)
          const reply = await postSpan('/v1/traces')
          assert.deepEqual([reply.status, reply.headers['retry-after'], reply.headers['content-type']], [status, retryAfter, 'application/x-protobuf'], reply.text)
          assert.ok(String(wire.readStatus(reply.body).message).includes(`${sink.url}/main/v1/traces`), reply.text)
          assert.equal(sink.take('/main/v1/traces').length, 1)
        })
      }

      it('503 when the destination is down', async () => {
        const reply = await postSpan('/down/v1/traces')
        assert.equal(reply.status, 503)
        assert.match(String(wire.readStatus(reply.body).message), /^http:\/\/127\.0\.0\.1:\d+\/v1\/traces could not be reached: ./)
      })

      it('503 when the destination takes longer than its timeout', async () => {
        sink.script('/slow/v1/traces', { delayMs: 2_000 })
        const reply = await postSpan('/slow/v1/traces')
        assert.equal(reply.status, 503)
        assert.deepEqual(wire.readStatus(reply.body), { code: 14, message: `${sink.url}/slow/v1/traces could not be reached: no answer within 300 ms` })
        sink.take()
      })

      it('200 when a second try succeeds', async () => {
        sink.script('/again/v1/traces', { status: 503 }, { status: 200 })
        assert.equal((await postSpan('/again/v1/traces')).status, 200)
        assert.equal(sink.take('/again/v1/traces').length, 2)
      })

      it('503 when one of two destinations fails, which costs the other nothing', async () => {
        sink.script('/right/v1/traces', { status: 503, headers: wait })
        const reply = await postSpan('/fan/v1/traces', 'to both')
        assert.deepEqual([reply.status, reply.headers['retry-after']], [503, '7'])
        assert.equal(wire.spansOf(arrived('/left/v1/traces').body)[0]!.name, 'to both')
        arrived('/right/v1/traces')
      })

      it('503 when one may take it later and the other never will', async () => {
        sink.script('/left/v1/traces', { status: 400 })
        sink.script('/right/v1/traces', { status: 503 })
        assert.equal((await postSpan('/fan/v1/traces')).status, 503)
        sink.take()
      })

      for (const [destination, send, ok] of [
        ['/loki', () => post('/loki/api/v1/push', wire.pushJson({ job: 'web' }, ['line']), json), 204],
        ['/prometheus', () => post('/api/v1/metrics/write', wire.snap(wire.writeRequest([{ labels: { __name__: 'up' }, samples: [[1, 1_700_000_000_000]] }])), snappyProto), 204],
      ] as const) {
        it(`of ${destination} too`, async () => {
          for (const [answer, status] of [[{ status: 204 }, ok], [{ status: 400, body: 'out of order' }, 400]] as const) {
            sink.script(destination, answer)
            const reply = await send()
            assert.equal(reply.status, status, reply.text)
          }
          sink.take()
        })
      }

      it('and counts it', async () => {
        // Counts are written every ten seconds at most.
        await until('the counts', async () => {
          const samples = parseMetrics((await ask(`${served.url}/metrics`)).text)
          const exporter = { component_id: 'otelcol.exporter.otlphttp.main' }
          const enough = sumOf(samples, 'sluice_component_accepted_items_total', exporter) >= 40
            && sumOf(samples, 'sluice_component_refused_items_total', exporter) >= outcomes.length
          return enough || undefined
        }, 30_000)
      })
    })

    describe('tells of itself', () => {
      it('that it is ready and healthy', async () => {
        const ready = await ask(`${served.url}/-/ready`)
        assert.deepEqual([ready.status, ready.text], [200, 'Alloy is ready.\n'])
        const healthy = await ask(`${served.url}/-/healthy`)
        assert.deepEqual([healthy.status, healthy.text], [200, 'All Alloy components are healthy.\n'])
      })

      it('its components, as Alloy lists them', async () => {
        const { status, headers, text } = await ask(`${served.url}/api/v0/web/components`)
        assert.equal(status, 200)
        assert.match(headers['content-type']!, /^application\/json/)
        const list = JSON.parse(text) as { localID: string; name: string; label: string; health: { state: string }; referencesTo: string[]; referencedBy: string[] }[]
        const relabel = list.find(({ localID }) => localID === 'loki.relabel.main')!
        assert.deepEqual([relabel.name, relabel.label, relabel.health.state, relabel.referencesTo, relabel.referencedBy],
          ['loki.relabel', 'main', 'healthy', ['loki.write.main', 'loki.echo.main'], ['loki.source.api.main']])
        assert.ok(!text.includes(credentials.password))
      })

      it('all of it on one page, without secrets', async () => {
        const { status, headers, text } = await ask(`${served.url}/`)
        assert.equal(status, 200)
        assert.match(headers['content-type']!, /^text\/html/)
        for (const word of ['otelcol.receiver.otlp.main', 'POST /v1/traces', 'could not be reached', platform.target]) assert.ok(text.includes(word), `the page lacks ${word}`)
        assert.ok(!text.includes(credentials.password))
      })

      it('when it is asked by GET', async () => {
        const { status, headers, text } = await ask(`${served.url}/-/ready`, { method: 'DELETE' })
        assert.deepEqual([status, headers.allow, text], [405, 'GET', 'DELETE is not allowed on /-/ready; use GET\n'])
      })
    })

    describe('lives on', () => {
      it('through a tick', async () => {
        await served.tick()
        assert.ok(!served.output().includes('tick failed'), served.output())
      })

      it('with the file\'s content of now, where there is a disk, and otherwise of the build', async () => {
        await writeFile(noteFile, 'second')
        await served.tick()
        await postSpan('/v1/traces')
        assert.equal(arrived('/main/v1/traces').headers['x-note'], platform.disk ? 'second' : 'first')
      })

      it('with the environment of its start, none of which is in the build', async () => {
        for (const [name, value] of Object.entries(artefact.variables)) assert.ok(!artefact.code.includes(value), `the artefact holds the value of ${name}`)
      })

      it('after a restart, as the same installation where state lasts', async () => {
        const identity = async () => {
          const reply = await post('/loki/api/v1/push', wire.pushJson({ job: 'web' }, ['who']), json)
          assert.equal(reply.status, 204, reply.text)
          return arrived('/loki').headers['x-alloy-id']
        }
        const first = await identity()
        assert.match(first!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        assert.equal(await identity(), first)
        await served.stop()
        served = await platform.start(artefact)
        assert.equal(await identity() === first, platform.durable)
      })
    })
  })
}
