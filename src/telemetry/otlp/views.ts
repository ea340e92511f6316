/** What a component author holds: resources, scopes, spans, points and records that read and write like ordinary objects. */

import { decode } from '../../wire/otlp-decode.ts'
import { type Encodable, encode } from '../../wire/otlp-encode.ts'
import type { Decoded, MessageName } from '../../wire/otlp-schema.ts'
import { type AttributeValue, writeValue } from '../../wire/otlp-value.ts'
import { FIXED32, FIXED64, LENGTH, VARINT, tag } from '../../wire/reader.ts'
import type { Writer } from '../../wire/writer.ts'
import { Fields } from './fields.ts'
import type { PointView } from './metric-views.ts'

const s = (field: number) => tag(field, LENGTH)
const v = (field: number) => tag(field, VARINT)
const f = (field: number) => tag(field, FIXED64)

/**
 * Attributes of something, and the something's `drop`. Views are cursors: one object stands for one item after the other, so a view
 * (and a Uint8Array taken from it) is good only until its callback returns.
 */
export class View {
  /** @internal */
  readonly fields: Fields

  constructor(fields: Fields) {
    this.fields = fields
  }

  /** The value of an attribute, or undefined when there is none. */
  get(key: string): AttributeValue | undefined {
    return this.fields.attribute(key)
  }

  has(key: string): boolean {
    return this.fields.hasKey(key)
  }

  /** Sets an attribute, whether it was there or not (upsert). */
  set(key: string, value: AttributeValue): this {
    this.fields.setAttribute(key, value)
    return this
  }

  /** Sets an attribute unless it is there; answers whether it did. */
  insert(key: string, value: AttributeValue): boolean {
    return this.fields.setAttribute(key, value, 'absent')
  }

  /** Sets an attribute only if it is there; answers whether it did. */
  update(key: string, value: AttributeValue): boolean {
    return this.fields.setAttribute(key, value, 'present')
  }

  /** Removes an attribute; answers whether it was there. */
  delete(key: string): boolean {
    return this.fields.deleteAttribute(key)
  }

  /** The keys of all attributes in their order; values stay undecoded. */
  keys(): string[] {
    return this.fields.keys()
  }

  /** All attributes in their order. Take `[...entries()]` before changing them in a loop. */
  entries(): Iterable<[key: string, value: AttributeValue]> {
    return this.fields.attributes()
  }

  /** Removes this resource, scope, metric or item, and whatever becomes empty by that. */
  drop(): void {
    this.fields.dropped = true
  }

  /** @internal */
  protected decoded<M extends MessageName>(name: M): Decoded<M> {
    const { fields } = this
    if (!fields.changed) return decode(name, fields.bytes, fields.start, fields.end)
    return decode(name, fields.whole())
  }
}

/** @internal How each kind of field is written behind its tag. */
export const put = {
  string: (value: string) => (w: Writer) => void w.string(value),
  bytes: (value: Uint8Array) => (w: Writer) => void w.bytes(value),
  varint: (value: number) => (w: Writer) => void w.varint(value),
  fixed32: (value: number) => (w: Writer) => void w.fixed32(value),
  fixed64: (value: bigint) => (w: Writer) => void w.fixed64Exact(value),
  double: (value: number) => (w: Writer) => void w.double(value),
  value: (value: AttributeValue) => (w: Writer) => {
    w.fork()
    writeValue(w, value)
    w.join()
  },
}

/** A resource: its attributes. */
export class ResourceView extends View {
  constructor(format: string) {
    super(new Fields(format, s(1)))
  }

  get droppedAttributesCount(): number { return this.fields.uint32(v(2)) }
  set droppedAttributesCount(count: number) { this.fields.put(v(2), put.varint(count)) }

  decode(): Decoded<'Resource'> { return this.decoded('Resource') }
}

/** An instrumentation scope: name, version, attributes. */
export class ScopeView extends View {
  constructor(format: string) {
    super(new Fields(format, s(3)))
  }

  get name(): string { return this.fields.string(s(1)) }
  set name(name: string) { this.fields.put(s(1), put.string(name)) }
  get version(): string { return this.fields.string(s(2)) }
  set version(version: string) { this.fields.put(s(2), put.string(version)) }
  get droppedAttributesCount(): number { return this.fields.uint32(v(4)) }
  set droppedAttributesCount(count: number) { this.fields.put(v(4), put.varint(count)) }

  decode(): Decoded<'InstrumentationScope'> { return this.decoded('InstrumentationScope') }
}

/** What every span, data point and log record has. */
export class Item extends View {
  readonly resource: ResourceView
  readonly scope: ScopeView

  constructor(fields: Fields, resource: ResourceView, scope: ScopeView) {
    super(fields)
    this.resource = resource
    this.scope = scope
  }
}

/** A span. Times are nanoseconds since the epoch, ids are bytes; `kind` and `statusCode` are the protocol's numbers. */
export class SpanView extends Item {
  readonly signal = 'traces'

  constructor(format: string, resource: ResourceView, scope: ScopeView) {
    super(new Fields(format, s(9)), resource, scope)
  }

  get traceId(): Uint8Array { return this.fields.content(s(1)) }
  set traceId(id: Uint8Array) { this.fields.put(s(1), put.bytes(id)) }
  get spanId(): Uint8Array { return this.fields.content(s(2)) }
  set spanId(id: Uint8Array) { this.fields.put(s(2), put.bytes(id)) }
  get parentSpanId(): Uint8Array { return this.fields.content(s(4)) }
  set parentSpanId(id: Uint8Array) { this.fields.put(s(4), put.bytes(id)) }
  get traceState(): string { return this.fields.string(s(3)) }
  set traceState(state: string) { this.fields.put(s(3), put.string(state)) }
  get name(): string { return this.fields.string(s(5)) }
  set name(name: string) { this.fields.put(s(5), put.string(name)) }
  get kind(): number { return this.fields.uint32(v(6)) }
  set kind(kind: number) { this.fields.put(v(6), put.varint(kind)) }
  get startTimeUnixNano(): bigint { return this.fields.fixed64(f(7)) }
  set startTimeUnixNano(time: bigint) { this.fields.put(f(7), put.fixed64(time)) }
  get endTimeUnixNano(): bigint { return this.fields.fixed64(f(8)) }
  set endTimeUnixNano(time: bigint) { this.fields.put(f(8), put.fixed64(time)) }
  get droppedAttributesCount(): number { return this.fields.uint32(v(10)) }
  set droppedAttributesCount(count: number) { this.fields.put(v(10), put.varint(count)) }
  get flags(): number { return this.fields.uint32(tag(16, FIXED32)) }
  set flags(flags: number) { this.fields.put(tag(16, FIXED32), put.fixed32(flags)) }
  get statusCode(): number { return this.status.code }
  set statusCode(code: number) { this.status = { ...this.status, code } }
  get statusMessage(): string { return this.status.message }
  set statusMessage(message: string) { this.status = { ...this.status, message } }

  get status(): Decoded<'SpanStatus'> {
    return decode('SpanStatus', this.fields.content(s(15)))
  }

  set status({ code, message }: Decoded<'SpanStatus'>) {
    this.fields.put(s(15), w => {
      w.fork()
      if (message !== '') w.tag(2, LENGTH).string(message)
      if (code !== 0) w.tag(3, VARINT).varint(code)
      w.join()
    })
  }

  get events(): Decoded<'Event'>[] { return this.fields.contents(s(11)).map(bytes => decode('Event', bytes)) }
  set events(events: readonly Encodable<'Event'>[]) { this.fields.replaceAll(s(11), events.map(event => encode('Event', event))) }
  get links(): Decoded<'Link'>[] { return this.fields.contents(s(13)).map(bytes => decode('Link', bytes)) }
  set links(links: readonly Encodable<'Link'>[]) { this.fields.replaceAll(s(13), links.map(link => encode('Link', link))) }

  decode(): Decoded<'Span'> { return this.decoded('Span') }
}

/** A log record. Times are nanoseconds since the epoch; `severityNumber` is the protocol's (0 unset, 9 INFO, ...). */
export class RecordView extends Item {
  readonly signal = 'logs'

  constructor(format: string, resource: ResourceView, scope: ScopeView) {
    super(new Fields(format, s(6)), resource, scope)
  }

  get timeUnixNano(): bigint { return this.fields.fixed64(f(1)) }
  set timeUnixNano(time: bigint) { this.fields.put(f(1), put.fixed64(time)) }
  get observedTimeUnixNano(): bigint { return this.fields.fixed64(f(11)) }
  set observedTimeUnixNano(time: bigint) { this.fields.put(f(11), put.fixed64(time)) }
  get severityNumber(): number { return this.fields.uint32(v(2)) }
  set severityNumber(severity: number) { this.fields.put(v(2), put.varint(severity)) }
  get severityText(): string { return this.fields.string(s(3)) }
  set severityText(text: string) { this.fields.put(s(3), put.string(text)) }
  get body(): AttributeValue { return this.fields.anyValue(s(5)) }
  set body(body: AttributeValue) { this.fields.put(s(5), put.value(body)) }
  get droppedAttributesCount(): number { return this.fields.uint32(v(7)) }
  set droppedAttributesCount(count: number) { this.fields.put(v(7), put.varint(count)) }
  get flags(): number { return this.fields.uint32(tag(8, FIXED32)) }
  set flags(flags: number) { this.fields.put(tag(8, FIXED32), put.fixed32(flags)) }
  get traceId(): Uint8Array { return this.fields.content(s(9)) }
  set traceId(id: Uint8Array) { this.fields.put(s(9), put.bytes(id)) }
  get spanId(): Uint8Array { return this.fields.content(s(10)) }
  set spanId(id: Uint8Array) { this.fields.put(s(10), put.bytes(id)) }
  get eventName(): string { return this.fields.string(s(12)) }
  set eventName(name: string) { this.fields.put(s(12), put.string(name)) }

  decode(): Decoded<'LogRecord'> { return this.decoded('LogRecord') }
}

export type ItemView = SpanView | PointView | RecordView
