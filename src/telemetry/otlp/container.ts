import { LENGTH, Reader, tag } from '../../wire/reader.ts'
import { type MetricKind, metricKinds } from './metric-views.ts'
import { nothing } from './note-pass.ts'
import type { View } from './views.ts'

/** Resource in its container, and scope in its. */
export const HEADER = tag(1, LENGTH)
/** By a metric's fields: what its data are. */
export const kindByTag: ReadonlyMap<number, MetricKind> = new Map(metricKinds.map(kind => [kind.tag, kind]))

/** A message that holds others (ResourceSpans, ScopeSpans, Metric, Gauge, ...), while a walk is inside it. */
export class Container {
  tagAt = 0
  lengthAt = 0
  bodyAt = 0
  end = 0
  /** In the output, once opened: where its tag and its content begin. */
  tagOut = 0
  bodyOut = 0
  kept = 0
  dropped = 0
  /** Whether the header has been written anew, so that the input's is passed over. */
  headed = false
  view: View | undefined = undefined
  /** Whether the header is the whole message but for its data (Metric) or a message in field 1 (Resource, InstrumentationScope). */
  inline = false
  readonly reader: Reader

  constructor(format: string) {
    this.reader = new Reader(nothing, 0, 0, format)
  }

  isHeader(tag: number): boolean {
    return this.inline ? !kindByTag.has(tag) : tag === HEADER
  }
}
