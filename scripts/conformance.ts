/**
 * `tsx scripts/conformance.ts DIR [--all] [--only=NAME] [--record]` runs every conformance set whose files are found below DIR, prints
 * a line per set and the failures (ten of each set, or all), and exits 1 where a set that conformance/perfect.json lists as passed
 * whole is not any more. `--record` adds the sets that pass whole to that list.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { ConformanceSet, SetResult } from './conformance/set.ts'

const shown = 10

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean' }, only: { type: 'string' }, record: { type: 'boolean' } },
})
const [root] = positionals
if (root === undefined || !existsSync(root)) {
  console.error(root === undefined ? 'usage: conformance DIR [--all] [--only=NAME] [--record]' : `${root}: no such folder`)
  process.exit(2)
}

const here = path.join(import.meta.dirname, 'conformance')
const perfectFile = path.join(here, 'perfect.json')
const perfect = JSON.parse(readFileSync(perfectFile, 'utf8')) as string[]

async function loadSets(): Promise<ConformanceSet[]> {
  const files = readdirSync(path.join(here, 'sets')).filter(name => name.endsWith('.ts')).sort()
  const modules = await Promise.all(files.map(async name =>
    await import(path.join(here, 'sets', name)) as Partial<ConformanceSet> & { sets?: ConformanceSet[] }))
  // Files that only help others export neither.
  return modules.flatMap(({ sets, name, run }) => sets ?? (name !== undefined && run !== undefined ? [{ name, run }] : []))
}

async function runSet(set: ConformanceSet): Promise<SetResult> {
  try {
    return await set.run(root!)
  } catch (error) {
    const reason = error instanceof Error ? error.stack ?? error.message : String(error)
    return { passed: 0, total: 1, failures: [`the set itself: ${reason}`] }
  }
}

const fallen: string[] = []
const whole: string[] = []
for (const set of await loadSets()) {
  if (options.only !== undefined && set.name !== options.only) continue
  const { passed, total, failures } = await runSet(set)
  if (total === 0) continue
  console.log(`${set.name} ${passed}/${total}`)
  for (const failure of options.all === true ? failures : failures.slice(0, shown)) console.log(`  ${failure}`)
  if (options.all !== true && failures.length > shown) console.log(`  and ${failures.length - shown} more (--all shows them)`)
  if (passed === total) whole.push(set.name)
  else if (perfect.includes(set.name)) fallen.push(set.name)
}

if (options.record === true) {
  writeFileSync(perfectFile, `${JSON.stringify([...new Set([...perfect, ...whole])].sort(), null, 2)}\n`)
}
if (fallen.length > 0) {
  console.error(`no longer passed whole: ${fallen.join(', ')}`)
  process.exitCode = 1
}
