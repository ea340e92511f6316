/**
 * Tokens of the two text formats, as ranges. Where a line breaks the grammar, Prometheus names the token that it found and how far
 * it had read, so each function here stops exactly there: that is what makes the messages the same.
 */
import { WireError } from './error.ts'
import { quoteBytes } from './exposition-value.ts'

export type Token =
  | 'INVALID' | 'EOF' | 'LINEBREAK' | 'HELP' | 'TYPE' | 'UNIT' | 'EOFWORD' | 'TEXT' | 'COMMENT' | 'MNAME' | 'QSTRING' | 'BOPEN' | 'BCLOSE'
  | 'LNAME' | 'LVALUE' | 'COMMA' | 'EQUAL' | 'TIMESTAMP' | 'VALUE'

export const NUL = 0
export const NEWLINE = 0x0a
export const SPACE = 0x20
export const QUOTE = 0x22
export const HASH = 0x23
export const OPEN = 0x7b
const CLOSE = 0x7d
const COMMA = 0x2c
const EQUAL = 0x3d
const BACKSLASH = 0x5c

/** What a byte may be, as bits of `kinds[byte]`. */
export const LABEL_START = 1
export const NAME_START = 2
export const DIGIT = 4
export const BLANK = 8
const QUOTED_STOP = 16
const WORD_STOP = 32
const VALUE_STOP = 64
const LABEL_PART = LABEL_START | DIGIT
const NAME_PART = NAME_START | DIGIT

export const kinds = new Uint8Array(256)
const mark = (bit: number, characters: string) => {
  for (const character of characters) kinds[character.charCodeAt(0)]! |= bit
}
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_'
mark(LABEL_START, letters)
mark(NAME_START, `${letters}:`)
mark(DIGIT, '0123456789')
mark(BLANK, ' \t')
mark(QUOTED_STOP, '"\\\n\0')
mark(WORD_STOP, ' \n\0')
mark(VALUE_STOP, ' \t\n\0{')

/** A place in the bytes: where the entry began, and the token read last (`start` to `pos`, or to the byte that does not fit). */
export class Tokens {
  readonly bytes: Uint8Array
  readonly end: number
  readonly format: string
  entry = 0
  start = 0
  pos = 0
  /** Whether the quoted string read last holds bytes beyond ASCII. */
  wide = false

  constructor(bytes: Uint8Array, format: string) {
    this.bytes = bytes
    this.end = bytes.length
    this.format = format
  }

  /** The next byte; 0 at the end, which no token contains either. */
  peek(): number {
    return this.pos < this.end ? this.bytes[this.pos]! : NUL
  }

  /** Takes one byte as a token. */
  take(token: Token): Token {
    this.start = this.pos++
    return token
  }

  /** Goes over bytes of a kind. */
  over(kind: number): void {
    const { bytes, end } = this
    let { pos } = this
    while (pos < end && (kinds[bytes[pos]!]! & kind) !== 0) pos++
    this.pos = pos
  }

  /** Goes to the next byte; NULs between are nothing to Prometheus within comments, help texts and label values. */
  step(): number {
    let pos = this.pos + 1
    while (pos < this.end && this.bytes[pos] === NUL) pos++
    this.pos = pos
    return this.peek()
  }

  /** Reads a keyword whose first byte is here, and stops at the byte that differs. */
  keyword(word: string): boolean {
    for (let i = 0; i < word.length; i++) {
      if (this.peek() !== word.charCodeAt(i)) return false
      this.step()
    }
    return true
  }

  /** A name of metrics, plain or in quotes: as a token of HELP, TYPE and UNIT lines. */
  metaName(): Token {
    this.start = this.pos
    if (this.peek() === QUOTE) return this.quoted(true, false) ? 'MNAME' : 'INVALID'
    return this.name()
  }

  /** A plain name of a metric. */
  name(): Token {
    this.start = this.pos
    if ((kinds[this.peek()]! & NAME_START) === 0) return 'INVALID'
    this.over(NAME_PART)
    return 'MNAME'
  }

  /** What may stand between braces; `newlines`: whether quoted names may hold some. */
  label(newlines: boolean): Token {
    const { pos } = this
    if (pos >= this.end) return 'EOF'
    const byte = this.bytes[pos]!
    if (byte === EQUAL) return this.take('EQUAL')
    if (byte === COMMA) return this.take('COMMA')
    if (byte === CLOSE) return this.take('BCLOSE')
    this.start = pos
    if ((kinds[byte]! & LABEL_START) !== 0) {
      this.over(LABEL_PART)
      return 'LNAME'
    }
    return byte === QUOTE && this.quoted(newlines, false) ? 'QSTRING' : 'INVALID'
  }

  /** A value in quotes. */
  labelValue(newlines: boolean, nuls: boolean): Token {
    if (this.pos >= this.end) return 'EOF'
    this.start = this.pos
    return this.peek() === QUOTE && this.quoted(newlines, nuls) ? 'LVALUE' : 'INVALID'
  }

  /** Goes to the next blank or end of line. */
  word(): void {
    const { bytes, end } = this
    let { pos } = this
    while (pos < end && (kinds[bytes[pos]!]! & WORD_STOP) === 0) pos++
    this.pos = pos
  }

  /** Goes to where a value of the classic format ends. */
  value(): void {
    const { bytes, end } = this
    let { pos } = this
    while (pos < end && (kinds[bytes[pos]!]! & VALUE_STOP) === 0) pos++
    this.pos = pos
  }

  /** Goes past the string whose opening quote is here; with `nuls`, NULs may stand in it and after it. */
  quoted(newlines: boolean, nuls: boolean): boolean {
    const { bytes, end } = this
    let pos = this.pos + 1
    let seen = 0
    for (;;) {
      let byte = NUL
      while (pos < end && (kinds[byte = bytes[pos]!]! & QUOTED_STOP) === 0) {
        seen |= byte
        pos++
      }
      this.pos = pos
      if (pos >= end) return false
      if (byte === QUOTE) break
      if (byte === BACKSLASH) {
        if (nuls) byte = this.step()
        else byte = ++this.pos < end ? bytes[this.pos]! : NUL
        if (byte === NUL || byte === NEWLINE) return false
        seen |= byte
      } else if (byte === NUL ? !nuls : !newlines) return false
      pos = this.pos + 1
    }
    this.wide = seen >= 0x80
    if (nuls) this.step()
    else this.pos++
    return true
  }

  /** The error for a token that is not what was expected. */
  unexpected(expected: string, token: Token): WireError {
    const to = Math.min(this.end, this.pos + 1)
    const got = quoteBytes(this.bytes, this.start, to)
    return this.error(`${expected}, got ${got} ("${token}") while parsing: ${quoteBytes(this.bytes, this.entry, to)}`)
  }

  /** The error for what has been read of this entry. */
  refused(problem: string): WireError {
    return this.error(`${problem} while parsing: ${quoteBytes(this.bytes, this.entry, this.pos)}`)
  }

  error(problem: string): WireError {
    return new WireError(this.format, Math.min(this.pos, this.end), problem)
  }
}
