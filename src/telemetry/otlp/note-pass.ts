import { WireError } from '../../wire/error.ts'
import { FIXED32, FIXED64, LENGTH, Reader, VARINT, tag } from '../../wire/reader.ts'

/** A field's notes lie side by side in one array, SLOT numbers each. */
export const SLOT = 4
/** Where the field begins; it ends where the next one does. */
export const AT = 0
/** The field's tag; of an attribute, `attributeKind` of its key's length; 0 for a tag beyond any that a schema knows. */
export const KIND = 1
/** Where an attribute's key lies. */
export const KEY_FROM = 2
/** Where the field's bytes are: in the input (0), or what an edit made of it (see notes.ts). */
export const ORIGIN = 3

/** An attribute's KIND, told from a tag by its sign. */
export const attributeKind = (keyLength: number): number => -1 - keyLength

const KEY = tag(1, LENGTH)
export const nothing = new Uint8Array(0)

/**
 * One pass over a message that notes where its fields and the keys of its attributes are. One object serves every message of a walk,
 * and nothing is allocated for one.
 *
 *     AT                             the next one's AT
 *     | tag | length | content ...   |
 */
export class NotePass {
  bytes: Uint8Array = nothing
  start = 0
  end = 0
  protected attributeTag: number
  protected notes = new Int32Array(64 * SLOT)
  /** The slot behind the last field noted, which holds the message's end; -1 before the pass. */
  protected noted = -1
  /** A bit for each length that keys have, modulo 32: most keys that are not there are known by it. */
  protected lengths = 0
  protected readonly reader: Reader

  constructor(format: string, attributeTag: number) {
    this.reader = new Reader(nothing, 0, 0, format)
    this.attributeTag = attributeTag
  }

  protected pass(): void {
    this.lengths = 0
    if (!this.plain()) this.any()
    this.notes[this.noted + AT] = this.end
  }

  /** The pass for messages as encoders write them; false for anything unusual, which the reader judges. */
  private plain(): boolean {
    const { bytes, end, attributeTag, notes } = this
    const room = notes.length - SLOT
    let lengths = 0
    let pos = this.start
    let slot = 0
    for (; pos < end && slot < room; slot += SLOT) {
      notes[slot + AT] = pos
      let tag = bytes[pos++]!
      let length = bytes[pos]!
      if (tag === attributeTag) {
        // Every encoder writes the key first; of the longest keys the reader takes care.
        pos++
        if (length >= 0x80) {
          const second = bytes[pos++]!
          if (!(second < 0x80)) return false
          length = (length & 0x7f) | (second << 7)
        }
        const key = bytes[pos + 1]!
        if (bytes[pos] !== KEY || key >= 0x80 || key + 2 > length) return false
        notes[slot + KIND] = attributeKind(key)
        notes[slot + KEY_FROM] = pos + 2
        lengths |= 1 << key
        pos += length
        continue
      }
      if (tag >= 0x80) {
        const second = length
        if (!(second < 0x80)) return false
        tag = (tag & 0x7f) | (second << 7)
        length = bytes[++pos]!
      }
      if (tag < 8) return false
      notes[slot + KIND] = tag
      const wireType = tag & 7
      if (wireType === FIXED64) pos += 8
      else if (wireType === LENGTH) {
        pos++
        if (length >= 0x80) {
          const second = bytes[pos++]!
          if (!(second < 0x80)) return false
          length = (length & 0x7f) | (second << 7)
        }
        pos += length
      } else if (wireType === VARINT) {
        const last = pos + 9
        while (bytes[pos++]! >= 0x80) if (pos >= last) return false
      } else if (wireType === FIXED32) pos += 4
      else return false
    }
    if (pos !== end) return false
    this.noted = slot
    this.lengths = lengths
    return true
  }

  private any(): void {
    const r = this.reader.reset(this.bytes, this.start, this.end)
    let slot = 0
    while (r.next() !== 0) {
      r.skip()
      if (slot + SLOT >= this.notes.length) this.widen()
      this.notes[slot + AT] = r.at
      this.notes[slot + KIND] = Math.max(0, r.tag | 0)
      if (r.tag === this.attributeTag) this.noteKey(slot, r.from, r.to)
      slot += SLOT
    }
    this.noted = slot
  }

  /** The key of an attribute in any order of fields; of none, the empty one. */
  private noteKey(slot: number, from: number, to: number): void {
    const r = new Reader(this.bytes, from, to, this.reader.format)
    let keyFrom = from
    let keyLength = 0
    while (r.next() !== 0) {
      r.skip()
      if (r.tag !== KEY) continue
      keyFrom = r.from
      keyLength = r.to - r.from
    }
    this.notes[slot + KEY_FROM] = keyFrom
    this.notes[slot + KIND] = attributeKind(keyLength)
    this.lengths |= 1 << keyLength
  }

  protected widen(): void {
    const length = 2 * this.notes.length
    if (length > 1 << 26) throw new WireError(this.reader.format, this.start, 'more than 8 million fields in one message')
    const wider = new Int32Array(length)
    wider.set(this.notes)
    this.notes = wider
  }
}
