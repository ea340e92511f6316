/**
 * The protobuf exposition: `io.prometheus.client.MetricFamily` messages, each behind its length as a varint. Names, help texts and
 * labels are checked as Prometheus does; what a family's metrics hold comes as the samples that the text format would have.
 */
import type { ExpositionLimits, MetricType } from './exposition.ts'
import { LabelRanges, expositionLimits } from './exposition.ts'
import { isUtf8 } from './exposition-value.ts'
import { FIXED64, LENGTH, Reader, VARINT, tag, text } from './reader.ts'
import { int64Number } from './remote-write.ts'

const NAME = tag(1, LENGTH)
const HELP = tag(2, LENGTH)
const TYPE = tag(3, VARINT)
const METRIC = tag(4, LENGTH)
const UNIT = tag(5, LENGTH)
const LABEL = tag(1, LENGTH)
const TIMESTAMP = tag(6, VARINT)
const COUNT = tag(1, VARINT)
const COUNT_FLOAT = tag(4, FIXED64)
const SUM = tag(2, FIXED64)
const PART = tag(3, LENGTH)
const VALUE = tag(1, FIXED64)

/** By number: the type, the field of a metric that holds its values, and the field of a beginning in there. */
const types: readonly (readonly [MetricType, body: number, created: number])[] = [
  ['counter', 3, 3], ['gauge', 2, 0], ['summary', 4, 4], ['unknown', 5, 0], ['histogram', 7, 15], ['gaugehistogram', 7, 15],
]

/** Wire types by field number, for what Prometheus refuses in another one. */
type Wires = readonly (number | undefined)[]
const familyWires: Wires = [undefined, LENGTH, LENGTH, VARINT, LENGTH, LENGTH]
const metricWires: Wires = [undefined, LENGTH, LENGTH, LENGTH, LENGTH, LENGTH, VARINT, LENGTH]
const labelWires: Wires = [undefined, LENGTH, LENGTH]
const simpleWires: Wires = [undefined, FIXED64]
const summaryWires: Wires = [undefined, VARINT, FIXED64, LENGTH]
/** Of buckets too: they number alike. */
const histogramWires: Wires = [undefined, VARINT, FIXED64, LENGTH, FIXED64]
const quantileWires: Wires = [undefined, FIXED64, FIXED64]

/** Goes to the next field, which must have the wire type of its number; false at the end. */
function step(reader: Reader, wires: Wires): boolean {
  if (reader.next() === 0) return false
  const wanted = wires[reader.field]
  if (wanted !== undefined) reader.expect(wanted)
  return true
}

/** Fields of a histogram that make it a native one: the spans, and the width and count of the bucket at zero unless they are zero. */
const SPANS = new Set([tag(9, LENGTH), tag(12, LENGTH)])
const ZERO_THRESHOLD = tag(6, FIXED64)
const ZERO_COUNT = tag(7, VARINT)

export type Suffix = '' | '_count' | '_sum' | '_bucket'

/**
 * Takes one sample of a metric: what its name adds to the family's, the `le` or `quantile` it is of, the value, and the range of its
 * exemplar's message (empty without one).
 */
export type SampleVisitor = (suffix: Suffix, bound: number | undefined, value: number, exemplarFrom: number, exemplarTo: number) => void

/** A cursor over families and their metrics: what it says holds until the next call, and all offsets are into `bytes`. */
export class FamilyReader {
  readonly bytes: Uint8Array
  readonly limits: ExpositionLimits
  name = ''
  help = ''
  unit = ''
  type: MetricType = 'unknown'
  /** Labels of the metric, without the name. */
  readonly labels = new LabelRanges()
  /** Milliseconds since the epoch; 0 where the metric does not say. */
  timestamp = 0
  /** The message with the metric's values; empty where there is none, which counts as zeros. */
  bodyFrom = 0
  bodyTo = 0
  readonly #families: Reader
  readonly #family: Reader
  readonly #part: Reader
  #body = 0
  #createdField = 0

  constructor(bytes: Uint8Array, limits: ExpositionLimits = expositionLimits) {
    this.bytes = bytes
    this.limits = limits
    this.#families = new Reader(bytes, 0, bytes.length, 'Prometheus protobuf')
    this.#family = new Reader(bytes, 0, 0, 'Prometheus protobuf')
    this.#part = new Reader(bytes, 0, 0, 'Prometheus protobuf')
  }

  /** Goes to the next family that has metrics; false at the end. Throws WireError. */
  nextFamily(): boolean {
    const families = this.#families
    while (families.pos < families.end) {
      families.range()
      if (!this.#readFamily(families.from, families.to)) continue
      this.#family.reset(this.bytes, families.from, families.to)
      return true
    }
    return false
  }

  /** Goes to the next metric of the family; false behind the last one. Throws WireError. */
  nextMetric(): boolean {
    const family = this.#family
    while (family.next() !== 0) {
      if (family.tag === METRIC) {
        family.range()
        this.#readMetric(family.from, family.to)
        return true
      }
      family.skip()
    }
    return false
  }

  /** Whether the metric is a native histogram, whose buckets are for others to read from its body. */
  isNative(): boolean {
    if (this.#body !== 7) return false
    const body = this.#part.reset(this.bytes, this.bodyFrom, this.bodyTo)
    while (body.next() !== 0) {
      if (SPANS.has(body.tag)) return true
      if (body.tag === ZERO_THRESHOLD) {
        if (body.double() > 0) return true
      } else if (body.tag === ZERO_COUNT) {
        if (body.bool()) return true
      } else body.skip()
    }
    return false
  }

  /** When the metric began, in milliseconds; undefined where it does not say. */
  created(): number | undefined {
    if (this.#createdField === 0) return undefined
    const body = this.#part.reset(this.bytes, this.bodyFrom, this.bodyTo)
    const wanted = tag(this.#createdField, LENGTH)
    while (body.next() !== 0) {
      if (body.tag === wanted) {
        body.range()
        return readTime(body.reset(this.bytes, body.from, body.to))
      }
      body.skip()
    }
    return undefined
  }

  /** Gives the samples of the metric in the order of Prometheus: count, sum, then quantiles or buckets, of which the last is +Inf. */
  samples(visit: SampleVisitor): void {
    const body = new Reader(this.bytes, this.bodyFrom, this.bodyTo, 'Prometheus protobuf')
    if (this.#body === 7 || this.#body === 4) return this.#parts(body, visit)
    let value = 0
    let from = 0
    let to = 0
    while (step(body, simpleWires)) {
      if (body.tag === VALUE) value = body.double()
      else {
        body.skip()
        if (this.#body === 3 && body.tag === tag(2, LENGTH)) [from, to] = [body.from, body.to]
      }
    }
    visit('', undefined, value, from, to)
  }

  #parts(body: Reader, visit: SampleVisitor): void {
    const histogram = this.#body === 7
    let count = 0
    let float = 0
    let sum = 0
    const wires = histogram ? histogramWires : summaryWires
    while (step(body, wires)) {
      if (body.tag === COUNT) count = uint64Number(body)
      else if (body.tag === SUM) sum = body.double()
      else if (histogram && body.tag === COUNT_FLOAT) float = body.double()
      else body.skip()
    }
    const total = float === 0 ? count : float
    visit('_count', undefined, total, 0, 0)
    visit('_sum', undefined, sum, 0, 0)
    let infinite = !histogram
    body.reset(this.bytes, this.bodyFrom, this.bodyTo)
    while (body.next() !== 0) {
      if (body.tag !== PART) {
        body.skip()
        continue
      }
      body.range()
      const part = this.#part.reset(this.bytes, body.from, body.to)
      if (!histogram) readQuantile(part, visit)
      // Prometheus looks at no bucket behind +Inf.
      else if (!infinite) infinite = readBucket(part, visit)
    }
    if (!infinite) visit('_bucket', Infinity, total, 0, 0)
  }

  #readFamily(from: number, to: number): boolean {
    const family = this.#family.reset(this.bytes, from, to)
    let metrics = false
    let number = 0
    this.help = this.unit = ''
    let [nameFrom, nameTo, helpFrom, helpTo] = [0, 0, 0, 0]
    while (step(family, familyWires)) {
      if (family.tag === TYPE) {
        number = family.int32()
        continue
      }
      family.skip()
      if (family.tag === METRIC) metrics = true
      else if (family.tag === NAME) [nameFrom, nameTo] = [family.from, family.to]
      else if (family.tag === HELP) [helpFrom, helpTo] = [family.from, family.to]
      else if (family.tag === UNIT) this.unit = text(this.bytes, family.from, family.to)
    }
    if (!metrics) return false
    this.name = text(this.bytes, nameFrom, nameTo)
    this.help = text(this.bytes, helpFrom, helpTo)
    if (nameFrom === nameTo || !isUtf8(this.bytes, nameFrom, nameTo)) throw family.error(`invalid metric name: ${this.name}`, nameFrom)
    if (!isUtf8(this.bytes, helpFrom, helpTo)) throw family.error(`invalid help for metric "${this.name}": ${this.help}`, helpFrom)
    const type = types[number]
    if (type === undefined) throw family.error(`unknown metric type for metric "${this.name}": ${number}`, from)
    ;[this.type, this.#body, this.#createdField] = type
    return true
  }

  #readMetric(from: number, to: number): void {
    const metric = this.#part.reset(this.bytes, from, to)
    const body = tag(this.#body, LENGTH)
    this.labels.count = 0
    this.timestamp = this.bodyFrom = this.bodyTo = 0
    while (step(metric, metricWires)) {
      if (metric.tag === TIMESTAMP) {
        metric.varint()
        this.timestamp = int64Number(metric)
        continue
      }
      metric.skip()
      if (metric.tag === body) [this.bodyFrom, this.bodyTo] = [metric.from, metric.to]
      else if (metric.tag === LABEL) this.#readLabel(metric, metric.from, metric.to)
    }
  }

  #readLabel(metric: Reader, from: number, to: number): void {
    const { bytes, labels } = this
    if (labels.count >= this.limits.labels) throw metric.error(`more than ${this.limits.labels} labels, which is the limit`)
    const label = new Reader(bytes, from, to, 'Prometheus protobuf')
    let [nameFrom, nameTo, valueFrom, valueTo] = [from, from, from, from]
    while (step(label, labelWires)) {
      label.skip()
      if (label.tag === tag(1, LENGTH)) [nameFrom, nameTo] = [label.from, label.to]
      else if (label.tag === tag(2, LENGTH)) [valueFrom, valueTo] = [label.from, label.to]
    }
    if (nameFrom === nameTo || !isUtf8(bytes, nameFrom, nameTo)) throw label.error(`invalid label name: ${text(bytes, nameFrom, nameTo)}`, nameFrom)
    if (!isUtf8(bytes, valueFrom, valueTo)) throw label.error(`invalid label value: ${text(bytes, valueFrom, valueTo)}`, valueFrom)
    labels.add(nameFrom, nameTo, valueFrom, valueTo)
  }
}

const uint64Number = (reader: Reader): number => reader.varint() + reader.hi * 2 ** 32

/** A google.protobuf.Timestamp in milliseconds. */
function readTime(time: Reader): number {
  let seconds = 0
  let nanos = 0
  while (time.next() !== 0) {
    if (time.tag === tag(1, VARINT)) {
      time.varint()
      seconds = int64Number(time)
    } else if (time.tag === tag(2, VARINT)) nanos = time.int32()
    else time.skip()
  }
  return seconds * 1000 + Math.trunc(nanos / 1e6)
}

function readQuantile(part: Reader, visit: SampleVisitor): void {
  let quantile = 0
  let value = 0
  while (step(part, quantileWires)) {
    if (part.tag === tag(1, FIXED64)) quantile = part.double()
    else if (part.tag === tag(2, FIXED64)) value = part.double()
    else part.skip()
  }
  visit('', quantile, value, 0, 0)
}

/** Answers whether the bucket was the one of +Inf. */
function readBucket(part: Reader, visit: SampleVisitor): boolean {
  let count = 0
  let float = 0
  let bound = 0
  let from = 0
  let to = 0
  while (step(part, histogramWires)) {
    if (part.tag === COUNT) count = uint64Number(part)
    else if (part.tag === COUNT_FLOAT) float = part.double()
    else if (part.tag === tag(2, FIXED64)) bound = part.double()
    else {
      part.skip()
      if (part.tag === PART) [from, to] = [part.from, part.to]
    }
  }
  visit('_bucket', bound, float === 0 ? count : float, from, to)
  return bound === Infinity
}
