/**
 * The syntax tree: plain data, JSON in and out, so that expressions travel in the built plan and are evaluated there by the same
 * evaluator as at build time. Every node has a half-open range of UTF-16 offsets into its file.
 */
import type { Span } from './source.ts'

export type { Position, Span } from './source.ts'
export { positionAt } from './source.ts'

/** A body is an ordered list of these. */
export type Statement = Attribute | Block

/** `name = value`; the name starts at `start`. */
export interface Attribute extends Span {
  kind: 'attribute'
  name: string
  value: Expression
}

/** `name.with.dots "label" { body }`; the name starts at `start`, the closing brace stands at `end - 1`. */
export interface Block extends Span {
  kind: 'block'
  name: string
  /** Without quotes; absent where the file has none (or an empty one). */
  label?: string
  /** Offset of the label's opening quote; present exactly where the file has a string there. */
  labelStart?: number
  /** Offset of the opening brace. */
  open: number
  body: Statement[]
}

/** A literal's text is kept as written: 64-bit integers and floats stay exact. */
export interface Literal extends Span {
  kind: 'literal'
  type: 'number' | 'float' | 'string' | 'bool' | 'null'
  text: string
}

export interface ArrayExpression extends Span {
  kind: 'array'
  elements: Expression[]
}

/** A field of an object; its range is that of its name. Alloy does not interpret escapes in quoted names, so `name` is as written. */
export interface Field extends Span {
  name: string
  quoted: boolean
  value: Expression
}

export interface ObjectExpression extends Span {
  kind: 'object'
  fields: Field[]
}

export interface Identifier extends Span {
  kind: 'identifier'
  name: string
}

/** `value.name`; the name ends the range. */
export interface Access extends Span {
  kind: 'access'
  value: Expression
  name: string
}

/** `value[index]`; `open` is the bracket's offset. */
export interface Index extends Span {
  kind: 'index'
  value: Expression
  index: Expression
  open: number
}

/** `value(arguments)`; `open` is the parenthesis' offset. */
export interface Call extends Span {
  kind: 'call'
  value: Expression
  args: Expression[]
  open: number
}

export interface Unary extends Span {
  kind: 'unary'
  operator: UnaryOperator
  value: Expression
}

/** `left operator right`; `at` is the operator's offset. */
export interface Binary extends Span {
  kind: 'binary'
  operator: BinaryOperator
  left: Expression
  right: Expression
  at: number
}

export interface Paren extends Span {
  kind: 'paren'
  inner: Expression
}

export type UnaryOperator = '!' | '-'
export type BinaryOperator = '||' | '&&' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%' | '^'

export type Expression =
  | Literal | ArrayExpression | ObjectExpression | Identifier | Access | Index | Call | Unary | Binary | Paren

/** A comment as written, without carriage returns. */
export interface Comment {
  start: number
  text: string
}

/** Comments with neither a blank line nor a token between them. */
export type CommentGroup = Comment[]

/** The range of a block's dotted name. */
export function nameSpan(node: Block | Attribute): Span {
  return { start: node.start, end: node.start + node.name.length }
}

/** The range from a block's name to its opening brace. */
export function headSpan(block: Block): Span {
  return { start: block.start, end: block.open + 1 }
}

/** Calls `visit` for an expression and all expressions below it, outermost first. */
export function walkExpression(node: Expression, visit: (node: Expression) => void): void {
  visit(node)
  for (const child of children(node)) walkExpression(child, visit)
}

/** The expressions directly below one. */
export function children(node: Expression): Expression[] {
  switch (node.kind) {
    case 'array': return node.elements
    case 'object': return node.fields.map(field => field.value)
    case 'access':
    case 'unary': return [node.value]
    case 'index': return [node.value, node.index]
    case 'call': return [node.value, ...node.args]
    case 'binary': return [node.left, node.right]
    case 'paren': return [node.inner]
    case 'literal':
    case 'identifier': return []
  }
}

/** Calls `visit` for every statement of a body and of the blocks in it, outermost first. */
export function walkStatements(body: readonly Statement[], visit: (node: Statement) => void): void {
  for (const node of body) {
    visit(node)
    if (node.kind === 'block') walkStatements(node.body, visit)
  }
}

const places = new Set(['start', 'end', 'open', 'at', 'labelStart'])

/** A tree without its offsets, as JSON: equal where two trees say the same. */
export function outline(node: unknown): string {
  return JSON.stringify(node, (key, value: unknown) => places.has(key) ? undefined : value)
}
