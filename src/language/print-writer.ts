/** Writes tokens and, between them, the comments that the source has there; settles the white space once both are known. */
import type { CommentGroup } from './ast.ts'
import { escapeMark } from './elastic.ts'
import type { LineMap } from './source.ts'

/** White space that is written only when the next token is; changes of indentation are part of it, and `none` is what gave way. */
type Space = ' ' | '\v' | '\n' | '\f' | 'indent' | 'unindent' | 'none'

export interface Writer {
  space(...spaces: Space[]): void
  /** Writes a token; `at` is its offset in the source, where that is known better than by counting on; tabs in a literal are kept. */
  token(text: string, at?: number, literal?: boolean): void
  /** Writes the comments that are left and gives the whole text. */
  finish(): string
}

/** Lines that may be left blank in a row. */
const maximumNewlines = 2

/** A writer that puts the comments back in their places; `lines` tells the lines of offsets in the source. */
export function createWriter(comments: readonly CommentGroup[], lines: LineMap): Writer {
  const out: string[] = []
  let pending: Space[] = []
  let indentation = 0
  let lineStart = true
  let nextGroup = 0
  /** Where writing is in the source, as far as can be told by counting; and where it was after the last text. */
  let place = { offset: 0, line: 1 }
  let lastLine = 0
  /** Whether what is written next would become part of a line comment. */
  let inLineComment = false

  const indent = (): void => {
    if (!lineStart) return
    lineStart = false
    out.push('\t'.repeat(indentation))
    place.offset += indentation
  }

  const blank = (char: string, count: number): void => {
    indent()
    out.push(char.repeat(count))
    place.offset += count
    if (char === '\n' || char === '\f') {
      place.line += count
      lineStart = true
      inLineComment = false
    }
  }

  const write = (text: string, at: { offset: number; line: number }, literal: boolean): void => {
    indent()
    out.push(literal ? escapeMark + text + escapeMark : text)
    place = { offset: at.offset + text.length, line: at.line + countLines(text) }
    lastLine = place.line
    inLineComment = literal && text.startsWith('//')
  }

  const settle = (spaces: readonly Space[]): void => {
    for (const space of spaces) {
      if (space === 'indent') indentation++
      else if (space === 'unindent') indentation--
      else if (space !== 'none') blank(space, 1)
    }
  }

  const positionOf = (offset: number) => ({ offset, line: lines.line(offset) })

  /** Between the last token and a comment. `nextLine` is the line of the token that follows it. */
  const beforeComment = (line: number, nextLine: number): void => {
    if (out.length === 0) return
    if (line === lastLine) {
      blank(inLineComment ? '\f' : line === nextLine ? ' ' : '\t', 1)
      return
    }
    // Only the changes of indentation before the first space apply to the comment; that space gives way to line breaks.
    const first = pending.findIndex(space => space !== 'indent' && space !== 'unindent')
    if (first !== -1) {
      pending[first] = 'none'
      settle(pending.splice(0, first))
    }
    if (line > lastLine) blank('\f', Math.min(line - lastLine, maximumNewlines))
  }

  const afterComments = (last: { start: number; text: string }, nextLine: number): void => {
    const end = lines.line(last.start) + countLines(last.text)
    if (last.text.startsWith('/*') && nextLine === end) blank(' ', 1)
    const newlines = Math.max(nextLine - lastLine, inLineComment ? 1 : 0)
    const broken = pending.includes('\f')
    settle(pending.filter(space => space === 'indent' || space === 'unindent'))
    pending = []
    if (newlines > 0) blank(broken ? '\f' : '\n', Math.min(newlines, maximumNewlines))
  }

  /** Writes the comments up to `next`, or else the pending space. */
  const flush = (next: { offset: number; line: number }, end: boolean): void => {
    let last: { start: number; text: string } | undefined
    for (let group = comments[nextGroup]; group !== undefined && group[0]!.start <= next.offset; group = comments[++nextGroup]) {
      for (const comment of group) {
        const at = positionOf(comment.start)
        beforeComment(at.line, next.line)
        write(comment.text, at, true)
        last = comment
      }
    }
    if (end) return
    if (last !== undefined) return afterComments(last, next.line)
    settle(pending)
    pending = []
  }

  return {
    space: (...spaces) => { pending.push(...spaces) },
    token(text, at, literal = false) {
      if (at !== undefined) place = positionOf(at)
      const next = { ...place }
      flush(next, false)
      write(text, next, literal)
    },
    finish() {
      flush({ offset: Infinity, line: Infinity }, true)
      return out.join('')
    },
  }
}

function countLines(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++
  return count
}
