/** The parts of a Host that are alike on every platform: the web's own clock, chance, network and timers. */

import type { Host } from '../graph/run/host.ts'
import { cipherOf } from './cipher.ts'

type Common = Pick<Host, 'now' | 'random' | 'elapsed' | 'fetch' | 'sleep' | 'within' | 'print' | 'log' | 'cipher'>

/** What a timer can count. */
const longestTimerMs = 2 ** 31 - 1

export const webHost: Common = {
  now: () => Date.now(),
  random: () => Math.random(),
  elapsed: () => performance.now(),
  fetch: (url, init) => fetch(url, init),
  sleep: (ms, signal) => new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  }),
  // A controller and a timer of its own: on Node 20, a signal that AbortSignal.any makes of others is collected as garbage before it rings.
  async within(ms, signal, work) {
    const limit = new AbortController()
    const end = () => { limit.abort(signal.reason) }
    const timer = setTimeout(() => { limit.abort(new DOMException(`${ms} ms are over`, 'TimeoutError')) }, Math.min(ms, longestTimerMs))
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
    try {
      return await work(limit.signal)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
    }
  },
  print: line => { console.log(line) },
  log: line => { console.error(line) },
  cipher: cipherOf,
}
