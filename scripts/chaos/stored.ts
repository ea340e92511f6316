/** What stands in the queues of a store, read without any help from who put it there. */

import { decodeSegment, segmentInfo } from '../../src/state/kinds/segment.ts'
import type { Store } from '../../src/state/store.ts'
import { decodeItems, signals, type Item, type Signal } from './items.ts'

export interface Stored {
  /** In queues, to be sent; and in those of what was refused for good. */
  readonly waiting: readonly Item[]
  readonly refused: readonly Item[]
  /** Segments with damage, which there should not be. */
  readonly damaged: readonly string[]
}

/** The entries of `queue/`, of whichever store. */
export type Entries = readonly (readonly [key: string, value: Uint8Array])[]

export async function entriesOf(store: Store): Promise<Entries> {
  const found: [string, Uint8Array][] = []
  for (let after: string | undefined; ;) {
    const page = await store.list('queue/', { limit: 1000, ...(after !== undefined && { after }) })
    for (const { key } of page.entries) {
      const entry = await store.get(key)
      if (entry !== undefined) found.push([key, entry.value])
    }
    after = page.next
    if (after === undefined) return found
  }
}

export function readStored(entries: Entries): Stored {
  const waiting: Item[] = []
  const refused: Item[] = []
  const damaged: string[] = []
  for (const [key, value] of entries) {
    const [, node = '', name = ''] = key.split('/')
    const { batches, damage } = decodeSegment(segmentInfo({ key, size: value.length, version: '' }), value)
    if (damage.length > 0) damaged.push(key)
    const into = name.endsWith('.refused') ? refused : waiting
    for (const { bytes } of batches) into.push(...decodeItems(signalOf(node, name), bytes))
  }
  return { waiting, refused, damaged }
}

/** By the component that the queue belongs to; an OTLP exporter has a queue for each signal. */
function signalOf(node: string, name: string): Signal {
  if (node.startsWith('prometheus.')) return 'write'
  if (node.startsWith('loki.')) return 'loki'
  return signals.find(signal => name.startsWith(signal))!
}
