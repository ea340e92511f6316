import { WireError } from '../../wire/error.ts'
import { type AttributeValue, readAttribute, readValue, valueTags, writeValue } from '../../wire/otlp-value.ts'
import { FIXED32, LENGTH, Reader, tag, text } from '../../wire/reader.ts'
import { Writer, varintSize } from '../../wire/writer.ts'

/** A field's notes lie side by side in one array, SLOT numbers each. */
const SLOT = 8
const TAG = 0
const AT = 1
const KEY_FROM = 2
const KEY_LENGTH = 3
const ORIGIN = 4
const EXTRA_FROM = 5
const EXTRA_TO = 6

/** Where a field's bytes are (ORIGIN): in the input, in `extra` (an edit wrote it), or nowhere any more. */
const INPUT = 0
const EXTRA = 1
const GONE = 2

/** Once edits have written more than this, `extra` starts anew at the next message. */
const KEEP = 16_384

const KEY = tag(1, LENGTH)
const VALUE = tag(2, LENGTH)
const encoder = new TextEncoder()
const nothing = new Uint8Array(0)

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

/**
 * The fields of one message, noted in one pass as offsets, with the edits made to them. One object serves every message of a walk
 * (`reset`), so that reading and editing allocate nothing per message; it notes only when something is asked for.
 *
 *     AT                             the next one's AT
 *     | tag | length | content ...   |           of an attribute: KEY_FROM, KEY_LENGTH (else -1)
 *
 * What an edit wrote stands in `extra` (EXTRA_FROM, EXTRA_TO); a field that edits added has an index past `noted`.
 */
export class Fields {
  bytes: Uint8Array = nothing
  start = 0
  end = 0
  /** Whether an edit has changed anything since `reset` or `settled`. */
  dirty = false
  private attributeTag: number
  /** Fields noted in the input, -1 before the pass. */
  private noted = -1
  /** Noted and added fields. */
  private count = 0
  /** Whether any origin is other than INPUT. */
  private edited = false
  /** The first and the last field that an edit concerned: what is outside need not be looked at. */
  private first = 0
  private last = -1
  /** By how many bytes edits have made the message longer. */
  private growth = 0
  private notes = new Int32Array(64 * SLOT)
  private readonly extra = new Writer(256)
  /** How much of `extra` stands in the shared output too, and where. */
  private placed = 0
  private placedAt = 0
  /** The attributes encoded last, still in `extra`: what a pipeline sets on one item it sets on all. */
  private recent: Encoded[] = []
  private readonly reader: Reader
  /** Tags that belong to somebody else and are left out (a metric's data). */
  private readonly foreign: ReadonlySet<number> | undefined

  constructor(format: string, attributeTag: number, foreign?: ReadonlySet<number>) {
    this.reader = new Reader(nothing, 0, 0, format)
    this.attributeTag = attributeTag
    this.foreign = foreign
  }

  /** Turns to the message in `bytes[start, end)`, whose attributes have the given tag. */
  reset(bytes: Uint8Array, start: number, end: number, attributeTag = this.attributeTag): void {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.attributeTag = attributeTag
    this.noted = -1
    if (!this.edited) return
    this.edited = this.dirty = false
    this.growth = 0
    if (this.extra.pos > KEEP) this.forget()
    for (let i = this.first; i <= this.last; i++) this.notes[i * SLOT + ORIGIN] = INPUT
    this.last = -1
  }

  /** Lets go of the input, and of what edits wrote. */
  release(): void {
    this.reset(nothing, 0, 0)
    this.forget()
    this.reader.reset(nothing)
  }

  /** Says that the edits so far are written: `dirty` means further ones from now on, though `write` still writes all. */
  settled(): void {
    this.dirty = false
  }

  /** Whether `write` would write anything but the input. */
  get changed(): boolean {
    return this.edited
  }

  /** Puts what edits have encoded so far into a shared output, where copying it to each item is cheapest. */
  place(out: Writer): void {
    this.placed = this.extra.pos
    this.placedAt = out.pos
    out.raw(this.extra.buffer, 0, this.extra.pos)
  }

  /** How many bytes `write` writes. */
  get size(): number {
    this.note()
    return this.end - this.start + this.growth
  }

  /**
   * Writes the message as edited, without tag and length of its own: runs of untouched fields are copied as one range, from the
   * output itself where the input is `shared` with it (see rewrite.ts).
   */
  write(out: Writer, shared = false): void {
    this.note()
    const { notes, noted, count, bytes, end } = this
    let runFrom = this.start
    const last = Math.min(this.last, noted - 1)
    for (let i = this.first; i <= last; i++) {
      const slot = i * SLOT
      const where = notes[slot + ORIGIN]!
      if (where === INPUT) continue
      const at = notes[slot + AT]!
      if (shared) out.again(runFrom, at)
      else out.raw(bytes, runFrom, at)
      runFrom = notes[slot + SLOT + AT]!
      if (where === EXTRA) this.writeExtra(out, slot, shared)
    }
    if (shared) out.again(runFrom, end)
    else out.raw(bytes, runFrom, end)
    for (let slot = noted * SLOT; slot < count * SLOT; slot += SLOT) {
      if (notes[slot + ORIGIN] === EXTRA) this.writeExtra(out, slot, shared)
    }
  }

  private writeExtra(out: Writer, slot: number, shared: boolean): void {
    const from = this.notes[slot + EXTRA_FROM]!
    const to = this.notes[slot + EXTRA_TO]!
    if (shared && to <= this.placed) out.again(this.placedAt + from, this.placedAt + to)
    else out.raw(this.extra.buffer, from, to)
  }

  /** The message as edited, as an array of its own. */
  whole(): Uint8Array {
    const out = new Writer(this.size)
    this.write(out)
    return out.finish()
  }

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
    return i < 0 ? undefined : this.valueOf(i)
  }

  setAttribute(key: string, value: AttributeValue, when: 'always' | 'absent' | 'present' = 'always'): boolean {
    const encoded = keyBytes(key)
    const i = this.findKey(encoded)
    if (when !== 'always' && (when === 'absent') === (i >= 0)) return false
    const known = typeof value === 'string' ? this.known(encoded, value) : undefined
    const { from, to, keyAt } = known ?? this.encode(encoded, value)
    const stored = this.store(i, this.attributeTag, from, to)
    this.notes[stored * SLOT + KEY_FROM] = keyAt
    this.notes[stored * SLOT + KEY_LENGTH] = encoded.length
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
    for (let i = 0; i < this.count; i++) if (this.isAttribute(i)) yield [this.keyOf(i), this.valueOf(i)]
  }

  /** Keys only: values stay undecoded. */
  keys(): string[] {
    this.note()
    const found: string[] = []
    for (let i = 0; i < this.count; i++) if (this.isAttribute(i)) found.push(this.keyOf(i))
    return found
  }

  private is(i: number, wanted: number): boolean {
    return this.notes[i * SLOT + TAG] === (wanted | 0) && this.notes[i * SLOT + ORIGIN] !== GONE
  }

  private isExtra(i: number): boolean {
    return this.notes[i * SLOT + ORIGIN] === EXTRA
  }

  private isAttribute(i: number): boolean {
    return this.notes[i * SLOT + KEY_LENGTH]! >= 0 && this.notes[i * SLOT + ORIGIN] !== GONE
  }

  /** Where the field begins and ends, in its source. */
  private from(i: number): number {
    return this.notes[i * SLOT + (this.isExtra(i) ? EXTRA_FROM : AT)]!
  }

  private to(i: number): number {
    return this.notes[i * SLOT + (this.isExtra(i) ? EXTRA_TO : SLOT + AT)]!
  }

  private keyOf(i: number): string {
    const from = this.notes[i * SLOT + KEY_FROM]!
    return text(this.isExtra(i) ? this.extra.buffer : this.bytes, from, from + this.notes[i * SLOT + KEY_LENGTH]!)
  }

  private valueOf(i: number): AttributeValue {
    const source = this.isExtra(i) ? this.extra.buffer : this.bytes
    const pos = this.notes[i * SLOT + KEY_FROM]! + this.notes[i * SLOT + KEY_LENGTH]!
    const length = this.to(i) - pos
    // After the key nothing but a string of fewer than 124 bytes: | VALUE len | string len text
    if (length >= 4 && length < 0x80 && source[pos] === VALUE && source[pos + 1] === length - 2
      && source[pos + 2] === valueTags.string && source[pos + 3] === length - 4) return text(source, pos + 4, pos + length)
    const r = this.open(i)!
    r.range()
    return readAttribute(r, r.from, r.to).value
  }

  /** The reader, behind the tag of field `i`; undefined for -1. */
  private open(i: number): Reader | undefined {
    if (i < 0) return undefined
    const source = this.isExtra(i) ? this.extra.buffer : this.bytes
    const tagSize = varintSize(this.notes[i * SLOT + TAG]! >>> 0)
    return this.reader.reset(source, this.from(i) + tagSize, this.to(i))
  }

  private find(wanted: number): number {
    this.note()
    for (let i = this.count - 1; i >= 0; i--) if (this.is(i, wanted)) return i
    return -1
  }

  private findKey(wanted: Uint8Array): number {
    if (this.noted < 0) this.note()
    const { notes, count, bytes } = this
    const { length } = wanted
    for (let i = 0; i < count; i++) {
      const slot = i * SLOT
      if (notes[slot + KEY_LENGTH] !== length) continue
      let source = bytes
      const where = notes[slot + ORIGIN]!
      if (where !== INPUT) {
        if (where === GONE) continue
        source = this.extra.buffer
      }
      // Keys share prefixes (`http.`, `k8s.pod.`): their ends differ first.
      const from = notes[slot + KEY_FROM]!
      let k = length - 1
      while (k >= 0 && source[from + k] === wanted[k]) k--
      if (k < 0) return i
    }
    return -1
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

  private forget(): void {
    this.extra.pos = this.placed = 0
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

  private drop(i: number): void {
    this.growth -= this.to(i) - this.from(i)
    this.notes[i * SLOT + ORIGIN] = GONE
    this.touch(i)
  }

  /** Notes that field `replaced` (a new one for -1) is now a range of `extra`. */
  private store(replaced: number, wanted: number, from: number, to: number): number {
    let i = replaced
    if (i >= 0) this.growth -= this.to(i) - this.from(i)
    else {
      i = this.count++
      if (this.count * SLOT >= this.notes.length) this.widen()
      this.notes[i * SLOT + TAG] = wanted
      this.notes[i * SLOT + KEY_LENGTH] = -1
    }
    const { notes } = this
    const slot = i * SLOT
    this.growth += to - from
    notes[slot + ORIGIN] = EXTRA
    notes[slot + EXTRA_FROM] = from
    notes[slot + EXTRA_TO] = to
    this.touch(i)
    return i
  }

  private touch(i: number): void {
    this.dirty = this.edited = true
    if (this.last < 0) this.first = this.last = i
    else if (i < this.first) this.first = i
    else if (i > this.last) this.last = i
  }

  /** The pass over the message. */
  private note(): void {
    if (this.noted >= 0) return
    if (this.foreign !== undefined || !this.notePlain()) this.noteAny()
    this.notes[this.noted * SLOT + AT] = this.end
    this.count = this.noted
    if (this.foreign === undefined) return
    for (let i = 0; i < this.noted; i++) {
      if (!this.foreign.has(this.notes[i * SLOT + TAG]! >>> 0)) continue
      const { dirty } = this
      this.drop(i)
      this.dirty = dirty
    }
  }

  /** The pass for messages as encoders write them; false for anything unusual, which the reader judges. */
  private notePlain(): boolean {
    const { bytes, end, attributeTag, notes } = this
    const room = notes.length - SLOT
    let pos = this.start
    let slot = 0
    while (pos < end) {
      if (slot === room) return false
      notes[slot + AT] = pos
      let tag = bytes[pos++]!
      if (tag >= 0x80) {
        const second = bytes[pos++]!
        if (!(second < 0x80)) return false
        tag = (tag & 0x7f) | (second << 7)
      }
      if (tag < 8) return false
      notes[slot + TAG] = tag
      notes[slot + KEY_LENGTH] = -1
      const wireType = tag & 7
      if (wireType === LENGTH) {
        let length = bytes[pos++]!
        if (length >= 0x80) {
          const second = bytes[pos++]!
          if (!(second < 0x80)) return false
          length = (length & 0x7f) | (second << 7)
        }
        if (tag === attributeTag) {
          // Every encoder writes the key first; of the longest keys the reader takes care.
          const key = bytes[pos + 1]!
          if (length < 2 || bytes[pos] !== KEY || key >= 0x80 || key + 2 > length) return false
          notes[slot + KEY_FROM] = pos + 2
          notes[slot + KEY_LENGTH] = key
        }
        pos += length
      } else if (wireType === 1) pos += 8
      else if (wireType === 5) pos += 4
      else if (wireType === 0) {
        const from = pos
        while (bytes[pos++]! >= 0x80);
        if (pos - from > 9) return false
      } else return false
      slot += SLOT
    }
    if (pos !== end) return false
    this.noted = slot / SLOT
    return true
  }

  private noteAny(): void {
    const r = this.reader.reset(this.bytes, this.start, this.end)
    let i = 0
    while (r.next() !== 0) {
      r.skip()
      if ((i + 1) * SLOT >= this.notes.length) this.widen()
      const slot = i * SLOT
      this.notes[slot + TAG] = r.tag
      this.notes[slot + AT] = r.at
      this.notes[slot + KEY_LENGTH] = -1
      if (r.tag === this.attributeTag) this.noteKey(slot, r.from, r.to)
      i++
    }
    this.noted = i
  }

  /** The key of an attribute in any order of fields; of none, the empty one. */
  private noteKey(slot: number, from: number, to: number): void {
    const r = new Reader(this.bytes, from, to, this.reader.format)
    this.notes[slot + KEY_FROM] = from
    this.notes[slot + KEY_LENGTH] = 0
    while (r.next() !== 0) {
      r.skip()
      if (r.tag !== KEY) continue
      this.notes[slot + KEY_FROM] = r.from
      this.notes[slot + KEY_LENGTH] = r.to - r.from
    }
  }

  private widen(): void {
    const length = 2 * this.notes.length
    if (length > 1 << 26) throw new WireError(this.reader.format, this.start, 'more than 8 million fields in one message')
    const wider = new Int32Array(length)
    wider.set(this.notes)
    this.notes = wider
  }
}
