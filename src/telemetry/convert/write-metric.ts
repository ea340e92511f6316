/** Families written as OTLP metrics. */

import { fromHex } from '../../lib/bytes.ts'
import { writeAttribute } from '../../wire/otlp-value.ts'
import { FIXED64, LENGTH, VARINT } from '../../wire/reader.ts'
import type { Writer } from '../../wire/writer.ts'
import type { Label } from '../labels.ts'
import type { Exemplar } from '../prometheus.ts'
import type { Family, FamilyKind, FamilyPoint } from './metric-family.ts'
import { CUSTOM_BUCKETS, countsUpTo, denseCounts, type Side } from './native-histogram.ts'
import { unitOfWords } from './names.ts'

const NO_RECORDED_VALUE = 1
const CUMULATIVE = 2

/** Seconds from here on do not fit into 64 bits of nanoseconds. */
const LATEST = 2 ** 63 / 1e9

/** Seconds with a fraction as nanoseconds; the whole ones exactly. */
function nanosOfSeconds(seconds: number): bigint {
  const whole = Math.trunc(seconds)
  return BigInt(whole) * 1_000_000_000n + BigInt(Math.trunc((seconds - whole) * 1e9))
}

/** Milliseconds as nanoseconds. */
const nanos = (ms: number): bigint => BigInt(Math.trunc(ms)) * 1_000_000n

/** Field numbers that differ between the kinds of point. */
interface Shape {
  /** Of the data in Metric. */
  readonly data: number
  readonly attributes: number
  readonly flags: number
  readonly exemplars: number | undefined
  /** Writes what a point of this kind holds beside these; false where it lacks something and has to be left out. */
  readonly body: (w: Writer, point: FamilyPoint) => boolean
}

const shapes: Readonly<Record<FamilyKind, Shape>> = {
  gauge: { data: 5, attributes: 7, flags: 8, exemplars: 5, body: number },
  sum: { data: 7, attributes: 7, flags: 8, exemplars: 5, body: number },
  histogram: { data: 9, attributes: 9, flags: 10, exemplars: 8, body: explicit },
  exponentialHistogram: { data: 10, attributes: 1, flags: 10, exemplars: 11, body: exponential },
  summary: { data: 11, attributes: 7, flags: 8, exemplars: undefined, body: summary },
}

/** A Metric in field 2 of its scope, unless it has no points; answers how many points lacked something. */
export function writeMetric(w: Writer, family: Family): { points: number; incomplete: number } {
  const { kind, metadata } = family
  const shape = shapes[kind]
  const start = w.pos
  let points = 0
  let incomplete = 0
  w.tag(2, LENGTH).fork(512).tag(1, LENGTH).string(family.name)
  if (metadata.help !== '') w.tag(2, LENGTH).string(metadata.help)
  if (metadata.unit !== '') w.tag(3, LENGTH).string(unitOfWords(metadata.unit))
  w.tag(shape.data, LENGTH).fork(256)
  for (const point of family.points()) {
    if (writePoint(w, shape, kind, point)) points++
    else incomplete++
  }
  if (kind !== 'gauge' && kind !== 'summary') w.tag(2, VARINT).varint(CUMULATIVE)
  if (metadata.type === 'counter') w.tag(3, VARINT).bool(true)
  w.join()
  w.tag(12, LENGTH).fork()
  writeAttribute(w, 'prometheus.type', metadata.type)
  w.join().join()
  if (points === 0) w.pos = start
  return { points, incomplete }
}

function writePoint(w: Writer, shape: Shape, kind: FamilyKind, point: FamilyPoint): boolean {
  const start = w.pos
  w.tag(1, LENGTH).fork(128)
  if (kind !== 'gauge' && point.started > 0 && point.started < LATEST) w.tag(2, FIXED64).fixed64Exact(nanosOfSeconds(point.started))
  w.tag(3, FIXED64).fixed64Exact(nanos(point.timestamp))
  if (!shape.body(w, point)) {
    w.abandon(start)
    return false
  }
  writeAttributes(w, shape.attributes, point.attributes)
  if (shape.exemplars !== undefined) for (const exemplar of point.exemplars) writeExemplar(w, shape.exemplars, exemplar)
  if (point.stale) w.tag(shape.flags, VARINT).varint(NO_RECORDED_VALUE)
  w.join()
  return true
}

/** Labels as attributes in `field`. */
export function writeAttributes(w: Writer, field: number, labels: Iterable<Label>): void {
  for (const [key, value] of labels) {
    w.tag(field, LENGTH).fork()
    writeAttribute(w, key, value)
    w.join()
  }
}

function number(w: Writer, { value, stale }: FamilyPoint): boolean {
  if (!stale) w.tag(4, FIXED64).double(value)
  return true
}

/** A count of things, of whatever a float says. */
const whole = (value: number | bigint): bigint => (typeof value === 'bigint' ? value : Number.isFinite(value) && value > 0 ? BigInt(Math.trunc(value)) : 0n)

function packed<T>(w: Writer, field: number, values: readonly T[], write: (value: T) => void): void {
  if (values.length === 0) return
  w.tag(field, LENGTH).fork(8 * values.length)
  for (const value of values) write(value)
  w.join()
}

/** Buckets that add up become buckets of their own; native ones with custom buckets are that already. */
function explicit(w: Writer, point: FamilyPoint): boolean {
  const { count, sum, stale, native } = point
  if (native !== undefined) return customBuckets(w, point)
  if (count === undefined) return false
  const bounds = point.bounds.sort((a, b) => a.at - b.at)
  if (bounds.at(-1)?.at === Infinity) bounds.pop()
  const sums = [...bounds.map(({ value }) => value), count]
  const counts = sums.map((value, i) => (stale ? 0n : whole(value - (sums[i - 1] ?? 0))))
  if (!stale) {
    w.tag(4, FIXED64).fixed64Exact(whole(count))
    if (sum !== undefined) w.tag(5, FIXED64).double(sum)
  }
  packed(w, 6, counts, value => w.fixed64Exact(value))
  packed(w, 7, bounds, ({ at }) => w.double(at))
  return true
}

function customBuckets(w: Writer, { native, stale }: FamilyPoint): boolean {
  const { count, sum, positive, customValues } = native!
  if (customValues.length === 0) return false
  if (!stale) w.tag(4, FIXED64).fixed64Exact(whole(count)).tag(5, FIXED64).double(sum)
  packed(w, 6, countsUpTo(positive, customValues.length + 1), value => w.fixed64Exact(stale ? 0n : whole(value)))
  packed(w, 7, customValues, bound => w.double(bound))
  return true
}

function exponential(w: Writer, { native, stale }: FamilyPoint): boolean {
  if (native === undefined || native.schema === CUSTOM_BUCKETS) return false
  if (stale) return true
  const { count, sum, schema, zeroCount, zeroThreshold, positive, negative } = native
  w.tag(4, FIXED64).fixed64Exact(whole(count)).tag(5, FIXED64).double(sum)
  w.tag(6, VARINT).varint(zigzag(schema)).tag(7, FIXED64).fixed64Exact(whole(zeroCount))
  writeSide(w, 8, positive)
  writeSide(w, 9, negative)
  w.tag(14, FIXED64).double(zeroThreshold)
  return true
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value)

function writeSide(w: Writer, field: number, side: Side): void {
  const { first, counts } = denseCounts(side)
  if (counts.length === 0) return
  w.tag(field, LENGTH).fork(64).tag(1, VARINT).varint(zigzag(first - 1))
  packed(w, 2, counts, value => w.bigint(whole(value)))
  w.join()
}

function summary(w: Writer, { count, sum, bounds, stale }: FamilyPoint): boolean {
  if (count === undefined) return false
  if (!stale) w.tag(4, FIXED64).fixed64Exact(whole(count)).tag(5, FIXED64).double(sum ?? 0)
  for (const { at, value } of bounds.sort((a, b) => a.at - b.at)) {
    w.tag(6, LENGTH).fork().tag(1, FIXED64).double(at).tag(2, FIXED64).double(stale ? 0 : value).join()
  }
  return true
}

/** How many bytes the ids of exemplars have, and the field of each. */
const ids: Readonly<Record<string, { readonly size: number; readonly field: number }>> = {
  trace_id: { size: 16, field: 5 },
  span_id: { size: 8, field: 4 },
}

function writeExemplar(w: Writer, field: number, { labels, value, timestamp }: Exemplar): void {
  w.tag(field, LENGTH).fork(64).tag(2, FIXED64).fixed64Exact(nanos(timestamp)).tag(3, FIXED64).double(value)
  for (const [name, text] of labels) {
    const id = Object.hasOwn(ids, name.toLowerCase()) ? ids[name.toLowerCase()]! : undefined
    const bytes = id === undefined ? undefined : fromHex(text)
    // Shorter ids get zeros in front; what is no id stays a label.
    if (id === undefined || bytes === undefined || bytes.length > id.size || bytes.length === 0) writeAttributes(w, 7, [[name, text]])
    else {
      const padded = new Uint8Array(id.size)
      padded.set(bytes, id.size - bytes.length)
      w.tag(id.field, LENGTH).bytes(padded)
    }
  }
  w.join()
}
