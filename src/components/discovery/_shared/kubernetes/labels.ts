/** Labels that several roles make of the same objects; the names are Prometheus'. */

import { labels, prefixed, type Target } from '../targets.ts'
import { keyOf, type Cluster, type Container, type Meta, type ObjectReference, type Pod } from './objects.ts'

/** What all labels of Kubernetes start with. */
export const prefix = '__meta_kubernetes_'

/** Labels and annotations of an object, each with one that says that it is there. */
function described(meta: Meta | undefined, kind: string): Target {
  const present = (values: Meta['labels']) => Object.fromEntries(Object.keys(values ?? {}).map(name => [name, 'true']))
  return labels(
    prefixed(`${prefix}${kind}_label_`, meta?.labels),
    prefixed(`${prefix}${kind}_labelpresent_`, present(meta?.labels)),
    prefixed(`${prefix}${kind}_annotation_`, meta?.annotations),
    prefixed(`${prefix}${kind}_annotationpresent_`, present(meta?.annotations)),
  )
}

/** An object's name, labels and annotations. */
export const metaLabels = (meta: Meta | undefined, kind: string): Target => labels({ [`${prefix}${kind}_name`]: meta?.name ?? '' }, described(meta, kind))

/** The namespace that an object is in. */
export const namespaceLabel = (meta: Meta | undefined): Target => ({ [`${prefix}namespace`]: meta?.namespace ?? '' })

/** What is attached of the namespace, where it was listed. */
export const namespaceLabels = (meta: Meta | undefined, cluster: Cluster): Target => described(cluster.namespace.get(meta?.namespace ?? '')?.metadata, 'namespace')

/** What is attached of the node, where it was listed. */
export function nodeLabels(name: string | undefined, cluster: Cluster): Target | undefined {
  const node = name === undefined ? undefined : cluster.node.get(name)
  return node && metaLabels(node.metadata, 'node')
}

/** A pod, without its containers. */
export function podLabels({ metadata, spec, status }: Pod): Target {
  const controller = metadata?.ownerReferences?.find(owner => owner.controller === true)
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown'
  return labels({
    [`${prefix}pod_ip`]: status?.podIP ?? '',
    [`${prefix}pod_ready`]: ready.toLowerCase(),
    [`${prefix}pod_phase`]: status?.phase ?? '',
    [`${prefix}pod_node_name`]: spec?.nodeName ?? '',
    [`${prefix}pod_host_ip`]: status?.hostIP ?? '',
    [`${prefix}pod_uid`]: metadata?.uid ?? '',
    [`${prefix}pod_controller_kind`]: controller?.kind || undefined,
    [`${prefix}pod_controller_name`]: controller?.name || undefined,
  }, metaLabels(metadata, 'pod'))
}

export interface PodContainer extends Container {
  readonly init: boolean
}

/** A pod's containers, those that only start it up last. */
export const containersOf = ({ spec }: Pod): PodContainer[] => [
  ...(spec?.containers ?? []).map(container => ({ ...container, init: false })),
  ...(spec?.initContainers ?? []).map(container => ({ ...container, init: true })),
]

/** A container, and one of its ports. */
export function containerLabels({ name, image, init }: PodContainer, port?: { name?: string; number: number; protocol?: string | undefined }): Target {
  return labels({
    [`${prefix}pod_container_name`]: name ?? '',
    [`${prefix}pod_container_image`]: image ?? '',
    [`${prefix}pod_container_init`]: String(init),
  }, port && {
    [`${prefix}pod_container_port_name`]: port.name ?? '',
    [`${prefix}pod_container_port_number`]: String(port.number),
    [`${prefix}pod_container_port_protocol`]: port.protocol ?? '',
  })
}

/** The pod that an address belongs to, where it was listed. */
export const podOf = (reference: ObjectReference | undefined, cluster: Cluster): Pod | undefined =>
  (reference?.kind === 'Pod' ? cluster.pod.get(keyOf(reference.namespace, reference.name)) : undefined)
