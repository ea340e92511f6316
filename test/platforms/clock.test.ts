/** Clocks of scrapes in the built artefact: alarms and loopback calls in workerd, timers on Node, invocations of itself on Lambda. */
import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fakeS3, type FakeS3 } from '../support/fake-s3.ts'
import { tickEvent } from '../support/lambda-events.ts'
import { startRuntime } from '../support/platform-lambda.ts'
import { node } from '../support/platform-node.ts'
import { workerd } from '../support/platform-workerd.ts'
import { until, workbench, type Platform, type Workbench } from '../support/platform.ts'
import { startSink, type Sink } from '../support/sink.ts'
import * as wire from './messages.ts'

const names = Array.from({ length: 9 }, (_, n) => `t${n}`)

/** Nine targets, which are paths of the sink, and the sink as the destination. */
const configFor = ({ url }: Sink, interval: string) => `
  prometheus.scrape "default" {
    targets         = [${names.map(name => `{"__address__" = "${new URL(url).host}", "__metrics_path__" = "/${name}", "instance" = "${name}"}`).join(', ')}]
    scrape_interval = "${interval}"
    scrape_timeout  = "2s"
    forward_to      = [prometheus.remote_write.default.receiver]
  }
  prometheus.remote_write "default" {
    endpoint { url = "${url}/write" }
  }`

/** The times of each target's `up`, in the order in which they came; an end is not a time. */
function upsOf(received: ReturnType<Sink['take']>): { times: Map<string, number[]>; values: Set<number> } {
  const times = new Map<string, number[]>()
  const values = new Set<number>()
  for (const { labels, samples } of received.filter(({ path: at }) => at === '/write').flatMap(({ body }) => wire.seriesOf(body))) {
    if (labels['__name__'] !== 'up') continue
    for (const [value, timestamp] of samples) {
      values.add(value)
      times.set(labels['instance']!, [...times.get(labels['instance']!) ?? [], timestamp])
    }
  }
  return { times, values }
}

const allow = { SLUICE_EGRESS_ALLOW: '127.0.0.0/8' }

describe('clocks', { concurrency: true }, () => {
  for (const platform of [workerd, node] satisfies Platform[]) {
    it(`go on by themselves on ${platform.name}, each target at its own offset`, async test => {
      const [bench, sink] = [await workbench(), await startSink()]
      // More shards than the work needs, so that several invocations share it.
      const served = await platform.start(await bench.build(platform.target, configFor(sink, '2s'), { ...allow, SLUICE_MIN_SHARDS: '3' }))
      try {
        // One tick, and its twins, begin it; after that nobody ticks any more.
        await Promise.all([served.tick(), served.tick(), served.tick()])
        const received: ReturnType<Sink['take']> = []
        const { times, values } = await until('eight scrapes of each target', () => {
          received.push(...sink.take())
          const ups = upsOf(received)
          return names.every(name => (ups.times.get(name)?.length ?? 0) >= 8) ? ups : undefined
        }, 60_000)
        // A slow machine may let one fail; but nothing has ended.
        assert.ok([...values].every(value => value === 0 || value === 1), served.output())
        for (const [name, all] of times) assert.deepEqual(all, [...new Set(all)].sort((a, b) => a - b), `${name} in order, none twice`)
        // The first scrape makes up for the time before the start; after it, times should be an interval apart.
        const jitter = [...times.values()].flatMap(all => all.slice(1).map((at, n) => at - all[n]!).slice(1)).map(ms => Math.abs(ms - 2_000)).sort((a, b) => a - b)
        test.diagnostic(`${platform.name}: distance of timestamps from 2 s apart, of ${jitter.length}: median ${jitter[jitter.length >> 1]} ms, most ${jitter.at(-1)} ms`)
        const begun = received.filter(({ path: at }) => names.includes(at.slice(1))).length
        test.diagnostic(`${platform.name}: ${begun} scrapes of ${names.length} targets`)
      } finally {
        await served.stop()
        await sink.stop()
        await bench.clear()
      }
    })
  }

  // One after the other: they share a sink.
  describe('on Lambda', { concurrency: false }, () => {
    let bench: Workbench
    let sink: Sink
    let s3: FakeS3
    before(async () => {
      [bench, sink, s3] = [await workbench(), await startSink(), await fakeS3()]
      // The SDK is part of Lambda's runtime; here it is the project's.
      await symlink(path.resolve(import.meta.dirname, '../../node_modules'), path.join(bench.folder, 'node_modules'))
    })
    after(async () => {
      await s3?.close()
      await sink?.stop()
      await bench?.clear()
    })

    const invocations = '/2015-03-31/functions/sluice/invocations'
    const start = async (prefix: string, more: Record<string, string>) => {
      const { file } = await bench.build('lambda', configFor(sink, '60s'))
      return startRuntime(file, {
        ...allow, ...more, SLUICE_BUCKET: 'state', SLUICE_PREFIX: prefix, AWS_ENDPOINT_URL_S3: s3.endpoint, AWS_ENDPOINT_URL_LAMBDA: sink.url, AWS_REGION: 'eu-central-1',
        AWS_LAMBDA_FUNCTION_NAME: 'sluice', AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token',
      })
    }
    const asked = () => [...new Set(sink.take().map(({ path: at }) => at).filter(at => /^\/t\d$/.test(at)))].sort()
    const all = names.map(name => `/${name}`)

    it('do the work of one shard within the tick', async () => {
      const lambda = await start('one/', {})
      try {
        await lambda.invoke(tickEvent())
        assert.deepEqual(asked(), all, lambda.output())
      } finally {
        await lambda.stop()
      }
    })

    it('invoke the function for each of several shards, and carry out each order once', async () => {
      const lambda = await start('three/', { SLUICE_MIN_SHARDS: '3' })
      try {
        sink.script(invocations, ...Array.from({ length: 3 }, () => ({ status: 202 })))
        await lambda.invoke(tickEvent())
        const sent = sink.take()
        assert.deepEqual(sent.map(({ path: at }) => at), [invocations, invocations, invocations], lambda.output())
        for (const { headers } of sent) {
          assert.equal(headers['x-amz-invocation-type'], 'Event')
          assert.match(headers['authorization']!, /^AWS4-HMAC-SHA256 Credential=AKID\/\d+\/eu-central-1\/lambda\/aws4_request/)
        }
        const events = sent.map(({ body }) => JSON.parse(new TextDecoder().decode(body)) as { sluiceRound: { shard: number; token: number; deadlineMs: number } })
        assert.deepEqual(events.map(({ sluiceRound }) => sluiceRound.shard).sort(), [0, 1, 2])
        await Promise.all(events.map(event => lambda.invoke(event)))
        assert.deepEqual(asked(), all, lambda.output())
        // AWS delivers at least once, and may be late.
        await Promise.all(events.map(event => lambda.invoke(event)))
        await lambda.invoke({ sluiceRound: { ...events[0]!.sluiceRound, token: events[0]!.sluiceRound.token + 1, deadlineMs: 1 } })
        assert.deepEqual(asked(), [])
      } finally {
        await lambda.stop()
      }
    })

    it('say why a function cannot invoke itself', async () => {
      const lambda = await start('refused/', { SLUICE_MIN_SHARDS: '2' })
      try {
        sink.script(invocations, ...Array.from({ length: 2 }, () => ({ status: 403, body: '{"Message":"not authorized"}' })))
        await lambda.invoke(tickEvent())
        assert.match(lambda.output(), /cannot invoke itself: 403 .*not authorized.*lambda:InvokeFunction/)
      } finally {
        await lambda.stop()
      }
    })
  })
})
