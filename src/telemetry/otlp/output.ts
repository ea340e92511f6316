import { Writer } from '../../wire/writer.ts'
import type { Fields } from './fields.ts'
import { nothing } from './note-pass.ts'

/**
 * Up to this size the input is first copied to the front of the output's buffer, where copying a range costs half of what it costs
 * between two arrays, and the buffer is kept for the next batch. Beyond it memory counts more.
 */
const SHARED = 2 << 20

/**
 * A batch written anew: the input is copied late and in ranges, `copied` says how far it has been dealt with. Nothing is allocated
 * before `begin`, which the first change calls.
 */
export class Output {
  writer = new Writer(0)
  copied = 0
  begun = false
  /** Whether the input stands at the front of the writer's buffer. */
  shared = false
  private input: Uint8Array = nothing
  /** Where the output itself begins. */
  private base = 0

  reset(input: Uint8Array): void {
    this.input = input
    this.copied = 0
    this.begun = false
  }

  /** What edits of `fields` have encoded already goes to the front, too. */
  begin(fields: Fields): void {
    const { input, writer } = this
    this.begun = true
    this.base = 0
    this.shared = input.length <= SHARED
    writer.reset().reserve((this.shared ? 2 : 1) * input.length + (input.length >> 3) + 64)
    if (!this.shared) return
    fields.place(writer.raw(input))
    this.base = writer.pos
  }

  /** Copies a range of the input. */
  copy(from: number, to: number): void {
    if (this.shared) this.writer.again(from, to)
    else this.writer.raw(this.input, from, to)
  }

  /** Copies what lies between the last thing dealt with and `to`. */
  flush(to: number): void {
    if (to > this.copied) this.copy(this.copied, to)
    this.copied = to
  }

  /** Writes a message as edited, which stands in the input up to `end`; its length stands at `lengthAt`. */
  edited(fields: Fields, lengthAt: number, end: number): void {
    if (this.shared) fields.writeShared(this.writer, this.copied, lengthAt)
    else {
      this.flush(lengthAt)
      fields.write(this.writer.varint(fields.size))
    }
    this.copied = end
  }

  /** All of it as an array of its own. */
  finish(): Uint8Array {
    this.flush(this.input.length)
    return this.shared ? this.writer.copyOut(this.base) : this.writer.finish()
  }

  /** Lets go of the input and of a large buffer. */
  release(): void {
    this.input = nothing
    if (this.writer.buffer.length > 3 * SHARED) this.writer = new Writer(0)
  }
}
