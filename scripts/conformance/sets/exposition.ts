/** Text formats of Prometheus: whether an input is taken, what it holds, and the words of a refusal. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { utf8 } from '../../../src/lib/bytes.ts'
import { WireError } from '../../../src/wire/error.ts'
import { type ExpositionFormat, ExpositionReader } from '../../../src/wire/exposition.ts'
import { type CaseResult, caseSet, filesBelow, guarded, readFacts } from '../set.ts'

/**
 * Where Prometheus (its own parser, v3, was asked) takes what others refuse: it checks the grammar of a line, and nothing about a
 * family as a whole. Names are of the corpus' cases; what a pattern says of their siblings that are not there is a guess.
 */
const takenAnyway: readonly (readonly [RegExp, string])[] = [
  [/^bad_clashing_names_2$/, 'names of families are not compared'],
  [/^bad_counter_values_(?:4|6|8|1[01359])$/, 'values may be NaN or negative in any type'],
  [/^bad_exemplar_complex_chars$/, 'the length of exemplars is limited when they are stored, not when they are read'],
  [/^bad_exemplars_on_unallowed_/, 'any sample may have an exemplar'],
  [/^bad_grouping_or_ordering_[2378]$/, 'the order of samples and timestamps is free'],
  [/^bad_histograms_(?:[013679]|13)$/, 'buckets, sum and count are not compared'],
  [/^bad_(?:info_and_stateset|stateset_info)_values_/, 'info and stateset samples may have any value'],
  [/^bad_metadata_in_wrong_place_/, 'metadata may follow samples'],
  [/^bad_missing_or_extra_commas_2$/, 'a comma may stand before the closing brace'],
  [/^bad_missing_or_invalid_labels_for_a_type_/, 'no type has labels that it must have'],
  [/^bad_repeated_metadata_[013]$/, 'metadata may repeat'],
  [/^text-parse-error\/0$/, 'the last line needs no newline'],
  [/^text-parse-error\/2$/, 'label values may hold newlines'],
  [/^text-parse-error\/7$/, 'a quantile may be any text'],
  [/^text-parse-error\/1[34]$/, 'metadata may repeat and follow samples'],
  [/^text-parse-error\/34$/, 'labels are compared when a sample is stored, not when it is read'],
  [/^text-parse-error\/46$/, 'buckets may have any value'],
  [/^from_test_parse_error_4$/, '__name__ is a label like others'],
]
const refusedAnyway: readonly (readonly [RegExp, string])[] = [
  [/^text-parse\/17$/, 'the classic format knows no type gauge_histogram'],
  [/^openmetrics-1.0-create\/TestCreateOpenMetrics\/16$/, 'a unit must be the end of the name, and the writer does not see to it'],
]

/** The verdict to expect of Prometheus where another one is on record. */
const verdict = (name: string, taken: boolean): boolean =>
  taken ? !refusedAnyway.some(([pattern]) => pattern.test(name)) : takenAnyway.some(([pattern]) => pattern.test(name))

/** What reading to the end says: undefined when everything is taken. */
function refusal(bytes: Uint8Array, format: ExpositionFormat): string | undefined {
  const reader = new ExpositionReader(bytes, format)
  try {
    while (reader.next() !== 'end') if (reader.entry === 'series') reader.created()
    return undefined
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return error.message.replace(/^[^:]*: /, '').replace(/ at byte \d+$/, '')
  }
}

const judge = (name: string, bytes: Uint8Array, format: ExpositionFormat, taken: boolean): CaseResult => guarded(name, () => {
  const got = refusal(bytes, format)
  const wanted = verdict(name, taken)
  if ((got === undefined) === wanted) return { name }
  return { name, problem: wanted ? `refused: ${got}` : 'taken, and Prometheus refuses it' }
})

function* openMetricsCases(root: string): Generator<CaseResult> {
  for (const file of filesBelow(root, 'openmetrics-parsers', '/test.json')) {
    const folder = path.dirname(file)
    const test = JSON.parse(readFileSync(path.join(root, file), 'utf8')) as { file: string; shouldParse: boolean }
    yield judge(path.basename(folder), readFileSync(path.join(root, folder, test.file)), 'openmetrics', test.shouldParse)
  }
}

function* fileCases(root: string): Generator<CaseResult> {
  for (const file of filesBelow(root, 'prom-textparse', '.txt')) {
    yield judge(file, readFileSync(path.join(root, file)), file.endsWith('.om.txt') ? 'openmetrics' : 'text', true)
  }
  for (const file of filesBelow(root, 'prom-common-expfmt/fuzz', '')) {
    const name = path.basename(file)
    if (name.startsWith('from_test_')) yield judge(name, readFileSync(path.join(root, file)), 'text', !name.includes('error'))
  }
}

interface ErrorCase {
  name: string
  format: 'openmetrics' | 'prometheus'
  input: string | { $bytes: string }
  error: string | null
}

/** Bytes are written as a Go literal. */
const goBytes = (literal: string) =>
  Uint8Array.from((JSON.parse(literal.replace(/\\x([0-9a-f]{2})/g, '\\u00$1')) as string).split(''), char => char.charCodeAt(0))

function* errorCases(root: string): Generator<CaseResult> {
  for (const { name, format, input, error } of readFacts<{ cases: ErrorCase[] }>(root, 'prometheus-textparse-errors').cases) {
    yield guarded(name, () => {
      const bytes = typeof input === 'string' ? utf8(input) : goBytes(input.$bytes)
      const got = refusal(bytes, format === 'prometheus' ? 'text' : 'openmetrics')
      const wanted = error === 'EOF' ? undefined : error ?? undefined
      return got === wanted ? { name } : { name, problem: `got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}` }
    })
  }
}

interface Metric {
  label?: { name: string; value: string }[]
  timestamp_ms?: number
  /** The value of a counter, a gauge or what is untyped. */
  [simple: string]: unknown
  histogram?: { sample_count_float: number; sample_sum: number; bucket: { upper_bound: number | string; cumulative_count_float: number }[] }
}

interface Family {
  name: string
  metric: Metric[]
}

interface FamilyCase {
  name: string
  kind: string
  input: string
  families: Family[]
  error_prefix_utf8?: string | null
  output?: string
}

function* familyCases(root: string): Generator<CaseResult> {
  for (const one of readFacts<{ cases: FamilyCase[] }>(root, 'prometheus-expfmt').cases) {
    const { name, kind, input, families, error_prefix_utf8: prefix, output } = one
    if (kind === 'text_parse_error') yield judge(name, utf8(input), 'text', prefix === null)
    if (kind === 'text_to_families') {
      const taken = judge(name, utf8(input), 'text', true)
      yield taken.problem !== undefined || !verdict(name, true) ? taken : guarded(name, () => sameSamples(name, input, families))
    }
    // What the writers write can be read; version 2.0 of OpenMetrics has no parser yet.
    if (output !== undefined && kind === 'families_to_text') yield judge(name, utf8(output), 'text', true)
    if (output !== undefined && kind === 'families_to_openmetrics-1.0') yield judge(name, utf8(`${output}# EOF\n`), 'openmetrics', true)
  }
}

function sameSamples(name: string, input: string, families: Family[]): CaseResult {
  const reader = new ExpositionReader(utf8(input), 'text')
  const got: string[] = []
  while (reader.next() !== 'end') {
    if (reader.entry !== 'series') continue
    const labels = Array.from({ length: reader.labels.count }, (_, i) => [reader.labelName(i), reader.labelValue(i)] as const)
    got.push(sampleText(reader.name(), labels, reader.value, reader.hasTimestamp ? reader.timestamp : undefined))
  }
  const wanted = families.flatMap(family => family.metric.flatMap(metric => samplesOf(family.name, metric)))
  const missing = wanted.filter(sample => !got.includes(sample))
  const extra = got.filter(sample => !wanted.includes(sample))
  return missing.length + extra.length === 0 ? { name } : { name, problem: `missing ${missing.join(' ')}, not wanted ${extra.join(' ')}` }
}

/** The samples of a metric; the summaries of the corpus are in other cases. */
function samplesOf(name: string, metric: Metric): string[] {
  const labels = (metric.label ?? []).map(({ name, value }) => [name, value] as const)
  const text = (suffix: string, value: unknown, ...more: (readonly [string, string])[]) =>
    sampleText(name + suffix, [...labels, ...more], number(value), metric.timestamp_ms)
  const { histogram } = metric
  if (histogram !== undefined) {
    return [
      ...histogram.bucket.map(bucket => text('_bucket', bucket.cumulative_count_float, ['le', String(bucket.upper_bound)])),
      text('_sum', histogram.sample_sum), text('_count', histogram.sample_count_float),
    ]
  }
  const simple = (metric.counter ?? metric.gauge ?? metric.untyped) as { value: unknown }
  return [text('', simple.value)]
}

const number = (value: unknown) => Number(String(value).replace('Inf', 'Infinity'))

function sampleText(name: string, labels: readonly (readonly [string, string])[], value: number, timestamp: number | undefined): string {
  const pairs = labels.map(([label, text]) => [label, label === 'le' || label === 'quantile' ? String(number(text)) : text])
  return JSON.stringify([name, pairs.sort(([a], [b]) => (a! < b! ? -1 : 1)), String(value), timestamp])
}

export const sets = [
  caseSet('openmetrics-parsers', ['openmetrics-parsers'], openMetricsCases),
  caseSet('prom-exposition-files', ['prom-textparse'], fileCases),
  caseSet('prometheus-textparse-errors', ['facts/prometheus-textparse-errors.json'], errorCases),
  caseSet('prometheus-expfmt', ['facts/prometheus-expfmt.json'], familyCases),
]
