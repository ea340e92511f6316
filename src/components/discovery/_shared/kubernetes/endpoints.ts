/** Targets of endpoints and endpoint slices: their addresses, and the other ports of the pods behind them. */

import { hostPort, labels, prefixed, type Target } from '../targets.ts'
import { containerLabels, containersOf, metaLabels, namespaceLabel, namespaceLabels, nodeLabels, podLabels, podOf, prefix } from './labels.ts'
import { keyOf, type Cluster, type Endpoints, type EndpointSlice, type ObjectReference, type Pod, type Service, type SliceEndpoint, type SlicePort } from './objects.ts'

/** One address and port, with what its object says of it. */
interface Place {
  readonly address: string
  readonly port: number | undefined
  readonly protocol: string | undefined
  readonly own: Target
  readonly node: string | undefined
  readonly pod: Pod | undefined
}

export function endpointsTargets(endpoints: Endpoints, cluster: Cluster): Target[] {
  const { metadata, subsets = [] } = endpoints
  const service = cluster.service.get(keyOf(metadata?.namespace, metadata?.name))
  const shared = labels(namespaceLabel(metadata), service && serviceLabels(service), metaLabels(metadata, 'endpoints'), namespaceLabels(metadata, cluster))
  const places = subsets.flatMap(({ ports = [], addresses = [], notReadyAddresses = [] }) => ports.flatMap(port =>
    [...addresses.map(address => ({ address, ready: 'true' })), ...notReadyAddresses.map(address => ({ address, ready: 'false' }))].map(({ address, ready }): Place => ({
      address: address.ip,
      port: port.port,
      protocol: port.protocol,
      own: labels({
        [`${prefix}endpoint_port_name`]: port.name ?? '',
        [`${prefix}endpoint_port_protocol`]: port.protocol ?? '',
        [`${prefix}endpoint_ready`]: ready,
        [`${prefix}endpoint_node_name`]: address.nodeName,
        [`${prefix}endpoint_hostname`]: address.hostname || undefined,
      }, referenceLabels(address.targetRef, 'endpoint')),
      node: address.nodeName ?? nodeOf(address.targetRef),
      pod: podOf(address.targetRef, cluster),
    }))))
  return placeTargets(places, shared, cluster)
}

export function endpointSliceTargets(slice: EndpointSlice, cluster: Cluster): Target[] {
  const { metadata, addressType = '', endpoints = [], ports = [] } = slice
  const service = cluster.service.get(keyOf(metadata?.namespace, metadata?.labels?.['kubernetes.io/service-name']))
  if (isSecondFamily(service, addressType)) return []
  const shared = labels(
    namespaceLabel(metadata), { [`${prefix}endpointslice_address_type`]: addressType }, metaLabels(metadata, 'endpointslice'),
    service && serviceLabels(service), namespaceLabels(metadata, cluster),
  )
  const places = endpoints.flatMap(endpoint => ports.flatMap(port => (endpoint.addresses ?? []).map((address): Place => ({
    address,
    port: port.port,
    protocol: undefined,
    own: sliceLabels(endpoint, port),
    node: nodeOf(endpoint.targetRef) ?? endpoint.nodeName,
    pod: podOf(endpoint.targetRef, cluster),
  }))))
  return placeTargets(places, shared, cluster)
}

const serviceLabels = ({ metadata }: Service): Target => labels(namespaceLabel(metadata), metaLabels(metadata, 'service'))

const nodeOf = (reference: ObjectReference | undefined) => (reference?.kind === 'Node' ? reference.name : undefined)

const referenceLabels = (reference: ObjectReference | undefined, kind: string): Target | undefined => reference && {
  [`${prefix}${kind}_address_target_kind`]: reference.kind ?? '',
  [`${prefix}${kind}_address_target_name`]: reference.name ?? '',
}

function sliceLabels({ conditions = {}, hostname, targetRef, nodeName, zone, deprecatedTopology }: SliceEndpoint, port: SlicePort): Target {
  const text = (value: boolean | number | undefined) => (value === undefined ? undefined : String(value))
  const of = (name: string) => `${prefix}endpointslice_${name}`
  return labels({
    [of('port_name')]: port.name,
    [of('port_protocol')]: port.protocol,
    [of('port')]: text(port.port),
    [of('port_app_protocol')]: port.appProtocol,
    [of('endpoint_conditions_ready')]: text(conditions.ready),
    [of('endpoint_conditions_serving')]: text(conditions.serving),
    [of('endpoint_conditions_terminating')]: text(conditions.terminating),
    [of('endpoint_hostname')]: hostname,
    [of('endpoint_node_name')]: nodeName,
    [of('endpoint_zone')]: zone,
  }, referenceLabels(targetRef, 'endpointslice'), prefixed(of('endpoint_topology_'), deprecatedTopology),
  prefixed(of('endpoint_topology_present_'), Object.fromEntries(Object.keys(deprecatedTopology ?? {}).map(name => [name, 'true']))))
}

/** The slice of a dual-stack service's other family repeats the targets of the first. */
function isSecondFamily(service: Service | undefined, addressType: string): boolean {
  const { ipFamilyPolicy, ipFamilies = [] } = service?.spec ?? {}
  return (ipFamilyPolicy === 'PreferDualStack' || ipFamilyPolicy === 'RequireDualStack') && ipFamilies.length > 0 && ipFamilies[0] !== addressType
}

/** A target for each place, and after them for each container port of their pods that no place has. */
function placeTargets(places: readonly Place[], shared: Target, cluster: Cluster): Target[] {
  const targets: Target[] = []
  const ports = new Map<Pod, Set<number>>()
  for (const { address, port, protocol, own, node, pod } of places) {
    const at = { __address__: port === undefined ? address : hostPort(address, port) }
    if (pod !== undefined && !ports.has(pod)) ports.set(pod, new Set())
    if (pod !== undefined && port !== undefined) ports.get(pod)!.add(port)
    targets.push(labels(shared, at, own, nodeLabels(node, cluster), pod && podLabels(pod), pod && portLabels(pod, port, protocol)))
  }
  for (const [pod, covered] of ports) {
    const ip = pod.status?.podIP ?? ''
    if (ip === '') continue
    for (const container of containersOf(pod)) {
      for (const { name, containerPort, protocol } of container.ports ?? []) {
        if (covered.has(containerPort)) continue
        const own = containerLabels(container, { name: name ?? '', number: containerPort, protocol })
        targets.push(labels(shared, { __address__: hostPort(ip, containerPort) }, own, podLabels(pod)))
      }
    }
  }
  return targets
}

/** The container that listens on a port, if the pod says so; the last one that does. */
function portLabels(pod: Pod, number: number | undefined, protocol: string | undefined): Target | undefined {
  for (const container of containersOf(pod).reverse()) {
    const port = container.ports?.find(({ containerPort }) => containerPort === number)
    if (port !== undefined) return containerLabels(container, { name: port.name ?? '', number: port.containerPort, protocol: protocol ?? port.protocol })
  }
  return undefined
}
