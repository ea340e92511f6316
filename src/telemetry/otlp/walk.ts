/**
 * Reading and rewriting a batch in one walk over its bytes. A container (resource, scope, metric) is opened in the output only when
 * something inside it changes, and a batch in which nothing changes is never copied at all.
 *
 *     request ─ ResourceSpans ─ ScopeSpans ─ Span            (and LogRecord)
 *     request ─ ResourceMetrics ─ ScopeMetrics ─ Metric ─ Gauge, Sum, ... ─ data point
 */

import { LENGTH, Reader, tag } from '../../wire/reader.ts'
import { Writer } from '../../wire/writer.ts'
import type { OtlpSignal } from '../batch.ts'
import { Container, HEADER, kindByTag } from './container.ts'
import type { Fields } from './fields.ts'
import { MetricView, PointView } from './metric-views.ts'
import { nothing } from './note-pass.ts'
import { Output } from './output.ts'
import { type ItemView, RecordView, ResourceView, ScopeView, SpanView, type View } from './views.ts'

/** What to do at each level, from the outside in; each callback runs once per thing and may change or drop it. */
export interface OtlpEdits {
  resource?: (resource: ResourceView) => void
  scope?: (scope: ScopeView, resource: ResourceView) => void
  metric?: (metric: MetricView, scope: ScopeView, resource: ResourceView) => void
  /** Spans, data points or log records, by the batch's signal (`item.signal` tells). */
  item?: (item: ItemView) => void
}

const CHILD = tag(2, LENGTH)
const POINT = tag(1, LENGTH)

/** Meets a child of a container: its tag, where that and its length stand, and its content. */
type Visit = (tag: number, tagAt: number, lengthAt: number, bodyAt: number, end: number) => void

export class Walk {
  private readonly signal: OtlpSignal
  private input: Uint8Array = nothing
  private edits: OtlpEdits = {}
  private readonly out = new Output()
  private readonly containers: Container[]
  /** How many containers the walk is in, and how many of them the output has opened. */
  private depth = 0
  private opened = 0
  private readonly resource: ResourceView
  private readonly scope: ScopeView
  private readonly metric: MetricView
  private readonly item: ItemView
  /** The item's: so that the walk itself meets no more than one kind of object. */
  private readonly fields: Fields

  constructor(signal: OtlpSignal) {
    const format = `OTLP ${signal}`
    this.signal = signal
    this.containers = [0, 1, 2, 3, 4].map(() => new Container(format))
    this.resource = new ResourceView(format)
    this.scope = new ScopeView(format)
    this.metric = new MetricView(format)
    this.item = itemView[signal](format, this.resource, this.scope, this.metric)
    this.fields = this.item.fields
  }

  /** The batch's bytes as edited; the same array when nothing changed. */
  run(bytes: Uint8Array, edits: OtlpEdits): Uint8Array {
    this.input = bytes
    this.edits = edits
    this.depth = this.opened = 0
    this.out.reset(bytes)
    const r = this.containers[0]!.reader.reset(bytes)
    while (r.next() !== 0) {
      const { tag, at, pos } = r
      r.skip()
      if (tag === HEADER) this.walkResource(at, pos, r.from, r.to)
    }
    return this.out.begun ? this.out.finish() : bytes
  }

  /** Lets go of the input and of large buffers, so that an idle one holds nothing of consequence. */
  release(): void {
    this.input = nothing
    this.out.release()
    for (const { reader } of this.containers) reader.reset(nothing)
    for (const { fields } of [this.resource, this.scope, this.metric, this.item]) fields.release()
  }

  private walkResource(tagAt: number, lengthAt: number, bodyAt: number, end: number): void {
    const container = this.enter(tagAt, lengthAt, bodyAt, end, this.resource)
    this.edits.resource?.(this.resource)
    const inner = this.edits.scope ?? this.edits.metric ?? this.edits.item
    this.walkContainer(container, inner !== undefined, this.walkScope)
  }

  private readonly walkScope: Visit = (tag, tagAt, lengthAt, bodyAt, end) => {
    if (tag !== CHILD) return
    const container = this.enter(tagAt, lengthAt, bodyAt, end, this.scope)
    this.edits.scope?.(this.scope, this.resource)
    const inner = this.edits.metric ?? this.edits.item
    this.walkContainer(container, inner !== undefined, this.signal === 'metrics' ? this.walkMetric : this.walkItem)
  }

  private readonly walkMetric: Visit = (tag, tagAt, lengthAt, bodyAt, end) => {
    if (tag !== CHILD) return
    const { metric } = this
    const container = this.enter(tagAt, lengthAt, bodyAt, end, metric)
    container.inline = true
    metric.kind = undefined
    const r = container.reader.reset(this.input, bodyAt, end)
    while (r.next() !== 0) {
      r.skip()
      const kind = kindByTag.get(r.tag)
      if (kind === undefined) continue
      metric.kind = kind
      metric.dataFrom = r.from
      metric.dataTo = r.to
    }
    this.edits.metric?.(metric, this.scope, this.resource)
    this.walkContainer(container, this.edits.item !== undefined, this.walkData)
  }

  private readonly walkData: Visit = (tag, tagAt, lengthAt, bodyAt, end) => {
    if (tag !== this.metric.kind?.tag) return
    const container = this.enter(tagAt, lengthAt, bodyAt, end, undefined)
    this.walkContainer(container, true, this.walkPoint)
  }

  private readonly walkItem: Visit = (tag, tagAt, lengthAt, bodyAt, end) => {
    if (tag !== CHILD) return
    this.fields.reset(this.input, bodyAt, end)
    this.editItem(tagAt, lengthAt, end)
  }

  private readonly walkPoint: Visit = (tag, tagAt, lengthAt, bodyAt, end) => {
    if (tag !== POINT) return
    this.fields.reset(this.input, bodyAt, end, this.metric.kind!.attributes)
    this.editItem(tagAt, lengthAt, end)
  }

  private editItem(tagAt: number, lengthAt: number, end: number): void {
    const { fields, out } = this
    const parent = this.containers[this.depth]!
    fields.dropped = false
    this.edits.item!(this.item)
    if (fields.dropped) {
      parent.dropped++
      this.touch()
      out.flush(tagAt)
      out.copied = end
      return
    }
    parent.kept++
    if (!fields.dirty) return
    if (this.opened < this.depth) this.touch()
    out.edited(fields, lengthAt, end)
  }

  /** Visits the children of the container just entered, applying its own edits before and after. */
  private walkContainer(container: Container, inner: boolean, child: Visit): void {
    const { view } = container
    if (view?.fields.dropped !== true) {
      if (view?.fields.dirty === true) this.writeHeader(container)
      if (inner || container.headed) {
        const r = container.reader.reset(this.input, container.bodyAt, container.end)
        while (r.next() !== 0) {
          const { tag, at, pos } = r
          r.skip()
          if (container.headed && container.isHeader(tag)) {
            this.out.flush(at)
            this.out.copied = r.pos
          } else if (inner && (tag & 7) === LENGTH) child(tag, at, pos, r.from, r.to)
        }
      }
    }
    this.leave(container)
  }

  private enter(tagAt: number, lengthAt: number, bodyAt: number, end: number, view: View | undefined): Container {
    const container = this.containers[++this.depth]!
    container.tagAt = tagAt
    container.lengthAt = lengthAt
    container.bodyAt = bodyAt
    container.end = end
    container.kept = container.dropped = 0
    container.headed = false
    container.inline = false
    container.view = view
    if (view === undefined) return container
    view.fields.dropped = false
    if (view === this.metric) view.fields.reset(this.input, bodyAt, end)
    else {
      // The header is nearly always the first field, but need not be.
      let from = bodyAt
      let to = bodyAt
      const r = container.reader.reset(this.input, bodyAt, end)
      while (r.next() !== 0) {
        r.skip()
        if (r.tag !== HEADER) continue
        from = r.from
        to = r.to
      }
      view.fields.reset(this.input, from, to)
    }
    return container
  }

  private leave(container: Container): void {
    const { out } = this
    const { view } = container
    const parent = this.containers[this.depth - 1]!
    const isOpen = this.opened === this.depth
    this.depth--
    if (view?.fields.dropped === true || (container.dropped > 0 && container.kept === 0)) {
      if (isOpen) {
        out.writer.abandon(container.tagOut)
        this.opened--
      } else {
        this.touch()
        out.flush(container.tagAt)
      }
      out.copied = container.end
      parent.dropped++
      return
    }
    parent.kept++
    if (view?.fields.dirty === true) {
      this.depth++
      this.rebuild(container)
      this.depth--
    } else if (!isOpen) return
    out.flush(container.end)
    out.writer.join()
    this.opened--
  }

  /** Opens in the output all containers that the walk is in. */
  private touch(): void {
    const { out } = this
    if (!out.begun) out.begin(this.fields)
    while (this.opened < this.depth) {
      const container = this.containers[++this.opened]!
      out.flush(container.tagAt)
      container.tagOut = out.writer.pos
      out.copy(container.tagAt, container.lengthAt)
      out.writer.fork(container.end - container.bodyAt)
      container.bodyOut = out.writer.pos
      out.copied = container.bodyAt
    }
  }

  private writeHeader(container: Container): void {
    this.touch()
    this.header(container, this.out.writer)
    container.headed = true
  }

  private header({ inline, view }: Container, out: Writer): void {
    const { fields } = view!
    if (!inline) out.varint(HEADER).varint(fields.size)
    fields.write(out)
    fields.settled()
  }

  /** An edit of a header came after its children were written: what stands in the output is put together once more. */
  private rebuild(container: Container): void {
    this.touch()
    this.out.flush(container.end)
    const { writer } = this.out
    const again = new Writer(writer.pos - container.bodyOut + 256)
    this.header(container, again)
    const r = new Reader(writer.buffer, container.bodyOut, writer.pos)
    while (r.next() !== 0) {
      r.skip()
      if (!container.isHeader(r.tag)) again.raw(writer.buffer, r.at, r.pos)
    }
    writer.pos = container.bodyOut
    writer.raw(again.buffer, 0, again.pos)
  }
}

const itemView: Record<OtlpSignal, (format: string, resource: ResourceView, scope: ScopeView, metric: MetricView) => ItemView> = {
  traces: (format, resource, scope) => new SpanView(format, resource, scope),
  logs: (format, resource, scope) => new RecordView(format, resource, scope),
  metrics: (format, resource, scope, metric) => new PointView(format, resource, scope, metric),
}
