/**
 * What does a scrape cost from page to remote-write bytes? Against decoding into objects and encoding them again: each line by a
 * regular expression, a map of labels with the target's in it, and protobufjs. Also what a target takes in durable state.
 */
import { utf8 } from '../src/lib/bytes.ts'
import { encodeLabels } from '../src/telemetry/prometheus.ts'
import { MetaLines } from '../src/components/prometheus/_shared/scrape/meta-lines.ts'
import { readPage } from '../src/components/prometheus/_shared/scrape/page.ts'
import { SampleSink } from '../src/components/prometheus/_shared/scrape/sink.ts'
import { SeriesBook } from '../src/components/prometheus/_shared/scrape/series-book.ts'
import { encodeState, packSeries } from '../src/components/prometheus/_shared/scrape/state.ts'
import { Writer } from '../src/wire/writer.ts'
import { typeOf } from '../test/support/prompb.ts'
import { type BenchOptions, type Row, measure } from './measure.ts'

const range = (length: number) => Array.from({ length }, (_, i) => i)

/** About what a node exporter shows of a machine of `cpus` processors: 100 samples and some for each. */
export function nodePage(cpus: number): string {
  const family = (name: string, type: string, lines: readonly string[]) =>
    `# HELP ${name} What ${name} counts, as the kernel has it.\n# TYPE ${name} ${type}\n${lines.map(line => `${name}${line}\n`).join('')}`
  const modes = ['idle', 'iowait', 'irq', 'nice', 'softirq', 'steal', 'system', 'user']
  return [
    family('node_cpu_seconds_total', 'counter', range(cpus).flatMap(cpu => modes.map((mode, i) => `{cpu="${cpu}",mode="${mode}"} ${(cpu * 977.13 + i * 31.7).toFixed(2)}`))),
    family('node_softnet_processed_total', 'counter', range(cpus).map(cpu => `{cpu="${cpu}"} ${cpu * 1.7e6}`)),
    ...range(30).map(i => family(`node_memory_Part${i}_bytes`, 'gauge', [` ${(i * 3.1e9).toExponential()}`])),
    ...range(12).map(i => family(`node_disk_metric${i}_total`, 'counter', range(cpus).map(disk => `{device="nvme${disk}n1"} ${disk * 1234 + i}`))),
    ...range(12).map(i => family(`node_network_metric${i}_total`, 'counter', range(cpus).map(net => `{device="veth${net.toString(16)}a7"} ${net * 4321 + i}`))),
    family('node_filesystem_avail_bytes', 'gauge', range(2 * cpus).map(fs => `{device="/dev/mapper/vg-${fs}",fstype="ext4",mountpoint="/var/lib/data/${fs}"} ${(fs * 1.9e10).toExponential()}`)),
  ].join('')
}

const target = [['cluster', 'eu-west-1'], ['instance', '10.0.12.7:9100'], ['job', 'node']] as const
const rules = {
  labels: target, honorLabels: false, honorTimestamps: true, trackTimestamps: false, names: 'legacy', sampleLimit: 0,
  labelLimits: { labels: 0, nameLength: 0, valueLength: 0 }, bucketLimit: 0, maxSchema: 8, startTimes: false, typeLabels: false,
} as const
const histograms = { native: false, classic: false, nhcb: false }

/** Scrapes of one target, as an isolate does them that has seen it before. */
function scrapes(bytes: Uint8Array, fresh: boolean) {
  let book = new SeriesBook(1)
  let lines = new MetaLines()
  const w = new Writer(1 << 20)
  let atMs = 1_700_000_000_000
  return () => {
    if (fresh) [book, lines] = [new SeriesBook(1), new MetaLines()]
    book.begin()
    const sink = new SampleSink(book, w.reset(), rules, atMs += 15_000, atMs)
    const metadata = readPage(bytes, 'text', sink, histograms, lines)
    sink.writeEnds()
    book.commit()
    metadata()
    return w.pos
  }
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*?)\})?\s+(\S+)/
const pair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g

function objects(bytes: Uint8Array) {
  const type = typeOf('WriteRequest')
  let timestamp = 1_700_000_000_000
  return () => {
    timestamp += 15_000
    const timeseries = []
    for (const text of new TextDecoder().decode(bytes).split('\n')) {
      if (text.startsWith('#') || text === '') continue
      const [, name, inBraces = '', value] = line.exec(text)!
      const labels = new Map<string, string>([['__name__', name!]])
      for (const [, label, content] of inBraces.matchAll(pair)) labels.set(label!, content!)
      for (const [label, content] of target) labels.set(label, content)
      const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1)).map(([label, content]) => ({ name: label, value: content }))
      timeseries.push({ labels: sorted, samples: [{ value: Number(value), timestamp }] })
    }
    return type.encode({ timeseries }).finish().length
  }
}

export async function* rows(options: BenchOptions): AsyncGenerator<Row | (Record<string, string | number> & { row: string })> {
  for (const cpus of [1, 8, 64]) {
    const bytes = utf8(nodePage(cpus))
    const book = new SeriesBook(1)
    const sink = new SampleSink(book, new Writer(1 << 20), rules, 1, 0)
    readPage(bytes, 'text', sink, histograms, new MetaLines())
    const items = sink.counts.total
    for (const [row, fresh] of [['page to remote-write', false], ['the same, target never seen', true]] as const) {
      if (!row.includes(options.only)) continue
      const measured = measure({ row, items, ours: scrapes(bytes, fresh), baseline: objects(bytes) }, options)
      yield { ...measured, cpuSecondsPerMillion: Math.round(1e9 / measured.perSecond) / 1000 }
    }
    if (!'durable state'.includes(options.only)) continue
    book.commit()
    const packed = await packSeries(book)
    const state = encodeState({
      dueMs: 1.7e12, token: 1, scrapedMs: 1.7e12, durationMs: 12, intervalMs: 15_000, error: '', samples: items, extra: false, labels: encodeLabels(target),
      ended: false, series: items, packed,
    })
    yield { row: 'durable state', series: items, bytes: state.length, bytesPerSeries: Math.round(state.length / items * 10) / 10 }
  }
}
