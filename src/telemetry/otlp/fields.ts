import { WireError } from '../../wire/error.ts'
import { type AttributeValue, readAttribute, readValue, valueTags, writeValue } from '../../wire/otlp-value.ts'
import { FIXED32, LENGTH, Reader, tag, text } from '../../wire/reader.ts'
import { Writer } from '../../wire/writer.ts'

/** Where a field's bytes are: in the input, in `extra` (it was written by an edit), or nowhere any more. */
const INPUT = 0
const EXTRA = 1
const GONE = 2

const KEY = tag(1, LENGTH)
const VALUE = tag(2, LENGTH)
const encoder = new TextEncoder()
const keys = new Map<string, Uint8Array>()

/** UTF-8 of an attribute key; the few keys that a pipeline names are encoded once. */
function keyBytes(key: string): Uint8Array {
  const known = keys.get(key)
  if (known !== undefined) return known
  if (keys.size >= 1024) keys.clear()
  const bytes = encoder.encode(key)
  keys.set(key, bytes)
  return bytes
}

/**
 * The fields of one message, noted in one pass as offsets, with the edits made to them. One object serves every message of a walk
 * (`reset`), so that reading and editing allocate nothing per message; it notes only when something is asked for.
 *
 *     at   from            to            of an attribute, also   keyFrom..keyTo
 *     |tag |length  content |
 */
export class Fields {
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  end = 0
  /** Whether an edit has changed anything since `reset`. */
  dirty = false
  /** Bytes that edits wrote. */
  readonly extra = new Writer(256)
  private attributeTag: number
  private noted = false
  private settledEdits = false
  private count = 0
  private tags = new Uint32Array(32)
  private at = new Int32Array(32)
  private from = new Int32Array(32)
  private to = new Int32Array(32)
  private keyFrom = new Int32Array(32)
  private keyTo = new Int32Array(32)
  private origin = new Uint8Array(32)
  private readonly reader: Reader
  /** Tags that belong to somebody else and are left out (a metric's data). */
  private readonly foreign: ReadonlySet<number> | undefined

  constructor(format: string, attributeTag: number, foreign?: ReadonlySet<number>) {
    this.reader = new Reader(this.bytes, 0, 0, format)
    this.attributeTag = attributeTag
    this.foreign = foreign
  }

  /** Turns to the message in `bytes[start, end)`, whose attributes have the given tag. */
  reset(bytes: Uint8Array, start: number, end: number, attributeTag = this.attributeTag): void {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.attributeTag = attributeTag
    this.noted = false
    if (this.dirty || this.settledEdits) {
      this.dirty = this.settledEdits = false
      this.extra.pos = 0
    }
  }

  /** Says that the edits so far are written: `dirty` means further ones from now on, though `write` still writes all. */
  settled(): void {
    this.dirty = false
    this.settledEdits = true
  }

  /** How many bytes `write` will write, roughly. */
  get size(): number {
    return this.end - this.start + this.extra.pos
  }

  /** Writes the message as edited, without tag and length of its own: runs of untouched fields are copied as one range. */
  write(out: Writer): void {
    this.note()
    const { bytes, origin, at, to, count, extra } = this
    let runFrom = 0
    let runTo = 0
    for (let i = 0; i < count; i++) {
      const where = origin[i]!
      if (where === GONE) continue
      if (where === INPUT && at[i] === runTo) {
        runTo = to[i]!
        continue
      }
      out.raw(bytes, runFrom, runTo)
      runFrom = runTo = 0
      if (where === INPUT) {
        runFrom = at[i]!
        runTo = to[i]!
      } else out.raw(extra.buffer, at[i], to[i])
    }
    out.raw(bytes, runFrom, runTo)
  }

  /** The message as edited, as an array of its own. */
  edited(): Uint8Array {
    const out = new Writer(this.size)
    this.write(out)
    return out.finish()
  }

  // Plain fields. Of a field that occurs twice the last one counts, as protobuf has it.

  string(wanted: number): string {
    const i = this.find(wanted)
    return i < 0 ? '' : text(this.source(i), this.from[i]!, this.to[i]!)
  }

  content(wanted: number): Uint8Array {
    const i = this.find(wanted)
    return i < 0 ? new Uint8Array(0) : this.source(i).subarray(this.from[i], this.to[i])
  }

  /** A varint of at most 32 bits, or a fixed32. */
  uint32(wanted: number): number {
    const i = this.find(wanted)
    if (i < 0) return 0
    return (wanted & 7) === FIXED32 ? this.value(i).fixed32() : this.value(i).varint()
  }

  bool(wanted: number): boolean {
    const i = this.find(wanted)
    return i >= 0 && this.value(i).bool()
  }

  fixed64(wanted: number): bigint {
    const i = this.find(wanted)
    return i < 0 ? 0n : this.value(i).fixed64Exact()
  }

  double(wanted: number): number | undefined {
    const i = this.find(wanted)
    return i < 0 ? undefined : this.value(i).double()
  }

  has(wanted: number): boolean {
    return this.find(wanted) >= 0
  }

  anyValue(wanted: number): AttributeValue {
    const i = this.find(wanted)
    return i < 0 ? null : readValue(this.value(i), this.from[i]!, this.to[i]!)
  }

  /** The contents of every field with this tag, in order. */
  * contents(wanted: number): Generator<Uint8Array> {
    this.note()
    for (let i = 0; i < this.count; i++) {
      if (this.tags[i] === wanted && this.origin[i] !== GONE) yield this.source(i).subarray(this.from[i], this.to[i])
    }
  }

  /** Replaces the field (or adds it at the end) by what `encode` writes after its tag. */
  put(wanted: number, encode: (w: Writer) => void): void {
    const i = this.find(wanted)
    const { extra } = this
    const start = extra.pos
    extra.varint(wanted)
    const content = extra.pos
    encode(extra)
    this.store(i, wanted, start, content)
    if ((wanted & 7) !== LENGTH) return
    const stored = i < 0 ? this.count - 1 : i
    const r = this.value(stored)
    r.range()
    this.from[stored] = r.from
  }

  /** Removes every field with this tag. */
  remove(wanted: number): void {
    for (let i = this.find(wanted); i >= 0; i = this.find(wanted)) this.drop(i)
  }

  // Attributes. Of a key that occurs twice the first one counts, as in the collector.

  hasKey(key: string): boolean {
    return this.findKey(key) >= 0
  }

  attribute(key: string): AttributeValue | undefined {
    const i = this.findKey(key)
    return i < 0 ? undefined : this.attributeValue(i)
  }

  setAttribute(key: string, value: AttributeValue, when: 'always' | 'absent' | 'present' = 'always'): boolean {
    const i = this.findKey(key)
    if (when !== 'always' && (when === 'absent') === (i >= 0)) return false
    const { extra } = this
    const start = extra.pos
    const encoded = keyBytes(key)
    extra.varint(this.attributeTag).fork(encoded.length + 32)
    const content = extra.pos
    extra.varint(KEY).bytes(encoded)
    const keyEnd = extra.pos
    extra.varint(VALUE).fork(typeof value === 'string' ? value.length + 2 : 0)
    writeValue(extra, value)
    extra.join()
    const before = extra.pos
    extra.join()
    // The outer length may have taken a byte less or more than expected.
    const moved = extra.pos - before
    const stored = this.store(i, this.attributeTag, start, content + moved)
    this.keyFrom[stored] = keyEnd - encoded.length + moved
    this.keyTo[stored] = keyEnd + moved
    return true
  }

  deleteAttribute(key: string): boolean {
    const i = this.findKey(key)
    if (i < 0) return false
    this.drop(i)
    return true
  }

  * attributes(): Generator<[key: string, value: AttributeValue]> {
    this.note()
    for (let i = 0; i < this.count; i++) {
      if (this.tags[i] !== this.attributeTag || this.origin[i] === GONE) continue
      yield [text(this.source(i), this.keyFrom[i]!, this.keyTo[i]!), this.attributeValue(i)]
    }
  }

  /** Keys only: values stay undecoded. */
  keys(): string[] {
    this.note()
    const found: string[] = []
    for (let i = 0; i < this.count; i++) {
      if (this.tags[i] !== this.attributeTag || this.origin[i] === GONE) continue
      found.push(text(this.source(i), this.keyFrom[i]!, this.keyTo[i]!))
    }
    return found
  }

  private attributeValue(i: number): AttributeValue {
    const source = this.source(i)
    const pos = this.keyTo[i]!
    const to = this.to[i]!
    // Key, then a string of fewer than 126 bytes, and no more: |12 len| 0a len text|
    if (to - pos > 3 && source[pos] === VALUE && source[pos + 1] === to - pos - 2 && source[pos + 2] === valueTags.string
      && source[pos + 3] === to - pos - 4 && to - pos < 0x80) return text(source, pos + 4, to)
    return readAttribute(this.value(i), this.from[i]!, to).value
  }

  private find(wanted: number): number {
    this.note()
    for (let i = this.count - 1; i >= 0; i--) if (this.tags[i] === wanted && this.origin[i] !== GONE) return i
    return -1
  }

  private findKey(key: string): number {
    this.note()
    const wanted = keyBytes(key)
    const { length } = wanted
    const { keyFrom, keyTo, count, origin } = this
    for (let i = 0; i < count; i++) {
      const from = keyFrom[i]!
      if (keyTo[i]! - from !== length || origin[i] === GONE) continue
      const source = origin[i] === INPUT ? this.bytes : this.extra.buffer
      // Keys share prefixes (`http.`, `k8s.pod.`): their ends differ first.
      let k = length - 1
      while (k >= 0 && source[from + k] === wanted[k]) k--
      if (k < 0) return i
    }
    return -1
  }

  private source(i: number): Uint8Array {
    return this.origin[i] === INPUT ? this.bytes : this.extra.buffer
  }

  /** The reader, at the content of field `i`. */
  private value(i: number): Reader {
    return this.reader.reset(this.source(i), this.from[i], this.to[i])
  }

  private drop(i: number): void {
    this.origin[i] = GONE
    this.dirty = true
  }

  private store(replaced: number, wanted: number, start: number, content: number): number {
    let i = replaced
    if (i < 0) {
      i = this.count
      if (i === this.tags.length) this.widen()
      this.count = i + 1
      this.keyFrom[i] = 0
      this.keyTo[i] = -1
    }
    this.tags[i] = wanted
    this.at[i] = start
    this.from[i] = content
    this.to[i] = this.extra.pos
    this.origin[i] = EXTRA
    this.dirty = true
    return i
  }

  private note(): void {
    if (this.noted) return
    this.noted = true
    this.count = 0
    const r = this.reader.reset(this.bytes, this.start, this.end)
    const { attributeTag, foreign } = this
    while (r.next() !== 0) {
      const { tag, at, pos } = r
      r.skip()
      if (foreign?.has(tag)) continue
      const i = this.count
      if (i === this.tags.length) this.widen()
      this.count = i + 1
      const isLength = (tag & 7) === LENGTH
      this.tags[i] = tag
      this.at[i] = at
      this.from[i] = isLength ? r.from : pos
      this.to[i] = r.pos
      this.origin[i] = INPUT
      if (tag === attributeTag) this.noteKey(i, r.from, r.to)
      else {
        this.keyFrom[i] = 0
        this.keyTo[i] = -1
      }
    }
  }

  private noteKey(i: number, from: number, to: number): void {
    const { bytes } = this
    // Every encoder writes the key first; short keys need one byte of length.
    const length = bytes[from + 1]!
    if (to - from >= 2 && bytes[from] === KEY && length < 0x80 && from + 2 + length <= to) {
      this.keyFrom[i] = from + 2
      this.keyTo[i] = from + 2 + length
      return
    }
    const r = new Reader(bytes, from, to, this.reader.format)
    this.keyFrom[i] = this.keyTo[i] = from
    while (r.next() !== 0) {
      r.skip()
      if (r.tag !== KEY) continue
      this.keyFrom[i] = r.from
      this.keyTo[i] = r.to
    }
  }

  private widen(): void {
    const length = 2 * this.tags.length
    if (length > 1 << 24) throw new WireError(this.reader.format, this.start, 'more than 16 million fields in one message')
    const wider = <A extends Int32Array | Uint32Array | Uint8Array>(from: A, to: A): A => {
      to.set(from)
      return to
    }
    this.tags = wider(this.tags, new Uint32Array(length))
    this.at = wider(this.at, new Int32Array(length))
    this.from = wider(this.from, new Int32Array(length))
    this.to = wider(this.to, new Int32Array(length))
    this.keyFrom = wider(this.keyFrom, new Int32Array(length))
    this.keyTo = wider(this.keyTo, new Int32Array(length))
    this.origin = wider(this.origin, new Uint8Array(length))
  }
}
