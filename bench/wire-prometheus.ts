/** Remote-write and Loki rows. What was decided for a label set once is known the second time, as in the components. */
import { LabelCache, addExternalLabels, countSamples, prometheusBatch, relabelPrometheus } from '../src/telemetry/prometheus.ts'
import { StreamCache, lokiBatch, relabelLoki } from '../src/telemetry/loki.ts'
import { labelsOf } from '../src/telemetry/labels.ts'
import { type RelabelRule, compileRules } from '../src/telemetry/relabel.ts'
import { encode, typeOf } from '../test/support/prompb.ts'
import type { Case } from './measure.ts'

interface Label { name: string; value: string }
interface WriteRequest { timeseries: { labels: Label[]; samples: unknown[] }[] }
interface PushRequest { streams: { labels: string; hash?: unknown; entries: unknown[] }[] }

const range = (length: number) => Array.from({ length }, (_, i) => i)
/** Series of one sample each with nine labels, as a scrape of many pods gives them. */
const writeRequest = (items: number) => ({
  timeseries: range(items).map(i => ({
    labels: Object.entries({
      __name__: 'http_server_requests_total', cluster: 'eu-west-1', code: i % 10 === 0 ? '500' : '200', container: 'web', handler: `/api/v1/items/${i % 40}`,
      instance: `10.0.${i % 256}.7:8080`, job: 'shop', method: i % 2 === 0 ? 'GET' : 'POST', pod: `web-6d4cf56db6-${i}`,
    }).map(([name, value]) => ({ name, value })),
    samples: [{ value: i * 1.5, timestamp: String(1_700_000_000_000 + i) }],
  })),
})
/** One stream for every ten entries. */
const pushRequest = (items: number) => ({
  streams: range(Math.ceil(items / 10)).map(s => ({
    labels: `{app="shop", cluster="eu-west-1", filename="/var/log/pods/web-${s}/0.log", job="shop/web", namespace="shop", pod="web-${s}", stream="stderr"}`,
    entries: range(Math.min(10, items)).map(i => ({
      timestamp: { seconds: '1700000000', nanos: i }, line: `level=info ts=2024-01-01T00:00:00Z msg="request" path=/api/v1/items/${i} status=200 duration=12ms`,
    })),
  })),
})

export function* prometheusCases(items: number): Generator<Case> {
  const batch = prometheusBatch(encode('WriteRequest', writeRequest(items)))
  const type = typeOf('WriteRequest')
  const baseline = (edit: (request: WriteRequest) => void) => () => {
    const request = type.decode(batch.bytes) as unknown as WriteRequest
    edit(request)
    return type.encode(request).finish()
  }
  const relabel = (rules: readonly RelabelRule[], cache?: LabelCache) => {
    const relabeler = compileRules(rules)
    return () => relabelPrometheus(batch, relabeler, cache).bytes
  }

  yield { row: 'samples: count', items, ours: () => countSamples(batch), baseline: () => (type.decode(batch.bytes) as unknown as WriteRequest).timeseries.reduce((sum, one) => sum + one.samples.length, 0) }
  const dropLabel: RelabelRule[] = [{ action: 'labeldrop', regex: 'pod' }]
  const withoutPod = baseline(({ timeseries }) => {
    for (const series of timeseries) series.labels = series.labels.filter(({ name }) => name !== 'pod')
  })
  yield { row: 'samples: drop a label', items, ours: relabel(dropLabel, new LabelCache()), baseline: withoutPod }
  yield { row: 'samples: drop a label of series never seen', items, ours: relabel(dropLabel), baseline: withoutPod }
  const added = labelsOf([['replica', 'a']])
  const cache = new LabelCache()
  yield {
    row: 'samples: add a label', items,
    ours: () => addExternalLabels(batch, added, cache).bytes,
    baseline: baseline(({ timeseries }) => {
      for (const { labels } of timeseries) {
        labels.push({ name: 'replica', value: 'a' })
        labels.sort((a, b) => (a.name < b.name ? -1 : 1))
      }
    }),
  }
  yield {
    row: 'samples: drop half the series', items,
    ours: relabel([{ action: 'drop', source_labels: ['method'], regex: 'POST' }], new LabelCache()),
    baseline: baseline(request => {
      request.timeseries = request.timeseries.filter(({ labels }) => labels.find(({ name }) => name === 'method')?.value !== 'POST')
    }),
  }
}

export function* lokiCases(items: number): Generator<Case> {
  const batch = lokiBatch(encode('PushRequest', pushRequest(items)))
  const type = typeOf('PushRequest')
  const relabeler = compileRules([{ source_labels: ['namespace', 'pod'], separator: '/', target_label: 'instance' }, { action: 'labeldrop', regex: 'filename' }])
  const baseline = () => {
    const request = type.decode(batch.bytes) as unknown as PushRequest
    for (const stream of request.streams) {
      const labels = new Map([...stream.labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]))
      labels.set('instance', `${labels.get('namespace')}/${labels.get('pod')}`)
      labels.delete('filename')
      stream.labels = `{${[...labels].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}="${value}"`).join(', ')}}`
    }
    return type.encode(request).finish()
  }
  const cache = new StreamCache()
  yield { row: 'entries: relabel streams', items, ours: () => relabelLoki(batch, relabeler, cache).bytes, baseline }
  yield { row: 'entries: relabel streams never seen', items, ours: () => relabelLoki(batch, relabeler).bytes, baseline }
}
