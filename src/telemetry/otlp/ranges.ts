import { Writer } from '../../wire/writer.ts'

/** What edits have encoded: one buffer, and ranges of it known by their numbers, which count from 1. */
export class Ranges {
  readonly writer = new Writer(256)
  private bounds = new Int32Array(64)
  private count = 0

  /** The number of the range from `from` to the end of what is written. */
  add(from: number): number {
    const range = ++this.count
    if (2 * range === this.bounds.length) this.widen()
    this.bounds[2 * range] = from
    this.bounds[2 * range + 1] = this.writer.pos
    return range
  }

  from(range: number): number {
    return this.bounds[2 * range]!
  }

  to(range: number): number {
    return this.bounds[2 * range + 1]!
  }

  clear(): void {
    this.writer.reset()
    this.count = 0
  }

  private widen(): void {
    const wider = new Int32Array(2 * this.bounds.length)
    wider.set(this.bounds)
    this.bounds = wider
  }
}
