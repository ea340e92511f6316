import { type AttributeValue, readAttribute, readValue, valueTags, writeValue } from '../../wire/otlp-value.ts'
import { FIXED32, LENGTH, tag, text } from '../../wire/reader.ts'
import type { Writer } from '../../wire/writer.ts'
import { Notes, nothing } from './notes.ts'

const KEY = tag(1, LENGTH)
const VALUE = tag(2, LENGTH)
const encoder = new TextEncoder()

/** UTF-8 of keys, encoded once: a pipeline names few, and asks for the same one or two at every item. */
const keys = new Map<string, Uint8Array>()
let latest = ''
let latestBytes: Uint8Array = nothing
let earlier = ''
let earlierBytes: Uint8Array = nothing

function keyBytes(key: string): Uint8Array {
  if (key === latest) return latestBytes
  if (key === earlier) return earlierBytes
  let bytes = keys.get(key)
  if (bytes === undefined) {
    if (keys.size >= 1024) keys.clear()
    keys.set(key, bytes = encoder.encode(key))
  }
  earlier = latest
  earlierBytes = latestBytes
  latest = key
  latestBytes = bytes
  return bytes
}

interface Encoded {
  readonly key: Uint8Array
  readonly value: string
  readonly tag: number
  readonly from: number
  readonly to: number
  readonly keyAt: number
}

/** The fields and attributes of one message, read and edited where they are (see notes.ts). */
export class Fields extends Notes {
  /** The attributes encoded last, still in `extra`: what a pipeline sets on one item it sets on all. */
  private recent: Encoded[] = []

  // Plain fields. Of a field that occurs twice the last one counts, as protobuf has it.

  has(wanted: number): boolean {
    return this.find(wanted) >= 0
  }

  string(wanted: number): string {
    const r = this.open(this.find(wanted))
    return r === undefined ? '' : r.string()
  }

  content(wanted: number): Uint8Array {
    const r = this.open(this.find(wanted))
    return r === undefined ? nothing : r.subarray()
  }

  /** A varint of at most 32 bits, or a fixed32. */
  uint32(wanted: number): number {
    const r = this.open(this.find(wanted))
    if (r === undefined) return 0
    return (wanted & 7) === FIXED32 ? r.fixed32() : r.varint()
  }

  bool(wanted: number): boolean {
    return this.open(this.find(wanted))?.bool() ?? false
  }

  fixed64(wanted: number): bigint {
    return this.open(this.find(wanted))?.fixed64Exact() ?? 0n
  }

  double(wanted: number): number | undefined {
    return this.open(this.find(wanted))?.double()
  }

  anyValue(wanted: number): AttributeValue {
    const r = this.open(this.find(wanted))
    if (r === undefined) return null
    r.range()
    return readValue(r, r.from, r.to)
  }

  /** The contents of every field with this tag, in order. */
  contents(wanted: number): Uint8Array[] {
    this.note()
    const found: Uint8Array[] = []
    for (let i = 0; i < this.count; i++) if (this.is(i, wanted)) found.push(this.open(i)!.subarray())
    return found
  }

  /** Replaces the field (or adds it at the end) by what `encode` writes after its tag. */
  put(wanted: number, encode: (w: Writer) => void): void {
    const i = this.find(wanted)
    const from = this.extra.pos
    encode(this.extra.varint(wanted))
    this.store(i, wanted, from, this.extra.pos)
  }

  /** Removes every field with this tag. */
  remove(wanted: number): void {
    for (let i = this.find(wanted); i >= 0; i = this.find(wanted)) this.drop(i)
  }

  /** Replaces every field with this tag by one for each of `contents`, at the end. */
  replaceAll(wanted: number, contents: readonly Uint8Array[]): void {
    this.remove(wanted)
    for (const content of contents) {
      const from = this.extra.pos
      this.extra.varint(wanted).bytes(content)
      this.store(-1, wanted, from, this.extra.pos)
    }
  }

  // Attributes. Of a key that occurs twice the first one counts, as in the collector.

  hasKey(key: string): boolean {
    return this.findKey(keyBytes(key)) >= 0
  }

  attribute(key: string): AttributeValue | undefined {
    const i = this.findKey(keyBytes(key))
    return i < 0 ? undefined : this.valueAt(i)
  }

  setAttribute(key: string, value: AttributeValue, when: 'always' | 'absent' | 'present' = 'always'): boolean {
    const encoded = keyBytes(key)
    const i = this.findKey(encoded)
    if (when !== 'always' && (when === 'absent') === (i >= 0)) return false
    const known = typeof value === 'string' ? this.known(encoded, value) : undefined
    const { from, to, keyAt } = known ?? this.encode(encoded, value)
    const stored = this.store(i, this.attributeTag, from, to)
    this.setKey(stored, keyAt, encoded.length)
    return true
  }

  deleteAttribute(key: string): boolean {
    const i = this.findKey(keyBytes(key))
    if (i < 0) return false
    this.drop(i)
    return true
  }

  * attributes(): Generator<[key: string, value: AttributeValue]> {
    this.note()
    for (let i = 0; i < this.count; i++) if (this.isAttribute(i)) yield [this.keyOf(i), this.valueAt(i)]
  }

  /** Keys only: values stay undecoded. */
  keys(): string[] {
    this.note()
    const found: string[] = []
    for (let i = 0; i < this.count; i++) if (this.isAttribute(i)) found.push(this.keyOf(i))
    return found
  }

  private valueAt(i: number): AttributeValue {
    const source = this.isExtra(i) ? this.extra.buffer : this.bytes
    const pos = this.keyEnd(i)
    const length = this.to(i) - pos
    // After the key nothing but a string of fewer than 124 bytes: | VALUE len | string len text
    if (length >= 4 && length < 0x80 && source[pos] === VALUE && source[pos + 1] === length - 2
      && source[pos + 2] === valueTags.string && source[pos + 3] === length - 4) return text(source, pos + 4, pos + length)
    const r = this.open(i)!
    r.range()
    return readAttribute(r, r.from, r.to).value
  }

  private known(key: Uint8Array, value: string): Encoded | undefined {
    for (const one of this.recent) if (one.key === key && one.value === value && one.tag === this.attributeTag) return one
    return undefined
  }

  private encode(key: Uint8Array, value: AttributeValue): Omit<Encoded, 'value'> {
    const { extra, attributeTag, recent } = this
    const from = extra.pos
    const keyAt = this.encodeShort(key, value) || this.encodeAny(key, value)
    const encoded = { key, tag: attributeTag, from, to: extra.pos, keyAt }
    if (typeof value === 'string' && recent.length < 8) recent.push({ ...encoded, value })
    return encoded
  }

  protected override forget(): void {
    super.forget()
    this.recent.length = 0
  }

  /** Writes an attribute whose lengths are known beforehand to take a byte each; answers where the key is, or 0 if it is not so. */
  private encodeShort(key: Uint8Array, value: AttributeValue): number {
    if (typeof value !== 'string' || this.attributeTag >= 0x80) return 0
    const { length } = value
    if (key.length + length > 0x78) return 0
    const { extra } = this
    extra.reserve(key.length + length + 8)
    const { buffer, pos } = extra
    let at = pos
    buffer[at++] = this.attributeTag
    buffer[at++] = key.length + length + 6
    buffer[at++] = KEY
    buffer[at++] = key.length
    const keyAt = at
    for (let i = 0; i < key.length; i++) buffer[at++] = key[i]!
    buffer[at++] = VALUE
    buffer[at++] = length + 2
    buffer[at++] = valueTags.string
    buffer[at++] = length
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i)
      if (unit >= 0x80) return 0
      buffer[at++] = unit
    }
    extra.pos = at
    return keyAt
  }

  private encodeAny(key: Uint8Array, value: AttributeValue): number {
    const { extra } = this
    extra.varint(this.attributeTag).fork(key.length + 32)
    extra.varint(KEY).bytes(key)
    const keyEnd = extra.pos
    extra.varint(VALUE).fork()
    writeValue(extra, value)
    const before = extra.join().pos
    // The outer length may take a byte more or less than expected, which moves everything behind it.
    return keyEnd - key.length + extra.join().pos - before
  }
}
