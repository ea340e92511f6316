/** Compare-and-swap of the one record at a key, for kinds whose state is a few words of meta. */

import { encodeRecord } from '../record.ts'
import { StoreError, writeId, type Store } from '../store.ts'
import type { StateEnv } from './env.ts'

/** Writes a record without a body over version `over` (null: where nothing is). When the answer is lost, the same write once more tells what became of it. */
export function swap(
  store: Store, at: string, over: string | null, record: { readonly number: number; readonly meta: Readonly<Record<string, unknown>> }, env: StateEnv,
): Promise<{ version: string } | 'conflict'> {
  const bytes = encodeRecord({ ...record, body: new Uint8Array(0) })
  const id = writeId(env.random)
  const put = () => store.put(at, bytes, { ifVersion: over, writeId: id })
  return put().catch((error: unknown) => {
    if (error instanceof StoreError && error.retryable) return put()
    throw error
  })
}
