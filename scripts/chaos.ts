/**
 * `npm run chaos -- --seed N --minutes M [--platform node|workerd|lambda] [--kills N] [--without kills,destination,store,clock] [--strict] [--json]`:
 * load from many senders while processes are killed, the destination misbehaves, the store fails and clocks jump; all of it chosen by
 * the seed. With `--strict` the destination refuses samples out of order as Prometheus does. Afterwards every acknowledged item has to be at the destination or in a queue, and in order. Exits 1 where that is not so,
 * and says how to do the same again.
 */

import { parseArgs } from 'node:util'
import { troubles, type ChaosOptions, type PlatformName, type Trouble } from './chaos/plan.ts'
import { runChaos } from './chaos/run.ts'

const platforms: readonly PlatformName[] = ['node', 'workerd', 'lambda']

function usage(problem: string): never {
  console.error(`${problem}\nusage: npm run chaos -- [--seed N] [--minutes M] [--platform ${platforms.join('|')}] [--kills N] [--without ${troubles.join(',')}] [--strict] [--output] [--json]`)
  process.exit(2)
}

function optionsOf(): { options: ChaosOptions; json: boolean; output: boolean } {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '1' }, platform: { type: 'string', default: 'node' },
      kills: { type: 'string' }, without: { type: 'string', default: '' }, strict: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false }, output: { type: 'boolean', default: false },
    },
  })
  const seed = Number(values.seed)
  const minutes = Number(values.minutes)
  const platform = platforms.find(each => each === values.platform) ?? usage(`--platform ${values.platform}: not one of ${platforms.join(', ')}`)
  if (!Number.isInteger(seed) || seed < 0) usage(`--seed ${values.seed}: not a whole number from 0`)
  if (!(minutes > 0 && minutes <= 120)) usage(`--minutes ${values.minutes}: not above 0 and at most 120`)
  // On average one in three seconds.
  const kills = values.kills === undefined ? Math.round(minutes * 20) : Number(values.kills)
  if (!Number.isInteger(kills) || kills < 0) usage(`--kills ${values.kills}: not a whole number from 0`)
  const without = values.without.split(',').filter(name => name !== '')
  for (const name of without) if (!troubles.includes(name as Trouble)) usage(`--without ${name}: not one of ${troubles.join(', ')}`)
  return { options: { seed, platform, kills, runMs: minutes * 60_000, settleMs: 150_000, without: without as Trouble[], strict: values.strict }, json: values.json, output: values.output }
}

const { options, json, output } = optionsOf()
// What was started ends with this process, if it ends in order.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
const { violations, figures, output: printed } = await runChaos(options, line => { if (!json) console.error(line) })
if (output) console.error(printed)
if (json) console.log(JSON.stringify({ violations, ...figures }))
else {
  const width = Math.max(...Object.keys(figures).map(name => name.length))
  for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(width)}  ${value}`)
  console.log(violations.length === 0 ? 'all is well' : violations.map(violation => `VIOLATION: ${violation}`).join('\n'))
}
if (violations.length > 0) {
  console.error(`the same again: npm run chaos -- --seed ${options.seed} --minutes ${options.runMs / 60_000} --platform ${options.platform} --kills ${options.kills}${options.without.length > 0 ? ` --without ${options.without.join(',')}` : ''}${options.strict ? ' --strict' : ''}`)
  process.exitCode = 1
}
