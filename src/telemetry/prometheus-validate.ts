/** Which series Prometheus' receiver refuses, judged on their bytes. */

import { compare, text } from '../lib/bytes.ts'
import { LABELS, LABEL_NAME, LABEL_VALUE } from '../wire/remote-write.ts'
import { Reader } from '../wire/reader.ts'
import type { PrometheusBatch } from './batch.ts'
import { labelsOf, renderLabels } from './labels.ts'
import { encodeLabels, rewriteSeries, type SeriesCursor } from './prometheus.ts'

/** What is left of a batch without its invalid series. */
export interface ValidSeries {
  readonly batch: PrometheusBatch
  /** Series that were dropped, and the samples and histograms in them. */
  readonly droppedSeries: number
  readonly droppedSamples: number
  /** Why the first of them was. */
  readonly reason: string | undefined
}

/**
 * Drops series without a metric name, with a name that is empty or no UTF-8, with a value that is no UTF-8, or with a label twice.
 * Labels in the wrong order are sorted, as Prometheus does.
 */
export function dropInvalidSeries(batch: PrometheusBatch): ValidSeries {
  let droppedSeries = 0
  let droppedSamples = 0
  let reason: string | undefined
  const valid = rewriteSeries(batch, series => {
    const verdict = judge(series)
    if (verdict === 'valid') return undefined
    if (verdict === 'unsorted') return encodeLabels(labelsOf(series.labels()))
    droppedSeries++
    droppedSamples += series.samples + series.histograms
    reason ??= `${verdict.problem}, in the series ${renderLabels(series.labels())}`
    return null
  })
  return { batch: valid, droppedSeries, droppedSamples, reason }
}

type Verdict = 'valid' | 'unsorted' | { readonly problem: string }

const metricName = new TextEncoder().encode('__name__')

function judge(series: SeriesCursor): Verdict {
  const { problem, named, sorted } = checkLabels(series.bytes, series.labelsFrom, series.labelsTo)
  if (problem !== undefined) return { problem }
  if (!named) return { problem: 'missing metric name' }
  return sorted ? 'valid' : 'unsorted'
}

/** What is wrong with the label fields in `bytes[from, to)`, whether `__name__` is among them, and whether they are sorted. */
export function checkLabels(bytes: Uint8Array, from: number, to: number): { problem?: string; named: boolean; sorted: boolean } {
  const r = new Reader(bytes, from, to, 'remote-write')
  const inner = new Reader(bytes, from, to, 'remote-write')
  let sorted = true
  let named = false
  let last: Uint8Array | undefined
  const names: Uint8Array[] = []
  while (r.next() !== 0) {
    r.skip()
    if (r.tag !== LABELS) continue
    let name = bytes.subarray(0, 0)
    let value = name
    inner.reset(bytes, r.from, r.to)
    while (inner.next() !== 0) {
      if (inner.tag === LABEL_NAME) name = inner.subarray()
      else if (inner.tag === LABEL_VALUE) value = inner.subarray()
      else inner.skip()
    }
    const isName = compare(name, metricName) === 0
    if (name.length === 0 || !isUtf8(name)) return { problem: `invalid label name: ${text(name)}`, named, sorted }
    if (!isUtf8(value) || (isName && value.length === 0)) {
      return { problem: `invalid ${isName ? 'metric name' : 'label value'}: ${text(value)}`, named, sorted }
    }
    named ||= isName
    const order = last === undefined ? -1 : compare(last, name)
    if (order === 0) return { problem: `duplicate label with name: ${text(name)}`, named, sorted }
    if (order > 0) sorted = false
    last = name
    names.push(name)
  }
  if (sorted) return { named, sorted }
  names.sort(compare)
  const twice = names.find((name, i) => i > 0 && compare(names[i - 1]!, name) === 0)
  return { named, sorted, ...(twice !== undefined && { problem: `duplicate label with name: ${text(twice)}` }) }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function isUtf8(bytes: Uint8Array): boolean {
  let at = 0
  while (at < bytes.length && bytes[at]! < 0x80) at++
  if (at === bytes.length) return true
  try {
    strict.decode(bytes.subarray(at))
    return true
  } catch {
    return false
  }
}
