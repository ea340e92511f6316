/** `tsx scripts/fuzz-language.ts [--runs=N] [--seed=N]`: random inputs through the language; stops at the first that throws, hangs or breaks. */
import { parseArgs } from 'node:util'
import { checkInput, createRandom, fuzzInput } from '../test/support/fuzz-language.ts'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } } })
const runs = Number(values.runs)
const random = createRandom(Number(values.seed))

/** An input is some tens of kilobytes at most; none should take longer than this, even on a busy machine. */
const slowMs = 5000

const started = performance.now()
let slowest = { ms: 0, input: '' }
for (let run = 1; run <= runs; run++) {
  const input = fuzzInput(random)
  const before = performance.now()
  let problem: string | undefined
  try {
    problem = checkInput(input)
  } catch (error) {
    problem = error instanceof Error ? error.stack ?? error.message : String(error)
  }
  const ms = performance.now() - before
  if (ms > slowest.ms) slowest = { ms, input }
  if (ms > slowMs) problem ??= `took ${Math.round(ms)} ms`
  if (problem !== undefined) {
    console.error(`run ${run} of seed ${values.seed}: ${JSON.stringify(input.slice(0, 5000))}\n${problem.slice(0, 5000)}`)
    process.exit(1)
  }
  if (run % 100_000 === 0) console.log(`${run} inputs, ${Math.round(run / (performance.now() - started) * 1000)}/s, slowest ${slowest.ms.toFixed(1)} ms`)
}
console.log(`${runs} inputs without a finding; slowest ${slowest.ms.toFixed(1)} ms`)
