import { WireError } from '../../wire/error.ts'
import { LENGTH, Reader, tag, text } from '../../wire/reader.ts'
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
export const nothing = new Uint8Array(0)

/**
 * The fields of one message, noted in one pass as offsets, with the edits made to them. One object serves every message of a walk
 * (`reset`), so that reading and editing allocate nothing per message; it notes only when something is asked for.
 *
 *     AT                             the next one's AT
 *     | tag | length | content ...   |           of an attribute: KEY_FROM, KEY_LENGTH (else -1)
 *
 * What an edit wrote stands in `extra` (EXTRA_FROM, EXTRA_TO); a field that edits added has an index past `noted`.
 */
export class Notes {
  bytes: Uint8Array = nothing
  start = 0
  end = 0
  /** Whether an edit has changed anything since `reset` or `settled`. */
  dirty = false
  protected attributeTag: number
  /** Fields noted in the input, -1 before the pass. */
  private noted = -1
  /** Noted and added fields. */
  protected count = 0
  /** Whether any origin is other than INPUT. */
  private edited = false
  /** The first and the last field that an edit concerned: what is outside need not be looked at. */
  private first = 0
  private last = -1
  /** By how many bytes edits have made the message longer. */
  private growth = 0
  private notes = new Int32Array(64 * SLOT)
  protected readonly extra = new Writer(256)
  /** How much of `extra` stands in the shared output too, and where. */
  private placed = 0
  private placedAt = 0
  protected readonly reader: Reader
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

  // For what is built on the notes; `i` is the index of a field.

  protected is(i: number, wanted: number): boolean {
    return this.notes[i * SLOT + TAG] === (wanted | 0) && this.notes[i * SLOT + ORIGIN] !== GONE
  }

  protected isExtra(i: number): boolean {
    return this.notes[i * SLOT + ORIGIN] === EXTRA
  }

  protected isAttribute(i: number): boolean {
    return this.notes[i * SLOT + KEY_LENGTH]! >= 0 && this.notes[i * SLOT + ORIGIN] !== GONE
  }

  /** Where the field begins and ends, in its source. */
  private from(i: number): number {
    return this.notes[i * SLOT + (this.isExtra(i) ? EXTRA_FROM : AT)]!
  }

  protected to(i: number): number {
    return this.notes[i * SLOT + (this.isExtra(i) ? EXTRA_TO : SLOT + AT)]!
  }

  /** The reader, behind the tag of field `i`; undefined for -1. */
  protected open(i: number): Reader | undefined {
    if (i < 0) return undefined
    const source = this.isExtra(i) ? this.extra.buffer : this.bytes
    const tagSize = varintSize(this.notes[i * SLOT + TAG]! >>> 0)
    return this.reader.reset(source, this.from(i) + tagSize, this.to(i))
  }

  protected find(wanted: number): number {
    this.note()
    for (let i = this.count - 1; i >= 0; i--) if (this.is(i, wanted)) return i
    return -1
  }

  protected keyOf(i: number): string {
    const from = this.notes[i * SLOT + KEY_FROM]!
    return text(this.isExtra(i) ? this.extra.buffer : this.bytes, from, from + this.notes[i * SLOT + KEY_LENGTH]!)
  }

  /** Where the value's tag is expected: right behind the key. */
  protected keyEnd(i: number): number {
    return this.notes[i * SLOT + KEY_FROM]! + this.notes[i * SLOT + KEY_LENGTH]!
  }

  protected setKey(i: number, from: number, length: number): void {
    this.notes[i * SLOT + KEY_FROM] = from
    this.notes[i * SLOT + KEY_LENGTH] = length
  }

  protected findKey(wanted: Uint8Array): number {
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

  /** Starts `extra` anew; nothing noted may refer to it. */
  protected forget(): void {
    this.extra.pos = this.placed = 0
  }

  protected drop(i: number): void {
    this.growth -= this.to(i) - this.from(i)
    this.notes[i * SLOT + ORIGIN] = GONE
    this.touch(i)
  }

  /** Notes that field `replaced` (a new one for -1) is now a range of `extra`. */
  protected store(replaced: number, wanted: number, from: number, to: number): number {
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
  protected note(): void {
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
