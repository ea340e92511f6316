/**
 * Tokens to statements and expressions. The parser goes on after an error, so that one run reports several: at most one of its own a
 * line, as Alloy does. A tree with errors is only good for looking at.
 */
import type { CommentGroup, Expression, Field, Statement } from './ast.ts'
import type { Diagnostic } from './diagnostics.ts'
import { diagnose } from './diagnostics.ts'
import type { Problem } from './messages.ts'
import { syntaxMessages as messages } from './messages.ts'
import { parseLiteralKind, precedence } from './grammar.ts'
import type { Token, TokenKind } from './scan.ts'
import { createScanner, isIdentifier } from './scan.ts'
import type { LineMap, Span } from './source.ts'
import { lineMap } from './source.ts'

/** How deep blocks and expressions may nest; a chain of n operators or accesses counts n. Later steps recurse this deep at most. */
export const maximumDepth = 500

/** A parsed file: usable where `diagnostics` has no error. */
export interface ParsedFile {
  file: string
  source: string
  body: Statement[]
  comments: CommentGroup[]
  diagnostics: Diagnostic[]
}

/** Parses a whole file; `file` is its name in diagnostics. */
export function parseFile(file: string, source: string): ParsedFile {
  const parser = createParser(file, source)
  const body = parser.body('EOF')
  return { file, source, body, comments: parser.comments, diagnostics: parser.diagnostics }
}

/** Parses one expression that makes up all of `source`. */
export function parseExpression(source: string, file = ''): { expression: Expression; diagnostics: Diagnostic[] } {
  const parser = createParser(file, source)
  const expression = parser.expression()
  parser.expect('TERMINATOR')
  return { expression, diagnostics: parser.diagnostics }
}

/** What ends a statement or an element: an expression that cannot be read is skipped up to one of these. */
const expressionEnd = new Set<TokenKind>(['TERMINATOR', ')', '}', ']', ','])

/** Thrown where the nesting limit is passed; parsing ends there. */
const tooDeep = new Error('nested too deep')

function createParser(file: string, source: string) {
  const lines: LineMap = lineMap(source)
  const diagnostics: Diagnostic[] = []
  const comments: CommentGroup[] = []
  const reported = new Set<string>()
  /** Line of the parser's last error: it reports one a line. */
  let lastErrorLine = 0
  let depth = 0
  /** Height of the expression that was parsed last. */
  let height = 0

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

  /** Asked anew each time: the compiler would take the token for unchanged across calls. */
  const is = (kind: TokenKind) => token.kind === kind

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
  const names = new Set<TokenKind>(['IDENT'])
  const assignments = new Set<TokenKind>(['='])

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

  /** Notes that an expression stands `levels` high. */
  function grow(levels: number): void {
    height = levels
    if (height > maximumDepth) stop()
  }

  function stop(): never {
    add(messages.tooDeep(maximumDepth), { start: token.start, end: token.start })
    throw tooDeep
  }

  function body(until: TokenKind): Statement[] {
    const statements: Statement[] = []
    while (token.kind !== until && token.kind !== 'EOF') {
      const parsed = deeper(statement)
      if (parsed !== undefined) statements.push(parsed)
      if (token.kind === until) break
      if (token.kind !== 'TERMINATOR') {
        fail(messages.expected('TERMINATOR', token.kind))
        skipStatement()
      }
      next()
    }
    return statements
  }

  function statement(): Statement | undefined {
    if (token.kind !== 'IDENT') {
      fail(messages.expected('identifier', token.kind))
      skipTo(names)
      return undefined
    }
    const head = blockHead()
    if (is('=')) return attribute(head)
    if (is('{')) {
      const open = next().start
      const inner = body('}')
      const { end } = expect('}')
      const { start, fragments, label, labelStart } = head
      return {
        kind: 'block', name: fragments.join('.'), ...(label !== '' && { label }), ...(labelStart !== undefined && { labelStart }),
        body: inner, open, start, end,
      }
    }
    fail(head.fragments.length === 1 && head.label === '' ? messages.expectedStatement(token.kind) : messages.expectedBody(token.kind))
    skipTo(names)
    return undefined
  }

  interface Head { start: number; fragments: string[]; label: string; labelStart: number | undefined; labelEnd: number }

  function blockHead(): Head {
    const first = next()
    const head: Head = { start: first.start, fragments: [first.text], label: '', labelStart: undefined, labelEnd: 0 }
    while (token.kind === '.') {
      next()
      if (!is('IDENT')) fail(messages.expected('identifier', token.kind))
      head.fragments.push(next().text)
    }
    if (token.kind === '=' || token.kind === '{') return head
    if (token.kind === 'STRING') {
      if (!token.text.startsWith('"')) fail(messages.rawLabel(token.text))
      if (token.text.length > 2) {
        head.label = token.text.slice(1, -1)
        if (!isIdentifier(head.label)) fail(messages.invalidLabel(head.label))
      }
      head.labelStart = token.start
      head.labelEnd = token.end
    } else {
      fail(messages.expectedLabel(token.kind))
    }
    next()
    return head
  }

  function attribute({ start, fragments, labelStart, labelEnd }: Head): Statement {
    next()
    if (fragments.length !== 1) add(messages.dottedAttribute(), { start, end: start + fragments.join('.').length })
    else if (labelStart !== undefined) add(messages.labelledAttribute(), { start: labelStart, end: labelEnd })
    const value = expression()
    return { kind: 'attribute', name: fragments[0]!, value, start, end: value.end }
  }

  function expression(): Expression {
    return deeper(() => binary(1))
  }

  /** Operators that bind at least as tightly as `minimum`; `^` groups to the right, all others to the left. */
  function binary(minimum: number): Expression {
    let left = unary()
    for (;;) {
      const operator = token.kind
      const level = precedence(operator)
      if (level === 0 || level < minimum) return left
      const at = next().start
      const leftHeight = height
      const right = deeper(() => binary(operator === '^' ? level : level + 1))
      grow(Math.max(leftHeight, height) + 1)
      left = { kind: 'binary', operator: operator as never, left, right, at, start: left.start, end: right.end }
    }
  }

  function unary(): Expression {
    if (token.kind !== '!' && token.kind !== '-') return postfix(primary())
    const { kind: operator, start } = next()
    const value = deeper(unary)
    grow(height + 1)
    return { kind: 'unary', operator: operator as '!' | '-', value, start, end: value.end }
  }

  function postfix(operand: Expression): Expression {
    let value = operand
    for (;;) {
      const { start } = value
      const below = height
      if (token.kind === '.') {
        next()
        const name = expect('IDENT')
        value = { kind: 'access', value, name: name.text, start, end: name.end }
      } else if (token.kind === '[') {
        const open = next().start
        const index = expression()
        const { end } = expect(']')
        value = { kind: 'index', value, index, open, start, end }
      } else if (token.kind === '(') {
        const open = next().start
        height = 0
        const args = list(')', 'expression', expression)
        const { end } = expect(')')
        value = { kind: 'call', value, args, open, start, end }
      } else if (token.kind === 'STRING' || token.kind === '{') {
        if (!blockAsExpression(start)) return value
      } else {
        return value
      }
      grow(Math.max(below, height) + 1)
    }
  }

  /** A block where a value should be is worth a message of its own; false where it turned out to be none. */
  function blockAsExpression(start: number): boolean {
    if (token.kind === 'STRING') next()
    const opened = token.kind === '{'
    expect('{')
    if (opened) {
      body('}')
      const closed = token.kind === '}'
      const { end } = expect('}')
      if (closed) {
        add(messages.blockAsExpression(), { start, end })
        return true
      }
    }
    skipStatement()
    return false
  }

  function primary(): Expression {
    const { kind, start, text, end } = token
    height = 0
    if (kind === 'IDENT') {
      next()
      return { kind: 'identifier', name: text, start, end }
    }
    const type = parseLiteralKind(kind)
    if (type !== undefined) {
      next()
      return { kind: 'literal', type, text, start, end }
    }
    switch (kind) {
      case '(': {
        next()
        const inner = expression()
        grow(height + 1)
        return { kind: 'paren', inner, start, end: expect(')').end }
      }
      case '[': {
        next()
        const elements = list(']', 'expression', expression)
        return { kind: 'array', elements, start, end: expect(']').end }
      }
      case '{': {
        next()
        const fields = token.kind === ']' ? [] : list('}', 'field', field)
        return { kind: 'object', fields, start, end: expect('}').end }
      }
      default:
    }
    fail(messages.expectedExpression(kind))
    skipTo(expressionEnd)
    return { kind: 'literal', type: 'null', text: 'null', start, end: start + 4 }
  }

  /** Elements up to `until` (which stays), with commas between and perhaps after them; its height is one more than the highest's. */
  function list<T>(until: TokenKind, what: 'expression' | 'field', element: () => T): T[] {
    const elements: T[] = []
    let highest = 0
    while (token.kind !== until && token.kind !== 'EOF') {
      elements.push(element())
      highest = Math.max(highest, height)
      if (token.kind === until) break
      if (token.kind !== ',') fail(messages.missingComma(what))
      next()
    }
    grow(highest + 1)
    return elements
  }

  function field(): Field {
    let { start, end, text: name } = token
    let quoted = false
    if (token.kind === 'STRING' || token.kind === 'IDENT') {
      // An empty name keeps its quotes and counts as unquoted; so it is in Alloy.
      if (token.kind === 'STRING' && name.length > 2) {
        name = name.slice(1, -1)
        quoted = true
      }
      next()
    } else {
      fail(messages.expectedField(token.kind))
      skipTo(assignments)
      start = end = token.start
      name = ''
    }
    expect('=')
    return { name, quoted, start, end, value: expression() }
  }

  /** The limit ends parsing, not the program: what was read so far is given back. */
  const bounded = <T>(parse: () => T, otherwise: T): T => {
    try {
      return parse()
    } catch (thrown) {
      if (thrown === tooDeep) return otherwise
      throw thrown
    }
  }

  return {
    diagnostics,
    comments,
    body: (until: TokenKind) => bounded(() => body(until), []),
    expression: () => bounded(expression, { kind: 'literal', type: 'null', text: 'null', start: 0, end: 0 } as const),
    expect,
  }
}
