import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import kubernetes from '../../../src/components/discovery/kubernetes.ts'
import { ArgumentError } from '../../../src/components/contract/errors.ts'
import { fakeCall, type Answer, type FakeCallOptions } from '../../support/call.ts'
import { buildComponent } from '../../support/component.ts'
import { found } from '../../support/targets.ts'

type Json = Record<string, unknown>

/** Labels without what most of them start with, as they are found. */
const k = (labels: Record<string, string>) => Object.fromEntries(Object.entries(labels)
  .map(([name, value]): [string, string] => [name.startsWith('_') || name === 'instance' ? name : `__meta_kubernetes_${name}`, value])
  .sort(([a], [b]) => (a < b ? -1 : 1)))

/** An API server that has these objects, by path. */
const server = (objects: Record<string, Json[]>): Answer => ({ url }) => {
  const { pathname } = new URL(url)
  const items = objects[pathname]
  return items === undefined ? new Response('no such thing', { status: 404 }) : Response.json({ metadata: { resourceVersion: '7' }, items })
}
const run = (role: string, objects: Record<string, Json[]>, more = '', options: FakeCallOptions = {}) =>
  found(buildComponent(kubernetes, `role = "${role}"\napi_server = "https://k8s.test"\n${more}`), fakeCall({ fetch: server(objects), ...options }))

const pod = (more: Json = {}) => ({
  metadata: {
    name: 'web-1', namespace: 'prod', uid: 'u1', labels: { 'app.kubernetes.io/name': 'web' }, annotations: { 'a/b': 'c' },
    ownerReferences: [{ kind: 'Other', name: 'x' }, { kind: 'ReplicaSet', name: 'web', controller: true }],
  },
  spec: {
    nodeName: 'n1',
    containers: [
      { name: 'main', image: 'web:1', ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }, { name: 'metrics', containerPort: 9090, protocol: 'TCP' }] },
      { name: 'bare', image: 'bare:1' },
    ],
    initContainers: [{ name: 'setup', image: 'setup:1' }],
  },
  status: {
    podIP: '10.1.0.1', hostIP: '10.0.0.1', phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ name: 'main', containerID: 'containerd://1' }], initContainerStatuses: [{ name: 'setup', containerID: 'containerd://2' }],
  },
  ...more,
})
const podLabels = {
  pod_name: 'web-1', pod_uid: 'u1', pod_ip: '10.1.0.1', pod_host_ip: '10.0.0.1', pod_node_name: 'n1', pod_phase: 'Running', pod_ready: 'true',
  pod_controller_kind: 'ReplicaSet', pod_controller_name: 'web', pod_label_app_kubernetes_io_name: 'web', pod_labelpresent_app_kubernetes_io_name: 'true',
  pod_annotation_a_b: 'c', pod_annotationpresent_a_b: 'true',
}
const node = { metadata: { name: 'n1', labels: { zone: 'a' } }, spec: { providerID: 'aws:///1' }, status: {} }
const nodeLabels = { node_name: 'n1', node_label_zone: 'a', node_labelpresent_zone: 'true' }
const namespace = { metadata: { name: 'prod', labels: { team: 'x' }, annotations: { cost: '7' } } }
const namespaceLabels = { namespace_label_team: 'x', namespace_labelpresent_team: 'true', namespace_annotation_cost: '7', namespace_annotationpresent_cost: 'true' }
const service = { metadata: { name: 'web', namespace: 'prod', labels: { s: '1' } }, spec: { type: 'ClusterIP', clusterIP: '10.2.0.1', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] } }
const serviceLabels = { service_name: 'web', service_label_s: '1', service_labelpresent_s: 'true' }
const attachAll = 'attach_metadata {\nnode = true\nnamespace = true\n}'

describe('discovery.kubernetes', () => {
  const main = { pod_container_name: 'main', pod_container_image: 'web:1', pod_container_init: 'false' }
  const http = { pod_container_port_name: 'http', pod_container_port_number: '8080', pod_container_port_protocol: 'TCP' }
  const metrics = { pod_container_port_name: 'metrics', pod_container_port_number: '9090', pod_container_port_protocol: 'TCP' }

  it('pod: one target for each port, one for each container without ports', async () => {
    const shared = { ...podLabels, namespace: 'prod' }
    assert.deepEqual(await run('pod', { '/api/v1/pods': [pod(), pod({ status: { phase: 'Pending' } })].map((each, i) => ({ ...each, metadata: { ...each.metadata, name: i === 0 ? 'web-1' : 'late' } })) }), [
      k({ __address__: '10.1.0.1:8080', ...shared, ...main, ...http, pod_container_id: 'containerd://1' }),
      k({ __address__: '10.1.0.1:9090', ...shared, ...main, ...metrics, pod_container_id: 'containerd://1' }),
      k({ __address__: '10.1.0.1', ...shared, pod_container_name: 'bare', pod_container_image: 'bare:1', pod_container_init: 'false', pod_container_id: '' }),
      k({ __address__: '10.1.0.1', ...shared, pod_container_name: 'setup', pod_container_image: 'setup:1', pod_container_init: 'true', pod_container_id: 'containerd://2' }),
    ])
  })

  it('pod: with what its node and namespace say of themselves, and without pods of nodes that are left out', async () => {
    const objects = { '/api/v1/pods': [pod(), { ...pod(), metadata: { name: 'elsewhere', namespace: 'prod' }, spec: { nodeName: 'n2', containers: [{ name: 'a' }] } }], '/api/v1/nodes': [node], '/api/v1/namespaces': [namespace] }
    const [first, ...others] = await run('pod', objects, attachAll)
    assert.deepEqual(first, k({ __address__: '10.1.0.1:8080', ...podLabels, ...nodeLabels, ...namespaceLabels, namespace: 'prod', ...main, ...http, pod_container_id: 'containerd://1' }))
    assert.equal(others.length, 3)
  })

  it('node: at its best address', async () => {
    const status = {
      addresses: [{ type: 'Hostname', address: 'h' }, { type: 'InternalIP', address: 'fd00::1' }, { type: 'InternalIP', address: '10.0.0.1' }],
      conditions: [{ type: 'MemoryPressure', status: 'False' }],
      daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
    }
    assert.deepEqual(await run('node', { '/api/v1/nodes': [{ ...node, status }, { metadata: { name: 'lost' } }] }), [k({
      __address__: '[fd00::1]:10250', instance: 'n1', node_provider_id: 'aws:///1', node_condition_memorypressure: 'false',
      node_address_Hostname: 'h', node_address_InternalIP: 'fd00::1', ...nodeLabels,
    })])
  })

  it('service: one target for each port, by its kind', async () => {
    const spec = (type: string, more: Json) => ({ ...service, spec: { ...service.spec, type, ...more } })
    const named = (name: string, object: Json) => ({ ...object, metadata: { name, namespace: 'prod' } })
    const shared = { namespace: 'prod', service_port_name: 'http', service_port_number: '80', service_port_protocol: 'TCP' }
    const balancer = { status: { loadBalancer: { ingress: [{ ip: '1.1.1.1' }, { hostname: 'x' }, { ip: '2.2.2.2' }] } } }
    assert.deepEqual(await run('service', {
      '/api/v1/services': [service, named('ext', spec('ExternalName', { externalName: 'e.test' })), named('lb', { ...spec('LoadBalancer', {}), ...balancer })], '/api/v1/namespaces': [namespace],
    }, attachAll), [
      k({ __address__: 'web.prod.svc:80', ...shared, ...serviceLabels, ...namespaceLabels, service_type: 'ClusterIP', service_cluster_ip: '10.2.0.1' }),
      k({ __address__: 'ext.prod.svc:80', ...shared, ...namespaceLabels, service_name: 'ext', service_type: 'ExternalName', service_external_name: 'e.test' }),
      k({ __address__: 'lb.prod.svc:80', ...shared, ...namespaceLabels, service_name: 'lb', service_type: 'LoadBalancer', service_cluster_ip: '10.2.0.1', service_loadbalancer_ip: '1.1.1.1,2.2.2.2' }),
    ])
  })

  const target = { kind: 'Pod', namespace: 'prod', name: 'web-1' }

  it('endpoints: their addresses, and the other ports of the pods behind them', async () => {
    const endpoints = {
      metadata: { name: 'web', namespace: 'prod', annotations: { e: '1' } },
      subsets: [{
        addresses: [{ ip: '10.1.0.1', nodeName: 'n1', targetRef: target }],
        notReadyAddresses: [{ ip: '10.9.0.9', hostname: 'h9' }],
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      }],
    }
    const shared = { namespace: 'prod', ...serviceLabels, ...namespaceLabels, endpoints_name: 'web', endpoints_annotation_e: '1', endpoints_annotationpresent_e: 'true' }
    const port = { endpoint_port_name: 'http', endpoint_port_protocol: 'TCP' }
    assert.deepEqual(await run('endpoints', {
      '/api/v1/endpoints': [endpoints], '/api/v1/services': [service], '/api/v1/pods': [pod()], '/api/v1/nodes': [node], '/api/v1/namespaces': [namespace],
    }, attachAll), [
      k({ __address__: '10.1.0.1:8080', ...shared, ...port, ...nodeLabels, ...podLabels, ...main, ...http, endpoint_ready: 'true', endpoint_node_name: 'n1', endpoint_address_target_kind: 'Pod', endpoint_address_target_name: 'web-1' }),
      k({ __address__: '10.9.0.9:8080', ...shared, ...port, endpoint_ready: 'false', endpoint_hostname: 'h9' }),
      k({ __address__: '10.1.0.1:9090', ...shared, ...podLabels, ...main, ...metrics }),
    ])
  })

  it('endpointslice: likewise, with what slices say more', async () => {
    const slice = {
      metadata: { name: 'web-abc', namespace: 'prod', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      endpoints: [
        { addresses: ['10.1.0.1'], conditions: { ready: true, serving: true, terminating: false }, targetRef: target, nodeName: 'n1', zone: 'z', hostname: 'h', deprecatedTopology: { 'topology/zone': 'z' } },
        { addresses: ['10.0.0.1'], conditions: {}, targetRef: { kind: 'Node', name: 'n1' } },
      ],
      ports: [{ name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'http' }],
    }
    const shared = {
      namespace: 'prod', ...serviceLabels, endpointslice_name: 'web-abc', endpointslice_address_type: 'IPv4',
      endpointslice_label_kubernetes_io_service_name: 'web', endpointslice_labelpresent_kubernetes_io_service_name: 'true',
    }
    const port = { endpointslice_port: '8080', endpointslice_port_name: 'http', endpointslice_port_protocol: 'TCP', endpointslice_port_app_protocol: 'http' }
    const objects = { '/apis/discovery.k8s.io/v1/endpointslices': [slice], '/api/v1/services': [service], '/api/v1/pods': [pod()], '/api/v1/nodes': [node] }
    assert.deepEqual(await run('endpointslice', objects, 'attach_metadata { node = true }'), [
      k({
        __address__: '10.1.0.1:8080', ...shared, ...port, ...nodeLabels, ...podLabels, ...main, ...http,
        endpointslice_endpoint_conditions_ready: 'true', endpointslice_endpoint_conditions_serving: 'true', endpointslice_endpoint_conditions_terminating: 'false',
        endpointslice_endpoint_hostname: 'h', endpointslice_endpoint_node_name: 'n1', endpointslice_endpoint_zone: 'z',
        endpointslice_endpoint_topology_topology_zone: 'z', endpointslice_endpoint_topology_present_topology_zone: 'true',
        endpointslice_address_target_kind: 'Pod', endpointslice_address_target_name: 'web-1',
      }),
      k({ __address__: '10.0.0.1:8080', ...shared, ...port, ...nodeLabels, endpointslice_address_target_kind: 'Node', endpointslice_address_target_name: 'n1' }),
      k({ __address__: '10.1.0.1:9090', ...shared, ...podLabels, ...main, ...metrics }),
    ])
    const dual = { ...service, spec: { ...service.spec, ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6', 'IPv4'] } }
    assert.deepEqual(await run('endpointslice', { ...objects, '/api/v1/services': [dual] }), [])
  })

  it('ingress: one target for each path of each host, secured where a certificate covers it', async () => {
    const ingress = {
      metadata: { name: 'in', namespace: 'prod' },
      spec: {
        ingressClassName: 'nginx',
        tls: [{ hosts: ['*.a.test'] }],
        rules: [{ host: 'www.a.test', http: { paths: [{ path: '/x' }, {}] } }, { host: 'a.b.a.test' }, { http: { paths: [] } }],
      },
    }
    const shared = { namespace: 'prod', ingress_name: 'in', ingress_class_name: 'nginx' }
    const at = (host: string, path: string, scheme: string) => k({ __address__: host, ...shared, ingress_host: host, ingress_path: path, ingress_scheme: scheme })
    assert.deepEqual(await run('ingress', { '/apis/networking.k8s.io/v1/ingresses': [ingress] }), [
      at('www.a.test', '/x', 'https'), at('www.a.test', '/', 'https'), at('a.b.a.test', '/', 'http'),
    ])
  })

  it('asks for the namespaces and selectors that are wanted, page by page, and for nothing older than it has seen', async () => {
    const component = buildComponent(kubernetes, `role = "pod"
      api_server = "https://k8s.test/base/"
      bearer_token = "t0ken"
      namespaces { names = ["a", "b"] }
      selectors {
        role  = "pod"
        label = "app in (x, y)"
        field = "spec.nodeName=n1"
      }`)
    const call = fakeCall({ fetch: ({ url }) => {
      const { pathname, searchParams } = new URL(url)
      const more = pathname.includes('/a/') && !searchParams.has('continue')
      return Response.json({ metadata: { resourceVersion: '9', ...(more && { continue: 'next' }) }, items: [] })
    } })
    await found(component, call)
    const shown = () => call.requests.splice(0).map(({ url, headers }) => `${decodeURIComponent(url.slice('https://k8s.test'.length).replaceAll('+', ' '))} ${headers.get('authorization')}`)
    const selectors = 'labelSelector=app in (x, y)&fieldSelector=spec.nodeName=n1'
    assert.deepEqual(shown(), [
      `/base/api/v1/namespaces/a/pods?limit=500&${selectors} Bearer t0ken`,
      `/base/api/v1/namespaces/a/pods?limit=500&${selectors}&continue=next Bearer t0ken`,
      `/base/api/v1/namespaces/b/pods?limit=500&${selectors} Bearer t0ken`,
    ])
    await found(component, call)
    assert.ok(shown()[0]!.includes('resourceVersion=9&resourceVersionMatch=NotOlderThan'))
  })

  it('fails whole when one list fails, so that the last targets stay', async () => {
    await assert.rejects(run('endpoints', { '/api/v1/endpoints': [] }), /https:\/\/k8s\.test\/api\/v1\/services answered 404: no such thing/)
  })

  const account = '/var/run/secrets/kubernetes.io/serviceaccount'

  it('finds its own cluster, its token and its namespace', async () => {
    const call = fakeCall({ fetch: () => Response.json({ items: [] }), files: { [`${account}/token`]: 'in-cluster\n', [`${account}/namespace`]: 'mine' } })
    await found(buildComponent(kubernetes, 'role = "pod"\nnamespaces { own_namespace = true }'), call)
    assert.deepEqual(call.requests.map(({ url, headers }) => [url, headers.get('authorization')]), [['https://kubernetes.default.svc/api/v1/namespaces/mine/pods?limit=500', 'Bearer in-cluster']])
    await assert.rejects(found(buildComponent(kubernetes, 'role = "pod"'), fakeCall()), /token cannot be read; outside of a cluster, set api_server or kubeconfig_file/)
  })

  const kubeconfig = (user: string) => `
current-context: prod
contexts: [{name: prod, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: 'https://api.test:6443'}}]
users: [{name: u, user: ${user}}]`
  const withKubeconfig = async (content: string) => {
    const call = fakeCall({ fetch: () => Response.json({ items: [] }), files: { k: content, t: 'from a file\n' } })
    await found(buildComponent(kubernetes, 'role = "node"\nkubeconfig_file = "k"'), call)
    return call.requests.map(({ url, headers }) => [url, headers.get('authorization')])
  }

  it('follows a kubeconfig file', async () => {
    const url = 'https://api.test:6443/api/v1/nodes?limit=500'
    assert.deepEqual(await withKubeconfig(kubeconfig('{token: abc}')), [[url, 'Bearer abc']])
    assert.deepEqual(await withKubeconfig(kubeconfig('{tokenFile: t}')), [[url, 'Bearer from a file']])
    assert.deepEqual(await withKubeconfig(kubeconfig('{username: a, password: b}')), [[url, `Basic ${btoa('a:b')}`]])
  })

  for (const [content, problem] of [
    ['', /k: there is no current-context/], ['current-context: x', /there is no context "x"/], [kubeconfig('{exec: {}}'), /programs that make credentials cannot be run here/],
    [kubeconfig('{client-certificate-data: abc}'), /client certificates are not possible here/], [kubeconfig('{}').replace('name: c', 'name: d'), /has no cluster with a server/],
  ] as const) {
    it(`cannot use a kubeconfig file: ${problem.source}`, async () => { await assert.rejects(withKubeconfig(content), problem) })
  }

  for (const [text, path] of [
    ['role = "pods"', 'role'], ['role = "pod"\nselectors { role = "podd" }', 'selectors.0.role'],
    ['role = "pod"\nselectors { role = "pod" }\nselectors { role = "pod" }', 'selectors.1.role'], ['role = "pod"\napi_server = "k8s"', 'api_server'],
  ] as const) {
    it(`refuses ${path} in ${JSON.stringify(text)}`, () => {
      assert.throws(() => buildComponent(kubernetes, text), (error: unknown) => error instanceof ArgumentError && error.path.join('.') === path)
    })
  }
})
