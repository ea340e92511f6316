/** The parts of Kubernetes' objects that targets are made of, as its API writes them in JSON. */

type Texts = Readonly<Record<string, string>>

export interface Meta {
  readonly name?: string
  readonly namespace?: string
  readonly uid?: string
  readonly labels?: Texts
  readonly annotations?: Texts
  readonly ownerReferences?: readonly { readonly kind?: string; readonly name?: string; readonly controller?: boolean }[]
}

interface Thing {
  readonly metadata?: Meta
}

export type Namespace = Thing

export interface Node extends Thing {
  readonly spec?: { readonly providerID?: string }
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[]
    readonly conditions?: readonly Condition[]
    readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } }
  }
}

interface Condition { readonly type: string; readonly status: string }

export interface Container {
  readonly name?: string
  readonly image?: string
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[]
}

interface ContainerStatus { readonly name?: string; readonly containerID?: string }

export interface Pod extends Thing {
  readonly spec?: { readonly nodeName?: string; readonly containers?: readonly Container[]; readonly initContainers?: readonly Container[] }
  readonly status?: {
    readonly podIP?: string
    readonly hostIP?: string
    readonly phase?: string
    readonly conditions?: readonly Condition[]
    readonly containerStatuses?: readonly ContainerStatus[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
  }
}

export interface Service extends Thing {
  readonly spec?: {
    readonly type?: string
    readonly clusterIP?: string
    readonly externalName?: string
    readonly loadBalancerIP?: string
    readonly ipFamilyPolicy?: string
    readonly ipFamilies?: readonly string[]
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[]
  }
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } }
}

export interface ObjectReference { readonly kind?: string; readonly namespace?: string; readonly name?: string }

export interface EndpointAddress {
  readonly ip: string
  readonly hostname?: string
  readonly nodeName?: string
  readonly targetRef?: ObjectReference
}

export interface Endpoints extends Thing {
  readonly subsets?: readonly {
    readonly addresses?: readonly EndpointAddress[]
    readonly notReadyAddresses?: readonly EndpointAddress[]
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[]
  }[]
}

export interface SliceEndpoint {
  readonly addresses?: readonly string[]
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean }
  readonly hostname?: string
  readonly nodeName?: string
  readonly zone?: string
  readonly targetRef?: ObjectReference
  readonly deprecatedTopology?: Texts
}

export interface SlicePort { readonly name?: string; readonly port?: number; readonly protocol?: string; readonly appProtocol?: string }

export interface EndpointSlice extends Thing {
  readonly addressType?: string
  readonly endpoints?: readonly SliceEndpoint[]
  readonly ports?: readonly SlicePort[]
}

export interface Ingress extends Thing {
  readonly spec?: {
    readonly ingressClassName?: string
    readonly tls?: readonly { readonly hosts?: readonly string[] }[]
    readonly rules?: readonly { readonly host?: string; readonly http?: { readonly paths?: readonly { readonly path?: string }[] } }[]
  }
}

/** Everything that one look at a cluster has found, by kind and `namespace/name` (`name` alone for nodes and namespaces). */
export interface Cluster {
  readonly node: ReadonlyMap<string, Node>
  readonly namespace: ReadonlyMap<string, Namespace>
  readonly pod: ReadonlyMap<string, Pod>
  readonly service: ReadonlyMap<string, Service>
  readonly endpoints: ReadonlyMap<string, Endpoints>
  readonly endpointslice: ReadonlyMap<string, EndpointSlice>
  readonly ingress: ReadonlyMap<string, Ingress>
}

/** A kind of object that is listed. */
export type Kind = keyof Cluster

/** `namespace/name`. */
export const keyOf = (namespace: string | undefined, name: string | undefined): string => `${namespace ?? ''}/${name ?? ''}`
