/** Which names an expression or a body refers to: what the graph is made of. */
import type { Expression, Statement } from './ast.ts'
import { children, walkExpression, walkStatements } from './ast.ts'
import type { Span } from './source.ts'

/** `a.b.c` as far as it is names only: the first is looked up in scope, the others are fields. The range is that of the chain. */
export interface Reference extends Span {
  path: string[]
  /** Where each name of the path stands. */
  names: Span[]
}

/** Every chain of names in an expression or in the values of a body, in source order; keys of objects are not references. */
export function references(node: Expression | readonly Statement[]): Reference[] {
  const found: Reference[] = []
  if ('kind' in node) collect(node, found)
  else {
    walkStatements(node, statement => {
      if (statement.kind === 'attribute') collect(statement.value, found)
    })
  }
  return found
}

function collect(node: Expression, found: Reference[]): void {
  const chain = chainOf(node)
  if (chain !== undefined) found.push(chain)
  else for (const child of children(node)) collect(child, found)
}

/** The chain that an expression is, or undefined where it is something else (an index or a call ends a chain). */
export function chainOf(node: Expression): Reference | undefined {
  const names: { text: string; start: number; end: number }[] = []
  let at = node
  for (; at.kind === 'access'; at = at.value) names.push({ text: at.name, start: at.end - at.name.length, end: at.end })
  if (at.kind !== 'identifier') return undefined
  names.push({ text: at.name, start: at.start, end: at.end })
  names.reverse()
  return {
    path: names.map(name => name.text), names: names.map(({ start, end }) => ({ start, end })), start: node.start, end: node.end,
  }
}

/** Whether an expression mentions anything but literals: without references its value is the same everywhere. */
export function isConstant(node: Expression): boolean {
  let constant = true
  walkExpression(node, inner => { if (inner.kind === 'identifier') constant = false })
  return constant
}
