/** A store that another isolate holds: each operation travels as plain data to `serve` there, and its outcome back. */

import { escapeNode } from '../kinds/keys.ts'
import { guarded, noCounts, StoreError, type RawStore, type Store, type StoreCounts, type StoreEnv, type StoreLimits } from '../store.ts'

/** One operation as plain data. */
export type StoreRequest =
  | { readonly op: 'get'; readonly key: string; readonly unless: string | undefined }
  | { readonly op: 'put'; readonly key: string; readonly value: Uint8Array; readonly ifVersion: string | null | undefined; readonly id: string }
  | { readonly op: 'append'; readonly prefix: string; readonly suffix: string; readonly value: Uint8Array; readonly id: string; readonly again: boolean }
  | { readonly op: 'delete'; readonly key: string; readonly ifVersion: string | undefined }
  | { readonly op: 'deleteAll'; readonly keys: readonly string[] }
  | { readonly op: 'list'; readonly prefix: string; readonly after: string | undefined; readonly limit: number }

/** The owner of a node's state: the part of its keys that names it. */
export const ownerOfNode: (id: string) => string = escapeNode

/** Whose state an operation is about: the node's part of its keys (FORMAT.md), or `state` for what belongs to no node. */
export function ownerOf(request: StoreRequest): string {
  const key = 'key' in request ? request.key : 'prefix' in request ? request.prefix : request.keys[0] ?? ''
  const [, owner = ''] = key.split('/')
  return owner === '' ? 'state' : owner
}

/** The outcome as plain data: errors too, because an Error loses its fields between isolates. */
export type StoreReply = { readonly ok: unknown } | { readonly error: string; readonly retryable: boolean }

/** What answers `serve`; `again` marks an append repeated because its answer was lost: it must not be written twice. */
export interface RemoteRaw extends RawStore {
  append(prefix: string, suffix: string, value: Uint8Array, id: string, again?: boolean): Promise<{ key: string; version: string }>
}

/** Of a store behind a call to a Durable Object, which may carry 32 MB. */
export const objectLimits: StoreLimits = { maxValueBytes: 16 << 20, maxKeyBytes: 900, cheapSmallWrites: true, appendOrder: 'exact' }

/** Runs one operation where the data is; never rejects for what the store said. */
export async function serve(raw: RemoteRaw, request: StoreRequest): Promise<StoreReply> {
  try {
    return { ok: await run(raw, request) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { error: message, retryable: !(error instanceof StoreError) || error.retryable }
  }
}

function run(raw: RemoteRaw, request: StoreRequest): Promise<unknown> {
  switch (request.op) {
    case 'get': return raw.get(request.key, request.unless)
    case 'put': return raw.put(request.key, request.value, request.ifVersion, request.id)
    case 'append': return raw.append(request.prefix, request.suffix, request.value, request.id, request.again)
    case 'delete': return raw.delete(request.key, request.ifVersion)
    case 'deleteAll': return raw.deleteAll(request.keys)
    case 'list': return raw.list(request.prefix, request.after, request.limit)
  }
}

const counted: Record<StoreRequest['op'], keyof StoreCounts> = {
  get: 'reads', put: 'writes', append: 'writes', delete: 'deletes', deleteAll: 'deletes', list: 'lists',
}

/** The store at the other end of `call`. A call that fails is made once more: writes carry an id, so nothing is done twice. */
export function remoteStore(call: (request: StoreRequest) => Promise<StoreReply>, { random }: StoreEnv, limits = objectLimits): Store {
  const counts = noCounts()
  /** `repeat` is what to send when the first answer is lost. */
  const answer = async <T>(request: StoreRequest, repeat = request): Promise<T> => {
    let reply: StoreReply
    try {
      reply = await call(request)
    } catch (lost) {
      if (isOverloaded(lost)) throw unreachable(lost)
      counts[counted[request.op]]++
      reply = await call(repeat).catch((error: unknown) => { throw unreachable(error) })
    }
    if ('error' in reply) throw new StoreError(reply.error, { retryable: reply.retryable })
    return reply.ok as T
  }

  return guarded(limits, random, {
    get: (key, unless) => answer({ op: 'get', key, unless }),
    put: (key, value, ifVersion, id) => answer({ op: 'put', key, value: compact(value), ifVersion, id }),
    append(prefix, suffix, value, id) {
      const request = { op: 'append', prefix, suffix, value: compact(value), id } as const
      return answer({ ...request, again: false }, { ...request, again: true })
    },
    delete: (key, ifVersion) => answer({ op: 'delete', key, ifVersion }),
    deleteAll: keys => answer({ op: 'deleteAll', keys }),
    list: (prefix, after, limit) => answer({ op: 'list', prefix, after, limit }),
  }, counts)
}

/** A view of a larger buffer would travel with all of it. */
const compact = (value: Uint8Array) => (value.byteLength === value.buffer.byteLength ? value : value.slice())

/** Cloudflare asks not to repeat such a call at once. */
const isOverloaded = (error: unknown) => typeof error === 'object' && error !== null && 'overloaded' in error && error.overloaded === true

const unreachable = (cause: unknown) =>
  new StoreError(`the object that holds the state did not answer: ${cause instanceof Error ? cause.message : String(cause)}`, { retryable: true, cause })
