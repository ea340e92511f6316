/**
 * `alloy fmt`: one layout for every file, byte for byte. Tokens are written with soft white space between them, which is only settled
 * once the next token is known, because comments may come before it; alignment is the last step.
 */
import type { CommentGroup, Expression, Field, Statement } from './ast.ts'
import { outline, walkStatements } from './ast.ts'
import { align, trimLines } from './elastic.ts'
import { quote } from '../lib/go-text.ts'
import type { ParsedFile } from './parse.ts'
import { parseFile } from './parse.ts'
import { printExpression, printFieldName } from './print-expression.ts'
import type { Writer } from './print-writer.ts'
import { createWriter } from './print-writer.ts'
import type { LineMap } from './source.ts'
import { lineMap } from './source.ts'

export { printExpression } from './print-expression.ts'

/** Formats a file that parses without errors; throws with the first error of one that does not. */
export function format(source: string | ParsedFile): string {
  const parsed = typeof source === 'string' ? parseFile('', source) : source
  const error = parsed.diagnostics.find(({ severity }) => severity === 'error')
  if (error !== undefined) throw new SyntaxError(`${error.start.line}:${error.start.column}: ${error.message}`)
  const text = layOut(parsed, parsed.comments)
  const inner = innerComments(parsed)
  if (inner.size === 0 || saysTheSame(parsed, text)) return text
  // A comment in the middle of a statement can end up where a line break changes its meaning: then it goes before the statement.
  return layOut(parsed, parsed.comments.map(group => {
    const start = inner.get(group)
    return start === undefined ? group : group.map(comment => ({ ...comment, start }))
  }))
}

function layOut({ source, body }: ParsedFile, comments: readonly CommentGroup[]): string {
  const lines = lineMap(source)
  const writer = createWriter(comments, lines)
  walkBody(body, writer, lines)
  return `${trimLines(align(writer.finish()))}\n`
}

/** Groups of comments inside an attribute or the head of a block, with the place where that starts. */
function innerComments({ body, comments }: ParsedFile): Map<CommentGroup, number> {
  const found = new Map<CommentGroup, number>()
  let next = 0
  walkStatements(body, node => {
    const end = node.kind === 'attribute' ? node.end : node.open
    for (let group = comments[next]; group !== undefined && group[0]!.start < end; group = comments[++next]) {
      if (group[0]!.start > node.start) found.set(group, node.start)
    }
  })
  return found
}

/** Whether a formatted text still has the tree and the comments of the file; blanks are not looked at. */
function saysTheSame(parsed: ParsedFile, text: string): boolean {
  const again = parseFile(parsed.file, text)
  const count = (file: ParsedFile) => file.comments.flat().length
  const blanks = /(?:\\[tnvf]| )+/g
  return again.diagnostics.length === 0 && count(again) === count(parsed)
    && outline(again.body).replace(blanks, ' ') === outline(parsed.body).replace(blanks, ' ')
}

/** Formats statements that code has made: what their offsets say is ignored, and every object of several fields gets a line a field. */
export function printBody(body: readonly Statement[]): string {
  return body.length === 0 ? '' : format(`${body.map(plainStatement).join('\n')}\n`)
}

function plainStatement(node: Statement): string {
  if (node.kind === 'attribute') return `${node.name} = ${plainExpression(node.value)}`
  const head = `${node.name} ${node.label === undefined ? '' : `${quote(node.label)} `}`
  return node.body.length === 0 ? `${head}{ }` : `${head}{\n${node.body.map(plainStatement).join('\n')}\n}`
}

function plainExpression(node: Expression): string {
  if (node.kind === 'object') {
    const fields = node.fields.map(field => `${printFieldName(field)} = ${plainExpression(field.value)},\n`)
    return fields.length === 0 ? '{}' : `{\n${fields.join('')}}`
  }
  if (node.kind === 'array') return `[${node.elements.map(plainExpression).join(', ')}]`
  if (node.kind === 'call') return `${plainExpression(node.value)}(${node.args.map(plainExpression).join(', ')})`
  return printExpression(node)
}

function walkBody(body: readonly Statement[], writer: Writer, lines: LineMap): void {
  const firstLine = (node: Statement) => lines.line(node.start)
  const lastLine = (node: Statement) => lines.line(node.end - 1)
  body.forEach((node, index) => {
    const previous = body[index - 1]
    if (previous !== undefined && (node.kind === 'block' || firstLine(node) - lastLine(previous) > 1)) writer.space('\f')
    if (node.kind === 'attribute') {
      writer.token(node.name, node.start)
      writer.space('\v')
      writer.token('=')
      writer.space(' ')
      walkValue(node.value, writer, lines)
    } else {
      walkBlock(node, writer, lines)
    }
    // What goes over several lines ends the alignment of those before it.
    writer.space(firstLine(node) === lastLine(node) ? '\n' : '\f')
  })
}

function walkBlock(node: Statement & { kind: 'block' }, writer: Writer, lines: LineMap): void {
  writer.token(node.name, node.start)
  if (node.label !== undefined) {
    writer.space(' ')
    writer.token(quote(node.label), node.labelStart)
  }
  writer.space(' ')
  writer.token('{', node.open)
  writer.space('indent')
  if (node.body.length > 0) {
    writer.space('\f')
    walkBody(node.body, writer, lines)
  } else {
    writer.space(' ')
  }
  writer.space('unindent')
  writer.token('}', node.end - 1)
}

function walkValue(node: Expression, writer: Writer, lines: LineMap): void {
  const walk = (inner: Expression) => { walkValue(inner, writer, lines) }
  switch (node.kind) {
    case 'literal': return writer.token(node.text, node.start)
    case 'identifier': return writer.token(node.name, node.start)
    case 'array': return walkArray(node.elements, node, writer, lines)
    case 'object': return walkObject(node.fields, node, writer, lines)
    case 'call': return walkCall(node, writer, lines)
    case 'access':
      walk(node.value)
      // A dot right after an integer would make it a float.
      if (node.value.kind === 'literal' && node.value.type === 'number') writer.space(' ')
      writer.token('.')
      return writer.token(node.name)
    case 'index':
      walk(node.value)
      writer.token('[', node.open)
      walk(node.index)
      return writer.token(']', node.end - 1)
    case 'unary':
      writer.token(node.operator, node.start)
      return walk(node.value)
    case 'binary':
      walk(node.left)
      writer.space(' ')
      writer.token(node.operator, node.at)
      writer.space(' ')
      return walk(node.right)
    case 'paren':
      writer.token('(')
      walk(node.inner)
      return writer.token(')')
  }
}

type Range = { start: number; end: number }

function walkArray(elements: readonly Expression[], { start, end }: Range, writer: Writer, lines: LineMap): void {
  writer.token('[', start)
  let line = lines.line(start)
  elements.forEach((element, index) => {
    const broken = lines.line(element.start) !== line
    // Indented before the line breaks, so that comments between are as well.
    if (broken) writer.space('indent', '\f')
    else if (index > 0) writer.space(' ')
    line = lines.line(element.end - 1)
    walkValue(element, writer, lines)
    if (index + 1 < elements.length) writer.token(',')
    if (broken) writer.space('unindent')
  })
  if (elements.length > 0 && line !== lines.line(end - 1)) {
    writer.token(',')
    writer.space('indent', '\f', 'unindent')
  }
  writer.token(']', end - 1)
}

function walkObject(fields: readonly Field[], { start, end }: Range, writer: Writer, lines: LineMap): void {
  writer.token('{', start)
  writer.space('indent')
  let line = lines.line(start)
  fields.forEach((field, index) => {
    if (lines.line(field.start) !== line) {
      const previous = fields[index - 1]?.value
      const aligned = previous !== undefined && lines.line(previous.start) === lines.line(previous.end - 1)
      writer.space(aligned ? '\n' : '\f')
    } else if (index > 0) {
      writer.space(' ')
    }
    // The line of the name, not of the value: a field after a value of several lines starts a new line.
    line = lines.line(field.start)
    writer.token(printFieldName(field), field.start, /[\t\v\f]/.test(field.name))
    writer.space('\v')
    writer.token('=')
    writer.space(' ')
    walkValue(field.value, writer, lines)
    if (index + 1 < fields.length) writer.token(',')
  })
  if (fields.length > 0 && line !== lines.line(end - 1)) {
    writer.token(',')
    writer.space('\f')
  }
  writer.space('unindent')
  writer.token('}', end - 1)
}

function walkCall(node: Expression & { kind: 'call' }, writer: Writer, lines: LineMap): void {
  walkValue(node.value, writer, lines)
  writer.token('(')
  let line = lines.line(node.open)
  node.args.forEach((argument, index) => {
    const broken = lines.line(argument.start) !== line
    if (broken) writer.space('\f', 'indent')
    walkValue(argument, writer, lines)
    line = lines.line(argument.end - 1)
    if (index + 1 < node.args.length) {
      writer.token(',')
      writer.space(' ')
    }
    if (broken) writer.space('unindent')
  })
  if (line !== lines.line(node.end - 1)) {
    writer.token(',')
    writer.space('\f')
  }
  writer.token(')')
}
