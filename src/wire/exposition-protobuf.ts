/**
 * The protobuf exposition: `io.prometheus.client.MetricFamily` messages, each behind its length as a varint. Names, help texts and
 * labels are checked as Prometheus does; what a family's metrics hold comes as the samples that the text format would have. Damage
 * within what nobody asks for (exemplars, native buckets) is not looked for, where Prometheus decodes everything and refuses it.
 */
import { type ExpositionLimits, LabelRanges, type MetricType, expositionLimits } from './exposition.ts'
import {
  type SampleVisitor, COUNT, COUNT_FLOAT, EXEMPLAR_TIME, EXEMPLAR_VALUE, HELP, LABEL, LABEL_NAME, LABEL_VALUE, METRIC, NAME,
  PART, SUM, TIMESTAMP, TYPE, UNIT, VALUE, exemplarWires, familyWires, histogramWires, labelWires, metricWires, readBucket,
  readQuantile, readTime, simpleWires, step, summaryWires, uint64Number,
} from './exposition-protobuf-fields.ts'
import { isUtf8 } from './exposition-value.ts'
import { FIXED64, LENGTH, Reader, VARINT, tag, text } from './reader.ts'
import { int64Number } from './remote-write.ts'

/** By number: the type, the field of a metric that holds its values, and the field of a beginning in there. */
const types: readonly (readonly [MetricType, body: number, created: number])[] = [
  ['counter', 3, 3], ['gauge', 2, 0], ['summary', 4, 4], ['unknown', 5, 0], ['histogram', 7, 15], ['gaugehistogram', 7, 15],
]

/** Fields of a histogram that make it a native one: the spans, and the width and count of the bucket at zero unless they are zero. */
const SPANS = new Set([tag(9, LENGTH), tag(12, LENGTH)])
const ZERO_THRESHOLD = tag(6, FIXED64)
const ZERO_COUNT = tag(7, VARINT)

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
  readonly exemplarLabels = new LabelRanges()
  exemplarValue = 0
  hasExemplarTimestamp = false
  exemplarTimestamp = 0
  /** The message with the metric's values; empty where there is none, which counts as zeros. */
  bodyFrom = 0
  bodyTo = 0
  readonly #families: Reader
  readonly #family: Reader
  readonly #part: Reader
  readonly #label: Reader
  #body = 0
  #createdField = 0

  constructor(bytes: Uint8Array, limits: ExpositionLimits = expositionLimits) {
    this.bytes = bytes
    this.limits = limits
    this.#families = new Reader(bytes, 0, bytes.length, 'Prometheus protobuf')
    this.#family = new Reader(bytes, 0, 0, 'Prometheus protobuf')
    this.#part = new Reader(bytes, 0, 0, 'Prometheus protobuf')
    this.#label = new Reader(bytes, 0, 0, 'Prometheus protobuf')
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

  /** Reads the exemplar in a range that `samples` gave; false where the range is empty. */
  exemplar(from: number, to: number): boolean {
    const exemplar = new Reader(this.bytes, from, to, 'Prometheus protobuf')
    this.exemplarLabels.count = 0
    this.exemplarValue = this.exemplarTimestamp = 0
    this.hasExemplarTimestamp = false
    while (step(exemplar, exemplarWires)) {
      if (exemplar.tag === EXEMPLAR_VALUE) {
        this.exemplarValue = exemplar.double()
        continue
      }
      exemplar.skip()
      if (exemplar.tag === LABEL) this.#readLabel(this.exemplarLabels, exemplar)
      else if (exemplar.tag === EXEMPLAR_TIME) {
        this.exemplarTimestamp = readTime(this.#label.reset(this.bytes, exemplar.from, exemplar.to))
        this.hasExemplarTimestamp = true
      }
    }
    return to > from
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
    const name = shown(this.bytes, nameFrom, nameTo)
    if (nameFrom === nameTo || !isUtf8(this.bytes, nameFrom, nameTo)) throw family.error(`invalid metric name: ${name}`, nameFrom)
    if (!isUtf8(this.bytes, helpFrom, helpTo)) {
      throw family.error(`invalid help for metric "${name}": ${shown(this.bytes, helpFrom, helpTo)}`, helpFrom)
    }
    const type = types[number]
    if (type === undefined) throw family.error(`unknown metric type for metric "${name}": ${number}`, from)
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
      else if (metric.tag === LABEL) this.#readLabel(this.labels, metric)
    }
  }

  /** Reads the label that `message` has just gone over. */
  #readLabel(into: LabelRanges, message: Reader): void {
    const { bytes } = this
    if (into.count >= this.limits.labels) throw message.error(`more than ${this.limits.labels} labels, which is the limit`)
    const label = this.#label.reset(bytes, message.from, message.to)
    let [nameFrom, nameTo, valueFrom, valueTo] = [label.pos, label.pos, label.pos, label.pos]
    while (step(label, labelWires)) {
      label.skip()
      if (label.tag === LABEL_NAME) [nameFrom, nameTo] = [label.from, label.to]
      else if (label.tag === LABEL_VALUE) [valueFrom, valueTo] = [label.from, label.to]
    }
    const refuse = (what: string, from: number, to: number) => label.error(`invalid label ${what}: ${shown(bytes, from, to)}`, from)
    if (nameFrom === nameTo || !isUtf8(bytes, nameFrom, nameTo)) throw refuse('name', nameFrom, nameTo)
    if (!isUtf8(bytes, valueFrom, valueTo)) throw refuse('value', valueFrom, valueTo)
    into.add(nameFrom, nameTo, valueFrom, valueTo)
  }
}

/** As much text as a message has room for. */
const shown = (bytes: Uint8Array, from: number, to: number): string => text(bytes, from, Math.min(to, from + 1024))

