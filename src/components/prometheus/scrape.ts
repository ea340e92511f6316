import type { Call } from '../contract/call.ts'
import { defineComponent, type Instance, type Rounds } from '../contract/define.ts'
import { args } from '../contract/schema.ts'
import { utf8 } from '../../lib/bytes.ts'
import { crc32c } from '../../lib/crc32c.ts'
import { scrapeArgs } from './_shared/scrape/args.ts'
import { scrapeJob, targetsOf } from './_shared/scrape/job.ts'
import { retireTargets } from './_shared/scrape/retire.ts'
import { scrapeRound } from './_shared/scrape/round.ts'
import { scrapeState } from './_shared/scrape/scrape-target.ts'
import { targetStatuses } from './_shared/scrape/statuses.ts'

/** How often due targets are looked for where no clock does it. */
const everyMs = 1000
/** How often targets that are gone are looked for. */
const retireEveryMs = 15_000

/** Scrapes the metrics of targets, as a Prometheus would, and sends them on. */
export default defineComponent({
  name: 'prometheus.scrape',
  stability: 'generally-available',
  args: args(scrapeArgs),
  state: scrapeState,
  build(args, _state, { id }): Instance {
    const job = scrapeJob(args)
    // Thousands of them take their time, and a check asks for none.
    let found: ReturnType<typeof targetsOf> | undefined
    const known = () => found ??= targetsOf(args, id)

    let complained = false

    const rounds: Rounds = {
      intervals() {
        const intervals = known().targets.map(({ intervalMs }) => intervalMs)
        if (intervals.length === 0) return undefined
        return { leastMs: intervals.reduce((a, b) => Math.min(a, b)), mostMs: intervals.reduce((a, b) => Math.max(a, b)) }
      },
      targets: () => known().targets.map(({ all }) => all),
      async run(call, { fromMs, untilMs, token, ...round }) {
        const { targets } = known()
        const seed = await seedOf(call)
        return scrapeRound(call, job, { targets: targets.filter((_, index) => round.mine(index)), allTargets: targets.length, fromMs, untilMs, seed, token })
      },
      async retire(call) {
        const { targets, failures } = known()
        for (const { labels, problem } of complained ? [] : failures) {
          call.log('error', 'Creating target failed', { target: labels['__address__'] ?? '', err: problem })
        }
        complained = true
        await retireTargets(call, job, targets)
      },
    }
    return { rounds, schedule: { everyMs, run: withoutClock(rounds) }, debug: async call => ({ targets: await targetStatuses(call, known().targets) }) }
  },
})

/** Two installations are not to scrape the same targets at the same moments. */
const seedOf = async (call: Call): Promise<number> => crc32c(utf8(await call.installation())) >>> 0

/** Rounds of all targets by one isolate, one after the other: what a tick does until a clock takes it over. */
function withoutClock(rounds: Rounds): (call: Call) => Promise<void> {
  let nextMs: number | undefined
  let retireMs = 0
  return async (call) => {
    const nowMs = call.now()
    // What was due before the first tick may have been done by another, which the state knows.
    const fromMs = nextMs ?? nowMs - (rounds.intervals()?.mostMs ?? 0)
    const untilMs = Math.max(fromMs, nowMs + everyMs)
    nextMs = untilMs
    if (nowMs >= retireMs) {
      retireMs = nowMs + retireEveryMs
      await rounds.retire(call)
    }
    const { doneMs } = await rounds.run(call, { mine: () => true, fromMs, untilMs, token: 0 })
    nextMs = Math.min(nextMs, doneMs)
  }
}
