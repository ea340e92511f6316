/** Turns the keys that components declare into state on a store. */

import { openCell } from './kinds/cell.ts'
import { openGate } from './kinds/gate.ts'
import { storeKey } from './kinds/keys.ts'
import { openLease } from './kinds/lease.ts'
import { openQueue } from './kinds/queue.ts'
import { openWindow } from './kinds/window.ts'
import type { StateKey, StateOf } from './kinds.ts'
import type { StateEnv } from './kinds/env.ts'
import type { Store } from './store.ts'

export type { StateEnv, DamageReport } from './kinds/env.ts'

/**
 * The state behind `key` of the component (or other owner) `nodeId`. Open a queue or window once an isolate and keep it: it
 * remembers what it knows of the store, so that requests need not ask.
 */
export function open<K extends StateKey>(key: K, store: Store, nodeId: string, env: StateEnv): StateOf<K> {
  const opened = openers[key.kind] as (key: StateKey, store: Store, at: string, env: StateEnv) => unknown
  return opened(key, store, storeKey(key, nodeId), env) as StateOf<K>
}

const openers = { queue: openQueue, cell: openCell, window: openWindow, lease: openLease, gate: openGate }
