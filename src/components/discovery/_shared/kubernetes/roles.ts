/** What each role of discovery.kubernetes lists, and the targets it makes of it. */

import { hostPort, labels, prefixed, sanitize, type Target } from '../targets.ts'
import { endpointSliceTargets, endpointsTargets } from './endpoints.ts'
import { metaLabels, namespaceLabel, namespaceLabels, nodeLabels, prefix } from './labels.ts'
import type { Cluster, Ingress, Kind, Node, Pod, Service } from './objects.ts'
import { podTargets } from './pod.ts'

export type RoleName = 'node' | 'pod' | 'service' | 'endpoints' | 'endpointslice' | 'ingress'

export interface Attached {
  readonly node: boolean
  readonly namespace: boolean
}

interface Role {
  /** The kinds that are listed, beside nodes and namespaces where they are to be attached. */
  readonly lists: readonly Kind[]
  /** What may be attached. */
  readonly attaches: readonly (keyof Attached)[]
  readonly targets: (cluster: Cluster, attached: Attached) => Target[]
}

export const roles: Readonly<Record<RoleName, Role>> = {
  node: { lists: ['node'], attaches: [], targets: ({ node }) => [...node.values()].flatMap(nodeTargets) },
  pod: { lists: ['pod'], attaches: ['node', 'namespace'], targets: (cluster, attached) => [...cluster.pod.values()].flatMap(pod => attachedPod(pod, cluster, attached)) },
  service: { lists: ['service'], attaches: ['namespace'], targets: cluster => [...cluster.service.values()].flatMap(service => serviceTargets(service, cluster)) },
  endpoints: {
    lists: ['endpoints', 'service', 'pod'],
    attaches: ['node', 'namespace'],
    targets: cluster => [...cluster.endpoints.values()].flatMap(endpoints => endpointsTargets(endpoints, cluster)),
  },
  endpointslice: {
    lists: ['endpointslice', 'service', 'pod'],
    attaches: ['node', 'namespace'],
    targets: cluster => [...cluster.endpointslice.values()].flatMap(slice => endpointSliceTargets(slice, cluster)),
  },
  ingress: { lists: ['ingress'], attaches: ['namespace'], targets: cluster => [...cluster.ingress.values()].flatMap(ingress => ingressTargets(ingress, cluster)) },
}

/** A node is reached by the first kind of address that it has. */
const addressKinds = ['InternalIP', 'InternalDNS', 'ExternalIP', 'ExternalDNS', 'LegacyHostIP', 'Hostname']

function nodeTargets({ metadata, spec, status }: Node): Target[] {
  const addresses = new Map<string, string>()
  for (const { type, address } of status?.addresses ?? []) if (!addresses.has(type)) addresses.set(type, address)
  const kind = addressKinds.find(candidate => addresses.has(candidate))
  if (kind === undefined) return []
  const conditions = (status?.conditions ?? []).map(({ type, status: state }) => [`${prefix}node_condition_${sanitize(type.toLowerCase())}`, state.toLowerCase()])
  return [labels(
    { [`${prefix}node_provider_id`]: spec?.providerID ?? '' },
    Object.fromEntries(conditions) as Target,
    metaLabels(metadata, 'node'),
    prefixed(`${prefix}node_address_`, Object.fromEntries(addresses)),
    { __address__: hostPort(addresses.get(kind)!, status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0), instance: metadata?.name ?? '' },
  )]
}

/** Pods on nodes that the node selectors leave out are left out. */
function attachedPod(pod: Pod, cluster: Cluster, { node }: Attached): Target[] {
  if (node && !cluster.node.has(pod.spec?.nodeName ?? '')) return []
  return podTargets(pod, labels(nodeLabels(pod.spec?.nodeName, cluster), namespaceLabels(pod.metadata, cluster)))
}

function serviceTargets({ metadata, spec = {}, status }: Service, cluster: Cluster): Target[] {
  const shared = labels(namespaceLabel(metadata), metaLabels(metadata, 'service'), namespaceLabels(metadata, cluster))
  const balancers = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip || [])
  return (spec.ports ?? []).map(({ name, port, protocol }) => labels(shared, {
    __address__: hostPort(`${metadata?.name ?? ''}.${metadata?.namespace ?? ''}.svc`, port),
    [`${prefix}service_port_name`]: name ?? '',
    [`${prefix}service_port_number`]: String(port),
    [`${prefix}service_port_protocol`]: protocol ?? '',
    [`${prefix}service_type`]: spec.type ?? '',
    ...(spec.type === 'ExternalName' ? { [`${prefix}service_external_name`]: spec.externalName ?? '' } : { [`${prefix}service_cluster_ip`]: spec.clusterIP ?? '' }),
    ...(spec.type === 'LoadBalancer' && { [`${prefix}service_loadbalancer_ip`]: balancers.length > 0 ? balancers.join(',') : spec.loadBalancerIP ?? '' }),
  }))
}

function ingressTargets({ metadata, spec = {} }: Ingress, cluster: Cluster): Target[] {
  const shared = labels(
    namespaceLabel(metadata), { [`${prefix}ingress_class_name`]: spec.ingressClassName }, metaLabels(metadata, 'ingress'), namespaceLabels(metadata, cluster),
  )
  const secured = (spec.tls ?? []).flatMap(({ hosts }) => hosts ?? [])
  return (spec.rules ?? []).flatMap(({ host = '', http }) => {
    const scheme = secured.some(pattern => covers(pattern, host)) ? 'https' : 'http'
    const paths = http === undefined ? [''] : (http.paths ?? []).map(({ path }) => path ?? '')
    return paths.map(path => labels(shared, {
      __address__: host,
      [`${prefix}ingress_scheme`]: scheme,
      [`${prefix}ingress_host`]: host,
      [`${prefix}ingress_path`]: path === '' ? '/' : path,
    }))
  })
}

/** Whether a certificate's name, which may start with `*.`, is good for a host. */
function covers(pattern: string, host: string): boolean {
  if (pattern === host) return true
  return pattern.startsWith('*.') && host.includes('.') && pattern.slice(1) === host.slice(host.indexOf('.'))
}
