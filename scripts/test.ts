/**
 * Runs test files with node's own runner: `tsx scripts/test.ts [PATH...]`, each a folder or a `*.test.ts` file (default: test/,
 * without the stages that need more than npm). One process a file, one more at once than there are cores.
 */
import { readdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

/** Stages with a command of their own. */
const ownCommand = ['test/integration', 'test/soak', 'test/deploy']

function collect(at: string): string[] {
  if (statSync(at).isFile()) return [at]
  return readdirSync(at, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.ts') && !name.includes('node_modules'))
    .map(name => path.join(at, name))
}

const asked = process.argv.slice(2)
const files = (asked.length > 0 ? asked : ['test'])
  .flatMap(collect)
  .filter(file => asked.length > 0 || !ownCommand.some(folder => file.startsWith(folder)))
  .sort()
  .map(file => path.resolve(file))

if (files.length === 0) {
  console.error(`no *.test.ts under ${asked.join(', ')}`)
  process.exit(2)
}

const reporter = new spec()
reporter.pipe(process.stdout)
// One more than there are cores: the platform suites mostly wait. A file that hangs is a failure, and not a run that never ends.
run({ files, concurrency: availableParallelism() + 1, timeout: 240_000 })
  .on('test:fail', () => { process.exitCode = 1 })
  .pipe(reporter)
