/**
 * `/metrics` in the Prometheus text format, under Alloy's own names. Counters are those of all isolates, as far as they have written
 * them; health is that of the isolate that answers; how much waits is what the store says.
 */

import type { Reading } from '../../components/contract/metrics.ts'
import { queuedBytes, queuedItems, queueAgeSeconds } from '../../components/contract/metrics.ts'
import type { Graph } from '../../graph/run/graph.ts'
import { componentLabels, ownLabels, type Family, type Series, type Totals } from '../../graph/run/totals.ts'
import { version } from '../../lib/version.ts'

const contentType = 'text/plain; version=0.0.4; charset=utf-8'

/** Answers a scrape; 503 while the store does not answer, because figures without it would look like counters that began anew. */
export async function metricsAnswer(graph: Graph): Promise<Response> {
  try {
    const [counted, waiting] = await Promise.all([graph.ledger.read(), readings(graph)])
    return new Response(metricsText(graph, counted, waiting), { headers: { 'content-type': contentType } })
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'StoreError') throw error
    return new Response(`the counts cannot be read: ${error.message}\n`, { status: 503, headers: { 'content-type': 'text/plain; charset=utf-8' } })
  }
}

/** A reading with its component. */
interface Read extends Reading {
  readonly id: string
}

/** How much waits in every queue: a list of each at most, and none when it was asked for a short while ago. */
async function readings(graph: Graph): Promise<Read[]> {
  const signal = new AbortController().signal
  const read = graph.drains.map(async ({ id, queue, readings: more }) => {
    const call = graph.enter(id, signal)
    const depth = await call.open(queue).depth()
    const labels = { queue: queue.name }
    const seconds = depth.oldestMs === undefined ? 0 : Math.max(0, call.now() - depth.oldestMs) / 1000
    const own: Reading[] = [
      { metric: queuedItems, value: depth.items, labels },
      { metric: queuedBytes, value: depth.bytes, labels },
      { metric: queueAgeSeconds, value: seconds, labels },
    ]
    return [...own, ...more?.(depth) ?? []].map(reading => ({ ...reading, id }))
  })
  return (await Promise.all(read)).flat()
}

/** The text of all families, in order of name. */
export function metricsText(graph: Graph, counted: Totals, waiting: readonly Read[]): string {
  const all: Totals = new Map([...ownFamilies(graph), ...gauges(waiting), ...presentOnly(graph, counted)])
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, family]) => render(name, family)).join('')
}

const single = (labels: readonly string[], value: number): [string, Series] => [labels.join('\u0000'), { labels, values: [value] }]

function ownFamilies({ nodes }: Graph): Totals {
  const byHealth = (state: string) => nodes.filter(({ health }) => (health.state === 'waiting' ? 'unknown' : health.state) === state).length
  const controller = ['controller_id', 'controller_path']
  return new Map<string, Family>([
    ['alloy_build_info', { type: 'gauge', help: 'The version that is running; always 1.', labels: ['version'], series: new Map([single([version], 1)]) }],
    ['alloy_component_controller_evaluating', {
      type: 'gauge', help: 'Whether the graph is being evaluated; never while a request is answered.', labels: controller, series: new Map([single(['', '/'], 0)]),
    }],
    ['alloy_component_controller_running_components', {
      type: 'gauge', help: 'How many components run, by health.', labels: [...controller, 'health_type'],
      series: new Map(['healthy', 'unhealthy', 'unknown'].map(state => single(['', '/', state], byHealth(state)))),
    }],
  ])
}

function gauges(waiting: readonly Read[]): Totals {
  const all: Totals = new Map()
  for (const { metric: { name, help, ...metric }, labels, value, id } of waiting) {
    const family = all.get(name) ?? { type: 'gauge', help, labels: [...ownLabels, ...metric.labels], series: new Map<string, Series>() }
    all.set(name, family)
    const [key, series] = single(componentLabels({ name, help, ...metric }, id, labels), value)
    family.series.set(key, series)
  }
  return all
}

/** Without the components that are no longer part of the configuration. */
function presentOnly({ nodes }: Graph, counted: Totals): Totals {
  const present = new Set(nodes.map(({ id }) => componentLabels(undefined, id).join('\u0000')))
  const kept = [...counted].map(([name, family]): [string, Family] =>
    [name, { ...family, series: new Map([...family.series].filter(([, { labels }]) => present.has(labels.slice(0, ownLabels.length).join('\u0000')))) }])
  return new Map(kept.filter(([, { series }]) => series.size > 0))
}

function render(name: string, { type, help, labels, buckets = [], series }: Family): string {
  const line = (suffix: string, values: readonly string[], value: number, bound?: string) => {
    const pairs = [...labels.map((label, i) => `${label}="${escaped(values[i] ?? '')}"`), ...(bound === undefined ? [] : [`le="${bound}"`])]
    return `${name}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
  }
  const lines = [...series.values()].flatMap(({ labels: of, values }) => {
    if (type !== 'histogram') return [line('', of, values[0]!)]
    const [sum = 0, ...counts] = values
    let seen = 0
    const cumulated = counts.map((count, i) => line('_bucket', of, seen += count, i < buckets.length ? String(buckets[i]) : '+Inf'))
    return [...cumulated, line('_sum', of, sum), line('_count', of, seen)]
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

const escaped = (text: string) => text.replace(/[\\"\n]/g, character => (character === '\n' ? '\\n' : `\\${character}`))
