/** The lines of metadata of a target's pages, which hardly ever change: those that are known are stepped over by comparing bytes. */

import type { ExpositionReader, MetricType } from '../../../../wire/exposition.ts'
import { ByteStrings } from './series-index.ts'

interface Lines {
  readonly strings: ByteStrings
  /** What each line left the reader with. */
  readonly types: MetricType[]
  readonly familyLengths: number[]
}

const none = (): Lines => ({ strings: new ByteStrings(), types: [], familyLengths: [] })

export class MetaLines {
  #known = none()
  #next = 0
  /** All lines of this page, once one of them was not the expected one. */
  #fresh: Lines | undefined

  /** Awaits a page, whatever became of the one before. */
  begin(): void {
    this.#next = 0
    this.#fresh = undefined
  }

  /** Steps over the next line if it is the expected one. */
  skip(reader: ExpositionReader): boolean {
    const { strings, types, familyLengths } = this.#known
    const line = this.#next
    if (line >= strings.count) return false
    if (!reader.skipKnown(strings.view, strings.from(line), strings.to(line), types[line]!, familyLengths[line]!)) return false
    this.#next++
    if (this.#fresh !== undefined) copy(this.#known, line, this.#fresh)
    return true
  }

  /** Takes the line that the reader has just read. */
  add({ bytes, tokens, type, familyLength }: ExpositionReader): void {
    if (this.#fresh === undefined) {
      this.#fresh = none()
      for (let line = 0; line < this.#next; line++) copy(this.#known, line, this.#fresh)
    }
    this.#fresh.strings.add(bytes, tokens.entry, tokens.pos)
    this.#fresh.types.push(type)
    this.#fresh.familyLengths.push(familyLength)
  }

  /** Makes this page's lines the known ones; whether they are others than before. */
  commit(): boolean {
    if (this.#fresh === undefined && this.#next === this.#known.strings.count) return false
    if (this.#fresh !== undefined) this.#known = this.#fresh
    const { strings, types, familyLengths } = this.#known
    strings.truncate(this.#fresh === undefined ? this.#next : strings.count)
    types.length = familyLengths.length = strings.count
    strings.trim()
    this.begin()
    return true
  }

  /** About how much memory this takes. */
  get size(): number {
    return this.#known.strings.bytes.length + 24 * this.#known.strings.count
  }
}

function copy({ strings, types, familyLengths }: Lines, line: number, into: Lines): void {
  into.strings.add(strings.bytes, strings.from(line), strings.to(line))
  into.types.push(types[line]!)
  into.familyLengths.push(familyLengths[line]!)
}
