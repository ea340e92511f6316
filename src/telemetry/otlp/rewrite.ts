import type { OtlpBatch, OtlpSignal } from '../batch.ts'
import type { ItemView, ResourceView } from './views.ts'
import { type OtlpEdits, Walk } from './walk.ts'

export type { OtlpEdits } from './walk.ts'

/**
 * A batch with `edits` applied; a function alone is the edit of every item. Untouched bytes are copied as they are, unknown fields
 * survive, containers whose last item is dropped go too, and a batch in which nothing changes is answered itself. Throws WireError.
 */
export function editOtlp(batch: OtlpBatch, edits: OtlpEdits | ((item: ItemView) => void)): OtlpBatch {
  // Callbacks may edit other batches: whatever is in use is not idle.
  const walk = idle[batch.signal].pop() ?? new Walk(batch.signal)
  const bytes = walk.run(batch.bytes, typeof edits === 'function' ? { item: edits } : edits)
  walk.release()
  // After an exception the walk stands somewhere in the middle, and is left to the garbage collector.
  idle[batch.signal].push(walk)
  return bytes === batch.bytes ? batch : { ...batch, bytes }
}

/** Walks at rest: their views, offset tables and buffers serve the next batch, which makes batches of one item cheap. */
const idle: Record<OtlpSignal, Walk[]> = { traces: [], metrics: [], logs: [] }

/** A batch with every resource edited. */
export const editResources = (batch: OtlpBatch, edit: (resource: ResourceView) => void): OtlpBatch => editOtlp(batch, { resource: edit })

/** Visits resources, scopes, metrics and items without changing them. */
export function readOtlp(batch: OtlpBatch, visit: OtlpEdits | ((item: ItemView) => void)): void {
  if (editOtlp(batch, visit) !== batch) throw new TypeError('readOtlp does not change what it visits: use editOtlp')
}
