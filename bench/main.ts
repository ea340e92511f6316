/**
 * Benches by name: `npm run bench -- wire [--json] [--only TEXT] [--ms N]`. Each prints its rows as a table, or as one JSON object
 * a line. A bench is a module here that exports `rows(options)`: rates beside a baseline's, or figures of its own.
 */
import { parseArgs } from 'node:util'
import type { BenchOptions, Row } from './measure.ts'

type Figures = Readonly<{ row: string } & Record<string, string | number>>
type Rows = AsyncIterable<Row | Figures> | Iterable<Row | Figures>

const benches: Readonly<Record<string, () => Promise<{ rows: (options: BenchOptions) => Rows }>>> = {
  wire: () => import('./wire.ts'),
  memory: () => import('./wire-memory.ts'),
  exposition: () => import('./exposition.ts'),
  scrape: () => import('./scrape.ts'),
  'scrape-e2e': () => import('./scrape-e2e.ts'),
  'start-up': () => import('./start-up.ts'),
  throughput: () => import('./throughput.ts'),
  e2e: () => import('./e2e.ts'),
  sizes: () => import('./sizes.ts'),
  regex: () => import('./regex.ts'),
  compile: () => import('./compile.ts'),
  shards: () => import('./shards.ts'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, only: { type: 'string', default: '' }, ms: { type: 'string', default: '400' } },
})
const load = benches[positionals[0] ?? '']
if (load === undefined) {
  console.error(`usage: npm run bench -- <${Object.keys(benches).join('|')}> [--json] [--only TEXT] [--ms N]`)
  process.exit(2)
}

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const figure = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })
const isRate = (row: Row | Figures): row is Row => typeof row.perSecond === 'number' && typeof row.baselinePerSecond === 'number'
const pairs = (rest: object) => Object.entries(rest).map(([key, value]) => `  ${key} ${typeof value === 'number' ? figure.format(value) : String(value)}`).join('')

function line(row: Row | Figures): string {
  if (!isRate(row)) {
    const { row: name, ...rest } = row
    return name.padEnd(20) + pairs(rest)
  }
  const { row: name, items, perSecond, baselinePerSecond, ratio, ...rest } = row
  return `${name.padEnd(44)} ${String(items).padStart(5)} ${number.format(perSecond).padStart(14)}/s `
    + `${number.format(baselinePerSecond).padStart(12)}/s ${ratio.toFixed(1).padStart(7)}x${pairs(rest)}`
}

const { rows } = await load()
for await (const row of rows({ only: values.only, ms: Number(values.ms) })) console.log(values.json ? JSON.stringify(row) : line(row))
