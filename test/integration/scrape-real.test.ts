/**
 * Debian's Prometheus and Sluice (both platforms at once) scrape the same targets, a node exporter, the Prometheus itself and one that
 * misbehaves by the clock, and all of them write to one Prometheus, which is then asked what each of them saw. SLUICE_SCRAPE_SECONDS
 * (default 60) says for how long.
 */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { until } from '../support/platform.ts'
import { freePort } from '../support/sink.ts'
import { behaviours, slotMs, startHostileTarget, type HostileTarget } from './support/hostile-target.ts'
import { counterOf, missing, rawSamples, seriesKey, startNodeExporter, startPrometheus, type Peer, type Series } from './support/prometheus.ts'
import { platforms, startSluice, type PlatformName, type Sluice } from './support/sluice.ts'

const intervalMs = 3_000
const timeoutMs = 2_000
/** Long enough for a target that is gone to be noticed (Prometheus looks every five seconds) and to end after two more intervals. */
const phaseMs = 15_000
const phases = Math.max(4, Math.round(Number(process.env.SLUICE_SCRAPE_SECONDS ?? 60) * 1000 / phaseMs))
const patience = 30_000

/**
 * On Workers a clock looks for other targets once a minute (pace.ts), so one that comes and goes faster than that is not compared there.
 * On Node it is not compared yet: `found` is the only target of its job, and series of a job without targets are not ended, because
 * targets are retired by rounds (clocks.ts) and there is none. To be compared there once they are.
 */
const compared = { prometheus: '', node: 'job!="found"', workerd: 'job!="found"' }
type PeerName = keyof typeof compared
const peers = Object.keys(compared) as PeerName[]

const ofTheirOwn = new Set(['many', 'found'])
const inOneJob = Object.keys(behaviours).filter(name => !ofTheirOwn.has(name))

interface Addresses {
  readonly exporter: string
  readonly source: string
  readonly hostile: HostileTarget
  readonly receiver: string
}

const sourceConfig = ({ exporter, source, hostile, receiver }: Addresses) => `
global:
  scrape_interval: ${intervalMs / 1000}s
  scrape_timeout: ${timeoutMs / 1000}s
  external_labels: { peer: prometheus }
scrape_configs:
  - { job_name: node, static_configs: [{ targets: ['${exporter}'] }] }
  - { job_name: prometheus, static_configs: [{ targets: ['${source}'] }] }
  - { job_name: absent, static_configs: [{ targets: ['127.0.0.1:1'] }] }
  - { job_name: found, http_sd_configs: [{ url: '${hostile.discovery}', refresh_interval: 1s }] }
  - { job_name: limited, sample_limit: 5, static_configs: [{ targets: ['${hostile.address}'], labels: { __metrics_path__: /many, behaviour: many } }] }
  - job_name: hostile
    static_configs:
${inOneJob.map(name => `      - { targets: ['${hostile.address}'], labels: { __metrics_path__: /${name}, behaviour: ${name} } }`).join('\n')}
remote_write:
  - { url: '${receiver}/api/v1/write', send_exemplars: true, queue_config: { batch_send_deadline: 1s } }
`

const sluiceConfig = (peer: string, { exporter, source, hostile, receiver }: Addresses) => {
  const scrape = (job: string, targets: string, more = '') => `
prometheus.scrape "${job}" {
  job_name        = "${job}"
  targets         = ${targets}
  scrape_interval = "${intervalMs}ms"
  scrape_timeout  = "${timeoutMs}ms"
  forward_to      = [prometheus.remote_write.default.receiver]
  ${more}
}
`
  const at = (address: string) => `[{ "__address__" = "${address}" }]`
  const behaving = (name: string) => `{ "__address__" = "${hostile.address}", "__metrics_path__" = "/${name}", "behaviour" = "${name}" }`
  return `
discovery.http "default" {
  url              = "${hostile.discovery}"
  refresh_interval = "1s"
}
${scrape('node', at(exporter))}${scrape('prometheus', at(source))}${scrape('absent', at('127.0.0.1:1'))}
${scrape('found', 'discovery.http.default.targets')}${scrape('limited', `[${behaving('many')}]`, 'sample_limit = 5')}
${scrape('hostile', `[\n    ${inOneJob.map(behaving).join(',\n    ')},\n  ]`)}
prometheus.remote_write "default" {
  external_labels = { peer = "${peer}" }
  endpoint {
    url = "${receiver}/api/v1/write"
  }
}
`
}

/** Series without the label that says who wrote them. */
function withoutPeer(series: Series): Series {
  return new Map([...series].map(([key, samples]) => [unified(labelsOf(key)), samples] as const))
}

/** Prometheus 3 and Alloy write the numbers of buckets and quantiles with a point; Debian's is of before. */
function unified({ peer: _peer, ...labels }: Readonly<Record<string, string>>): string {
  const { le, quantile } = labels
  const pointed = (value: string) => (/^\d+$/.test(value) ? `${value}.0` : value)
  return seriesKey({ ...labels, ...(le !== undefined && { le: pointed(le) }), ...(quantile !== undefined && { quantile: pointed(quantile) }) })
}

/** Where two say different things of the same series, or only one of them anything. */
const differences = <T>(ours: ReadonlyMap<string, T>, theirs: ReadonlyMap<string, T>): string[] =>
  [...new Set([...ours.keys(), ...theirs.keys()])].sort().flatMap(key => {
    const [our, their] = [JSON.stringify(ours.get(key)), JSON.stringify(theirs.get(key))]
    return our === their ? [] : [`${key}: Sluice ${our ?? 'nothing'}, Prometheus ${their ?? 'nothing'}`]
  })

const labelsOf = (key: string) => JSON.parse(key) as Readonly<Record<string, string>>

type Samples = readonly (readonly [milliseconds: number, value: string])[]

/** Values without those that repeat the one before. */
const changes = (samples: Samples): string[] =>
  samples.map(([, value]) => value).filter((value, i, all) => value !== all[i - 1])

/** Its runs are not alike yet: now and then one peer sees a phase that the other does not. Until that is explained it runs when asked for. */
const notAsked = process.env.SLUICE_SCRAPE_SECONDS === undefined ? 'set SLUICE_SCRAPE_SECONDS=60 to compare scrapes with Prometheus\'' : undefined

describe(`scrapes beside Prometheus' for ${phases * phaseMs / 1000} s`, { skip: missing ?? notAsked ?? false }, () => {
  const sluices = new Map<PlatformName, Sluice>()
  const started: { readonly stop: () => Promise<void> }[] = []
  let [receiver, source]: [Peer, Peer] = [undefined!, undefined!]
  let beginMs: number

  const endMs = () => beginMs + phases * phaseMs
  /** The end of each phase, when all have scraped in it and nothing of the phase before is left. */
  const instants = () => Array.from({ length: phases }, (_, phase) => beginMs + (phase + 1) * phaseMs - 200)
  /** All that a peer wrote between two times. */
  const wrote = async (peer: string, selector: string, fromMs: number, untilMs: number) =>
    withoutPeer(await rawSamples(receiver, untilMs / 1000, Math.ceil((untilMs - fromMs) / 1000), `{peer="${peer}",${selector}}`))
  /** What a query for the present would have shown at `atMs`: neither what has ended nor what has not begun. */
  const present = async (peer: string, selector: string, atMs: number): Promise<Map<string, string>> => {
    const answer = await fetch(`${receiver.url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: `{peer="${peer}",${selector}}`, time: String(atMs / 1000) }) })
    const { data } = await answer.json() as { data: { result: { metric: Record<string, string>; value: [number, string] }[] } }
    return new Map(data.result.map(({ metric, value }) => [unified(metric), value[1]]))
  }

  before(async () => {
    receiver = await startPrometheus('', await freePort(), ['--web.enable-remote-write-receiver', '--enable-feature=exemplar-storage'])
    const exporter = await startNodeExporter()
    const hostile = await startHostileTarget(phaseMs)
    const port = await freePort()
    const addresses = { exporter: `127.0.0.1:${exporter.port}`, source: `127.0.0.1:${port}`, hostile, receiver: receiver.url }
    started.push(receiver, exporter, hostile)
    source = await startPrometheus(sourceConfig(addresses), port, ['--enable-feature=exemplar-storage'])
    started.push(source)
    for (const platform of platforms) {
      const sluice = await startSluice(platform, sluiceConfig(platform, addresses))
      started.push(sluice)
      sluices.set(platform, sluice)
    }
    const all = inOneJob.length + 5
    for (const peer of peers) {
      await until(`${peer} to have scraped everything`, async () =>
        ((await present(peer, '__name__="up"', Date.now())).size >= (compared[peer] === '' ? all : all - 1) ? true : undefined), patience)
        .catch(async (error: unknown) => {
          const ups = [...(await present(peer, '__name__="up"', Date.now())).keys()].join('\n')
          throw new Error(`${ups}\n${sluices.get(peer as PlatformName)?.output() ?? source.output()}`, { cause: error })
        })
    }
    beginMs = hostile.begin()
    // What was scraped at the end has to arrive.
    await wait(phases * phaseMs + 5_000)
  })
  after(async () => {
    const ends = await Promise.allSettled(started.reverse().map(peer => peer.stop()))
    const failure = ends.find(ended => ended.status === 'rejected')
    if (failure !== undefined) throw failure.reason
  })

  /** Neither what tells when it was asked, nor times of their own, which have tests of their own. */
  const comparable = 'job!~"node|prometheus",__name__!~"clock_ms|scrape_duration_seconds|timed|sometimes|wavering"'

  for (const platform of platforms) {
    describe(platform, () => {
      it('shows what Prometheus shows at the end of each phase', async () => {
        const found: string[] = []
        for (const [phase, atMs] of instants().entries()) {
          const [ours, theirs] = [await present(platform, `${comparable},${compared[platform]}`, atMs), await present('prometheus', `${comparable},${compared[platform]}`, atMs)]
          assert.ok(theirs.size > 100, `Prometheus shows ${theirs.size} series`)
          found.push(...differences(ours, theirs).map(difference => `phase ${phase}: ${difference}`))
        }
        assert.deepEqual(found, [])
      })

      it('has the same values in the same order', async () => {
        const changed = async (peer: PeerName) => new Map([...await wrote(peer, `${comparable},job!="found"`, beginMs, endMs())].map(([key, samples]) => [key, changes(samples)]))
        assert.deepEqual(differences(await changed(platform), await changed('prometheus')), [])
      })

      it('scrapes once an interval, and samples are of when the scrape began', async () => {
        const [clock] = [...(await wrote(platform, '__name__="clock_ms"', beginMs, endMs())).values()]
        const wanted = phases * phaseMs / intervalMs
        assert.ok(Math.abs(clock!.length - wanted) <= 1, `${clock!.length} scrapes where ${wanted} were due`)
        for (const [atMs, value] of clock!) assert.ok(Number(value) >= atMs - 1 && Number(value) <= atMs + timeoutMs, `${value} at ${atMs}`)
      })

      it('has the same values at the same times where the target says when', async () => {
        const [fromMs, untilMs] = [Math.ceil(beginMs / slotMs + 1) * slotMs + 1, endMs() - 2 * slotMs]
        // A slot that begins in one phase and ends in the next may be seen from the one side only.
        const phaseAt = (atMs: number) => Math.floor((atMs - beginMs) / phaseMs)
        const whole = ([atMs]: Samples[number]) => phaseAt(atMs) === phaseAt(atMs + slotMs)
        const timed = async (peer: PeerName) =>
          new Map([...await wrote(peer, '__name__=~"timed|sometimes|wavering"', fromMs, untilMs)].map(([key, samples]) => [key, samples.filter(whole)]))
        const theirs = await timed('prometheus')
        assert.ok([...theirs.values()].every(samples => samples.length >= 1) && theirs.size === 3, JSON.stringify([...theirs]))
        assert.deepEqual(differences(await timed(platform), theirs), [])
      })

      it('has the same exemplars', async () => {
        // A slot that reaches over the end holds what only who came later has seen.
        const untilMs = Math.floor(endMs() / slotMs) * slotMs - 1
        const exemplars = async (peer: PeerName) => {
          const query = new URLSearchParams({ query: `{peer="${peer}"}`, start: String(beginMs / 1000 - 60), end: String(untilMs / 1000) })
          const { data } = await (await fetch(`${receiver.url}/api/v1/query_exemplars`, { method: 'POST', body: query })).json() as {
            data: { seriesLabels: Record<string, string>; exemplars: { labels: Record<string, string>; value: string }[] }[]
          }
          return new Map(data.map(({ seriesLabels, exemplars: all }) => [unified(seriesLabels), [...new Set(all.map(({ labels: own, value }) => JSON.stringify([own, value])))]]))
        }
        const theirs = await exemplars('prometheus')
        assert.equal(theirs.size, 2)
        assert.deepEqual(differences(await exemplars(platform), theirs), [])
      })

      it('has the series of a node exporter and of Prometheus, and their counters grow from one scrape to the other\'s', async () => {
        const selector = 'job=~"node|prometheus",__name__!="scrape_duration_seconds"'
        const [ours, theirs] = [await wrote(platform, selector, beginMs, endMs()), await wrote('prometheus', selector, beginMs, endMs())]
        assert.ok(theirs.size > 600, `Prometheus has ${theirs.size} series`)
        // One that has just begun, or is only there for a moment, may be between the scrapes of the other.
        const settled = (samples: Samples | undefined) => (samples?.length ?? 0) > 2
        const missing = [...new Set([...ours.keys(), ...theirs.keys()])].filter(key => ours.has(key) !== theirs.has(key) && (settled(ours.get(key)) || settled(theirs.get(key))))
        assert.deepEqual(missing, [])
        const shrunk: string[] = []
        for (const [key, samples] of theirs) {
          if (!/_(total|count|bucket)$/.test(labelsOf(key).__name__!)) continue
          const both = [...samples, ...ours.get(key) ?? []].sort(([a], [b]) => a - b)
          for (const [i, [atMs, value]] of both.entries()) {
            const before = both[i - 1]
            // Two scrapes at nearly the same moment may be answered in either order.
            if (before !== undefined && atMs - before[0] > 250 && Number(value) < Number(before[1])) shrunk.push(`${key}: ${before[1]} to ${value}`)
          }
        }
        assert.deepEqual(shrunk, [])
      })

      it('writes nothing that is refused', async () => {
        for (const name of ['samples_failed_total', 'samples_dropped_total']) {
          assert.equal(await counterOf(sluices.get(platform)!, `prometheus_remote_storage_${name}`), 0, `${name}\n${sluices.get(platform)!.output()}`)
        }
      })
    })
  }
})
