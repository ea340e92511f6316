/** Tokens to expressions. */
import type { Expression, Field } from './ast.ts'
import { parseLiteralKind, precedence } from './grammar.ts'
import { syntaxMessages as messages } from './syntax-messages.ts'
import type { TokenKind } from './scan.ts'
import type { TokenStream } from './token-stream.ts'

/** What ends a statement or an element: an expression that cannot be read is skipped up to one of these. */
const expressionEnd = new Set<TokenKind>(['TERMINATOR', ')', '}', ']', ','])
const assignments = new Set<TokenKind>(['='])

/** A parser of expressions over `tokens`; `skipBody` reads the statements of a block that stands where a value should. */
export function createExpressionParser(tokens: TokenStream, skipBody: () => void): () => Expression {
  const { is, next, expect, add, fail, skipTo, skipStatement, deeper, checkHeight } = tokens
  /** Height of the expression that was parsed last. */
  let height = 0

  /** Notes that an expression stands `levels` high. */
  function grow(levels: number): void {
    height = levels
    checkHeight(levels)
  }

  function expression(): Expression {
    return deeper(() => binary(1))
  }

  /** Operators that bind at least as tightly as `minimum`; `^` groups to the right, all others to the left. */
  function binary(minimum: number): Expression {
    let left = unary()
    for (;;) {
      const operator = tokens.current().kind
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
    if (!is('!') && !is('-')) return postfix(primary())
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
      if (is('.')) {
        next()
        const name = expect('IDENT')
        value = { kind: 'access', value, name: name.text, start, end: name.end }
      } else if (is('[')) {
        const open = next().start
        const index = expression()
        const { end } = expect(']')
        value = { kind: 'index', value, index, open, start, end }
      } else if (is('(')) {
        const open = next().start
        height = 0
        const args = list(')', 'expression', expression)
        const { end } = expect(')')
        value = { kind: 'call', value, args, open, start, end }
      } else if (is('STRING') || is('{')) {
        if (!blockAsExpression(start)) return value
      } else {
        return value
      }
      grow(Math.max(below, height) + 1)
    }
  }

  /** A block where a value should be is worth a message of its own; false where it turned out to be none. */
  function blockAsExpression(start: number): boolean {
    if (is('STRING')) next()
    const opened = is('{')
    expect('{')
    if (opened) {
      skipBody()
      const closed = is('}')
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
    const { kind, start, text, end } = tokens.current()
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
        const fields = is(']') ? [] : list('}', 'field', field)
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
    while (!is(until) && !is('EOF')) {
      elements.push(element())
      highest = Math.max(highest, height)
      if (is(until)) break
      if (!is(',')) fail(messages.missingComma(what))
      next()
    }
    grow(highest + 1)
    return elements
  }

  function field(): Field {
    let { start, end, text: name } = tokens.current()
    let quoted = false
    if (is('STRING') || is('IDENT')) {
      // An empty name keeps its quotes and counts as unquoted; so it is in Alloy.
      if (is('STRING') && name.length > 2) {
        name = name.slice(1, -1)
        quoted = true
      }
      next()
    } else {
      fail(messages.expectedField(tokens.current().kind))
      skipTo(assignments)
      start = end = tokens.current().start
      name = ''
    }
    expect('=')
    return { name, quoted, start, end, value: expression() }
  }

  return expression
}
