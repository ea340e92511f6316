/** The fields of the protobuf exposition, and what its smallest messages hold. */
import { FIXED64, LENGTH, type Reader, VARINT, tag } from './reader.ts'
import { int64Number } from './remote-write.ts'

export const NAME = tag(1, LENGTH)
export const HELP = tag(2, LENGTH)
export const TYPE = tag(3, VARINT)
export const METRIC = tag(4, LENGTH)
export const UNIT = tag(5, LENGTH)
export const LABEL = tag(1, LENGTH)
export const LABEL_NAME = tag(1, LENGTH)
export const LABEL_VALUE = tag(2, LENGTH)
export const EXEMPLAR_VALUE = tag(2, FIXED64)
export const EXEMPLAR_TIME = tag(3, LENGTH)
export const TIMESTAMP = tag(6, VARINT)
export const COUNT = tag(1, VARINT)
export const COUNT_FLOAT = tag(4, FIXED64)
export const SUM = tag(2, FIXED64)
export const PART = tag(3, LENGTH)
export const VALUE = tag(1, FIXED64)

export type Suffix = '' | '_count' | '_sum' | '_bucket'

/**
 * Takes one sample of a metric: what its name adds to the family's, the `le` or `quantile` it is of, the value, and the range of its
 * exemplar's message (empty without one).
 */
export type SampleVisitor = (suffix: Suffix, bound: number | undefined, value: number, exemplarFrom: number, exemplarTo: number) => void

/** Wire types by field number, for what Prometheus refuses in another one. */
export type Wires = readonly (number | undefined)[]
export const familyWires: Wires = [undefined, LENGTH, LENGTH, VARINT, LENGTH, LENGTH]
export const metricWires: Wires = [undefined, LENGTH, LENGTH, LENGTH, LENGTH, LENGTH, VARINT, LENGTH]
export const labelWires: Wires = [undefined, LENGTH, LENGTH]
export const simpleWires: Wires = [undefined, FIXED64]
export const summaryWires: Wires = [undefined, VARINT, FIXED64, LENGTH]
/** Of buckets too: they number alike. */
export const histogramWires: Wires = [undefined, VARINT, FIXED64, LENGTH, FIXED64]
export const quantileWires: Wires = [undefined, FIXED64, FIXED64]

export const exemplarWires: Wires = [undefined, LENGTH, FIXED64, LENGTH]

/** Goes to the next field, which must have the wire type of its number; false at the end. */
export function step(reader: Reader, wires: Wires): boolean {
  if (reader.next() === 0) return false
  const wanted = wires[reader.field]
  if (wanted !== undefined) reader.expect(wanted)
  return true
}

/** A uint64 as a number, exact below 2^53. */
export const uint64Number = (reader: Reader): number => reader.varint() + reader.hi * 2 ** 32

/** A google.protobuf.Timestamp in milliseconds. */
export function readTime(time: Reader): number {
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

/** Gives the sample of one quantile. */
export function readQuantile(part: Reader, visit: SampleVisitor): void {
  let quantile = 0
  let value = 0
  while (step(part, quantileWires)) {
    if (part.tag === tag(1, FIXED64)) quantile = part.double()
    else if (part.tag === tag(2, FIXED64)) value = part.double()
    else part.skip()
  }
  visit('', quantile, value, 0, 0)
}

/** Gives the sample of one bucket, and answers whether it was the one of +Inf. */
export function readBucket(part: Reader, visit: SampleVisitor): boolean {
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
