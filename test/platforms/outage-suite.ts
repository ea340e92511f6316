/** A destination that is away for a while: what is accepted meanwhile waits, arrives in order, and operators see and mend it. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { BatchRow, Moved, QueueRow } from '../../src/graph/run/queues.ts'
import { ask } from '../support/ask.ts'
import { until, workbench, type Artefact, type Platform, type Served, type Workbench } from '../support/platform.ts'
import { startSink, type Sink } from '../support/sink.ts'
import * as wire from './messages.ts'

const config = `
loki.source.api "main" {
  http { listen_port = 0 }
  forward_to = [loki.write.main.receiver]
}
loki.write "main" {
  endpoint {
    name = "main"
    url  = sys.env("SINK") + "/loki"
  }
}
prometheus.receive_http "main" {
  http { listen_port = 0 }
  forward_to = [prometheus.remote_write.main.receiver]
}
prometheus.remote_write "main" {
  endpoint {
    name = "main"
    url  = sys.env("SINK") + "/prometheus"
  }
}
otelcol.receiver.otlp "main" {
  http { endpoint = "127.0.0.1:0" }
  output { traces = [otelcol.exporter.otlphttp.main.input] }
}
otelcol.exporter.otlphttp "main" {
  client {
    endpoint    = sys.env("SINK") + "/otlp"
    compression = "none"
  }
}
`
const token = 'platform suite token'
const api = '/api/v0/sluice/queues'
/** It says when to come again, so nobody tries in between. */
const away = Array.from({ length: 1000 }, () => ({ status: 503, headers: { 'retry-after': '2' } }))

export function outageSuite(platform: Platform): void {
  describe(`an outage of a destination of a collector built for ${platform.name}`, () => {
    let bench: Workbench
    let sink: Sink
    let artefact: Artefact
    let served: Served

    before(async () => {
      bench = await workbench()
      sink = await startSink()
      artefact = await bench.build(platform.target, config, { SINK: sink.url, SLUICE_ADMIN_TOKEN: token, SLUICE_DEAD_LETTERS: 'on' })
      served = await platform.start(artefact)
    })
    after(async () => {
      await served?.stop()
      await sink?.stop()
      await bench?.clear()
    })

    const push = async (line: string) => {
      const reply = await ask(`${served.url}/loki/api/v1/push`, { headers: { 'content-type': 'application/json' }, body: wire.pushJson({ job: 'web' }, [line]) })
      assert.equal(reply.status, 204, reply.text)
    }
    const operator = async <T>(at: string, body?: object) => {
      const reply = await ask(served.url + api + at, { headers: { authorization: `Bearer ${token}` }, ...(body && { body: JSON.stringify(body) }) })
      return { status: reply.status, body: JSON.parse(reply.text) as T }
    }
    const row = async (queue = 'main', node = 'loki.write.main') =>
      (await operator<{ queues: QueueRow[] }>('')).body.queues.find(each => each.node === node && each.queue === queue)!
    const lines = () => sink.take('/loki').flatMap(({ body }) => wire.streamsOf(body).flatMap(stream => stream.lines))
    /** Lets what waits be sent: by itself where the platform comes back by itself, else by what tells it. */
    const recover = async (by: 'tick' | 's3' | 'sqs' = 'tick', node = 'loki.write.main') => {
      sink.script('/loki')
      sink.take()
      if (served.work !== undefined) await (by === 'tick' ? served.tick() : served.work(by))
      await until(`${node} to be sent`, async () => {
        const { batches, gate } = await row('main', node)
        return batches === 0 && gate === 'open' ? true : undefined
      }, 20_000)
    }

    for (const by of ['tick', 's3', 'sqs'] as const) {
      // What wakes a collector is a matter of Lambda only.
      if (by !== 'tick' && platform.target !== 'lambda') continue
      it(`is acknowledged, and what waits arrives in order${platform.target === 'lambda' ? ` after an event by ${by}` : ''}`, async () => {
        await push('before')
        assert.deepEqual(lines(), ['before'])
        sink.script('/loki', ...away)
        for (const line of ['one', 'two', 'three']) await push(line)
        const { batches, items, gate } = await row()
        assert.deepEqual([batches, items, gate], [3, 3, 'shut'])
        await recover(by)
        assert.deepEqual(lines(), ['one', 'two', 'three'])
        await push('after')
        assert.deepEqual(lines(), ['after'])
      })
    }

    it('costs other destinations nothing, and each protocol has its answer', async () => {
      for (const path of ['/prometheus', '/otlp/v1/traces']) sink.script(path, ...away)
      const sample = wire.snap(wire.writeRequest([{ labels: { __name__: 'up' }, samples: [[1, 1_700_000_000_000]] }]))
      const written = await ask(`${served.url}/api/v1/metrics/write`, { headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }, body: sample })
      assert.equal(written.status, 204, written.text)
      const traced = await ask(`${served.url}/v1/traces`, { headers: { 'content-type': 'application/x-protobuf' }, body: wire.otlp('traces', wire.spanRequest('waits')) })
      assert.equal(traced.status, 200, traced.text)
      await push('meanwhile')
      assert.deepEqual(lines(), ['meanwhile'])
      for (const path of ['/prometheus', '/otlp/v1/traces']) sink.script(path)
      await recover('tick', 'prometheus.remote_write.main')
      await until('the span', async () => (await row('traces', 'otelcol.exporter.otlphttp.main')).batches === 0 || undefined, 20_000)
    })

    it('outlasts a restart, where state lasts', { skip: !platform.durable && 'its state is in memory here' }, async () => {
      sink.script('/loki', ...away)
      await push('kept')
      await served.stop()
      served = await platform.start(artefact)
      sink.script('/loki')
      sink.take()
      // Ticks come by themselves in a deployment, but not on all of the platforms here.
      await until('what was kept', async () => {
        await served.tick()
        const { batches, gate } = await row()
        return batches === 0 && gate === 'open' ? true : undefined
      }, 30_000)
      assert.deepEqual(lines(), ['kept'])
    })

    it('leaves dead letters where the destination then refuses, which can be put back', async () => {
      sink.script('/loki', ...away)
      await push('letter')
      sink.script('/loki', { status: 400, body: 'no such tenant' })
      if (served.work !== undefined) await served.tick()
      const dead = await until('a dead letter', async () => {
        const found = await row('main.refused')
        return found.batches === 1 ? found : undefined
      }, 20_000)
      assert.deepEqual([dead.items, dead.holds], [1, 'dead letters'])
      const place = { node: 'loki.write.main', queue: 'main.refused' }
      const { body: { batches: [letter] } } = await operator<{ batches: BatchRow[] }>(`/batches?${new URLSearchParams(place).toString()}`)
      assert.match(letter!.reason!, /answered 400: no such tenant$/)
      const { body: shown } = await operator<{ content: { labels: string; entries: string[][] }[] }>(`/batch?${new URLSearchParams({ ...place, position: letter!.position }).toString()}`)
      assert.deepEqual(shown.content.map(({ labels, entries }) => [labels, entries[0]![1]]), [['{job="web"}', 'letter']])
      sink.take()
      const { status, body: moved } = await operator<Moved>('/replay', { ...place, positions: [letter!.position] })
      assert.deepEqual([status, moved.batches, moved.done], [200, 1, true])
      if (served.work !== undefined) await served.tick()
      await until('the letter to arrive', async () => (await row()).batches === 0 || undefined, 20_000)
      assert.deepEqual(lines(), ['letter'])
      assert.equal((await row('main.refused')).batches, 0)
    })

    it('can be ended by throwing away what waits', async () => {
      sink.script('/loki', ...away)
      await push('unwanted')
      const purged = await until('the right to purge', async () => {
        const { status, body } = await operator<Moved>('/purge', { node: 'loki.write.main', queue: 'main' })
        return status === 409 ? undefined : [status, body.batches]
      }, 60_000)
      assert.deepEqual(purged, [200, 1])
      await recover()
      assert.deepEqual(lines(), [])
    })

    it('is not for those without the token', async () => {
      assert.equal((await ask(served.url + api)).status, 401)
      assert.ok(!served.output().includes(token))
    })
  })
}
