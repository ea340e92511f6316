/** Time that passes only when nobody has anything left to do, so that hours of timeouts and races take a moment, and each run is the same. */

export interface VirtualTime {
  now(): number
  sleep(ms: number): Promise<void>
  /** Lets time pass until `work` is done; rejects when it would never be. */
  run<T>(work: Promise<T>): Promise<T>
}

export function virtualTime(startMs = 1_763_640_000_000): VirtualTime {
  let now = startMs
  const timers: { atMs: number; resolve: () => void }[] = []
  return {
    now: () => now,
    sleep: ms => new Promise(resolve => {
      const atMs = now + Math.max(0, ms)
      // From the end: most timers are later than those that wait. Equal times keep the order in which they were asked for.
      let at = timers.length
      while (at > 0 && timers[at - 1]!.atMs > atMs) at--
      timers.splice(at, 0, { atMs, resolve })
    }),
    async run(work) {
      let done = false
      const end = () => { done = true }
      work.then(end, end)
      for (;;) {
        // A turn of the event loop runs every promise that can go on.
        await new Promise(resolve => { setImmediate(resolve) })
        if (done) return work
        const next = timers.shift()
        if (next === undefined) throw new Error('nothing is left to happen, and the work is not done')
        now = next.atMs
        next.resolve()
      }
    },
  }
}
