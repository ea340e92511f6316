import { type AttributeValue, readAttribute, readValue, valueTags, writeValue } from '../../wire/otlp-value.ts'
import { FIXED32, LENGTH, tag, text } from '../../wire/reader.ts'
import type { Writer } from '../../wire/writer.ts'
import { SLOT, nothing } from './note-pass.ts'
import { Notes } from './notes.ts'

const KEY = tag(1, LENGTH)
const VALUE = tag(2, LENGTH)
const encoder = new TextEncoder()

/** UTF-8 of keys, encoded once: a pipeline names few, and asks for the same one or two at every item. */
const keys = new Map<string, Uint8Array>()
let latest = ''
let latestBytes: Uint8Array = nothing

function keyBytes(key: string): Uint8Array {
  return key === latest ? latestBytes : otherKeyBytes(key)
}

function otherKeyBytes(key: string): Uint8Array {
  let bytes = keys.get(key)
  if (bytes === undefined) {
    if (keys.size >= 1024) keys.clear()
    keys.set(key, bytes = encoder.encode(key))
  }
  latest = key
  latestBytes = bytes
  return bytes
}

/** An attribute that was encoded: its key, and where it stands in `extra`. */
interface Encoded {
  readonly key: string
  readonly value: AttributeValue
  readonly tag: number
  readonly keyBytes: Uint8Array
  readonly keyAt: number
  readonly range: number
}

/** The fields and attributes of one message, read and edited where they are (see notes.ts). */
export class Fields extends Notes {
  /** Whether the message is to go; whoever turns to the next one says no. */
  dropped = false
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
    for (let slot = 0; slot < this.last; slot += SLOT) if (this.is(slot, wanted)) found.push(this.open(slot)!.subarray())
    return found
  }

  /** Replaces the field (or adds it at the end) by what `encode` writes after its tag. */
  put(wanted: number, encode: (w: Writer) => void): void {
    const slot = this.find(wanted)
    const from = this.extra.writer.pos
    encode(this.extra.writer.varint(wanted))
    this.store(slot, wanted, this.extra.add(from))
  }

  /** Removes every field with this tag. */
  remove(wanted: number): void {
    for (let slot = this.find(wanted); slot >= 0; slot = this.find(wanted)) this.drop(slot)
  }

  /** Replaces every field with this tag by one for each of `contents`, at the end. */
  replaceAll(wanted: number, contents: readonly Uint8Array[]): void {
    this.remove(wanted)
    for (const content of contents) {
      const from = this.extra.writer.pos
      this.extra.writer.varint(wanted).bytes(content)
      this.store(-1, wanted, this.extra.add(from))
    }
  }

  // Attributes. Of a key that occurs twice the first one counts, as in the collector.

  hasKey(key: string): boolean {
    return this.findKey(keyBytes(key)) >= 0
  }

  attribute(key: string): AttributeValue | undefined {
    const slot = this.findKey(keyBytes(key))
    return slot < 0 ? undefined : this.valueAt(slot)
  }

  setAttribute(key: string, value: AttributeValue, when: 'always' | 'absent' | 'present' = 'always'): boolean {
    const known = this.known(key, value)
    const slot = this.findKey(known === undefined ? keyBytes(key) : known.keyBytes)
    if (when !== 'always' && (when === 'absent') === (slot >= 0)) return false
    const { range, keyAt, keyBytes: { length } } = known ?? this.encode(key, value)
    this.storeAttribute(slot, range, keyAt, length)
    return true
  }

  deleteAttribute(key: string): boolean {
    const slot = this.findKey(keyBytes(key))
    if (slot < 0) return false
    this.drop(slot)
    return true
  }

  * attributes(): Generator<[key: string, value: AttributeValue]> {
    this.note()
    for (let slot = 0; slot < this.last; slot += SLOT) if (this.isAttribute(slot)) yield [this.keyOf(slot), this.valueAt(slot)]
  }

  /** Keys only: values stay undecoded. */
  keys(): string[] {
    this.note()
    const found: string[] = []
    for (let slot = 0; slot < this.last; slot += SLOT) if (this.isAttribute(slot)) found.push(this.keyOf(slot))
    return found
  }

  private valueAt(slot: number): AttributeValue {
    const source = this.isExtra(slot) ? this.extra.writer.buffer : this.bytes
    const pos = this.keyEnd(slot)
    const length = this.to(slot) - pos
    // After the key nothing but a string of fewer than 124 bytes: | VALUE len | string len text
    if (length >= 4 && length < 0x80 && source[pos] === VALUE && source[pos + 1] === length - 2
      && source[pos + 2] === valueTags.string && source[pos + 3] === length - 4) return text(source, pos + 4, pos + length)
    const r = this.open(slot)!
    r.range()
    return readAttribute(r, r.from, r.to).value
  }

  private known(key: string, value: AttributeValue): Encoded | undefined {
    const { recent, attributeTag } = this
    for (let i = 0; i < recent.length; i++) {
      const one = recent[i]!
      if (one.key === key && one.value === value && one.tag === attributeTag) return one
    }
    return undefined
  }

  private encode(key: string, value: AttributeValue): Encoded {
    const { extra, attributeTag: tag, recent } = this
    const bytes = keyBytes(key)
    const from = extra.writer.pos
    const keyAt = this.encodeShort(bytes, value) || this.encodeAny(bytes, value)
    const encoded = { key, value, tag, keyBytes: bytes, keyAt, range: extra.add(from) }
    // Objects may change, and are not remembered; neither are numbers, of which 0 equals -0.
    if (recent.length < 8 && (typeof value === 'string' || typeof value === 'boolean')) recent.push(encoded)
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
    const { writer: extra } = this.extra
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
    const { writer: extra } = this.extra
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
