/**
 * Feeds broken bytes to every codec: `tsx scripts/fuzz-wire.ts [--runs N] [--seed N] [--only NAME]`, N mutations for each target
 * (default 100,000). Nothing but the codec's own error may come out, within bounded time, and what a check accepts must be usable.
 * Exit 1, with the seed and the bytes in hexadecimal, at the first that is not so.
 */
import { parseArgs } from 'node:util'
import { hex } from '../src/lib/bytes.ts'
import { type FuzzTarget, fuzzTargets, takes } from '../test/support/fuzz-wire.ts'
import { numbers } from '../test/support/hostile.ts'
import { mutate } from '../test/support/mutate.ts'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' }, only: { type: 'string', default: '' } } })
const runs = Number(values.runs)
const slowestMs = 200

for (const target of fuzzTargets.filter(({ name }) => name.includes(values.only))) {
  const random = numbers(Number(values.seed))
  let accepted = 0
  let slowest = 0
  const start = performance.now()
  for (let run = 0; run < runs; run++) {
    let bytes = target.sample
    for (let steps = 1 + Math.floor(random() * 4); steps > 0 && bytes.length > 0; steps--) {
      bytes = mutate(bytes, Math.floor(random() * 7), random(), Math.floor(random() * 256))
    }
    const before = performance.now()
    if (await attempt(target, run, bytes)) accepted++
    if (performance.now() - before > slowest) slowest = Math.max(slowest, await again(target, run, bytes))
  }
  const seconds = (performance.now() - start) / 1000
  console.log(`${target.name.padEnd(22)} ${runs} runs in ${seconds.toFixed(0)} s, ${accepted} accepted, slowest ${slowest.toFixed(1)} ms`)
  if (slowest > slowestMs) process.exitCode = 1
}

/** Whether the target takes these bytes; anything but a refusal by its own error ends the program. */
async function attempt(target: FuzzTarget, run: number, bytes: Uint8Array): Promise<boolean> {
  try {
    return await takes(target, bytes)
  } catch (error) {
    console.error(`${target.name}: run ${run} of seed ${values.seed}: ${String(error)}\n${hex(bytes)}`)
    console.error(error)
    process.exit(1)
  }
}

/** The best of three further times: a busy machine makes anything slow once, but what is slow each time is slow by itself. */
async function again(target: FuzzTarget, run: number, bytes: Uint8Array): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 3; i++) {
    const before = performance.now()
    await attempt(target, run, bytes)
    times.push(performance.now() - before)
  }
  return Math.min(...times)
}
