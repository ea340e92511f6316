/** A store that fails where a test says: the crash between two writes, and the answer that never came. */

import { StoreError, type Store } from '../../src/state/store.ts'

/** Where the operation `name` (the `n`th of this wrapper, from 0) fails: before its effect, after it, or not. */
export type Fault = (name: keyof Store, n: number) => 'before' | 'after' | undefined

const operations = ['get', 'refresh', 'put', 'append', 'delete', 'deleteAll', 'list'] as const

export function faulty(store: Store, fault: Fault): Store {
  let n = 0
  const wrap = (name: (typeof operations)[number]) => async (...args: never[]) => {
    const when = fault(name, n++)
    if (when === 'before') throw new StoreError(`fault before ${name}`, { retryable: true })
    const result = await (store[name] as (...args: never[]) => Promise<unknown>)(...args)
    if (when === 'after') throw new StoreError(`fault after ${name}`, { retryable: true })
    return result
  }
  return { ...store, ...Object.fromEntries(operations.map(name => [name, wrap(name)])) }
}

/** A wrapper whose next operation can be made to fail, for stores that have no transport of their own. */
export function breakable() {
  let next: 'before' | 'after' | undefined
  return {
    wrap: (store: Store) => faulty(store, () => {
      const now = next
      next = undefined
      return now
    }),
    loseNextAnswer: () => { next = 'after' },
    failNext: () => { next = 'before' },
  }
}
