/** Listing objects of a cluster: page by page, without watches. */

import type { Call } from '../../../contract/call.ts'
import type { HttpClient } from '../../../../transport/client.ts'
import { askJson } from '../ask.ts'
import { keyOf, type Cluster, type Kind, type Meta } from './objects.ts'

/** How to reach an API server. */
export interface Access {
  readonly url: string
  readonly client: HttpClient
}

export interface Selector {
  readonly label: string
  readonly field: string
}

/** Where the API has each kind, and whether its objects are in namespaces. */
const kinds: Readonly<Record<Kind, { readonly group: string; readonly plural: string; readonly namespaced: boolean }>> = {
  node: { group: '/api/v1', plural: 'nodes', namespaced: false },
  namespace: { group: '/api/v1', plural: 'namespaces', namespaced: false },
  pod: { group: '/api/v1', plural: 'pods', namespaced: true },
  service: { group: '/api/v1', plural: 'services', namespaced: true },
  endpoints: { group: '/api/v1', plural: 'endpoints', namespaced: true },
  endpointslice: { group: '/apis/discovery.k8s.io/v1', plural: 'endpointslices', namespaced: true },
  ingress: { group: '/apis/networking.k8s.io/v1', plural: 'ingresses', namespaced: true },
}

const pageSize = 500
/** More pages than any cluster has: an API that never comes to an end is no API. */
const mostPages = 10_000

interface Page {
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string }
  readonly items?: readonly { readonly metadata?: Meta }[]
}

/** Lists, and remembers by list how new the last answer was, so that no server that lags behind takes us back in time. */
export class Lister {
  readonly #versions = new Map<string, string>()

  /** The objects of the kinds, in these namespaces (all of them without one), by `namespace/name` or name. */
  async list(call: Call, access: Access, wanted: readonly Kind[], namespaces: readonly string[], selectors: Readonly<Partial<Record<Kind, Selector>>>): Promise<Cluster> {
    const cluster = Object.fromEntries(Object.keys(kinds).map(kind => [kind, new Map<string, unknown>()])) as Record<Kind, Map<string, unknown>>
    for (const kind of new Set(wanted)) {
      const { group, plural, namespaced } = kinds[kind]
      const paths = !namespaced || namespaces.length === 0 ? [`${group}/${plural}`] : namespaces.map(name => `${group}/namespaces/${encodeURIComponent(name)}/${plural}`)
      for (const path of new Set(paths)) {
        for (const object of await this.#all(call, access, path, selectors[kind])) {
          const { namespace, name = '' } = object.metadata ?? {}
          cluster[kind].set(namespaced ? keyOf(namespace, name) : name, object)
        }
      }
    }
    // What stands there is what the API says of itself; every field of it is optional.
    return cluster as unknown as Cluster
  }

  async #all(call: Call, access: Access, path: string, selector: Selector | undefined): Promise<NonNullable<Page['items']>[number][]> {
    const all: NonNullable<Page['items']>[number][] = []
    let next: string | undefined
    for (let pages = 0; pages < mostPages; pages++) {
      const page = await this.#page(call, access, path, selector, next)
      all.push(...page.items ?? [])
      const { continue: more = '', resourceVersion = '' } = page.metadata ?? {}
      if (more === '') {
        if (resourceVersion !== '') this.#versions.set(path, resourceVersion)
        return all
      }
      next = more
    }
    throw new Error(`${path} does not come to an end`)
  }

  async #page(call: Call, { url, client }: Access, path: string, selector: Selector | undefined, next: string | undefined): Promise<Page> {
    const query = new URLSearchParams({ limit: String(pageSize) })
    const version = this.#versions.get(path)
    if (selector !== undefined && selector.label !== '') query.set('labelSelector', selector.label)
    if (selector !== undefined && selector.field !== '') query.set('fieldSelector', selector.field)
    if (next !== undefined) query.set('continue', next)
    else if (version !== undefined) {
      query.set('resourceVersion', version)
      query.set('resourceVersionMatch', 'NotOlderThan')
    }
    const page = await askJson(call, { url: `${url.replace(/\/$/, '')}${path}?${query.toString()}`, client })
    if (typeof page !== 'object' || page === null) throw new Error(`${path} is no list`)
    return page
  }
}
