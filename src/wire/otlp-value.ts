/** OTLP attributes and values (common.KeyValue, common.AnyValue) as JavaScript values. */

import { defaultLimits } from './limits.ts'
import { FIXED64, LENGTH, type Reader, VARINT, tag } from './reader.ts'
import type { Writer } from './writer.ts'

/**
 * A value of an attribute or a log body, exactly: an integer is a bigint (`200n`), a double is a number (`200` is the double 200.0),
 * a key-value list is a Map in its order, and a value with nothing set is null.
 */
export type AttributeValue = string | boolean | bigint | number | Uint8Array | null | readonly AttributeValue[] | AttributeMap
export type AttributeMap = ReadonlyMap<string, AttributeValue>
export interface Attribute {
  readonly key: string
  readonly value: AttributeValue
}

const KEY = tag(1, LENGTH)
const VALUE = tag(2, LENGTH)
const ITEM = tag(1, LENGTH)
export const valueTags = {
  string: tag(1, LENGTH),
  bool: tag(2, VARINT),
  int: tag(3, VARINT),
  double: tag(4, FIXED64),
  array: tag(5, LENGTH),
  map: tag(6, LENGTH),
  bytes: tag(7, LENGTH),
} as const

/** Decodes the AnyValue in `r.bytes[from, to)`; leaves the reader's position and end as they were. */
export function readValue(r: Reader, from: number, to: number, depth = 0): AttributeValue {
  if (depth > defaultLimits.depth) throw r.error(`values nest deeper than ${defaultLimits.depth}`, from)
  const { pos, end } = r
  r.pos = from
  r.end = to
  let value: AttributeValue = null
  while (r.next() !== 0) {
    switch (r.tag) {
      case valueTags.string: value = r.string(); break
      case valueTags.bool: value = r.bool(); break
      case valueTags.int: value = r.int64(); break
      case valueTags.double: value = r.double(); break
      case valueTags.bytes: value = r.subarray(); break
      case valueTags.array: {
        r.range()
        value = readArray(r, r.from, r.to, depth + 1)
        break
      }
      case valueTags.map: {
        r.range()
        value = readMap(r, r.from, r.to, depth + 1)
        break
      }
      default: r.skip()
    }
  }
  r.pos = pos
  r.end = end
  return value
}

function readArray(r: Reader, from: number, to: number, depth: number): AttributeValue[] {
  const { pos, end } = r
  r.pos = from
  r.end = to
  const values: AttributeValue[] = []
  while (r.next() !== 0) {
    r.skip()
    if (r.tag === ITEM) values.push(readValue(r, r.from, r.to, depth))
  }
  r.pos = pos
  r.end = end
  return values
}

function readMap(r: Reader, from: number, to: number, depth: number): AttributeMap {
  const { pos, end } = r
  r.pos = from
  r.end = to
  const entries = new Map<string, AttributeValue>()
  while (r.next() !== 0) {
    r.skip()
    if (r.tag !== ITEM) continue
    const { key, value } = readAttribute(r, r.from, r.to, depth)
    entries.set(key, value)
  }
  r.pos = pos
  r.end = end
  return entries
}

/** Decodes the KeyValue in `r.bytes[from, to)`; leaves the reader's position and end as they were. */
export function readAttribute(r: Reader, from: number, to: number, depth = 0): Attribute {
  const { pos, end } = r
  r.pos = from
  r.end = to
  let key = ''
  let value: AttributeValue = null
  while (r.next() !== 0) {
    if (r.tag === KEY) key = r.string()
    else {
      r.skip()
      if (r.tag === VALUE) value = readValue(r, r.from, r.to, depth)
    }
  }
  r.pos = pos
  r.end = end
  return { key, value }
}

/** Writes the fields of an AnyValue, without tag and length of its own. */
export function writeValue(w: Writer, value: AttributeValue): void {
  if (typeof value === 'string') w.varint(valueTags.string).string(value)
  else if (typeof value === 'boolean') w.varint(valueTags.bool).bool(value)
  else if (typeof value === 'bigint') w.varint(valueTags.int).bigint(value)
  else if (typeof value === 'number') w.varint(valueTags.double).double(value)
  else if (value instanceof Uint8Array) w.varint(valueTags.bytes).bytes(value)
  else if (value !== null) writeList(w, value)
}

function writeList(w: Writer, list: readonly AttributeValue[] | AttributeMap): void {
  const map = isMap(list)
  w.varint(map ? valueTags.map : valueTags.array).fork()
  for (const item of map ? list.entries() : list) {
    w.varint(ITEM).fork()
    if (map) writeAttribute(w, ...(item as [string, AttributeValue]))
    else writeValue(w, item)
    w.join()
  }
  w.join()
}

/** Writes the fields of a KeyValue, without tag and length of its own. */
export function writeAttribute(w: Writer, key: string, value: AttributeValue): void {
  w.varint(KEY).string(key).varint(VALUE).fork()
  writeValue(w, value)
  w.join()
}

/** Whether a value is a key-value list. */
export const isMap = (value: AttributeValue): value is AttributeMap => value instanceof Map
