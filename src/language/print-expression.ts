/** Expressions on one line, for messages and for code that builds configuration. */
import type { Expression } from './ast.ts'

/** `node` as source text on one line (raw strings keep their line breaks). */
export function printExpression(node: Expression): string {
  switch (node.kind) {
    case 'literal': return node.text
    case 'identifier': return node.name
    case 'array': return `[${node.elements.map(printExpression).join(', ')}]`
    case 'object': return `{${node.fields.map(field => `${printFieldName(field)} = ${printExpression(field.value)}`).join(', ')}}`
    case 'access': return `${printExpression(node.value)}${endsInNumber(node.value) ? ' ' : ''}.${node.name}`
    case 'index': return `${printExpression(node.value)}[${printExpression(node.index)}]`
    case 'call': return `${printExpression(node.value)}(${node.args.map(printExpression).join(', ')})`
    case 'unary': return `${node.operator}${printExpression(node.value)}`
    case 'binary': return `${printExpression(node.left)} ${node.operator} ${printExpression(node.right)}`
    case 'paren': return `(${printExpression(node.inner)})`
  }
}

/** A dot right after an integer would make it a float. */
function endsInNumber(node: Expression): boolean {
  return node.kind === 'literal' && node.type === 'number'
}

/** What may stand between double quotes as it is. */
const quotable = /^(?:[^"\\\n]|\\(?:[abfnrtv\\"]|[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))*$/

/**
 * The name of an object's field as source text. Alloy does not interpret escapes in names, so it is written as it was read (`alloy fmt`
 * escapes what is in it once more each time, which makes another name of it).
 */
export function printFieldName({ name, quoted }: { name: string; quoted: boolean }): string {
  if (!quoted) return name
  return quotable.test(name) ? `"${name}"` : `\`${name}\``
}
