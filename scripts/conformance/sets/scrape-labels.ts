/** facts/prometheus-scrape-labels.json: labels of targets, labels of samples, limits on them, and whole pages. */
import type protobuf from 'protobufjs'
import { utf8 } from '../../../src/lib/bytes.ts'
import { decodeHistogram, type NativeHistogram } from '../../../src/telemetry/convert/native-histogram.ts'
import { prometheusBatch, seriesOf } from '../../../src/telemetry/prometheus.ts'
import { labelsOf } from '../../../src/telemetry/labels.ts'
import { parsePrometheusDuration } from '../../../src/components/prometheus/_shared/scrape/duration.ts'
import { MetaLines } from '../../../src/components/prometheus/_shared/scrape/meta-lines.ts'
import { readPage } from '../../../src/components/prometheus/_shared/scrape/page.ts'
import { pageFormat } from '../../../src/components/prometheus/_shared/scrape/protocols.ts'
import { SeriesBook } from '../../../src/components/prometheus/_shared/scrape/series-book.ts'
import { SampleSink } from '../../../src/components/prometheus/_shared/scrape/sink.ts'
import { populateTarget } from '../../../src/components/prometheus/_shared/scrape/target.ts'
import { Writer } from '../../../src/wire/writer.ts'
import { encodeFamilies, familyType, familyTypes } from '../../../test/support/families.ts'
import type { SetResult } from '../set.ts'
import { compareCases, readCases } from './cases.ts'

type Labels = Record<string, string>

interface ScrapeCase {
  name: string
  kind: 'populate_labels' | 'target_label_merge' | 'append' | 'label_limit'
  discovered?: Record<string, string | { $bytes: string }>
  config?: { scheme: string; metrics_path: string; job_name: string; scrape_interval: string; scrape_timeout: string; params?: Record<string, string[]> }
  result?: Labels
  original?: Labels
  error?: string | null
  honor_labels?: boolean
  exposition?: string
  target_labels?: Labels
  content_type?: string
  always_scrape_classic?: boolean
  native_histograms?: boolean
  limits?: { label_limit?: number; label_name_length_limit?: number; label_value_length_limit?: number }
  accepted?: boolean
  samples?: object[]
}

export const name = 'scrape-labels'

export async function run(dir: string): Promise<SetResult> {
  return compareCases(await readCases<ScrapeCase>(dir, 'prometheus-scrape-labels.json'), wanted, actual)
}

function wanted(one: ScrapeCase): unknown {
  if (one.kind === 'populate_labels') return one.error === null ? { result: one.result } : { error: one.error }
  if (one.kind === 'label_limit') return one.accepted
  return one.kind === 'append' ? one.samples!.map(plainSample) : [one.result]
}

function actual(one: ScrapeCase): unknown {
  if (one.kind === 'populate_labels') return populated(one)
  if (one.kind === 'append') return appended(one)
  const read = page(one)
  if (one.kind === 'label_limit') return typeof read !== 'string'
  return typeof read === 'string' ? read : Array.from(seriesOf(read), series => Object.fromEntries(series.labels()))
}

/** The corpus has the names of two labels as Go's constants. */
const constants: Readonly<Record<string, string>> = {
  convertClassicHistogramsToNHCBLabel: '__convert_classic_histograms_to_nhcb__',
  alwaysScrapeClassicHistogramsLabel: '__always_scrape_classic_histograms__',
  scrapeNativeHistogramsLabel: '__scrape_native_histograms__',
}

/** Bytes that are no text come in as lone surrogates, as Python has them: strings here hold no bytes. */
const textOf = (value: string | { $bytes: string }): string =>
  (typeof value === 'string' ? value : value.$bytes.replace(/^"|"$/g, '').replace(/\\x([89a-f][0-9a-f])/g, (_, digits: string) => String.fromCharCode(0xdc00 + Number.parseInt(digits, 16))))

function populated({ discovered, config }: ScrapeCase): unknown {
  const given = Object.fromEntries(Object.entries(discovered!).map(([label, value]) => [constants[label] ?? label, textOf(value)]))
  const target = populateTarget(given, {
    job: config!.job_name, scheme: config!.scheme, metricsPath: config!.metrics_path, params: config!.params ?? {},
    intervalMs: parsePrometheusDuration(config!.scrape_interval), timeoutMs: parsePrometheusDuration(config!.scrape_timeout),
    nhcb: false, classicHistograms: false, nativeHistograms: false,
  })
  return 'problem' in target ? { error: target.problem } : { result: target.all }
}

/** When the pages are scraped: what has no time of its own gets this one, which the corpus calls 0. */
const scrapeMs = 1_700_000_000_000

function page(one: ScrapeCase) {
  const { limits = {} } = one
  const w = new Writer(4096)
  const book = new SeriesBook(1)
  book.begin()
  const sink = new SampleSink(book, w, {
    labels: labelsOf(Object.entries(one.target_labels ?? {})), honorLabels: one.honor_labels ?? false, honorTimestamps: true, trackTimestamps: false,
    names: 'utf8', sampleLimit: 0, bucketLimit: 0, maxSchema: 8, startTimes: false, typeLabels: false,
    labelLimits: { labels: limits.label_limit ?? 0, nameLength: limits.label_name_length_limit ?? 0, valueLength: limits.label_value_length_limit ?? 0 },
  }, scrapeMs, 0)
  const { format } = pageFormat(one.content_type ?? 'text/plain', undefined)
  const bytes = format === 'protobuf' ? family(one.exposition!) : utf8(one.exposition!)
  try {
    readPage(bytes, format!, sink, { native: one.native_histograms ?? false, classic: one.always_scrape_classic ?? false, nhcb: false }, new MetaLines())
  } catch (error) {
    return String(error)
  }
  return prometheusBatch(w.finish())
}

/** Samples as the corpus has them, without what is nothing. */
function appended(one: ScrapeCase): unknown {
  const read = page(one)
  if (typeof read === 'string') return read
  // One cursor for all of them: each is read before the next.
  return Array.from(seriesOf(read), (series) => {
    const [sample] = [...series.readSamples()]
    const [histogram] = [...series.readHistograms()].map(({ bytes }) => decodeHistogram(bytes))
    const exemplars = [...series.readExemplars()].map(({ labels, value, timestamp }) => ({ Labels: Object.fromEntries(labels), Value: value, Ts: timestamp, HasTs: true }))
    const time = (sample?.timestamp ?? histogram?.timestamp)!
    return plainSample({
      L: Object.fromEntries(series.labels()), T: time === scrapeMs ? 0 : time, V: sample?.value, ES: exemplars, ...(histogram !== undefined && { H: shown(histogram) }),
    })
  })
}

const deltas = (counts: readonly (bigint | number)[]) => counts.map((count, i) => Number(count) - Number(counts[i - 1] ?? 0))
const shown = ({ count, zeroCount, sum, zeroThreshold, schema, positive, negative }: NativeHistogram) => ({
  Count: Number(count), ZeroCount: Number(zeroCount), Sum: sum, ZeroThreshold: zeroThreshold, Schema: schema,
  PositiveSpans: spans(positive.spans), NegativeSpans: spans(negative.spans), PositiveBuckets: deltas(positive.counts), NegativeBuckets: deltas(negative.counts),
})
const spans = (list: NativeHistogram['positive']['spans']) => list.map(({ offset, length }) => ({ Offset: offset, Length: length }))

function plainSample(sample: object): object {
  const { L, T, V, H, FH, ES } = sample as Record<string, unknown>
  const exemplars = (ES as { HasTs?: boolean }[] | undefined) ?? []
  return { L, T: T ?? 0, ...(H === undefined && FH === undefined ? { V: V ?? 0 } : { H: H ?? FH }), ES: exemplars.map(each => ({ ...each, HasTs: true })) }
}

/** Families in protobuf's text format, with empty lines between them, as the messages that targets send. */
function family(text: string): Uint8Array {
  return encodeFamilies(text.split(/\n\n+/).filter(part => part.trim() !== '').map(part => fieldsOf(tokens(part), familyType)))
}

const tokens = (text: string): string[] => [...text.matchAll(/"(?:[^"\\]|\\.)*"|[<>{}]|[^\s<>{}:]+/g)].map(([token]) => token)

function fieldsOf(rest: string[], type: protobuf.Type): Record<string, unknown> {
  const message: Record<string, unknown> = {}
  for (let name = rest.shift(); name !== undefined && name !== '>' && name !== '}'; name = rest.shift()) {
    const field = type.fields[name]!
    field.resolve()
    const token = rest.shift()!
    const value = token === '<' || token === '{' ? fieldsOf(rest, field.resolvedType as protobuf.Type)
      : token.startsWith('"') ? JSON.parse(token) as string : familyTypes.includes(token) ? familyTypes.indexOf(token) : Number(token)
    if (field.repeated) message[name] = [...(message[name] as unknown[] | undefined ?? []), value]
    else message[name] = value
  }
  return message
}
