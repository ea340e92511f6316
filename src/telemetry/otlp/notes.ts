import { type Reader, text } from '../../wire/reader.ts'
import { Writer, move, varintSize } from '../../wire/writer.ts'
import { AT, KEY_FROM, KIND, NotePass, ORIGIN, SLOT, attributeKind, nothing } from './note-pass.ts'
import { Ranges } from './ranges.ts'

/** What an edit made of a field (ORIGIN): it is gone, or the number of the range of `extra` that took its place. */
const INPUT = 0
const GONE = -1

/** Once edits have written more than this, `extra` starts anew at the next message. */
const KEEP = 16_384

/**
 * The fields of one message, noted in one pass as offsets, with the edits made to them. One object serves every message of a walk
 * (`reset`), so that reading and editing allocate nothing per message; it notes only when something is asked for.
 *
 * What edits wrote stands in `extra`. Methods take a field as its slot, where its notes begin; of added fields it is past `noted`.
 */
export class Notes extends NotePass {
  /** Whether an edit has changed anything since `reset` or `settled`. */
  dirty = false
  /** The slot behind the last field, noted or added. */
  protected last = 0
  /** Whether any origin is other than INPUT. */
  private edited = false
  /** The first and the last noted field that an edit concerned: what is outside need not be looked at. */
  private firstEdited = 0
  private lastEdited = -1
  /** By how many bytes edits have made the message longer. */
  private growth = 0
  protected readonly extra = new Ranges()
  /** How much of `extra` stands in the shared output too, and where. */
  private placed = 0
  private placedAt = 0
  /** Tags that belong to somebody else and are left out (a metric's data). */
  private readonly foreign: ReadonlySet<number> | undefined

  constructor(format: string, attributeTag: number, foreign?: ReadonlySet<number>) {
    super(format, attributeTag)
    this.foreign = foreign
  }

  /** Turns to the message in `bytes[start, end)`, whose attributes have the given tag. */
  reset(bytes: Uint8Array, start: number, end: number, attributeTag = this.attributeTag): void {
    if (this.edited) this.undo()
    this.bytes = bytes
    this.start = start
    this.end = end
    this.attributeTag = attributeTag
    this.noted = -1
  }

  private undo(): void {
    const { notes, last } = this
    for (let slot = this.firstEdited; slot <= this.lastEdited; slot += SLOT) notes[slot + ORIGIN] = INPUT
    for (let slot = this.noted; slot < last; slot += SLOT) notes[slot + ORIGIN] = INPUT
    this.edited = this.dirty = false
    this.growth = 0
    this.lastEdited = -1
    if (this.extra.writer.pos > KEEP) this.forget()
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
    const { buffer, pos } = this.extra.writer
    this.placed = pos
    this.placedAt = out.pos
    out.raw(buffer, 0, pos)
  }

  /** How many bytes `write` writes. */
  get size(): number {
    this.note()
    return this.end - this.start + this.growth
  }

  /** Writes the message as edited, without tag and length of its own: runs of untouched fields are copied as one range. */
  write(out: Writer): void {
    this.note()
    const { notes, noted, last, lastEdited, bytes, end } = this
    let runFrom = this.start
    for (let slot = this.firstEdited; slot <= lastEdited; slot += SLOT) {
      const origin = notes[slot + ORIGIN]!
      if (origin === INPUT) continue
      out.raw(bytes, runFrom, notes[slot + AT])
      runFrom = notes[slot + SLOT + AT]!
      if (origin > 0) this.writeExtra(out, origin)
    }
    out.raw(bytes, runFrom, end)
    for (let slot = noted; slot < last; slot += SLOT) {
      const origin = notes[slot + ORIGIN]!
      if (origin > 0) this.writeExtra(out, origin)
    }
  }

  /**
   * The same into an output that begins with the input itself (see output.ts), where copying costs least: `[from, start)` of the
   * input first, in which the length of this message stands at `lengthAt` and is written anew.
   */
  writeShared(out: Writer, from: number, lengthAt: number): void {
    const { notes, noted, last, lastEdited, start, end } = this
    const size = end - start + this.growth
    out.reserve(start - from + size + 8)
    const { buffer } = out
    let { pos } = out
    let runFrom = from
    let sizeAt = pos + lengthAt - from
    if (varintSize(size) !== start - lengthAt) {
      sizeAt = move(buffer, pos, from, lengthAt)
      pos = sizeAt + varintSize(size)
      runFrom = start
    }
    for (let slot = this.firstEdited; slot <= lastEdited; slot += SLOT) {
      const origin = notes[slot + ORIGIN]!
      if (origin === INPUT) continue
      pos = move(buffer, pos, runFrom, notes[slot + AT]!)
      runFrom = notes[slot + SLOT + AT]!
      if (origin > 0) pos = this.moveExtra(buffer, pos, origin)
    }
    pos = move(buffer, pos, runFrom, end)
    for (let slot = noted; slot < last; slot += SLOT) {
      const origin = notes[slot + ORIGIN]!
      if (origin > 0) pos = this.moveExtra(buffer, pos, origin)
    }
    out.pos = pos
    let rest = size
    while (rest >= 0x80) {
      buffer[sizeAt++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[sizeAt] = rest
  }

  private writeExtra(out: Writer, range: number): void {
    out.raw(this.extra.writer.buffer, this.extra.from(range), this.extra.to(range))
  }

  private moveExtra(buffer: Uint8Array, pos: number, range: number): number {
    const from = this.extra.from(range)
    const to = this.extra.to(range)
    if (to <= this.placed) return move(buffer, pos, this.placedAt + from, this.placedAt + to)
    const { buffer: extra } = this.extra.writer
    let at = pos
    for (let i = from; i < to; i++) buffer[at++] = extra[i]!
    return at
  }

  /** The message as edited, as an array of its own. */
  whole(): Uint8Array {
    const out = new Writer(this.size)
    this.write(out)
    return out.finish()
  }

  // For what is built on the notes.

  /** Whether the field's tag is the wanted one. */
  protected is(slot: number, wanted: number): boolean {
    const kind = this.notes[slot + KIND]!
    return (kind < 0 ? this.attributeTag : kind) === wanted && this.notes[slot + ORIGIN] !== GONE
  }

  protected isExtra(slot: number): boolean {
    return this.notes[slot + ORIGIN]! > 0
  }

  protected isAttribute(slot: number): boolean {
    return this.notes[slot + KIND]! < 0 && this.notes[slot + ORIGIN] !== GONE
  }

  /** Where the field begins and ends, in its source. */
  private from(slot: number): number {
    const origin = this.notes[slot + ORIGIN]!
    return origin > 0 ? this.extra.from(origin) : this.notes[slot + AT]!
  }

  protected to(slot: number): number {
    const origin = this.notes[slot + ORIGIN]!
    return origin > 0 ? this.extra.to(origin) : this.notes[slot + SLOT + AT]!
  }

  /** The reader, behind the tag of a field; undefined for -1. */
  protected open(slot: number): Reader | undefined {
    if (slot < 0) return undefined
    const source = this.isExtra(slot) ? this.extra.writer.buffer : this.bytes
    const kind = this.notes[slot + KIND]!
    return this.reader.reset(source, this.from(slot) + varintSize(kind < 0 ? this.attributeTag : kind), this.to(slot))
  }

  protected find(wanted: number): number {
    this.note()
    for (let slot = this.last - SLOT; slot >= 0; slot -= SLOT) if (this.is(slot, wanted)) return slot
    return -1
  }

  protected keyOf(slot: number): string {
    return text(this.isExtra(slot) ? this.extra.writer.buffer : this.bytes, this.notes[slot + KEY_FROM]!, this.keyEnd(slot))
  }

  /** Where the value's tag is expected: right behind the key. */
  protected keyEnd(slot: number): number {
    return this.notes[slot + KEY_FROM]! - 1 - this.notes[slot + KIND]!
  }

  protected findKey(wanted: Uint8Array): number {
    if (this.noted < 0) this.note()
    const { notes, last, bytes } = this
    const { length } = wanted
    if ((this.lengths & (1 << length)) === 0) return -1
    const kind = attributeKind(length)
    for (let slot = 0; slot < last; slot += SLOT) {
      if (notes[slot + KIND] !== kind) continue
      let source = bytes
      const origin = notes[slot + ORIGIN]!
      if (origin !== INPUT) {
        if (origin === GONE) continue
        source = this.extra.writer.buffer
      }
      // Keys share prefixes (`http.`, `k8s.pod.`): their ends differ first.
      const from = notes[slot + KEY_FROM]!
      let k = length - 1
      while (k >= 0 && source[from + k] === wanted[k]) k--
      if (k < 0) return slot
    }
    return -1
  }

  /** Starts `extra` anew; nothing noted may refer to it. */
  protected forget(): void {
    this.extra.clear()
    this.placed = 0
  }

  protected drop(slot: number): void {
    this.growth -= this.to(slot) - this.from(slot)
    this.notes[slot + ORIGIN] = GONE
    this.touch(slot)
  }

  /** Puts a range of `extra` in the place of a field, or of a new one of the given kind for -1. */
  protected store(replaced: number, kind: number, range: number): number {
    let slot = replaced
    if (slot >= 0) this.growth -= this.to(slot) - this.from(slot)
    else {
      slot = this.last
      this.last += SLOT
      if (this.last >= this.notes.length) this.widen()
      this.notes[slot + KIND] = kind
    }
    this.notes[slot + ORIGIN] = range
    this.growth += this.extra.to(range) - this.extra.from(range)
    this.touch(slot)
    return slot
  }

  /** The same for an attribute, whose key stands in `extra` at `keyAt`. */
  protected storeAttribute(replaced: number, range: number, keyAt: number, keyLength: number): void {
    const slot = this.store(replaced, attributeKind(keyLength), range)
    this.notes[slot + KEY_FROM] = keyAt
    this.lengths |= 1 << keyLength
  }

  private touch(slot: number): void {
    this.dirty = this.edited = true
    if (slot >= this.noted) return
    if (this.lastEdited < 0) this.firstEdited = this.lastEdited = slot
    else if (slot < this.firstEdited) this.firstEdited = slot
    else if (slot > this.lastEdited) this.lastEdited = slot
  }

  protected note(): void {
    if (this.noted >= 0) return
    this.pass()
    this.last = this.noted
    if (this.foreign !== undefined) this.leaveOut(this.foreign)
  }

  private leaveOut(foreign: ReadonlySet<number>): void {
    const { dirty } = this
    for (let slot = 0; slot < this.noted; slot += SLOT) if (foreign.has(this.notes[slot + KIND]!)) this.drop(slot)
    this.dirty = dirty
  }
}
