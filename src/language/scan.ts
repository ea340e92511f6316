/**
 * Text to tokens. One character is read ahead, so that illegal characters are reported in Alloy's order. A line break ends a statement
 * (a TERMINATOR token) only after a token that can end one.
 */
import { describeChar } from '../lib/go-text.ts'
import type { BinaryOperator } from './ast.ts'
import { digitValue, isDecimal, isDigit, isLetter } from './characters.ts'
import type { Problem } from './message.ts'
import { syntaxMessages as messages } from './syntax-messages.ts'

/** Named as they are in messages. */
export type TokenKind =
  | 'ILLEGAL' | 'EOF' | 'COMMENT' | 'IDENT' | 'NUMBER' | 'FLOAT' | 'STRING' | 'BOOL' | 'NULL' | 'TERMINATOR'
  | BinaryOperator | '!' | '=' | '{' | '}' | '(' | ')' | '[' | ']' | ',' | '.'

/** `text` is set for names, literals, comments and illegal characters; `end` is where scanning went on. */
export interface Token {
  kind: TokenKind
  start: number
  end: number
  text: string
}

/** Scans the next token; at the end of the text it gives EOF for ever. */
export type Scanner = () => Token

const byteOrderMark = 0xfeff
const replacement = 0xfffd
const endOfText = -1

const newline = 0x0a
const backslash = 0x5c
const slash = 0x2f
const star = 0x2a

/** Characters that are a token, and those that make a longer one with the next. */
const singles: Record<string, TokenKind> = {
  '+': '+', '-': '-', '*': '*', '%': '%', '^': '^', '{': '{', '}': '}', '(': '(', ')': ')', '[': '[', ']': ']', ',': ',', '.': '.',
}
const withEquals: Record<string, [alone: TokenKind, pair: TokenKind]> = {
  '!': ['!', '!='], '=': ['=', '=='], '<': ['<', '<='], '>': ['>', '>='],
}
/** After these (and names and literals) a line break ends the statement. */
const closers = new Set(['}', ')', ']'])

const keywords: Record<string, TokenKind> = { __proto__: null as never, true: 'BOOL', false: 'BOOL', null: 'NULL' }

/** A scanner over `text`; `report` gets each lexical problem with its UTF-16 offset. */
export function createScanner(text: string, report: (problem: Problem, offset: number) => void): Scanner {
  let char = endOfText
  /** Offset of `char`, and of what follows it. */
  let at = 0
  let after = 0
  /** Whether the next line break ends a statement. */
  let terminates = false

  function next(): void {
    at = after
    if (after >= text.length) {
      char = endOfText
      return
    }
    const code = text.codePointAt(after)!
    const width = code > 0xffff ? 2 : 1
    if (code === 0) report(messages.illegalNul(), at)
    else if (code >= 0xd800 && code < 0xe000) report(messages.illegalEncoding(), at)
    else if (code === byteOrderMark && at > 0) report(messages.illegalByteOrderMark(), at)
    char = code >= 0xd800 && code < 0xe000 ? replacement : code
    after += width
  }

  /** Asked anew each time: the compiler would take the character for unchanged across calls. */
  const is = (code: number) => char === code

  function skipSpace(): void {
    while (char === 0x20 || char === 0x09 || char === 0x0d || (char === newline && !terminates)) next()
  }

  function scanName(start: number): Token {
    while (isLetter(char) || isDigit(char)) next()
    const name = text.slice(start, at)
    terminates = true
    return { kind: keywords[name] ?? 'IDENT', start, end: at, text: name }
  }

  function digits(): number {
    const start = at
    while (isDecimal(char)) next()
    return at - start
  }

  function scanNumber(start: number): Token {
    let kind: TokenKind = 'NUMBER'
    digits()
    if (char === 0x2e) {
      kind = 'FLOAT'
      next()
      digits()
    }
    if ((char | 0x20) === 0x65) {
      kind = 'FLOAT'
      next()
      if (char === 0x2b || char === 0x2d) next()
      if (digits() === 0) report(messages.exponentWithoutDigits(), start)
    }
    terminates = true
    return { kind, start, end: at, text: text.slice(start, at) }
  }

  /** The opening quote is already read. */
  function scanString(start: number, kind: TokenKind, close: number): Token {
    const raw = close === 0x60
    for (;;) {
      const current = char
      if (current === endOfText || (current === newline && !raw)) {
        report(messages.unterminatedString(), start)
        break
      }
      next()
      if (current === close) break
      if (current === backslash && !raw) scanEscape()
    }
    terminates = true
    return { kind, start, end: at, text: text.slice(start, at) }
  }

  function scanEscape(): void {
    const start = at
    if (char === endOfText) return report(messages.unterminatedEscape(), start)
    const name = String.fromCodePoint(char)
    if ('abfnrtv\\"'.includes(name)) return next()
    const numeric = name >= '0' && name <= '7' ? { count: 3, base: 8, max: 0xff } : numericEscapes[name]
    if (numeric === undefined) return report(messages.unknownEscape(), start)
    if (numeric.base === 16) next()
    let value = 0
    for (let n = 0; n < numeric.count; n++) {
      const digit = digitValue(char)
      if (char === endOfText) return report(messages.unterminatedEscape(), start)
      if (digit >= numeric.base) return report(messages.illegalEscapeCharacter(describeChar(char)), start)
      value = value * numeric.base + digit
      next()
    }
    if (value > numeric.max || (value >= 0xd800 && value < 0xe000)) report(messages.invalidCodePoint(), start)
  }

  /** The first slash is read and `char` is the second character. */
  function scanComment(start: number): Token {
    const block = char === star
    next()
    if (!block) {
      while (char !== newline && char !== endOfText) next()
    } else if (!skipBlockComment()) {
      report(messages.unterminatedComment(), start)
    }
    return { kind: 'COMMENT', start, end: at, text: withoutReturns(text.slice(start, at), block) }
  }

  /** Reads up to and including the closing mark; whether there was one. */
  function skipBlockComment(): boolean {
    for (;;) {
      if (char === endOfText) return false
      const current = char
      next()
      if (current === star && char === slash) {
        next()
        return true
      }
    }
  }

  /** Whether nothing but comments stands between here (the second character of a comment) and the end of the line. */
  function commentEndsLine(): boolean {
    const saved = { char, at, after }
    try {
      for (;;) {
        if (char === slash) return true
        if (char !== star) return false
        next()
        const from = at
        skipBlockComment()
        if (text.slice(from, at).includes('\n')) return true
        skipSpace()
        if (is(endOfText) || is(newline)) return true
        if (!is(slash)) return false
        next()
      }
    } finally {
      ({ char, at, after } = saved)
    }
  }

  function terminator(start: number): Token {
    terminates = false
    return { kind: 'TERMINATOR', start, end: start, text: '\n' }
  }

  function scan(): Token {
    skipSpace()
    const start = at
    if (isLetter(char)) return scanName(start)
    if (isDecimal(char) || (char === 0x2e && isDecimal(text.charCodeAt(after)))) return scanNumber(start)
    if (char === endOfText) return terminates ? terminator(start) : { kind: 'EOF', start, end: start, text: '' }

    const first = char
    const name = String.fromCodePoint(first)
    next()
    if (first === newline) return terminator(start)
    switch (name) {
      case '\'':
        report(messages.singleQuotes(), start)
        return scanString(start, 'ILLEGAL', first)
      case '"':
      case '`':
        return scanString(start, 'STRING', first)
      case '/':
        if (char !== slash && char !== star) return operator('/', start)
        if (terminates && commentEndsLine()) {
          // The statement ends before the comment, which is scanned again as the next token.
          char = slash
          at = start
          after = start + 1
          return terminator(start)
        }
        terminates = false
        return scanComment(start)
      case '|':
      case '&':
        if (char === first) next()
        else report(messages.missingSecond(name), at)
        return operator(name === '|' ? '||' : '&&', start)
    }
    const pair = withEquals[name]
    if (pair !== undefined) {
      if (char !== 0x3d) return operator(pair[0], start)
      next()
      return operator(pair[1], start)
    }
    const single = singles[name]
    if (single !== undefined) return operator(single, start)
    // A misplaced byte order mark has been reported when it was read.
    if (first !== byteOrderMark) report(messages.illegalCharacter(describeChar(first)), start)
    return { kind: 'ILLEGAL', start, end: at, text: name }
  }

  function operator(kind: TokenKind, start: number): Token {
    terminates = closers.has(kind)
    return { kind, start, end: at, text: '' }
  }

  next()
  if (char === byteOrderMark) next()
  return scan
}

const numericEscapes: Record<string, { count: number; base: number; max: number }> = {
  x: { count: 2, base: 16, max: 0xff },
  u: { count: 4, base: 16, max: 0x10ffff },
  U: { count: 8, base: 16, max: 0x10ffff },
}

/** Carriage returns go, except one that keeps the two characters of a closing mark apart. */
function withoutReturns(comment: string, block: boolean): string {
  if (!comment.includes('\r')) return comment
  const source = comment.endsWith('\r') ? comment.slice(0, -1) : comment
  let out = ''
  for (let i = 0; i < source.length; i++) {
    const char = source[i]!
    const keepsApart = block && out.length > 2 && out.endsWith('*') && source[i + 1] === '/'
    if (char !== '\r' || keepsApart) out += char
  }
  return out
}

/** Whether `text` is one identifier, as labels must be. */
export function isIdentifier(text: string): boolean {
  const token = createScanner(text, () => {})()
  return token.kind === 'IDENT' && token.text === text
}

/** The nearest identifier to `text`: what an identifier may not hold becomes an underscore, and a leading digit gets one before it. */
export function sanitizeIdentifier(text: string): string {
  let out = ''
  for (const char of text) {
    const code = char.codePointAt(0)!
    if (out === '' && isDigit(code)) out = '_'
    out += isLetter(code) || isDigit(code) ? char : '_'
  }
  return out
}
