/** What a built collector says of itself at /metrics: once it is quiet, all that was accepted is sent, waits, or was dropped for a reason. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ask } from '../support/ask.ts'
import { until, workbench, type Platform, type Served, type Workbench } from '../support/platform.ts'
import { startSink, type Sink } from '../support/sink.ts'
import { parseMetrics, sumOf, type Sample } from '../support/metrics-text.ts'
import { credentials } from './config.ts'
import * as wire from './messages.ts'

const config = `
http {
  auth {
    basic {
      username = "${credentials.user}"
      password = sys.env("DOOR_PASSWORD")
    }
    filter {
      paths                       = ["/-/reload"]
      authenticate_matching_paths = true
    }
  }
}

otelcol.receiver.otlp "in" {
  http { endpoint = "127.0.0.1:0" }
  output { traces = [otelcol.exporter.otlphttp.out.input] }
}
otelcol.exporter.otlphttp "out" {
  client {
    endpoint    = sys.env("SINK") + "/otlp"
    compression = "none"
  }
  retry_on_failure {
    initial_interval = "50ms"
    max_interval     = "200ms"
  }
}

prometheus.receive_http "in" {
  http { listen_port = 0 }
  forward_to = [prometheus.remote_write.out.receiver]
}
prometheus.remote_write "out" {
  endpoint {
    url = sys.env("SINK") + "/prometheus"
    queue_config { max_backoff = "200ms" }
  }
}

loki.source.api "in" {
  http { listen_port = 0 }
  forward_to = [loki.write.out.receiver]
}
loki.write "out" {
  endpoint {
    url                 = sys.env("SINK") + "/loki"
    min_backoff_period  = "50ms"
    max_backoff_period  = "200ms"
    max_backoff_retries = 0
  }
}
`

/** One protocol: how two items are sent, where they arrive, and what counts them on their way in and out. */
interface Way {
  readonly name: string
  readonly at: string
  readonly destination: string
  readonly accepted: string
  readonly exporter: string
  readonly sent: string
  body(number: number): { readonly body: Uint8Array | string; readonly headers: Record<string, string> }
}

const proto = { 'content-type': 'application/x-protobuf' }
const ways: readonly Way[] = [
  {
    name: 'OTLP', at: '/v1/traces', destination: '/otlp/v1/traces', exporter: 'otelcol.exporter.otlphttp.out',
    accepted: 'otelcol_receiver_accepted_spans_total', sent: 'otelcol_exporter_sent_spans_total',
    body(number) {
      const one = wire.otlp('traces', wire.spanRequest(`span ${number}`))
      return { body: Uint8Array.from([...one, ...one]), headers: proto }
    },
  },
  {
    name: 'remote-write', at: '/api/v1/metrics/write', destination: '/prometheus', exporter: 'prometheus.remote_write.out',
    accepted: 'prometheus_forwarded_samples_total', sent: 'prometheus_remote_storage_samples_total',
    body: number => ({
      body: wire.snap(wire.writeRequest([{ labels: { __name__: 'a' }, samples: [[number, 1_700_000_000_000 + 2 * number], [number, 1_700_000_000_001 + 2 * number]] }])),
      headers: { ...proto, 'content-encoding': 'snappy' },
    }),
  },
  {
    name: 'Loki', at: '/loki/api/v1/push', destination: '/loki', exporter: 'loki.write.out',
    accepted: 'loki_source_api_entries_written', sent: 'loki_write_sent_entries_total',
    body: number => ({ body: wire.pushJson({ job: 'a' }, [`${number} one`, `${number} two`]), headers: { 'content-type': 'application/json' } }),
  },
]
const perRequest = 2

export function accountingSuite(platform: Platform): void {
  describe(`the books of a collector built for ${platform.name}`, { concurrency: 1 }, () => {
    let bench: Workbench
    let sink: Sink
    let served: Served
    before(async () => {
      bench = await workbench()
      sink = await startSink()
      served = await platform.start(await bench.build(platform.target, config, { SINK: sink.url, DOOR_PASSWORD: credentials.password }))
    })
    after(async () => {
      await served?.stop()
      await sink?.stop()
      await bench?.clear()
    })

    const send = async (way: Way, numbers: readonly number[]) => {
      const statuses: number[] = []
      for (const number of numbers) statuses.push((await ask(served.url + way.at, way.body(number))).status)
      return statuses
    }
    const sendAll = (numbers: readonly number[]) => Promise.all(ways.map(way => send(way, numbers)))
    /** The destination is away for so many attempts, or comes back at once with none. */
    const scriptAll = (status: number, times: number) => {
      for (const { destination } of ways) sink.script(destination, ...Array.from({ length: times }, () => ({ status })))
    }
    const scrape = async () => {
      const { status, text } = await ask(`${served.url}/metrics`)
      assert.equal(status, 200, text)
      return parseMetrics(text)
    }
    const books = (samples: readonly Sample[], { accepted, sent, exporter }: Way) => ({
      accepted: sumOf(samples, accepted),
      sent: sumOf(samples, sent, { component_id: exporter }),
      queued: sumOf(samples, 'sluice_queue_items', { component_id: exporter }),
      dropped: sumOf(samples, 'sluice_dropped_items_total', { component_id: exporter }),
    })
    /** Looks until the books of every protocol are as expected, in requests; ticks meanwhile, because that is what drains queues on some platforms. */
    const settled = async (expected: { accepted: number; sent: number; queued: number; dropped: number }) => {
      const whole = Object.fromEntries(Object.entries(expected).map(([name, requests]) => [name, requests * perRequest]))
      let last: unknown
      await until(`the books to be ${JSON.stringify(whole)}`, async () => {
        await served.tick()
        const samples = await scrape()
        last = ways.map(way => books(samples, way))
        return ways.every(way => JSON.stringify(books(samples, way)) === JSON.stringify(whole)) || undefined
      }, 60_000).catch((error: unknown) => { throw new Error(`${String(error)}; they are ${JSON.stringify(last)}\n${served.output().slice(-2_000)}`) })
    }
    const taken = (statuses: readonly number[][]) => assert.ok(statuses.flat().every(status => status === 200 || status === 204), JSON.stringify(statuses))

    it('hold what went through, and not what was refused', async () => {
      taken(await sendAll([1, 2, 3]))
      scriptAll(400, 1)
      assert.deepEqual(await sendAll([4]), [[400], [400], [400]])
      taken(await sendAll([5]))
      await settled({ accepted: 4, sent: 4, queued: 0, dropped: 0 })
    })

    it('hold what waited and was sent later', async () => {
      scriptAll(503, 1_000)
      taken(await sendAll([6, 7]))
      scriptAll(200, 0)
      await settled({ accepted: 6, sent: 6, queued: 0, dropped: 0 })
    })

    it('hold what waited and was refused for good, and what still waits', async () => {
      scriptAll(503, 1_000)
      taken(await sendAll([8]))
      // What is refused is divided first: two items are three requests.
      scriptAll(400, 3)
      await settled({ accepted: 7, sent: 6, queued: 0, dropped: 1 })
      scriptAll(503, 10_000)
      taken(await sendAll([9, 10, 11]))
      await settled({ accepted: 10, sent: 6, queued: 3, dropped: 1 })
      const dropped = (await scrape()).filter(({ name }) => name === 'sluice_dropped_items_total')
      assert.deepEqual(dropped.map(({ labels, value }) => [labels['component_id'], labels['reason'], value]).sort(), ways.map(({ exporter }) => [exporter, 'refused', 2]).sort())
    })

    it('have Alloy\'s names and labels', async () => {
      const samples = await scrape()
      const labels = (name: string) => samples.find(sample => sample.name === name && sample.value > 0)?.labels
      assert.deepEqual(labels('otelcol_receiver_accepted_spans_total'),
        { component_id: 'otelcol.receiver.otlp.in', component_path: '/', receiver: 'otlp/otelcol.receiver.otlp.in', transport: 'http' })
      assert.deepEqual(labels('otelcol_exporter_send_failed_spans_total'),
        { component_id: 'otelcol.exporter.otlphttp.out', component_path: '/', exporter: 'otlp_http/otelcol.exporter.otlphttp.out' })
      assert.deepEqual(labels('otelcol_exporter_queue_size'),
        { component_id: 'otelcol.exporter.otlphttp.out', component_path: '/', exporter: 'otlp_http/otelcol.exporter.otlphttp.out', data_type: 'traces' })
      assert.deepEqual(labels('loki_write_dropped_entries_total'),
        { component_id: 'loki.write.out', component_path: '/', host: new URL(sink.url).host, tenant: '', reason: 'ingester_error' })
      assert.equal(labels('prometheus_remote_storage_samples_pending')?.['url'], `${sink.url}/prometheus`)
      assert.ok(sumOf(samples, 'prometheus_remote_storage_sent_batch_duration_seconds_count') >= 5)
    })

    it('go on after a restart where state lasts', async () => {
      const before = sumOf(await scrape(), ways[0]!.accepted)
      await served.stop()
      served = await platform.start(await bench.build(platform.target, config, { SINK: sink.url, DOOR_PASSWORD: credentials.password }))
      assert.equal(sumOf(await scrape(), ways[0]!.accepted), platform.durable ? before : 0)
    })
  })
}
