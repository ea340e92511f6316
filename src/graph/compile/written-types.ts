/**
 * A block as it is written against the shape of its arguments: names, what is missing, and the types of literals. No expression is
 * evaluated, so what is found here is wrong whatever the rest of the configuration says. Order, words and places are those of
 * `alloy validate`.
 */

import type { Attribute, Block, Expression, Literal, ObjectExpression, Statement } from '../../language/ast.ts'
import { literalValue } from '../../language/literal.ts'
import type { Problem } from '../../language/message.ts'
import { binary, unary } from '../../language/operators.ts'
import type { Span } from '../../language/source.ts'
import { toNumber, toText } from '../../language/convert.ts'
import { CallError, typeName, type Value } from '../../language/value.ts'
import { parseByteSize } from '../../lib/byte-size.ts'
import { parseDurationNanos } from '../../lib/duration.ts'
import { quote } from '../../lib/go-text.ts'
import { stageFunctions } from '../../lib/go-template-functions.ts'
import { templateProblem } from '../../lib/go-template.ts'
import { nearest } from '../../lib/nearest.ts'
import { compileRegex } from '../../lib/regex.ts'
import { graphMessages as messages } from './messages.ts'
import { plainName, typeText, type Shape, type ShapeField, type ValueType } from './shapes.ts'
import { refuseWord, wordsOf } from './words.ts'

/** Takes a problem and where it is. */
export type Complain = (span: Span, problem: Problem) => void

/** Checks the body of a block. */
export function checkBody(block: Span & { readonly body: readonly Statement[] }, shape: Shape, complain: Complain): void {
  const counts = new Map<string, number>()
  for (const { kind, name } of block.body) if (kind === 'block') counts.set(name, (counts.get(name) ?? 0) + 1)
  const seen = new Set<string>()
  for (const statement of block.body) {
    if (statement.kind === 'block') checkBlock(statement, shape, counts.get(statement.name)!, complain)
    else checkAttribute(statement, shape, seen, complain)
  }
  for (const [name, { form, required }] of shape.fields) {
    if (!required || (form === 'attribute' ? seen.has(name) : counts.has(name))) continue
    complain(block, form === 'attribute' ? messages.missingAttribute(name) : messages.missingBlock(name))
  }
}

function checkBlock(block: Block, shape: Shape, count: number, complain: Complain): void {
  const { name } = block
  const field = shape.fields.get(name)
  if (field === undefined) return complain(block, messages.unknownBlock(name, nearest(name, namesOf(shape))))
  if (field.form === 'attribute') return complain(block, messages.expectedAttribute(name))
  if (field.form === 'block' && count > 1) return complain(block, messages.duplicateBlock(name))
  checkBody(block, field.shape(), complain)
}

function checkAttribute(attribute: Attribute, shape: Shape, seen: Set<string>, complain: Complain): void {
  const { name } = attribute
  const field = shape.fields.get(name)
  if (field === undefined) return complain(attribute, messages.unknownAttribute(name, nearest(name, namesOf(shape))))
  if (field.form !== 'attribute') return complain(attribute, messages.expectedBlock(name))
  if (seen.has(name)) return complain(attribute, messages.duplicateAttribute(name))
  seen.add(name)
  checkExpression(attribute.value, field.type, (span, reason, hint) => complain(span, messages.doesNotFit(reason, hint ?? takes(name, field.type))), complain)
}

/** How values of some types are written. */
const written: Partial<Record<ValueType['kind'], string>> = {
  duration: 'a duration, such as "30s" or "1m30s"', size: 'a size, such as "20MiB"', regexp: 'a regular expression of RE2', bool: 'true or false',
  string: 'text', number: 'a number', secret: 'text, which is kept secret',
}

const takes = (name: string, type: ValueType): string => `${name} takes ${written[type.kind] ?? typeText(type)}.`

const namesOf = (shape: Shape): string[] => [...shape.fields.keys()]

type Refuse = (span: Span, reason: string, hint?: string) => void

function checkExpression(expression: Expression, type: ValueType, refuse: Refuse, complain: Complain): void {
  switch (expression.kind) {
    case 'literal': return checkLiteral(expression, expression, type, refuse)
    case 'array': {
      if (isOpen(type)) return
      if (type.kind !== 'list') return refuse(expression, `expected ${plainName(type)}, got array`)
      if (!isOpen(type.of)) for (const element of expression.elements) checkExpression(element, type.of, refuse, complain)
      return
    }
    case 'object': return checkObject(expression, type, refuse, complain)
    case 'unary': {
      if (expression.value.kind !== 'literal') return
      const value = valueOf(expression.value)
      if (value === undefined) return
      if (unary(expression.operator, value) !== undefined) return checkLiteral(expression.value, expression.value, type, refuse)
      return refuse(expression.value, `expected ${expression.operator === '!' ? 'bool' : 'number'}, got ${typeName(value)}`)
    }
    case 'binary': {
      const { left, right, operator } = expression
      if (left.kind !== 'literal' || right.kind !== 'literal') return
      const [first, second] = [valueOf(left), valueOf(right)]
      if (first === undefined || second === undefined) return
      const result = binary(operator, first, second)
      if ('value' in result) return refuseValue(result.value, expression, type, refuse)
      // The operator's words begin with its subject, which Alloy leaves out here.
      return refuse(expression, result.problem('').message.trim().replace(/^should be (?!one of)/, 'expected '), 'Operators take two values of one type.')
    }
    default:
  }
}

function checkObject(object: ObjectExpression, type: ValueType, refuse: Refuse, complain: Complain): void {
  switch (type.kind) {
    case 'any':
    case 'target': return
    case 'map':
      if (!isOpen(type.of)) for (const field of object.fields) checkExpression(field.value, type.of, refuse, complain)
      return
    case 'object': return checkFields(object, type.shape(), refuse, complain)
    default:
      if (!isOpen(type)) refuse(object, `expected ${plainName(type)}, got object`)
  }
}

function checkFields(object: ObjectExpression, shape: Shape, refuse: Refuse, complain: Complain): void {
  const seen = new Set<string>()
  for (const { name, value, start } of object.fields) {
    const field: ShapeField | undefined = shape.fields.get(name)
    if (field === undefined) {
      complain({ start, end: value.end }, messages.unknownAttribute(name, nearest(name, namesOf(shape))))
      continue
    }
    seen.add(name)
    if (field.form === 'attribute') checkExpression(value, field.type, refuse, complain)
  }
  for (const [name, { form, required }] of shape.fields) {
    if (required && form === 'attribute' && !seen.has(name)) complain(object, messages.missingAttribute(name))
  }
}

/** Interfaces, of which nothing is known before a value is there. */
const interfaces = new Set(['loki.LogsReceiver', 'storage.Appendable', 'pyroscope.Appendable', 'otelcol.Consumer'])
const isOpen = (type: ValueType): boolean => type.kind === 'any' || (type.kind === 'capsule' && interfaces.has(type.name))

function checkLiteral(literal: Literal, at: Span, type: ValueType, refuse: Refuse): void {
  const value = valueOf(literal)
  if (value !== undefined) refuseValue(value, at, type, refuse)
}

/** Undefined for a number above the largest float: evaluation says that. */
function valueOf(literal: Literal): null | boolean | bigint | number | string | undefined {
  try {
    return literalValue(literal)
  } catch {
    return undefined
  }
}

function refuseValue(value: Value, at: Span, type: ValueType, refuse: Refuse): void {
  const reason = value === null ? undefined : refusal(value, type)
  const words = type.kind === 'words' ? wordsOf(type.name) : []
  if (reason !== undefined) refuse(at, reason, words.length === 0 ? undefined : `It is one of ${words.join(', ')}.`)
}

/** What Alloy has against a plain value where `type` is wanted; undefined where it takes it. */
function refusal(value: Value, type: ValueType): string | undefined {
  const mismatch = `expected ${plainName(type)}, got ${typeName(value)}`
  switch (type.kind) {
    case 'any': return undefined
    case 'bool': return typeof value === 'boolean' ? undefined : mismatch
    case 'number': return converts(() => toNumber(value)) ? undefined : mismatch
    case 'secret':
    case 'optional_secret': return typeof value === 'string' ? undefined : mismatch
    case 'target': return `target::ConvertFrom: conversion from '${goType(value)}' is not supported`
    case 'list':
    case 'map':
    case 'object':
    case 'capsule': return mismatch
    default: return converts(() => toText(value)) ? refuseText(toText(value), type) : mismatch
  }
}

function converts(convert: () => unknown): boolean {
  try {
    convert()
    return true
  } catch (error) {
    if (error instanceof CallError) return false
    throw error
  }
}

function goType(value: Value): string {
  if (typeof value === 'bigint') return value > 2n ** 63n - 1n ? 'uint64' : 'int64'
  return typeof value === 'number' ? 'float64' : typeof value === 'boolean' ? 'bool' : 'string'
}

function refuseText(text: string, type: ValueType): string | undefined {
  switch (type.kind) {
    case 'words': return refuseWord(type.name, text)
    case 'duration': return failure(() => parseDurationNanos(text))
    case 'template': return templateProblem(text, stageFunctions)
    case 'regexp': return failure(() => compileRegex(text, { anchored: true }))
    case 'size': return parseByteSize(text) === undefined ? refuseSize(text) : undefined
    default: return undefined
  }
}

function failure(attempt: () => unknown): string | undefined {
  try {
    attempt()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function refuseSize(text: string): string {
  const [, unit] = /^[-+]?(?:(?:\d+\.?\d*|\.\d+)[^\d.]+)*?(?:\d+\.?\d*|\.\d+)([^\d.]*)$/.exec(text) ?? []
  if (unit === undefined) return `units: invalid ${text}`
  return unit === '' ? `units: missing unit in ${text}` : `units: unknown unit ${unit} in ${quote(text).slice(1, -1)}`
}
