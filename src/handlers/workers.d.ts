/**
 * What the handler uses of the Workers runtime. Cloudflare's own type package redefines the web's globals and cannot stand beside
 * Node's in one program.
 */
declare module 'cloudflare:workers' {
  export interface DurableObjectContext {
    readonly storage: unknown
    waitUntil(work: Promise<unknown>): void
    /** Entrypoints that the worker exports, to call through the platform; absent with an older compatibility date. */
    readonly exports?: Readonly<Record<string, unknown>>
  }
  /** Each of an entrypoint's methods, run in an invocation of its own. */
  export type Loopback<T> = { readonly [K in keyof T]: T[K] }
  export abstract class WorkerEntrypoint<Env> {
    constructor(ctx: DurableObjectContext, env: Env)
    protected readonly ctx: Pick<DurableObjectContext, 'waitUntil'>
    protected readonly env: Env
  }
  export abstract class DurableObject<Env> {
    constructor(ctx: DurableObjectContext, env: Env)
    protected readonly ctx: DurableObjectContext
    protected readonly env: Env
  }
  /** A binding to a class of Durable Objects; methods of the object are called through its stub. */
  export interface DurableObjectNamespace<T> {
    getByName(name: string): T
  }
}
