/** `sluice fmt`: the canonical form of configuration files, as `alloy fmt` writes it. */

import { readFile, writeFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { renderDiagnostics } from '../language/diagnostics.ts'
import { parseFile } from '../language/parse.ts'
import { format } from '../language/print.ts'
import { decodeSource } from '../language/source.ts'
import { readSources } from './sources.ts'
import { UsageError, parse } from './usage.ts'

export const summary = 'format configuration files'
export const help = `Usage: sluice fmt [-w] [--test] PATH...

Prints each file (or every *.alloy file of a folder) in canonical form; "-" reads standard input.

  -w, --write               rewrite the files in place
  -t, --test                change nothing; exit 1 if a file is not in canonical form

Exit code: 0 well, 1 a syntax error (or with --test an unformatted file), 2 wrong usage.`

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args, { write: { type: 'boolean', short: 'w', default: false }, test: { type: 'boolean', short: 't', default: false } })
  if (positionals.length === 0) throw new UsageError('PATH is missing')
  if (values.write && values.test) throw new UsageError('--write and --test exclude each other')
  if (values.write && positionals.includes('-')) throw new UsageError('standard input cannot be rewritten; leave out --write')
  const sources = (await Promise.all(positionals.map(readOne))).flat()
  const codes = []
  for (const { file, text } of sources) codes.push(await formatOne(file, text, values))
  return Math.max(...codes)
}

const readOne = async (at: string) => (at === '-' ? [{ file: '<stdin>', text: await readAll(process.stdin) }] : readSources(at))

async function formatOne(file: string, source: string, { write, test }: { write: boolean; test: boolean }): Promise<number> {
  const parsed = parseFile(file, source)
  if (parsed.diagnostics.some(({ severity }) => severity === 'error')) {
    process.stderr.write(`${renderDiagnostics(parsed.diagnostics, () => source, { color: process.stderr.isTTY })}\n`)
    return 1
  }
  const formatted = format(parsed)
  if (test) {
    if (formatted === source) return 0
    console.error(`${file} is not formatted; run: sluice fmt -w ${file}`)
    return 1
  }
  if (!write) process.stdout.write(formatted)
  else if (formatted !== decodeSource(await readFile(file))) await writeFile(file, formatted)
  return 0
}
