/**
 * Debian's Prometheus scrapes, remote-writes into Sluice (both platforms at once), which relabels and writes to a second Prometheus;
 * both are then asked for every raw sample of the same time.
 */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { until } from '../support/platform.ts'
import { freePort } from '../support/sink.ts'
import { missing, rawSamples, seriesKey, startNodeExporter, startPrometheus, type Peer, type Series } from './support/prometheus.ts'
import { platforms, startSluice, type PlatformName, type Sluice } from './support/sluice.ts'

/** How long is compared, in seconds. */
const compared = 15
/** How long remote-write is given, in milliseconds, to begin before and to finish after. */
const patience = 30_000

const sluiceConfig = (destination: string, port: number) => `
prometheus.receive_http "default" {
  http {
    listen_address = "127.0.0.1"
    listen_port    = ${port}
  }
  forward_to = [prometheus.relabel.default.receiver]
}
prometheus.relabel "default" {
  rule {
    target_label = "via"
    replacement  = "sluice"
  }
  rule {
    source_labels = ["__name__"]
    regex         = "go_gc_.*|node_cpu_.*"
    action        = "drop"
  }
  rule {
    source_labels = ["job", "instance"]
    regex         = "(.+);.+:(.+)"
    target_label  = "instance"
    replacement   = "$1-on-$2"
  }
  rule {
    regex  = "branch"
    action = "labeldrop"
  }
  forward_to = [prometheus.remote_write.default.receiver]
}
prometheus.remote_write "default" {
  external_labels = { cluster = "one", job = "not this" }
  endpoint {
    url = "${destination}/api/v1/write"
  }
}
`

const sourceConfig = (self: number, exporter: number, writes: ReadonlyMap<string, string>) => `
global: { scrape_interval: 1s }
scrape_configs:
  - { job_name: prometheus, static_configs: [{ targets: ['127.0.0.1:${self}'] }] }
  - { job_name: node, static_configs: [{ targets: ['127.0.0.1:${exporter}'] }] }
  - { job_name: absent, static_configs: [{ targets: ['127.0.0.1:1'] }] }
remote_write:
${[...writes].map(([name, url]) => `  - { name: '${name}', url: '${url}', queue_config: { batch_send_deadline: 1s, max_samples_per_send: 500, max_shards: 4 }, metadata_config: { send_interval: 5s } }`).join('\n')}
`

/** What the rules above make of a series; undefined where they drop it. */
function relabelled(key: string): string | undefined {
  const { branch: _dropped, ...labels } = JSON.parse(key) as Record<string, string>
  if (/^(go_gc_|node_cpu_)/.test(labels.__name__!)) return undefined
  const port = labels.instance!.split(':').at(-1)!
  return seriesKey({ cluster: 'one', ...labels, via: 'sluice', instance: `${labels.job!}-on-${port}` })
}

function expectation(source: Series): Series {
  return new Map([...source].flatMap(([key, samples]) => {
    const after = relabelled(key)
    return after === undefined ? [] : [[after, samples] as const]
  }))
}

/** What Prometheus itself counts as refused by one of its remote-write destinations. */
async function failed(source: Peer, what: string, platform: PlatformName): Promise<number> {
  const series = await rawSamples(source, Date.now() / 1000, 5, `prometheus_remote_storage_${what}_failed_total{remote_name="${platform}"}`)
  return Number([...series.values()][0]?.at(-1)?.[1])
}

const count = (series: Series) => [...series.values()].reduce((sum, samples) => sum + samples.length, 0)

describe('Prometheus through Sluice to Prometheus', { skip: missing ?? false }, () => {
  const destinations = new Map<PlatformName, Peer>()
  const sluices = new Map<PlatformName, Sluice>()
  const started: { readonly stop: () => Promise<void> }[] = []
  let source: Peer
  let end: number

  before(async () => {
    const writes = new Map<PlatformName, string>()
    for (const platform of platforms) {
      const destination = await startPrometheus('', await freePort(), ['--web.enable-remote-write-receiver'])
      started.push(destination)
      const port = await freePort()
      const sluice = await startSluice(platform, sluiceConfig(destination.url, port))
      started.push(sluice)
      destinations.set(platform, destination)
      sluices.set(platform, sluice)
      writes.set(platform, `${platform === 'node' ? `http://127.0.0.1:${port}` : sluice.url}/api/v1/metrics/write`)
    }
    const exporter = await startNodeExporter()
    started.push(exporter)
    const port = await freePort()
    source = await startPrometheus(sourceConfig(port, exporter.port, writes), port)
    started.push(source)
    // Remote-write leaves out what was scraped before its queue began.
    for (const [platform, destination] of destinations) {
      await until(`the first samples by ${platform}`, async () => (count(await rawSamples(destination, Date.now() / 1000, compared)) > 0 ? true : undefined), patience)
    }
    await wait((compared + 2) * 1000)
    end = Math.floor(Date.now() / 1000) - 1
  })
  after(async () => {
    // Senders before receivers, and all of them even if one ends badly.
    const ends = await Promise.allSettled(started.reverse().map(peer => peer.stop()))
    const failure = ends.find(ended => ended.status === 'rejected')
    if (failure !== undefined) throw failure.reason
  })

  for (const platform of platforms) {
    it(`loses, doubles and changes no sample on ${platform}`, async () => {
      const all = await rawSamples(source, end, compared)
      const wanted = expectation(all)
      assert.ok(wanted.size > 300 && count(wanted) > 3000, `only ${wanted.size} series with ${count(wanted)} samples were scraped\n${source.output()}`)
      assert.ok(wanted.size < all.size, 'some series are to be dropped')
      for (const what of ['samples', 'metadata']) assert.equal(await failed(source, what, platform), 0, `${what} that Prometheus could not write\n${source.output()}`)
      const destination = destinations.get(platform)!
      const said = () => `${sluices.get(platform)!.output()}\n${source.output()}\n${destination.output()}`
      await until('all samples to arrive', async () => (count(await rawSamples(destination, end, compared)) >= count(wanted) ? true : undefined), patience)
        .catch(async () => { assert.fail(`${count(await rawSamples(destination, end, compared))} of ${count(wanted)} samples arrived\n${said()}`) })
      const arrived = await rawSamples(destination, end, compared)
      assert.deepEqual([...arrived.keys()].sort(), [...wanted.keys()].sort())
      for (const [key, samples] of wanted) assert.deepEqual(arrived.get(key), samples, key)
    })
  }
})
