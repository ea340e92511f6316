/**
 * Tokens to statements. The parser goes on after an error, so that one run reports several: at most one of its own a line, as Alloy
 * does. A tree with errors is only good for looking at.
 */
import type { CommentGroup, Expression, Statement } from './ast.ts'
import type { Diagnostic } from './diagnostics.ts'
import { syntaxMessages as messages } from './syntax-messages.ts'
import { createExpressionParser } from './parse-expression.ts'
import type { TokenKind } from './scan.ts'
import { isIdentifier } from './scan.ts'
import type { TokenStream } from './token-stream.ts'
import { createTokenStream } from './token-stream.ts'

export { maximumDepth } from './token-stream.ts'

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
  const tokens = createTokenStream(file, source)
  const { body } = createParser(tokens)
  return { file, source, body: tokens.bounded(() => body('EOF'), []), comments: tokens.comments, diagnostics: tokens.diagnostics }
}

/** Parses one expression that makes up all of `source`. */
export function parseExpression(source: string, file = ''): { expression: Expression; diagnostics: Diagnostic[] } {
  const tokens = createTokenStream(file, source)
  const { expression } = createParser(tokens)
  const nothing: Expression = { kind: 'literal', type: 'null', text: 'null', start: 0, end: 0 }
  const parsed = tokens.bounded(() => {
    const result = expression()
    tokens.expect('TERMINATOR')
    return result
  }, nothing)
  return { expression: parsed, diagnostics: tokens.diagnostics }
}

const names = new Set<TokenKind>(['IDENT'])

function createParser(tokens: TokenStream) {
  const { is, next, expect, add, fail, skipTo, skipStatement, deeper } = tokens
  const expression = createExpressionParser(tokens, () => { body('}') })

  function body(until: TokenKind): Statement[] {
    const statements: Statement[] = []
    while (!is(until) && !is('EOF')) {
      const parsed = deeper(statement)
      if (parsed !== undefined) statements.push(parsed)
      if (is(until)) break
      if (!is('TERMINATOR')) {
        fail(messages.expected('TERMINATOR', tokens.current().kind))
        skipStatement()
      }
      next()
    }
    return statements
  }

  function statement(): Statement | undefined {
    if (!is('IDENT')) {
      fail(messages.expected('identifier', tokens.current().kind))
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
    fail(head.fragments.length === 1 && head.label === '' ? messages.expectedStatement(tokens.current().kind) : messages.expectedBody(tokens.current().kind))
    skipTo(names)
    return undefined
  }

  interface Head { start: number; fragments: string[]; label: string; labelStart: number | undefined; labelEnd: number }

  function blockHead(): Head {
    const first = next()
    const head: Head = { start: first.start, fragments: [first.text], label: '', labelStart: undefined, labelEnd: 0 }
    while (is('.')) {
      next()
      if (!is('IDENT')) fail(messages.expected('identifier', tokens.current().kind))
      head.fragments.push(next().text)
    }
    if (is('=') || is('{')) return head
    if (is('STRING')) {
      if (!tokens.current().text.startsWith('"')) fail(messages.rawLabel(tokens.current().text))
      if (tokens.current().text.length > 2) {
        head.label = tokens.current().text.slice(1, -1)
        if (!isIdentifier(head.label)) fail(messages.invalidLabel(head.label))
      }
      head.labelStart = tokens.current().start
      head.labelEnd = tokens.current().end
    } else {
      fail(messages.expectedLabel(tokens.current().kind))
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

  return { body, expression }
}
