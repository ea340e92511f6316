/** How many items a batch holds: spans, data points, log records, samples or entries. */

import type { Batch } from './batch.ts'
import { countEntries } from './loki.ts'
import { countItems as countOtlp } from './otlp.ts'
import { countSamples } from './prometheus.ts'

/** Batches are immutable, and several nodes ask about the same one. */
const known = new WeakMap<Batch, number>()

export function countItems(batch: Batch): number {
  let items = known.get(batch)
  if (items === undefined) {
    items = count(batch)
    known.set(batch, items)
  }
  return items
}

function count(batch: Batch): number {
  switch (batch.kind) {
    case 'otlp': return countOtlp(batch)
    case 'prometheus': return countSamples(batch)
    case 'loki': return countEntries(batch)
  }
}
