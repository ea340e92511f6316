import { WireError } from './error.ts'
import { escapes, hexDigits, isNumber, pathTo, writeCodePoint } from './json-text.ts'
import { defaultLimits } from './limits.ts'
import type { Writer } from './writer.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const QUOTE = 0x22
const BACKSLASH = 0x5c
const WORDS = { true: [0x74, 0x72, 0x75, 0x65], false: [0x66, 0x61, 0x6c, 0x73, 0x65], null: [0x6e, 0x75, 0x6c, 0x6c] } as const

/**
 * A cursor over JSON in UTF-8 that makes no values: strings and numbers are ranges of the input until asked for. Where an error
 * is, as a path (`resourceSpans[0].scopeSpans`), is found out only when there is one.
 */
export class JsonScanner {
  readonly bytes: Uint8Array
  readonly format: string
  pos = 0
  readonly end: number
  /** The inside of the string, or the characters of the number, read last. */
  from = 0
  to = 0
  /** Whether that string holds escapes. */
  escaped = false

  constructor(bytes: Uint8Array, format: string) {
    this.bytes = bytes
    this.format = format
    this.end = bytes.length
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.pos = 3
  }

  /** The next byte that is no white space, not consumed; -1 at the end. */
  peek(): number {
    const { bytes, end } = this
    let { pos } = this
    while (pos < end) {
      const byte = bytes[pos]!
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
        this.pos = pos
        return byte
      }
      pos++
    }
    this.pos = pos
    return -1
  }

  /** Consumes one character, or fails saying what was expected. */
  take(byte: number, what: string): void {
    if (this.peek() !== byte) throw this.unexpected(what)
    this.pos++
  }

  /** Inside an object or array: whether another member follows, its comma consumed. */
  more(first: boolean, close: number): boolean {
    const byte = this.peek()
    if (byte === close) {
      this.pos++
      return false
    }
    if (first) return true
    if (byte !== 0x2c) throw this.unexpected(close === 0x7d ? '"," or "}"' : '"," or "]"')
    this.pos++
    if (this.peek() === close) throw this.unexpected('a value')
    return true
  }

  /** Consumes a string; its inside is then `from`..`to`. */
  string(what = 'a string'): void {
    if (this.peek() !== QUOTE) throw this.unexpected(what)
    const { bytes, end } = this
    const from = this.pos + 1
    let pos = from
    let high = 0
    this.escaped = false
    for (;;) {
      if (pos >= end) throw this.error('a string without an end', from - 1)
      const byte = bytes[pos]!
      if (byte === QUOTE) break
      if (byte === BACKSLASH) {
        this.escaped = true
        pos++
        // What is escaped may be no text either.
        high |= bytes[pos] ?? 0
      } else if (byte < 0x20) throw this.error('a control character in a string', pos)
      high |= byte
      pos++
    }
    this.from = from
    this.to = pos
    this.pos = pos + 1
    if (high >= 0x80) this.checkUtf8()
  }

  /** Consumes the key `name` if exactly that comes next, without escapes. */
  key(name: Uint8Array): boolean {
    if (this.peek() !== QUOTE) return false
    const { bytes } = this
    const from = this.pos + 1
    const { length } = name
    if (bytes[from + length] !== QUOTE) return false
    for (let i = 0; i < length; i++) if (bytes[from + i] !== name[i]) return false
    this.pos = from + length + 1
    return true
  }

  /**
   * Consumes a string and writes it with its length, looking at each character once, if it is short printable ASCII as most are;
   * otherwise answers -1 and has done nothing. Answers the length.
   */
  copyShort(w: Writer): number {
    if (this.peek() !== QUOTE) return -1
    w.reserve(128)
    const { bytes } = this
    const { buffer } = w
    const from = this.pos + 1
    const to = w.pos + 1
    const last = Math.min(from + 127, this.end)
    for (let pos = from; pos < last; pos++) {
      const byte = bytes[pos]!
      if (byte === QUOTE) {
        buffer[to - 1] = pos - from
        w.pos = to + pos - from
        this.pos = pos + 1
        return pos - from
      }
      if (byte < 0x20 || byte >= 0x80 || byte === BACKSLASH) return -1
      buffer[to + pos - from] = byte
    }
    return -1
  }

  /** Writes the string read last with its length, escapes resolved; a lone surrogate becomes U+FFFD. */
  unescape(w: Writer): void {
    const { bytes, to } = this
    w.fork(this.to - this.from).reserve(to - this.from)
    for (let pos = this.from; pos < to; pos++) {
      const byte = bytes[pos]!
      if (byte !== BACKSLASH) {
        w.buffer[w.pos++] = byte
        continue
      }
      const letter = bytes[++pos]!
      const plain = escapes.get(letter)
      if (plain !== undefined) w.buffer[w.pos++] = plain
      else {
        let unit = letter === 0x75 ? this.hexadecimal(pos + 1) : -1
        if (unit < 0) throw this.error('a string with an invalid escape', this.from)
        pos += 4
        if (unit >= 0xd800 && unit < 0xe000) {
          const isPair = unit < 0xdc00 && bytes[pos + 1] === BACKSLASH && bytes[pos + 2] === 0x75
          const low = isPair ? this.hexadecimal(pos + 3) : -1
          if (low >= 0xdc00 && low < 0xe000) {
            unit = 0x1_0000 + ((unit - 0xd800) << 10) + low - 0xdc00
            pos += 6
          } else unit = 0xfffd
        }
        writeCodePoint(w, unit)
      }
    }
    w.join()
  }

  /** Four hexadecimal digits, or -1. */
  private hexadecimal(at: number): number {
    let value = 0
    for (let pos = at; pos < at + 4; pos++) value = pos < this.to ? (value << 4) | hexDigits[this.bytes[pos]!]! : -1
    return value
  }

  /** Consumes a number; its characters are then `from`..`to`. */
  number(): void {
    const first = this.peek()
    if (first !== 0x2d && (first < 0x30 || first > 0x39)) throw this.unexpected('a number')
    const { bytes, end } = this
    this.from = this.pos
    let { pos } = this
    while (pos < end) {
      const byte = bytes[pos]!
      if ((byte < 0x30 || byte > 0x39) && byte !== 0x2e && byte !== 0x2d && byte !== 0x2b && (byte | 0x20) !== 0x65) break
      pos++
    }
    this.to = this.pos = pos
    const lead = first === 0x2d ? this.from + 1 : this.from
    if (bytes[lead] === 0x30 && lead + 1 < pos && bytes[lead + 1]! >= 0x30 && bytes[lead + 1]! <= 0x39) throw this.error('a number with a leading zero', lead)
  }

  /** Consumes `true`, `false` or `null` if it comes next. */
  word(name: keyof typeof WORDS): boolean {
    const letters = WORDS[name]
    if (this.peek() !== letters[0]) return false
    for (let i = 1; i < letters.length; i++) if (this.bytes[this.pos + i] !== letters[i]) throw this.unexpected('a value')
    this.pos += letters.length
    return true
  }

  /** The string or number read last, escapes resolved. */
  text(): string {
    let out = ''
    for (let pos = this.from; pos < this.to; pos++) {
      const byte = this.bytes[pos]!
      if (byte >= 0x80 || byte === BACKSLASH) return this.slowText()
      out += String.fromCharCode(byte)
    }
    return out
  }

  /** Consumes a value of any kind, checking that it is one. */
  skip(depth = 0): void {
    if (depth > defaultLimits.depth) throw this.error(`values nest deeper than ${defaultLimits.depth}`)
    const first = this.peek()
    if (first === QUOTE) this.string()
    else if (first === 0x7b) {
      this.pos++
      for (let i = 0; this.more(i === 0, 0x7d); i++) {
        this.string('a key')
        this.take(0x3a, '":"')
        this.skip(depth + 1)
      }
    } else if (first === 0x5b) {
      this.pos++
      for (let i = 0; this.more(i === 0, 0x5d); i++) this.skip(depth + 1)
    } else if (!this.word('true') && !this.word('false') && !this.word('null')) {
      this.number()
      if (!isNumber(this.text())) throw this.error(`"${this.text()}" is no number`, this.from)
    }
  }

  /** Fails unless nothing but white space is left. */
  finish(): void {
    if (this.peek() !== -1) throw this.unexpected('the end')
  }

  unexpected(wanted: string): WireError {
    const byte = this.peek()
    const found = byte < 0 ? 'the end of the input' : byte < 0x80 ? `"${String.fromCharCode(byte)}"` : `byte ${byte}`
    return this.error(`expected ${wanted}, found ${found}`)
  }

  /** An error at `offset` whose place is the path of JSON keys to it. */
  error(problem: string, offset = this.pos): WireError {
    const path = pathTo(this.bytes, offset)
    return new WireError(this.format, offset, problem, { place: path === '' ? `byte ${offset}` : `${path} (byte ${offset})` })
  }

  private slowText(): string {
    const raw = decoder.decode(this.bytes.subarray(this.from, this.to))
    if (!this.escaped) return raw
    try {
      return JSON.parse(`"${raw}"`) as string
    } catch (cause) {
      throw new WireError(this.format, this.from, 'a string with an invalid escape', { cause, place: `${pathTo(this.bytes, this.from)} (byte ${this.from})` })
    }
  }

  private checkUtf8(): void {
    try {
      decoder.decode(this.bytes.subarray(this.from, this.to))
    } catch {
      throw this.error('a string that is no UTF-8', this.from)
    }
  }
}
