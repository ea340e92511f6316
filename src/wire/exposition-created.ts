/** Created timestamps of OpenMetrics: a line `<family>_created` somewhere behind the series that it is about. */
import type { ExpositionReader, MetricType } from './exposition.ts'
import { milliseconds } from './exposition-openmetrics.ts'
import { WireError } from './error.ts'

const suffix = new TextEncoder().encode('_created')
/** Types whose series have a beginning, and the label that only some of a family's series carry. */
const partLabel = new Map<MetricType, string>([['counter', ''], ['summary', 'quantile'], ['histogram', 'le']])

/** Whether the series at hand says when another began. */
export function isCreatedLine(reader: ExpositionReader): boolean {
  return partLabel.has(reader.type) && endsInCreated(reader)
}

function endsInCreated({ bytes, nameFrom, nameTo }: ExpositionReader): boolean {
  const from = nameTo - suffix.length
  return from >= nameFrom && sameBytes(bytes, from, nameTo, suffix, 0, suffix.length)
}

/** Finds the created timestamps of the series that one reader goes over, with another one over the same bytes. */
export class CreatedFinder {
  readonly #ahead: ExpositionReader
  /** Whether `ahead` is at a created line. */
  #found = false

  constructor(ahead: ExpositionReader) {
    this.#ahead = ahead
  }

  /**
   * The created timestamp of `reader`'s series in milliseconds. As in Prometheus, the next created line decides: where it is another's,
   * or metadata come first, the series has none. `ahead` only goes forwards, so all calls together read everything once more at most.
   */
  of(reader: ExpositionReader): number | undefined {
    const part = partLabel.get(reader.type)
    if (part === undefined) return undefined
    const ahead = this.#ahead
    if (!this.#found || !sameSeries(reader, ahead, part)) {
      if (ahead.tokens.pos > reader.tokens.pos) return undefined
      ahead.tokens.pos = reader.tokens.pos
      this.#found = findCreated(ahead)
      if (!this.#found || !sameSeries(reader, ahead, part)) return undefined
    }
    return milliseconds(ahead.value)
  }
}

/** Goes to the next created line before the family ends. */
function findCreated(ahead: ExpositionReader): boolean {
  try {
    while (ahead.next() === 'series') if (endsInCreated(ahead)) return true
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    // The reader will come to that line too; nothing behind it counts.
    ahead.tokens.pos = ahead.tokens.end
  }
  return false
}

/** Whether `created` is the created line of `series`: the family's name, and the same labels but for the part's. */
function sameSeries(series: ExpositionReader, created: ExpositionReader, part: string): boolean {
  const { bytes, familyLength } = series
  const length = created.nameTo - created.nameFrom - suffix.length
  if (length !== familyLength || series.nameTo - series.nameFrom < length) return false
  if (!sameBytes(bytes, series.nameFrom, series.nameFrom + length, bytes, created.nameFrom, created.nameFrom + length)) return false
  let left = -1
  let right = -1
  do {
    left = nextLabel(series, left, part)
    right = nextLabel(created, right, part)
    if (left < 0 || right < 0) return left === right
  } while (sameLabel(series, left, created, right))
  return false
}

/** The index of the label after `index` that is not the part's; -1 when there is none. */
function nextLabel({ bytes, labels: { offsets, count } }: ExpositionReader, index: number, part: string): number {
  for (let next = index + 1; next < count; next++) {
    const from = offsets[4 * next]!
    let same = offsets[4 * next + 1]! - from === part.length
    for (let i = 0; same && i < part.length; i++) same = bytes[from + i] === part.charCodeAt(i)
    if (!same) return next
  }
  return -1
}

function sameLabel(a: ExpositionReader, i: number, b: ExpositionReader, j: number): boolean {
  const left = a.labels.offsets
  const right = b.labels.offsets
  for (const at of [0, 2]) {
    if (!sameBytes(a.bytes, left[4 * i + at]!, left[4 * i + at + 1]!, b.bytes, right[4 * j + at]!, right[4 * j + at + 1]!)) return false
  }
  return true
}

function sameBytes(a: Uint8Array, from: number, to: number, b: Uint8Array, otherFrom: number, otherTo: number): boolean {
  if (to - from !== otherTo - otherFrom) return false
  for (let i = 0; i < to - from; i++) if (a[from + i] !== b[otherFrom + i]) return false
  return true
}
