/** `sluice validate`: every problem of one or more configurations, without running anything. */

import { toJson } from '../language/diagnostics.ts'
import { compilePath, printDiagnostics } from './compile.ts'
import { UsageError, oneOf, featureFlags, featureHelp, features, parse } from './usage.ts'

export const summary = 'check configurations and explain every problem'
export const help = `Usage: sluice validate [--json] PATH...

Checks each configuration (a file, or a folder of *.alloy files) and prints all problems with the lines they are in.

  --json                    print one array of {file, line, column, endLine, endColumn, severity, code, message, hint}
  --target=TARGET           check for cloudflare, lambda or node as well: what cannot run there, and what it cannot hold
${featureHelp}

Exit code: 0 no errors (there may be warnings), 1 errors, 2 wrong usage.`

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args, { json: { type: 'boolean', default: false }, target: { type: 'string' }, ...featureFlags })
  if (positionals.length === 0) throw new UsageError('PATH is missing')
  const target = values.target === undefined ? {} : { target: oneOf('target', values.target, ['cloudflare', 'lambda', 'node']) }
  const results = []
  for (const at of positionals) results.push(await compilePath(at, { ...features(values), ...target, advice: true }))
  if (values.json) console.log(JSON.stringify(results.flatMap(({ diagnostics }) => diagnostics.map(toJson)), null, 2))
  else results.forEach(printDiagnostics)
  return results.every(({ plan }) => plan !== undefined) ? 0 : 1
}
