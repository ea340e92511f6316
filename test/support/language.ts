/** Arbitrary trees of the language, for property tests. */
import fc from 'fast-check'
import type { BinaryOperator, Expression, Statement } from '../../src/language/ast.ts'
import { outline } from '../../src/language/ast.ts'
import { precedence } from '../../src/language/grammar.ts'

const nowhere = { start: 0, end: 0 }

const names = fc.constantFrom('a', 'bc', 'long_name', 'Σ', 'x1', 'forward_to')

const literals: fc.Arbitrary<Expression> = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(value => literal('number', String(value))),
  fc.constantFrom('1.5', '.25', '1e3', '0.').map(text => literal('float', text)),
  fc.constantFrom('true', 'false').map(text => literal('bool', text)),
  fc.constant(literal('null', 'null')),
  fc.constantFrom('"x"', '"é\\n"', '""', '`raw\\`', '"a b"').map(text => literal('string', text)),
)

function literal(type: 'number' | 'float' | 'bool' | 'null' | 'string', text: string): Expression {
  return { kind: 'literal', type, text, ...nowhere }
}

const operators = fc.constantFrom<BinaryOperator>('||', '&&', '==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', '^')

const paren = (inner: Expression): Expression => ({ kind: 'paren', inner, ...nowhere })

/** Operators and signs need parentheses where their place binds tighter than they do. */
const operand = (node: Expression): Expression => node.kind === 'binary' || node.kind === 'unary' ? paren(node) : node

/** Trees as the parser makes them: what text says without parentheses has none. */
export const expressions: fc.Arbitrary<Expression> = fc.letrec<{ node: Expression }>(tie => {
  const node = tie('node')
  return {
    node: fc.oneof({ depthSize: 'small', withCrossShrink: true },
      literals,
      names.map((name): Expression => ({ kind: 'identifier', name, ...nowhere })),
      fc.array(node, { maxLength: 3 }).map((elements): Expression => ({ kind: 'array', elements, ...nowhere })),
      fc.array(fc.tuple(names, fc.boolean(), node), { maxLength: 3 }).map((fields): Expression => ({
        kind: 'object', fields: fields.map(([name, quoted, value]) => ({ name, quoted, value, ...nowhere })), ...nowhere,
      })),
      fc.tuple(node, names).map(([value, name]): Expression => ({ kind: 'access', value: operand(value), name, ...nowhere })),
      fc.tuple(node, node).map(([value, index]): Expression => ({ kind: 'index', value: operand(value), index, open: 0, ...nowhere })),
      fc.tuple(node, fc.array(node, { maxLength: 2 })).map(([value, args]): Expression => ({ kind: 'call', value: operand(value), args, open: 0, ...nowhere })),
      fc.tuple(fc.constantFrom('!' as const, '-' as const), node).map(([operator, value]): Expression => ({
        kind: 'unary', operator, value: value.kind === 'binary' ? paren(value) : value, ...nowhere,
      })),
      fc.tuple(operators, node, node).map(([operator, left, right]): Expression => ({
        kind: 'binary', operator, left: side(left, operator, 'left'), right: side(right, operator, 'right'), at: 0, ...nowhere,
      })),
      node.map(paren),
    ),
  }
}).node

function side(node: Expression, operator: BinaryOperator, where: 'left' | 'right'): Expression {
  if (node.kind !== 'binary') return node
  const [inner, outer] = [precedence(node.operator), precedence(operator)]
  const fits = inner > outer || (inner === outer && (operator === '^') === (where === 'right'))
  return fits ? node : paren(node)
}

/** Bodies as the parser makes them. */
export const bodies: fc.Arbitrary<Statement[]> = fc.letrec<{ body: Statement[] }>(tie => ({
  body: fc.array(fc.oneof({ depthSize: 'small', withCrossShrink: true },
    fc.tuple(names, expressions).map(([name, value]): Statement => ({ kind: 'attribute', name, value, ...nowhere })),
    fc.tuple(fc.array(names, { minLength: 1, maxLength: 3 }), fc.option(names, { nil: undefined }), tie('body')).map(([parts, label, body]): Statement => ({
      kind: 'block', name: parts.join('.'), ...(label !== undefined && { label }), body, open: 0, ...nowhere,
    })),
  ), { maxLength: 4 }),
})).body

/** A tree without its offsets, as plain data. */
export function withoutPlaces(node: unknown): unknown {
  return JSON.parse(outline(node))
}
