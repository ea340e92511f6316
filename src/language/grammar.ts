/** The tables of the grammar that the parser, the printer and the evaluator share. */
import type { Literal } from './ast.ts'

const levels: Record<string, number> = {
  '||': 1,
  '&&': 2,
  '==': 3, '!=': 3, '<': 3, '<=': 3, '>': 3, '>=': 3,
  '+': 4, '-': 4,
  '*': 5, '/': 5, '%': 5,
  '^': 6,
}

/** How tightly a binary operator binds, 1 (`||`) to 6 (`^`); 0 for what is none. */
export function precedence(operator: string): number {
  return levels[operator] ?? 0
}

const literals: Record<string, Literal['type']> = { NUMBER: 'number', FLOAT: 'float', STRING: 'string', BOOL: 'bool', NULL: 'null' }

/** The type of literal that a token kind makes. */
export function parseLiteralKind(kind: string): Literal['type'] | undefined {
  return literals[kind]
}
