/** Trees made by code, for `printBody`: converters write configurations with these. Their nodes have no place in a source. */
import { toDisplayNumber } from '../lib/go-format.ts'
import { quote } from '../lib/go-text.ts'
import type { Attribute, Block, Expression, Statement } from './ast.ts'
import { isIdentifier } from './scan.ts'
import type { Value } from './value.ts'
import { isObject, OptionalSecret } from './value.ts'

const nowhere = { start: 0, end: 0 } as const

/** `name = value`. */
export function attribute(name: string, value: Expression): Attribute {
  return { kind: 'attribute', name, value, ...nowhere }
}

/** `name "label" { body }`; an undefined label is left out. */
export function block(name: string, label: string | undefined, body: Statement[]): Block {
  return { kind: 'block', name, ...(label !== undefined && { label }), body, open: 0, ...nowhere }
}

/** A reference of names and dots: `reference('loki', 'write', 'default', 'receiver')`. */
export function reference(first: string, ...rest: string[]): Expression {
  return rest.reduce<Expression>((value, name) => ({ kind: 'access', value, name, ...nowhere }), { kind: 'identifier', name: first, ...nowhere })
}

/** `callee(args)`, where the callee is a dotted name. */
export function call(callee: string, ...args: Expression[]): Expression {
  const [first = '', ...rest] = callee.split('.')
  return { kind: 'call', value: reference(first, ...rest), args, open: 0, ...nowhere }
}

/** A list of expressions. */
export function list(elements: Expression[]): Expression {
  return { kind: 'array', elements, ...nowhere }
}

/** An object of expressions; names that are no identifiers are quoted. */
export function object(fields: Record<string, Expression>): Expression {
  return {
    kind: 'object', ...nowhere,
    fields: Object.entries(fields).map(([name, value]) => isIdentifier(name)
      ? { name, quoted: false, value, ...nowhere }
      : { name: quote(name).slice(1, -1), quoted: true, value, ...nowhere }),
  }
}

/** The source of a value: literals, lists and objects. Throws a `TypeError` for what has none (secrets, capsules, functions, unknowns). */
export function literal(value: Value): Expression {
  if (value === null) return { kind: 'literal', type: 'null', text: 'null', ...nowhere }
  switch (typeof value) {
    case 'boolean': return { kind: 'literal', type: 'bool', text: String(value), ...nowhere }
    case 'string': return { kind: 'literal', type: 'string', text: quote(value), ...nowhere }
    case 'bigint': return number(value, 'number')
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no literal`)
      return number(value, Number.isInteger(value) ? 'number' : 'float')
    default:
  }
  if (Array.isArray(value)) return list(value.map(literal))
  if (isObject(value)) return object(Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, literal(inner)])))
  if (value instanceof OptionalSecret && !value.isSecret) return literal(value.value)
  throw new TypeError(`a ${value.constructor.name} has no literal`)
}

function number(value: bigint | number, type: 'number' | 'float'): Expression {
  const text = toDisplayNumber(value)
  if (!text.startsWith('-')) return { kind: 'literal', type, text, ...nowhere }
  return { kind: 'unary', operator: '-', value: { kind: 'literal', type, text: text.slice(1), ...nowhere }, ...nowhere }
}
