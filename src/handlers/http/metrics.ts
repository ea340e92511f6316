/** `/metrics` in the Prometheus text format, under Alloy's own names. These are the figures of the one isolate that answers. */

import type { Graph } from '../../graph/run/graph.ts'

interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]
}

export function metricsText(graph: Graph): string {
  return families(graph).filter(({ samples }) => samples.length > 0).map(render).join('')
}

function families(graph: Graph): Family[] {
  const { nodes } = graph
  const byHealth = (state: string) => nodes.filter(({ health }) => (health.state === 'waiting' ? 'unknown' : health.state) === state).length
  const consumed = (outcome: 'accepted' | 'refused') =>
    nodes.filter(({ throughput }) => throughput.accepted + throughput.refused > 0).map(({ id, component, throughput }) => ({
      labels: { component_id: id, component_name: component, component_path: '/' },
      value: throughput[outcome],
    }))
  return [
    {
      name: 'alloy_component_controller_running_components', type: 'gauge', help: 'Total number of running components.',
      samples: ['healthy', 'unhealthy', 'unknown'].map(state => ({ labels: { controller_id: '', controller_path: '/', health_type: state }, value: byHealth(state) })),
    },
    { name: 'sluice_component_accepted_items_total', type: 'counter', help: 'Items (spans, points, records, samples, entries) that a component made safe.', samples: consumed('accepted') },
    { name: 'sluice_component_refused_items_total', type: 'counter', help: 'Items that a component refused.', samples: consumed('refused') },
  ]
}

function render({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text.replace(/[\\"\n]/g, character => (character === '\n' ? '\\n' : `\\${character}`))}"`)
    return `${name}{${pairs.join(',')}} ${value}\n`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}
