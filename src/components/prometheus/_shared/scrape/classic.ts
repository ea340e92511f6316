/** Classic histograms of a text page, series by series, into native ones with custom buckets. */

import { WireError } from '../../../../wire/error.ts'
import type { MetricType } from '../../../../wire/exposition.ts'
import type { Label } from '../../../../telemetry/labels.ts'
import { ClassicHistogram } from './histograms.ts'
import type { Exemplar, SampleSink } from './sink.ts'

interface Collected {
  /** The family's name and all labels but `le`: what the parts of one histogram share. */
  readonly id: string
  readonly labels: readonly Label[]
  readonly parts: ClassicHistogram
  readonly exemplars: Exemplar[]
  readonly timestamp: number | undefined
  readonly began: number | undefined
}

const suffixes = ['_bucket', '_count', '_sum'] as const
const empty = new Uint8Array(0)

/** Takes the parts of histograms, and gives the whole to `sink` as soon as another series or line of metadata comes. */
export class ClassicCollector {
  /** Of the latest TYPE line. */
  family = ''
  readonly #sink: SampleSink
  readonly #keep: boolean
  #collected: Collected | undefined

  /** With `keep`, the parts are samples as well. */
  constructor(sink: SampleSink, keep: boolean) {
    this.#sink = sink
    this.#keep = keep
  }

  /** Whether the sample was part of a histogram, and is nothing else. */
  take(
    exposed: readonly Label[], type: MetricType, value: number, timestamp: number | undefined, exemplars: readonly Exemplar[], began: number | undefined,
  ): boolean {
    const name = exposed[0]![1]
    const suffix = type === 'histogram' ? suffixes.find(each => name === this.family + each) : undefined
    const bound = suffix === '_bucket' ? parseBound(exposed) : undefined
    if (suffix === undefined || (suffix === '_bucket' && bound === undefined)) {
      this.flush()
      return false
    }
    const labels = exposed.slice(1).filter(([label]) => label !== 'le').sort(([a], [b]) => (a < b ? -1 : 1))
    const id = JSON.stringify([this.family, labels])
    if (this.#collected?.id !== id) this.flush()
    const collected = this.#collected ??= {
      id, labels: [['__name__', this.family], ...labels], parts: new ClassicHistogram(), exemplars: [], timestamp, began,
    }
    collected.exemplars.push(...exemplars)
    if (suffix === '_bucket') collected.parts.bucket(bound!, value)
    else if (suffix === '_count') collected.parts.count(value)
    else collected.parts.sum(value)
    return !this.#keep
  }

  /** Gives away what was collected; parts that contradict each other are no histogram, which is no reason to fail. */
  flush(): void {
    const collected = this.#collected
    if (collected === undefined) return
    this.#collected = undefined
    const { labels, parts, timestamp, began } = collected
    try {
      const histogram = parts.toNative(false)
      const series = this.#sink.series(labels, empty, 0, 0)
      const exemplars = collected.exemplars.filter(exemplar => exemplar.timestamp !== undefined)
      this.#sink.histogram(series, histogram, timestamp, exemplars.sort((a, b) => a.timestamp! - b.timestamp!), began)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
    }
  }
}

function parseBound(exposed: readonly Label[]): number | undefined {
  const text = exposed.find(([label]) => label === 'le')?.[1]
  if (text === undefined) return undefined
  if (/^[+]?inf(inity)?$/i.test(text)) return Infinity
  const bound = text.trim() === '' ? NaN : Number(text)
  return Number.isNaN(bound) ? undefined : bound
}
