/** Tokens as the parser takes them: comments set aside, errors reported and skipped over, nesting counted. */
import type { CommentGroup } from './ast.ts'
import type { Diagnostic } from './diagnostics.ts'
import { diagnose } from './diagnostics.ts'
import type { Problem } from './message.ts'
import { syntaxMessages as messages } from './syntax-messages.ts'
import type { Token, TokenKind } from './scan.ts'
import { createScanner } from './scan.ts'
import type { Span } from './source.ts'
import { lineMap } from './source.ts'

/** How deep blocks and expressions may nest; a chain of n operators or accesses counts n. Later steps recurse this deep at most. */
export const maximumDepth = 500

/** Thrown where the nesting limit is passed; parsing ends there. */
const tooDeep = new Error('nested too deep')

export interface TokenStream {
  readonly diagnostics: Diagnostic[]
  readonly comments: CommentGroup[]
  /** The current token. */
  readonly current: () => Token
  readonly is: (kind: TokenKind) => boolean
  /** Goes on to the next token and gives the one passed. */
  readonly next: () => Token
  /** Like `next`, but reports a token of another kind. */
  readonly expect: (kind: TokenKind) => Token
  /** Reports at a range. */
  readonly add: (problem: Problem, span: Span) => void
  /** Reports at the current token, unless its line has an error already. */
  readonly fail: (problem: Problem) => void
  /** Goes on to the next token of one of these kinds, or to the end. */
  readonly skipTo: (kinds: ReadonlySet<TokenKind>) => void
  /** Skips the rest of a statement, brackets and what is in them included. */
  readonly skipStatement: () => void
  /** Runs `parse` one level deeper. */
  readonly deeper: <T>(parse: () => T) => T
  /** Refuses an expression that stands `levels` high. */
  readonly checkHeight: (levels: number) => void
  /** Runs a whole parse: the limit ends parsing, not the program. */
  readonly bounded: <T>(parse: () => T, otherwise: T) => T
}

/** The tokens of a file; `file` is its name in diagnostics. */
export function createTokenStream(file: string, source: string): TokenStream {
  const lines = lineMap(source)
  const diagnostics: Diagnostic[] = []
  const comments: CommentGroup[] = []
  const reported = new Set<string>()
  /** Line of the parser's last error: it reports one a line. */
  let lastErrorLine = 0
  let depth = 0

  const add = (problem: Problem, span: Span): void => {
    // Reading ahead over a comment meets the characters in it twice.
    const key = `${span.start} ${problem.code}`
    if (reported.has(key)) return
    reported.add(key)
    diagnostics.push(diagnose(problem, file, lines, span))
  }
  const scan = createScanner(source, (problem, offset) => { add(problem, { start: offset, end: offset }) })
  let token: Token = scan()
  if (token.kind === 'COMMENT') skipComments()

  function next(): Token {
    const passed = token
    token = scan()
    if (token.kind === 'COMMENT') skipComments()
    return passed
  }

  function skipComments(): void {
    while (token.kind === 'COMMENT') {
      const group: CommentGroup = []
      let lastLine = lines.line(token.start)
      while (token.kind === 'COMMENT' && lines.line(token.start) <= lastLine + 1) {
        group.push({ start: token.start, text: token.text })
        lastLine = lines.line(token.start) + (token.text.startsWith('/*') ? token.text.split('\n').length - 1 : 0)
        token = scan()
      }
      comments.push(group)
    }
  }

  /** Reports at the current token, unless its line has an error already. */
  function fail(problem: Problem): void {
    const line = lines.line(token.start)
    if (line === lastErrorLine) return
    lastErrorLine = line
    add(problem, { start: token.start, end: token.start })
  }

  function expect(kind: TokenKind): Token {
    if (token.kind !== kind) fail(messages.expected(kind, token.kind))
    return next()
  }

  function skipTo(kinds: ReadonlySet<TokenKind>): void {
    while (token.kind !== 'EOF' && !kinds.has(token.kind)) next()
  }

  /** Skips the rest of a statement, brackets and what is in them included. */
  function skipStatement(): void {
    const open = { '{': 0, '[': 0, '(': 0 }
    for (; token.kind !== 'EOF'; next()) {
      switch (token.kind) {
        case '{': case '[': case '(': open[token.kind]++; break
        case '}': open['{']--; break
        case ']': open['[']--; break
        case ')': open['(']--; break
        case 'TERMINATOR':
          if (open['{'] <= 0 && open['['] <= 0 && open['('] <= 0) return
          break
        default:
      }
    }
  }

  /** Runs `parse` one level deeper. */
  function deeper<T>(parse: () => T): T {
    if (++depth > maximumDepth) stop()
    const result = parse()
    depth--
    return result
  }

  function stop(): never {
    add(messages.tooDeep(maximumDepth), { start: token.start, end: token.start })
    throw tooDeep
  }

  return {
    diagnostics,
    comments,
    current: () => token,
    is: kind => token.kind === kind,
    next,
    expect,
    add,
    fail,
    skipTo,
    skipStatement,
    deeper,
    checkHeight(levels) {
      if (levels > maximumDepth) stop()
    },
    bounded(parse, otherwise) {
      try {
        return parse()
      } catch (thrown) {
        if (thrown === tooDeep) return otherwise
        throw thrown
      }
    },
  }
}
