/** Alloy's operators on known values, as tables. Integers wrap at 64 bits; an integer beside a float becomes a float. */
import type { BinaryOperator } from './ast.ts'
import type { Problem } from './message.ts'
import { evaluationMessages as messages } from './evaluation-messages.ts'
import type { TypeName, Value } from './value.ts'
import { alike, commonInteger, compareStrings, equal, OptionalSecret, Secret, typeName } from './value.ts'

/** What went wrong with one operand: the problem is written once its text is known. */
export interface OperandProblem {
  operand: 'left' | 'right'
  problem: (subject: string) => Problem
}

export type OperatorResult = { value: Value } | OperandProblem

const number: readonly TypeName[] = ['number']
const ordered: readonly TypeName[] = ['number', 'string']
const bool: readonly TypeName[] = ['bool']
const accepted: Record<Exclude<BinaryOperator, '==' | '!='>, readonly TypeName[]> = {
  '||': bool, '&&': bool,
  '+': ['number', 'string', 'capsule'], '-': number, '*': number, '/': number, '%': number, '^': number,
  '<': ordered, '>': ordered, '<=': ordered, '>=': ordered,
}

const compare: Partial<Record<BinaryOperator, (order: number) => boolean>> = {
  '<': order => order < 0, '>': order => order > 0, '<=': order => order <= 0, '>=': order => order >= 0,
}

const integers: Partial<Record<BinaryOperator, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b, '%': (a, b) => a % b, '^': integerPower,
}
const floats: Partial<Record<BinaryOperator, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b, '%': (a, b) => a % b, '^': floatPower,
}

/** Applies a binary operator. Both operands are always evaluated: there is no short circuit. */
export function binary(operator: BinaryOperator, first: Value, second: Value): OperatorResult {
  if (operator === '==') return { value: equal(first, second) }
  if (operator === '!=') return { value: !equal(first, second) }
  const [left, right] = alike(first, second)
  for (const [operand, value] of [['left', left], ['right', right]] as const) {
    const type = typeName(value)
    const wanted = accepted[operator]
    if (!wanted.includes(type)) return { operand, problem: subject => messages.operandType(subject, wanted, operator, type) }
  }
  const leftType = typeName(left)
  const rightType = typeName(right)
  if (leftType !== rightType) return { operand: 'right', problem: subject => messages.typeMismatch(subject, leftType, rightType) }

  if (leftType === 'bool') return { value: operator === '||' ? left === true || right === true : left === true && right === true }
  if (leftType === 'capsule') return addSecrets(left, right)
  const order = compare[operator]
  if (typeof left === 'string' && typeof right === 'string') {
    return { value: order === undefined ? left + right : order(compareStrings(left, right)) }
  }
  return arithmetic(operator, left as bigint | number, right as bigint | number)
}

function arithmetic(operator: BinaryOperator, left: bigint | number, right: bigint | number): OperatorResult {
  if ((operator === '/' || operator === '%') && Number(right) === 0) return { operand: 'right', problem: messages.divideByZero }
  const order = compare[operator]
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    const [a, b, wrap] = commonInteger(left, right)
    return { value: order === undefined ? wrap(integers[operator]!(a, b)) : order(a < b ? -1 : a > b ? 1 : 0) }
  }
  const [a, b] = [Number(left), Number(right)]
  // Comparisons with NaN are all false, so the order is not taken from a difference.
  if (order !== undefined) return { value: a < b ? order(-1) : a > b ? order(1) : a === b && order(0) }
  return { value: floats[operator]!(a, b) }
}

function addSecrets(left: Value, right: Value): OperatorResult {
  if (left instanceof OptionalSecret && right instanceof OptionalSecret) {
    return { value: new OptionalSecret(left.value + right.value, left.isSecret || right.isSecret) }
  }
  if (left instanceof Secret && right instanceof Secret) return { value: new Secret(left.reveal() + right.reveal()) }
  return { operand: 'left', problem: subject => messages.unknownCapsules(subject, '+', typeName(left), typeName(right)) }
}

/** Applies a unary operator; undefined where the operand has the wrong type (`wanted` says which is right). */
export function unary(operator: '!' | '-', value: Value): Value | undefined {
  if (operator === '!') return typeof value === 'boolean' ? !value : undefined
  if (typeof value === 'bigint') return BigInt.asIntN(64, -value)
  return typeof value === 'number' ? -value : undefined
}

/** Wraps at 64 bits in every step, so that a huge exponent costs 64 multiplications; a negative one gives the base, as in Alloy. */
function integerPower(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n || base === 1n) return 1n
  if (exponent < 0n) return base
  let result = 1n
  let square = base
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = BigInt.asUintN(64, result * square)
    square = BigInt.asUintN(64, square * square)
  }
  return result
}

/** Go's `math.Pow`, which differs from `**` where the base is 1 or -1. */
function floatPower(base: number, exponent: number): number {
  if (base === 1) return 1
  return base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent) ? 1 : base ** exponent
}
