/**
 * The evaluator, the same at build time and at run time. It never throws for what a configuration says: an error is reported at its
 * place, its value is unknown, and evaluation goes on, so that one run reports them all.
 */
import type { Access, Call, Expression, Index } from './ast.ts'
import { literalValue } from './literal.ts'
import type { Problem } from './message.ts'
import { evaluationMessages as messages } from './evaluation-messages.ts'
import { binary, unary } from './operators.ts'
import { printExpression } from './print-expression.ts'
import type { Span } from './source.ts'
import type { ObjectValue, Value } from './value.ts'
import { CallError, FunctionValue, hasSecret, hasUnknown, isObject, objectValue, Secret, typeName, Unknown } from './value.ts'

/** Names that expressions can see; those of the inner scope hide those of its parents. */
export interface Scope {
  readonly parent?: Scope
  readonly variables: ObjectValue
}

/** Takes a problem and the range that it is about. */
export type Report = (problem: Problem, node: Span) => void

const unknown = new Unknown()

/** Evaluates an expression; where that fails, the reason is reported and the result is unknown. */
export function evaluate(expression: Expression, scope: Scope, report: Report): Value {
  const visit = (node: Expression): Value => {
    switch (node.kind) {
      case 'literal':
        try {
          return literalValue(node)
        } catch (error) {
          report(messages.invalidLiteral((error as Error).message), node)
          return unknown
        }
      case 'paren': return visit(node.inner)
      case 'array': return node.elements.map(visit)
      case 'object': return objectValue(node.fields.map(field => [field.name, visit(field.value)] as const))
      case 'identifier': {
        const value = lookup(node.name, scope)
        return value === undefined ? missing(node, node.name, report) : value
      }
      case 'access': return access(node, visit(node.value), report)
      case 'index': return index(node, visit(node.value), visit(node.index), report)
      case 'call': return call(node, visit(node.value), node.args.map(visit), report)
      case 'unary': {
        const value = visit(node.value)
        if (value instanceof Unknown) return unknown
        const result = unary(node.operator, value)
        if (result !== undefined) return result
        return mismatch(node.value, node.operator === '!' ? 'bool' : 'number', value, report)
      }
      case 'binary': {
        const left = visit(node.left)
        const right = visit(node.right)
        if (hasUnknown(left) || hasUnknown(right)) return node.operator === '+' && (isSecret(left) || isSecret(right)) ? new Unknown('secret') : unknown
        const result = binary(node.operator, left, right)
        if ('value' in result) return result.value
        const operand = node[result.operand]
        report(result.problem(printExpression(operand)), operand)
        return unknown
      }
    }
  }
  return visit(expression)
}

/** The value of a name, from the innermost scope that has it. */
export function lookup(name: string, scope: Scope): Value | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    if (Object.hasOwn(at.variables, name)) return at.variables[name]
  }
  return undefined
}

/** Whether a value is a secret, or will be; what is joined to one with `+` is one as well. */
const isSecret = (value: Value): boolean => value instanceof Secret || (value instanceof Unknown && value.type === 'secret')

/** What is inside a list or a map of which only the type is known. */
function inside({ type }: Unknown): Unknown {
  const inner = /^(?:list|map)\((.*)\)$/.exec(type ?? '')?.[1]
  return inner === undefined ? unknown : new Unknown(inner)
}

function missing(node: Span, name: string, report: Report): Value {
  report(messages.unknownIdentifier(name), node)
  return unknown
}

function mismatch(node: Expression, wanted: string, got: Value, report: Report): Value {
  report(messages.typeMismatch(printExpression(node), wanted, typeName(got)), node)
  return unknown
}

function access(node: Access, value: Value, report: Report): Value {
  if (value instanceof Unknown) return inside(value)
  if (!isObject(value)) {
    report(messages.noFields(printExpression(node.value), node.name, typeName(value)), node.value)
    return unknown
  }
  if (Object.hasOwn(value, node.name)) return value[node.name]!
  report(messages.unknownField(node.name), { start: node.end - node.name.length, end: node.end })
  return unknown
}

function index(node: Index, value: Value, at: Value, report: Report): Value {
  if (value instanceof Unknown) return inside(value)
  if (at instanceof Unknown) return unknown
  if (Array.isArray(value)) {
    if (typeof at !== 'bigint' && typeof at !== 'number') return mismatch(node.index, 'number', at, report)
    const position = typeof at === 'bigint' ? BigInt.asIntN(64, at) : BigInt(Math.abs(at) < 2 ** 63 ? Math.trunc(at) : -(2 ** 63))
    if (position >= 0n && position < BigInt(value.length)) return value[Number(position)]!
    report(messages.indexOutOfRange(printExpression(node.index), String(position), value.length), node.index)
    return unknown
  }
  if (isObject(value)) {
    if (typeof at !== 'string') return mismatch(node.index, 'string', at, report)
    // Unlike access by dot, an index that is not there gives null.
    return Object.hasOwn(value, at) ? value[at]! : null
  }
  report(messages.notIndexable(printExpression(node.value), typeName(value)), node.value)
  return unknown
}

function call(node: Call, callee: Value, args: Value[], report: Report): Value {
  if (callee instanceof Unknown) return unknown
  if (!(callee instanceof FunctionValue)) return mismatch(node.value, 'function', callee, report)
  if (args.some(hasUnknown)) return unknown
  let result: Value
  try {
    result = callee.call(args)
  } catch (error) {
    if (!(error instanceof CallError)) throw error
    reportCall(node, error, report)
    return unknown
  }
  if (!callee.reveals && args.some(hasSecret) && !hasSecret(result) && typeof result === 'string') {
    report(messages.secretExposed(printExpression(node.value)), node)
  }
  return result
}

/** Points at the argument, or the element of it, that the function did not accept. */
function reportCall(node: Call, { argument, path, mismatch, message }: CallError, report: Report): void {
  const given = argument === undefined ? undefined : node.args[argument]
  if (given === undefined) {
    report(messages.callFailed(printExpression(node.value), message), node.value)
    return
  }
  const [inner, rest] = descend(given, path)
  const subject = printExpression(inner) + rest.map(step => typeof step === 'number' ? `[${step}]` : `.${step}`).join('')
  report(mismatch === undefined ? messages.conversion(subject, message) : messages.typeMismatch(subject, mismatch.wanted, mismatch.got), inner)
}

/** Follows a path into literals as far as they go; gives the innermost node and the rest of the path. */
export function descend(node: Expression, path: readonly (string | number)[]): [Expression, readonly (string | number)[]] {
  const [step, ...rest] = path
  if (step === undefined) return [node, path]
  if (node.kind === 'paren') return descend(node.inner, path)
  const inner = node.kind === 'array' ? node.elements[step as number]
    : node.kind === 'object' ? node.fields.findLast(field => field.name === step)?.value
      : undefined
  return inner === undefined ? [node, path] : descend(inner, rest)
}
