/** The labels of a series as rules edit them, on the bytes: a value is decoded when a rule asks for it, the rest is copied. */

import { LABEL_NAME, LABEL_VALUE, LABELS } from '../wire/remote-write.ts'
import { Reader, text } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { compareNames } from './labels.ts'
import type { LabelSet } from './relabel.ts'

/** How many names are kept in mind (a power of two), and how many places a name may be looked for. */
const maxNames = 4096
const maxProbes = 8

/**
 * Label names are few and come again and again: each is decoded once, and one string stands for each. Names that are made to collide
 * push each other out, and cost no more than being decoded.
 */
class Names {
  private readonly table = new Array<{ readonly bytes: Uint8Array; readonly name: string } | undefined>(maxNames)

  /** The name in `bytes[from, to)`. */
  read(bytes: Uint8Array, from: number, to: number): string {
    let hash = to - from
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193)
    hash ^= hash >>> 15
    for (let probe = 0; probe < maxProbes; probe++) {
      const slot = (hash + probe) & (maxNames - 1)
      const known = this.table[slot]
      if (known === undefined) return this.add(slot, bytes, from, to)
      if (same(known.bytes, bytes, from, to)) return known.name
    }
    return this.add(hash & (maxNames - 1), bytes, from, to)
  }

  private add(slot: number, bytes: Uint8Array, from: number, to: number): string {
    const name = text(bytes, from, to)
    // A name of this length is a stranger's: it is not worth the memory.
    if (to - from <= 256) this.table[slot] = { bytes: bytes.slice(from, to), name }
    return name
  }
}

/** Known to all batches: it depends on nothing but the bytes, and a batch of one series would gain nothing from its own. */
const names = new Names()

function same(known: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (known.length !== to - from) return false
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[from + i]) return false
  return true
}

/** A label field that stands in the series, or was set by a rule (then `from` is -1). */
interface Slot {
  name: string
  /** The whole field, tag and length included. */
  from: number
  to: number
  valueFrom: number
  valueTo: number
  /** Undefined until decoded. */
  value: string | undefined
}

/**
 * One object for all series of a batch: `load` takes the label fields of the next. It holds what its rules made of them until then.
 */
export class WireLabels implements LabelSet {
  private readonly slots: Slot[] = []
  private count = 0
  private changed = false
  private bytes = new Uint8Array(0) as Uint8Array
  private readonly reader = new Reader(this.bytes, 0, 0, 'remote-write')
  private readonly inner = new Reader(this.bytes, 0, 0, 'remote-write')
  private readonly writer = new Writer(0)

  /** Takes the label fields in `bytes[from, to)`. */
  load(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes
    this.count = 0
    this.changed = false
    let sorted = true
    const r = this.reader.reset(bytes, from, to)
    while (r.next() !== 0) {
      const { tag, at } = r
      r.skip()
      if (tag !== LABELS) continue
      const slot = this.slot(this.count)
      slot.from = at
      slot.to = r.pos
      this.readLabel(slot, r.from, r.to)
      if (this.count > 0 && sorted) sorted = compareNames(this.slots[this.count - 1]!.name, slot.name) < 0
      this.count++
    }
    if (!sorted) this.settle()
  }

  private slot(index: number): Slot {
    return (this.slots[index] ??= { name: '', from: -1, to: -1, valueFrom: 0, valueTo: 0, value: undefined })
  }

  private readLabel(slot: Slot, from: number, to: number): void {
    slot.name = ''
    slot.value = ''
    const r = this.inner.reset(this.bytes, from, to)
    while (r.next() !== 0) {
      if (r.tag === LABEL_NAME) {
        r.range()
        slot.name = names.read(this.bytes, r.from, r.to)
      } else if (r.tag === LABEL_VALUE) {
        r.range()
        slot.valueFrom = r.from
        slot.valueTo = r.to
        slot.value = undefined
      } else r.skip()
    }
  }

  /** Sorts, and lets the last label of a name count, for senders that do neither. */
  private settle(): void {
    const slots = this.slots.splice(0, this.count)
    const last = new Map(slots.map(slot => [slot.name, slot]))
    this.slots.unshift(...[...last.values()].sort((a, b) => compareNames(a.name, b.name)))
    this.count = last.size
    this.changed = true
  }

  private find(name: string): number {
    for (let i = 0; i < this.count; i++) if (this.slots[i]!.name === name) return i
    return -1
  }

  private valueOf(slot: Slot): string {
    return (slot.value ??= text(this.bytes, slot.valueFrom, slot.valueTo))
  }

  get(name: string): string {
    const at = this.find(name)
    return at < 0 ? '' : this.valueOf(this.slots[at]!)
  }

  set(name: string, value: string): void {
    let at = this.find(name)
    if (value === '') {
      if (at >= 0) this.remove(at)
      return
    }
    if (at >= 0 && this.valueOf(this.slots[at]!) === value) return
    this.changed = true
    if (at < 0) at = this.insert(name)
    const slot = this.slots[at]!
    slot.from = -1
    slot.value = value
  }

  /** Makes room for a name where it belongs, and answers where that is. */
  private insert(name: string): number {
    const slot = this.slot(this.count)
    let at = this.count++
    for (; at > 0 && compareNames(this.slots[at - 1]!.name, name) > 0; at--) this.slots[at] = this.slots[at - 1]!
    this.slots[at] = slot
    slot.name = name
    return at
  }

  private remove(at: number): void {
    this.changed = true
    const slot = this.slots[at]!
    this.count--
    for (let i = at; i < this.count; i++) this.slots[i] = this.slots[i + 1]!
    this.slots[this.count] = slot
  }

  keep(test: (name: string) => boolean): void {
    for (let i = this.count - 1; i >= 0; i--) if (!test(this.slots[i]!.name)) this.remove(i)
  }

  names(): string[] {
    return this.slots.slice(0, this.count).map(slot => slot.name)
  }

  /** The label fields after all edits, valid until the next call; undefined when nothing changed, null when no label is left. */
  encoded(): Uint8Array | null | undefined {
    if (this.count === 0) return null
    if (!this.changed) return undefined
    const w = this.writer.reset()
    const { bytes, slots } = this
    // Fields that lay side by side are copied in one go.
    let from = -1
    let to = -1
    for (let i = 0; i < this.count; i++) {
      const slot = slots[i]!
      if (slot.from >= 0 && slot.from === to) {
        to = slot.to
        continue
      }
      if (from >= 0) w.raw(bytes, from, to)
      from = slot.from
      to = slot.from < 0 ? -1 : slot.to
      if (slot.from < 0) writeField(w, slot.name, slot.value!)
    }
    if (from >= 0) w.raw(bytes, from, to)
    return w.buffer.subarray(0, w.pos)
  }
}

function writeField(w: Writer, name: string, value: string): void {
  w.varint(LABELS).fork(name.length + value.length + 4).varint(LABEL_NAME).string(name).varint(LABEL_VALUE).string(value).join()
}
