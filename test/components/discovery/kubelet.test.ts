import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import kubelet from '../../../src/components/discovery/kubelet.ts'
import { fakeCall } from '../../support/call.ts'
import { buildComponent } from '../../support/component.ts'
import { found } from '../../support/targets.ts'

const pod = (name: string, namespace: string, podIP?: string) => ({
  metadata: { name, namespace, uid: name }, spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80, protocol: 'TCP' }] }] }, status: { podIP, phase: 'Running' },
})

describe('discovery.kubelet', () => {
  it('finds the pods of a node, in the namespaces that are wanted', async () => {
    const call = fakeCall({ fetch: () => Response.json({ items: [pod('a', 'x', '10.0.0.1'), pod('b', 'y', '10.0.0.2'), pod('c', 'x')] }) })
    const component = buildComponent(kubelet, 'namespaces = ["x"]\nbearer_token = "t"')
    assert.equal(component.refresh!.everyMs, 5000)
    assert.deepEqual(await found(component, call), [{
      __address__: '10.0.0.1:80', __meta_kubernetes_namespace: 'x', __meta_kubernetes_pod_container_id: '', __meta_kubernetes_pod_container_image: 'i',
      __meta_kubernetes_pod_container_init: 'false', __meta_kubernetes_pod_container_name: 'c', __meta_kubernetes_pod_container_port_name: '',
      __meta_kubernetes_pod_container_port_number: '80', __meta_kubernetes_pod_container_port_protocol: 'TCP', __meta_kubernetes_pod_host_ip: '',
      __meta_kubernetes_pod_ip: '10.0.0.1', __meta_kubernetes_pod_name: 'a', __meta_kubernetes_pod_node_name: '', __meta_kubernetes_pod_phase: 'Running',
      __meta_kubernetes_pod_ready: 'unknown', __meta_kubernetes_pod_uid: 'a',
    }])
    assert.deepEqual(call.requests.map(({ url, headers }) => [url, headers.get('authorization')]), [['https://localhost:10250/pods', 'Bearer t']])
  })

  it('fails at another answer', async () => {
    const run = (fetch: () => Response) => found(buildComponent(kubelet, 'url = "https://n1:10250/"'), fakeCall({ fetch }))
    await assert.rejects(run(() => new Response('Unauthorized', { status: 401 })), /https:\/\/n1:10250\/pods answered 401: Unauthorized/)
    await assert.rejects(run(() => Response.json({ items: 7 })), /no list of pods/)
    assert.deepEqual(await run(() => Response.json({ items: null })), [])
  })
})
