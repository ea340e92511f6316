/**
 * What does a scrape cost to read? Against what one writes in an afternoon: the text split into lines, and a regular expression for
 * each. That baseline is no parser (it takes almost anything, and knows no escapes in names); the rows say what ranges save.
 */
import { utf8 } from '../src/lib/bytes.ts'
import { type ExpositionFormat, ExpositionReader } from '../src/wire/exposition.ts'
import { type BenchOptions, type Case, type Row, measure } from './measure.ts'

const range = (length: number) => Array.from({ length }, (_, i) => i)
const labels = (i: number) => `code="${i % 10 === 0 ? 500 : 200}",handler="/api/v1/items/${i % 40}",method="GET",pod="web-6d4cf56db6-${i}"`
const lines = (items: number, after: string) =>
  range(items).map(i => `http_requests_total{${labels(i)}} ${(i * 1.5e6).toExponential()}${after}\n`).join('')
const metadata = (family: string) => `# HELP ${family} Requests that were served.\n# TYPE ${family} counter\n`
const exposition = (items: number) => metadata('http_requests_total') + lines(items, '')
const openMetrics = (items: number) =>
  `${metadata('http_requests')}${lines(items, ' 1700000000.123 # {trace_id="4bf92f3577b34da6"} 0.67')}# EOF\n`

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*?)\})?\s+(\S+)(?:\s+([\d.]+))?(?: # \{(.*?)\} (\S+))?/
const pair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g

function splitAndMatch(bytes: Uint8Array): number {
  let sum = 0
  for (const text of new TextDecoder().decode(bytes).split('\n')) {
    if (text.startsWith('#') || text === '') continue
    const [, name, inBraces = '', value] = line.exec(text)!
    const found: Record<string, string> = { __name__: name! }
    for (const [, label, content] of inBraces.matchAll(pair)) {
      found[label!] = content!.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char))
    }
    sum += Number(value) + Object.keys(found).length
  }
  return sum
}

function ranges(bytes: Uint8Array, format: ExpositionFormat): number {
  const reader = new ExpositionReader(bytes, format)
  let sum = 0
  for (let entry = reader.next(); entry !== 'end'; entry = reader.next()) if (entry === 'series') sum += reader.value + reader.labels.count
  return sum
}

function strings(bytes: Uint8Array, format: ExpositionFormat): number {
  const reader = new ExpositionReader(bytes, format)
  let sum = 0
  for (let entry = reader.next(); entry !== 'end'; entry = reader.next()) {
    if (entry !== 'series') continue
    const found: Record<string, string> = { __name__: reader.name() }
    for (let i = 0; i < reader.labels.count; i++) found[reader.labelName(i)] = reader.labelValue(i)
    sum += reader.value + Object.keys(found).length
  }
  return sum
}

function* cases(items: number): Generator<Case> {
  const text = utf8(exposition(items))
  const open = utf8(openMetrics(items))
  yield { row: 'text: samples as ranges', items, ours: () => ranges(text, 'text'), baseline: () => splitAndMatch(text) }
  yield { row: 'text: all labels as strings', items, ours: () => strings(text, 'text'), baseline: () => splitAndMatch(text) }
  yield { row: 'openmetrics: samples as ranges', items, ours: () => ranges(open, 'openmetrics'), baseline: () => splitAndMatch(open) }
}

export function* rows(options: BenchOptions): Generator<Row> {
  for (const items of [1, 100, 1000]) for (const one of cases(items)) if (one.row.includes(options.only)) yield measure(one, options)
}
