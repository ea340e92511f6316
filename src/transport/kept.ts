/** What is asked for once and kept in the isolate until it expires: tokens and temporary credentials. */

import type { Call } from '../components/contract/call.ts'
import { retryable } from '../components/contract/errors.ts'

/** Renewed this long before it expires, as Go's client does with tokens. */
const earlyMs = 10_000
/** A request that takes longer is given up, and no other call waits for it. */
export const patienceMs = 10_000

/**
 * A source of what `request` answers (`expiresAt` is in milliseconds since the epoch), which is asked again when that is about to
 * expire. One request serves all calls that wait for it, and so does its failure. `what` names it in errors.
 */
export function kept<T extends { readonly expiresAt: number }>(request: (call: Call) => Promise<T>, what: string): (call: Call) => Promise<T> {
  let known: T | undefined
  let flight: { promise: Promise<T>; since: number } | undefined

  return async (call) => {
    const now = call.now()
    if (known !== undefined && now < known.expiresAt - earlyMs) return known
    // The call that asked may have been cut off by its platform without a word, so nobody waits for it for ever.
    if (flight === undefined || now - flight.since > patienceMs) {
      const started = { promise: request(call), since: now }
      flight = started
      started.promise.then(fresh => { known = fresh }, () => undefined).finally(() => { if (flight === started) flight = undefined }).catch(() => undefined)
    }
    return orAborted(flight.promise, call.signal, what)
  }
}

/** The promise's outcome, or a refusal as soon as the signal aborts. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(retryable(`the request ended before ${what} had come`, { cause: signal.reason }))
    if (signal.aborted) { abort(); return }
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
