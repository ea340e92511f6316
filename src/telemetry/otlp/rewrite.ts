/**
 * Reading and rewriting a batch in one walk over its bytes.
 *
 * The input is copied late and in ranges: `copied` says how far it has been dealt with, and a container (resource, scope, metric) is
 * opened in the output only when something inside it changes. A batch in which nothing changes is never copied at all.
 *
 *     request ─ ResourceSpans ─ ScopeSpans ─ Span            (and LogRecord)
 *     request ─ ResourceMetrics ─ ScopeMetrics ─ Metric ─ Gauge, Sum, ... ─ data point
 */

import { LENGTH, Reader, tag } from '../../wire/reader.ts'
import { Writer } from '../../wire/writer.ts'
import type { OtlpBatch, OtlpSignal } from '../batch.ts'
import { type MetricKind, MetricView, PointView, metricKinds } from './metric-views.ts'
import { type ItemView, RecordView, ResourceView, ScopeView, SpanView, type View } from './views.ts'

/** What to do at each level, from the outside in; each callback runs once per thing and may change or drop it. */
export interface OtlpEdits {
  resource?: (resource: ResourceView) => void
  scope?: (scope: ScopeView, resource: ResourceView) => void
  metric?: (metric: MetricView, scope: ScopeView, resource: ResourceView) => void
  /** Spans, data points or log records, by the batch's signal (`item.signal` tells). */
  item?: (item: ItemView) => void
}

const HEADER = tag(1, LENGTH)
const CHILD = tag(2, LENGTH)
const POINT = tag(1, LENGTH)
const kindByTag = new Map<number, MetricKind>(metricKinds.map(kind => [kind.tag, kind]))

/** A message that holds others, while the walk is inside it. */
class Container {
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
    this.reader = new Reader(new Uint8Array(0), 0, 0, format)
  }

  isHeader(tag: number): boolean {
    return this.inline ? !kindByTag.has(tag) : tag === HEADER
  }
}

const nothing = new Uint8Array(0)

/**
 * Up to this size the input is first copied to the front of the output's buffer, where copying a range costs half of what it costs
 * between two arrays, and the buffer is kept for the next batch. Beyond it memory counts more.
 */
const SHARED = 2 << 20

class Rewrite {
  private readonly signal: OtlpSignal
  private input: Uint8Array = nothing
  private edits: OtlpEdits = {}
  private out = new Writer(0)
  /** Whether the input stands at the front of the output's buffer. */
  private shared = false
  /** Where the output begins then. */
  private base = 0
  private copied = 0
  private readonly containers: Container[]
  private depth = 0
  private opened = 0
  private changed = false
  private readonly resource: ResourceView
  private readonly scope: ScopeView
  private readonly metric: MetricView
  private readonly item: ItemView

  constructor(signal: OtlpSignal) {
    const format = `OTLP ${signal}`
    this.signal = signal
    this.containers = [0, 1, 2, 3, 4].map(() => new Container(format))
    this.resource = new ResourceView(format)
    this.scope = new ScopeView(format)
    this.metric = new MetricView(format)
    this.item = itemView[signal](format, this.resource, this.scope, this.metric)
  }

  /** The batch's bytes as edited; the same array when nothing changed. */
  run(bytes: Uint8Array, edits: OtlpEdits): Uint8Array {
    this.input = bytes
    this.edits = edits
    this.copied = this.depth = this.opened = 0
    this.changed = false
    const r = this.containers[0]!.reader.reset(bytes)
    while (r.next() !== 0) {
      const { tag, at, pos } = r
      r.skip()
      if (tag === HEADER) this.walkResource(at, pos, r.from, r.to)
    }
    if (!this.changed) return bytes
    this.flush(bytes.length)
    return this.shared ? this.out.copyOut(this.base) : this.out.finish()
  }

  /** Lets go of the input and of large buffers, so that an idle one holds nothing of consequence. */
  release(): void {
    this.input = nothing
    for (const { reader } of this.containers) reader.reset(nothing)
    for (const { fields } of [this.resource, this.scope, this.metric, this.item]) fields.release()
    if (this.out.buffer.length > 3 * SHARED) this.out = new Writer(0)
  }

  private walkResource(tagAt: number, lengthAt: number, bodyAt: number, end: number): void {
    const container = this.enter(tagAt, lengthAt, bodyAt, end, this.resource)
    this.edits.resource?.(this.resource)
    const inner = this.edits.scope ?? this.edits.metric ?? this.edits.item
    this.walkContainer(container, inner !== undefined, this.walkScope)
  }

  private readonly walkScope = (tag: number, tagAt: number, lengthAt: number, bodyAt: number, end: number): void => {
    if (tag !== CHILD) return
    const container = this.enter(tagAt, lengthAt, bodyAt, end, this.scope)
    this.edits.scope?.(this.scope, this.resource)
    const inner = this.edits.metric ?? this.edits.item
    this.walkContainer(container, inner !== undefined, this.signal === 'metrics' ? this.walkMetric : this.walkItem)
  }

  private readonly walkMetric = (tag: number, tagAt: number, lengthAt: number, bodyAt: number, end: number): void => {
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

  private readonly walkData = (tag: number, tagAt: number, lengthAt: number, bodyAt: number, end: number): void => {
    if (tag !== this.metric.kind?.tag) return
    const container = this.enter(tagAt, lengthAt, bodyAt, end, undefined)
    this.walkContainer(container, true, this.walkPoint)
  }

  private readonly walkPoint = (tag: number, tagAt: number, lengthAt: number, bodyAt: number, end: number): void => {
    if (tag === POINT) this.walkItem(CHILD, tagAt, lengthAt, bodyAt, end, this.metric.kind!.attributes)
  }

  private readonly walkItem = (tag: number, tagAt: number, lengthAt: number, bodyAt: number, end: number, attributes?: number): void => {
    if (tag !== CHILD) return
    const { item, out } = this
    const parent = this.containers[this.depth]!
    item.dropped = false
    item.fields.reset(this.input, bodyAt, end, attributes)
    this.edits.item!(item)
    if (item.dropped) {
      this.touch()
      this.flush(tagAt)
      this.copied = end
      parent.dropped++
      return
    }
    parent.kept++
    if (!item.fields.dirty) return
    this.touch()
    this.flush(tagAt)
    this.copy(tagAt, lengthAt)
    item.fields.write(out.varint(item.fields.size), this.shared)
    this.copied = end
  }

  /** Visits the children of the container just entered, applying its own edits before and after. */
  private walkContainer(container: Container, inner: boolean, child: Rewrite['walkScope']): void {
    const { view } = container
    if (view?.dropped !== true) {
      if (view?.fields.dirty === true) this.writeHeader(container)
      if (inner || container.headed) {
        const r = container.reader.reset(this.input, container.bodyAt, container.end)
        while (r.next() !== 0) {
          const { tag, at, pos } = r
          r.skip()
          if (container.headed && container.isHeader(tag)) {
            this.flush(at)
            this.copied = r.pos
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
    view.dropped = false
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
    const { view } = container
    const parent = this.containers[this.depth - 1]!
    const isOpen = this.opened === this.depth
    this.depth--
    if (view?.dropped === true || (container.dropped > 0 && container.kept === 0)) {
      if (isOpen) {
        this.out.abandon(container.tagOut)
        this.opened--
      } else {
        this.touch()
        this.flush(container.tagAt)
      }
      this.copied = container.end
      parent.dropped++
      return
    }
    parent.kept++
    if (view?.fields.dirty === true) {
      this.depth++
      this.rebuild(container)
      this.depth--
    } else if (!isOpen) return
    this.flush(container.end)
    this.out.join()
    this.opened--
  }

  /** Opens in the output all containers that the walk is in. */
  private touch(): void {
    if (!this.changed) this.begin()
    while (this.opened < this.depth) {
      const container = this.containers[++this.opened]!
      this.flush(container.tagAt)
      container.tagOut = this.out.pos
      this.copy(container.tagAt, container.lengthAt)
      this.out.fork(container.end - container.bodyAt)
      container.bodyOut = this.out.pos
      this.copied = container.bodyAt
    }
  }

  private begin(): void {
    const { input, out } = this
    this.changed = true
    this.shared = input.length <= SHARED
    out.reset().reserve((this.shared ? 2 : 1) * input.length + (input.length >> 3) + 64)
    if (!this.shared) return
    this.item.fields.place(out.raw(input))
    this.base = out.pos
  }

  /** Copies a range of the input. */
  private copy(from: number, to: number): void {
    if (this.shared) this.out.again(from, to)
    else this.out.raw(this.input, from, to)
  }

  private flush(to: number): void {
    if (to > this.copied) this.copy(this.copied, to)
    this.copied = to
  }

  private writeHeader(container: Container): void {
    this.touch()
    this.header(container, this.out)
    container.headed = true
  }

  private header({ inline, view }: Container, out: Writer): void {
    const { fields } = view!
    if (inline) fields.write(out)
    else {
      fields.write(out.varint(HEADER).varint(fields.size))
    }
    fields.settled()
  }

  /** An edit of a header came after its children were written: what stands in the output is put together once more. */
  private rebuild(container: Container): void {
    const { out } = this
    this.touch()
    this.flush(container.end)
    const again = new Writer(out.pos - container.bodyOut + 256)
    this.header(container, again)
    const r = new Reader(out.buffer, container.bodyOut, out.pos)
    while (r.next() !== 0) {
      r.skip()
      if (!container.isHeader(r.tag)) again.raw(out.buffer, r.at, r.pos)
    }
    out.pos = container.bodyOut
    out.raw(again.buffer, 0, again.pos)
  }
}

const itemView: Record<OtlpSignal, (format: string, resource: ResourceView, scope: ScopeView, metric: MetricView) => ItemView> = {
  traces: (format, resource, scope) => new SpanView(format, resource, scope),
  logs: (format, resource, scope) => new RecordView(format, resource, scope),
  metrics: (format, resource, scope, metric) => new PointView(format, resource, scope, metric),
}

/**
 * A batch with `edits` applied; a function alone is the edit of every item. Untouched bytes are copied as they are, unknown fields
 * survive, containers whose last item is dropped go too, and a batch in which nothing changes is answered itself. Throws WireError.
 */
export function editOtlp(batch: OtlpBatch, edits: OtlpEdits | ((item: ItemView) => void)): OtlpBatch {
  // Callbacks may edit other batches: whatever is in use is not idle.
  const rewrite = idle[batch.signal].pop() ?? new Rewrite(batch.signal)
  const bytes = rewrite.run(batch.bytes, typeof edits === 'function' ? { item: edits } : edits)
  rewrite.release()
  // After an exception the walk stands somewhere in the middle, and is left to the garbage collector.
  idle[batch.signal].push(rewrite)
  return bytes === batch.bytes ? batch : { ...batch, bytes }
}

/** Walks at rest: their views, offset tables and buffers serve the next batch, which makes batches of one item cheap. */
const idle: Record<OtlpSignal, Rewrite[]> = { traces: [], metrics: [], logs: [] }

/** A batch with every resource edited. */
export const editResources = (batch: OtlpBatch, edit: (resource: ResourceView) => void): OtlpBatch => editOtlp(batch, { resource: edit })

/** Visits resources, scopes, metrics and items without changing them. */
export function readOtlp(batch: OtlpBatch, visit: OtlpEdits | ((item: ItemView) => void)): void {
  if (editOtlp(batch, visit) !== batch) throw new TypeError('readOtlp does not change what it visits: use editOtlp')
}
