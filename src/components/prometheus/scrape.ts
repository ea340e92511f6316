import type { Call } from '../contract/call.ts'
import { clockState } from '../contract/clock.ts'
import { defineComponent, type Instance, type RoundTarget, type Rounds } from '../contract/define.ts'
import { args } from '../contract/schema.ts'
import { utf8 } from '../../lib/bytes.ts'
import { crc32c } from '../../lib/crc32c.ts'
import { scrapeArgs } from './_shared/scrape/args.ts'
import { scrapeJob, targetsOf } from './_shared/scrape/job.ts'
import { retireTargets } from './_shared/scrape/retire.ts'
import { scrapeRound } from './_shared/scrape/round.ts'
import { scrapeState } from './_shared/scrape/scrape-target.ts'
import { targetStatuses } from './_shared/scrape/statuses.ts'
import { nextDue } from './_shared/scrape/target.ts'

/** Scrapes the metrics of targets, as a Prometheus would, and sends them on. */
export default defineComponent({
  name: 'prometheus.scrape',
  stability: 'generally-available',
  args: args(scrapeArgs),
  state: { ...scrapeState, ...clockState },
  build(args, _state, { id }): Instance {
    const job = scrapeJob(args)
    // Thousands of them take their time, and a check asks for none.
    let found: (ReturnType<typeof targetsOf> & { readonly shown: readonly RoundTarget[] }) | undefined
    const known = () => {
      if (found !== undefined) return found
      const { targets, given, failures } = targetsOf(args, id)
      const shown = targets.map(({ intervalMs, timeoutMs }, index) => ({ labels: given[index]!, intervalMs, timeoutMs }))
      return found = { targets, given, failures, shown }
    }

    let complained = false

    const rounds: Rounds = {
      targets: () => known().shown,
      async dues(call) {
        const [{ targets }, seed] = [known(), await seedOf(call)]
        return fromMs => targets.length === 0 ? undefined : targets.reduce((first, target) => Math.min(first, nextDue(target, seed, fromMs)), Infinity)
      },
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
    return { rounds, debug: async call => ({ targets: await targetStatuses(call, known().targets) }) }
  },
})

/** Two installations are not to scrape the same targets at the same moments. */
const seedOf = async (call: Call): Promise<number> => crc32c(utf8(await call.installation())) >>> 0
