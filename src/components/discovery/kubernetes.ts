import { defineComponent } from '../contract/define.ts'
import { ArgumentError } from '../contract/errors.ts'
import { liveState } from '../contract/live.ts'
import { args, block, blocks, boolean, list, string } from '../contract/schema.ts'
import { promHttpClient } from '../../transport/client-args.ts'
import { accessTo, ownNamespace } from './_shared/kubernetes/access.ts'
import { Lister, type Selector } from './_shared/kubernetes/list.ts'
import type { Kind } from './_shared/kubernetes/objects.ts'
import { roles, type RoleName } from './_shared/kubernetes/roles.ts'
import { discovers, exports } from './_shared/targets.ts'

/** Alloy watches; here everything is listed anew this often. */
const everyMs = 30_000
const names = Object.keys(roles) as RoleName[]

/** Finds targets among the objects of a Kubernetes cluster. */
export default defineComponent({
  name: 'discovery.kubernetes',
  stability: 'generally-available',
  args: args({
    /** Which objects are targets: node, pod, service, endpoints, endpointslice or ingress. */
    role: string({ required: true }),
    /** The address of the API server; without it and without a kubeconfig file, that of the cluster that this runs in. */
    api_server: string(),
    /** A kubeconfig file with the address and the credentials. */
    kubeconfig_file: string({ reads: 'secret' }),
    ...promHttpClient(),
    /** The namespaces to look in; all of them unless it names some. */
    namespaces: block({
      /** Whether the namespace that this runs in is one of them. */
      own_namespace: boolean({ default: false }),
      /** Their names. */
      names: list(string({ required: true }), { default: [] }),
    }, { defaults: true }),
    /** Which objects of a role are looked at. */
    selectors: blocks({
      /** The role. */
      role: string({ required: true }),
      /** A selector of labels, as Kubernetes writes it. */
      label: string({ default: '' }),
      /** A selector of fields. */
      field: string({ default: '' }),
    }),
    /** What else targets are to say of themselves. */
    attach_metadata: block({
      /** Labels and annotations of their node. */
      node: boolean({ default: false }),
      /** Labels and annotations of their namespace. */
      namespace: boolean({ default: false }),
    }, { defaults: true }),
  }),
  exports,
  state: liveState,
  build(args) {
    const { namespaces, attach_metadata: attached } = args
    // A blank while the build is only being checked.
    const role = roles[args.role === '' ? 'pod' : roleAt(args.role, ['role'])]
    const selectors = selectorsOf(args.selectors)
    const access = accessTo(args)
    const lister = new Lister()
    const attaches = role.attaches.filter(kind => attached[kind])
    return discovers(everyMs, async call => {
      const inCluster = !args.api_server && !args.kubeconfig_file
      const own = namespaces.own_namespace && inCluster ? [await ownNamespace(call)] : []
      const cluster = await lister.list(call, await access(call), [...role.lists, ...attaches], [...namespaces.names, ...own], selectors)
      return role.targets(cluster, attached)
    })
  },
})

function roleAt(name: string, path: readonly (string | number)[]): RoleName {
  const role = names.find(candidate => candidate === name)
  if (role === undefined) throw new ArgumentError(path, `unknown Kubernetes SD role ${JSON.stringify(name)}`, { hint: `use one of ${names.join(', ')}` })
  return role
}

function selectorsOf(selectors: readonly (Selector & { readonly role: string })[]): Partial<Record<Kind, Selector>> {
  const byRole: Partial<Record<Kind, Selector>> = {}
  for (const [i, selector] of selectors.entries()) {
    if (selector.role === '') continue
    const role = roleAt(selector.role, ['selectors', i, 'role'])
    if (byRole[role] !== undefined) throw new ArgumentError(['selectors', i, 'role'], `duplicated selector role: ${role}`)
    byRole[role] = selector
  }
  return byRole
}
