/**
 * Order through an outage: Debian's Prometheus writes through Sluice (both platforms at once) to a second one that has no window for
 * samples out of order, goes away under load, and comes back with what it had. Then every sample has to be there, and none refused.
 * The outage lasts SLUICE_OUTAGE_SECONDS (default 20).
 */

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { until } from '../support/platform.ts'
import { freePort } from '../support/sink.ts'
import { counterOf, missing, rawSamples, startNodeExporter, startPrometheus, type Peer, type Series } from './support/prometheus.ts'
import { platforms, startSluice, type PlatformName, type Sluice } from './support/sluice.ts'

const outageSeconds = Number(process.env.SLUICE_OUTAGE_SECONDS ?? 20)
/** How long is written before and after the outage, in seconds. */
const calmSeconds = 5
const patience = 30_000
/** A tenth of the series, so that several lanes carry what waits. */
const samplesPerRequest = 100

const sluiceConfig = (destination: string) => `
prometheus.receive_http "default" {
  http { }
  forward_to = [prometheus.remote_write.default.receiver]
}
prometheus.remote_write "default" {
  endpoint {
    url = "${destination}/api/v1/write"
    queue_config { max_samples_per_send = ${samplesPerRequest} }
  }
}
`

/** Several shards, each of which writes its series in order. */
const sourceConfig = (self: number, exporter: number, writes: ReadonlyMap<string, string>) => `
global: { scrape_interval: 1s }
scrape_configs:
  - { job_name: prometheus, static_configs: [{ targets: ['127.0.0.1:${self}'] }] }
  - { job_name: node, static_configs: [{ targets: ['127.0.0.1:${exporter}'] }] }
remote_write:
${[...writes].map(([name, url]) => `  - { name: '${name}', url: '${url}', queue_config: { batch_send_deadline: 1s, max_samples_per_send: 500, min_shards: 3, max_shards: 3 } }`).join('\n')}
`

/** A Prometheus that takes remote-write, goes away, and comes back at the same address with what it had. */
async function startReceiver() {
  const data = await mkdtemp(path.join(tmpdir(), 'sluice-receiver-'))
  const port = await freePort()
  const start = () => startPrometheus('', port, ['--web.enable-remote-write-receiver'], data)
  let peer: Peer = await start()
  return {
    peer: () => peer,
    leave: () => peer.stop(),
    return: async () => { peer = await start() },
    async stop() {
      await peer.stop()
      await rm(data, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

const count = (series: Series) => [...series.values()].reduce((sum, samples) => sum + samples.length, 0)

/** What a Prometheus counts as refused of what is written to it. */
const refusals = [
  ['prometheus_tsdb_out_of_order_samples_total', ''],
  ['prometheus_tsdb_out_of_bound_samples_total', ''],
  ['prometheus_tsdb_too_old_samples_total', ''],
  ['prometheus_http_requests_total', 'code="400",handler="/api/v1/write"'],
] as const

describe(`order through an outage of ${outageSeconds} s`, { skip: missing ?? false }, () => {
  const receivers = new Map<PlatformName, Awaited<ReturnType<typeof startReceiver>>>()
  const sluices = new Map<PlatformName, Sluice>()
  const started: { readonly stop: () => Promise<void> }[] = []
  let source: Peer
  let end: number
  let seconds: number

  before(async () => {
    const writes = new Map<PlatformName, string>()
    for (const platform of platforms) {
      const receiver = await startReceiver()
      started.push(receiver)
      receivers.set(platform, receiver)
      const sluice = await startSluice(platform, sluiceConfig(receiver.peer().url), { SLUICE_EGRESS_ALLOW: '127.0.0.1' })
      started.push(sluice)
      sluices.set(platform, sluice)
      writes.set(platform, `${sluice.url}/api/v1/metrics/write`)
    }
    const exporter = await startNodeExporter()
    started.push(exporter)
    const port = await freePort()
    source = await startPrometheus(sourceConfig(port, exporter.port, writes), port)
    started.push(source)
    for (const [platform, receiver] of receivers) {
      await until(`the first samples by ${platform}`, async () => (count(await rawSamples(receiver.peer(), Date.now() / 1000, 15)) > 0 ? true : undefined), patience)
    }
    // Remote-write leaves out what was scraped before its queue began.
    await wait(2_000)
    const begin = Math.ceil(Date.now() / 1000)
    await wait(calmSeconds * 1000)
    const all = [...receivers.values()]
    await Promise.all(all.map(receiver => receiver.leave()))
    await wait(outageSeconds * 1000)
    await Promise.all(all.map(receiver => receiver.return()))
    await wait(calmSeconds * 1000)
    end = Math.floor(Date.now() / 1000) - 1
    seconds = end - begin
  })
  after(async () => {
    const ends = await Promise.allSettled(started.reverse().map(peer => peer.stop()))
    const failure = ends.find(ended => ended.status === 'rejected')
    if (failure !== undefined) throw failure.reason
  })

  for (const platform of platforms) {
    it(`loses, refuses and changes no sample on ${platform}`, async () => {
      const wanted = await rawSamples(source, end, seconds)
      const least = 600 * (outageSeconds + calmSeconds)
      assert.ok(count(wanted) > least && wanted.size > 3 * samplesPerRequest, `only ${wanted.size} series with ${count(wanted)} samples were scraped\n${source.output()}`)
      const receiver = receivers.get(platform)!.peer()
      const said = () => `${sluices.get(platform)!.output()}\n${receiver.output()}`
      await until('all samples to arrive', async () => (count(await rawSamples(receiver, end, seconds)) >= count(wanted) ? true : undefined), patience)
        .catch(async () => { assert.fail(`${count(await rawSamples(receiver, end, seconds))} of ${count(wanted)} samples arrived\n${said()}`) })
      const arrived = await rawSamples(receiver, end, seconds)
      for (const [key, samples] of wanted) assert.deepEqual(arrived.get(key), samples, key)
      for (const [name, having] of refusals) assert.equal(await counterOf(receiver, name, having), 0, `${name}{${having}}\n${said()}`)
      // Retried: then the sender would have kept the samples, not Sluice.
      for (const what of ['failed', 'retried', 'dropped']) {
        assert.equal(await counterOf(source, `prometheus_remote_storage_samples_${what}_total`, `remote_name="${platform}"`), 0, `samples that the sender counts as ${what}\n${said()}`)
      }
      for (const name of ['samples_failed_total', 'samples_dropped_total']) {
        assert.equal(await counterOf(sluices.get(platform)!, `prometheus_remote_storage_${name}`), 0, name)
      }
    })
  }
})
