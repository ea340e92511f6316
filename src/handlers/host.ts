/** The parts of a Host that are alike on every platform: the web's own clock, chance, network and timers. */

import type { Host } from '../graph/run/host.ts'
import { cipherOf } from './cipher.ts'

type Common = Pick<Host, 'now' | 'random' | 'elapsed' | 'fetch' | 'sleep' | 'print' | 'log' | 'cipher'>

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
  print: line => { console.log(line) },
  log: line => { console.error(line) },
  cipher: cipherOf,
}
