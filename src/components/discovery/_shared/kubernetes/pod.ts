/** Targets of pods: one for each port of each container. */

import { hostPort, labels, type Target } from '../targets.ts'
import { containerLabels, containersOf, namespaceLabel, podLabels, prefix } from './labels.ts'
import type { Pod } from './objects.ts'

/** A pod's targets with these labels beside its own; none while it has no address. */
export function podTargets(pod: Pod, attached: Target = {}): Target[] {
  const { podIP: address = '', containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
  if (address === '') return []
  const shared = labels(podLabels(pod), namespaceLabel(pod.metadata), attached)
  return containersOf(pod).flatMap(container => {
    const status = (container.init ? initContainerStatuses : containerStatuses).find(({ name }) => name === container.name)
    const own = { [`${prefix}pod_container_id`]: status?.containerID ?? '' }
    // Without a port it is for the user to say where to scrape.
    if ((container.ports ?? []).length === 0) return [labels(shared, own, containerLabels(container), { __address__: address })]
    return container.ports!.map(({ name, containerPort, protocol }) => labels(shared, own,
      containerLabels(container, { name: name ?? '', number: containerPort, protocol }),
      { __address__: hostPort(address, containerPort) }))
  })
}
