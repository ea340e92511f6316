/** State for the nodes of a graph. Which kinds can be opened is up to the build, which holds only those that its components declare. */

import type { StateEnv } from '../../state/kinds/env.ts'
import { storeKey } from '../../state/kinds/keys.ts'
import type { StateKey, StateOf } from '../../state/kinds.ts'
import type { Store } from '../../state/store.ts'

type Opener = (key: never, store: Store, at: string, env: StateEnv) => unknown
/** How to open each kind in use. */
export type Openers = Readonly<Partial<Record<StateKey['kind'], Opener>>>

/** Opens each piece of state once: what is open remembers what it knows of the store. */
export class StateOpener {
  readonly #openers: Openers
  readonly #store: Store
  readonly #env: StateEnv
  readonly #opened = new Map<string, unknown>()

  constructor(openers: Openers, store: Store, env: StateEnv) {
    this.#openers = openers
    this.#store = store
    this.#env = env
  }

  open<K extends StateKey>(key: K, nodeId: string): StateOf<K> {
    const at = storeKey(key, nodeId)
    let state = this.#opened.get(at)
    if (state === undefined) {
      const opener = this.#openers[key.kind]
      if (opener === undefined) throw new Error(`the build holds no ${key.kind}, which ${nodeId} needs; it is not in its definition's state`)
      state = opener(key as never, this.#store, at, this.#env)
      this.#opened.set(at, state)
    }
    return state as StateOf<K>
  }
}
