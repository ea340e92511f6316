/**
 * Benches by name: `npm run bench -- wire [--json] [--only TEXT] [--ms N]`. Each prints its rows as a table, or as one JSON object
 * a line. A bench is a module here that exports `rows(options)`.
 */
import { parseArgs } from 'node:util'
import type { BenchOptions, Row } from './measure.ts'

const benches: Readonly<Record<string, () => Promise<{ rows: (options: BenchOptions) => AsyncIterable<Row> | Iterable<Row> }>>> = {
  wire: () => import('./wire.ts'),
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
const { rows } = await load()
for await (const row of rows({ only: values.only, ms: Number(values.ms) })) {
  if (values.json) console.log(JSON.stringify(row))
  else {
    const { row: name, items, perSecond, baselinePerSecond, ratio, ...rest } = row
    const extra = Object.entries(rest).map(([key, value]) => `  ${key} ${String(value)}`).join('')
    console.log(`${name.padEnd(44)} ${String(items).padStart(5)} ${number.format(perSecond).padStart(14)}/s `
      + `${number.format(baselinePerSecond).padStart(12)}/s ${ratio.toFixed(1).padStart(7)}x${extra}`)
  }
}
