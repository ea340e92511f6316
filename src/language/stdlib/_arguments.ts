/** How functions of the standard library take their arguments: counts, Alloy's implicit conversions, and errors that name the argument. */
import { toDisplayNumber } from '../../lib/go-format.ts'
import type { TypeName, Value } from '../value.ts'
import { ByteList, CallError, isObject, OptionalSecret, Secret, typeName } from '../value.ts'

/** Where a value stands: which argument, and the path into it. */
export interface Place {
  argument: number
  path: readonly (string | number)[]
}

/** Throws unless there are exactly `count` arguments. */
export function checkCount(args: readonly Value[], count: number): void {
  if (args.length !== count) throw new CallError(`expected ${count} args, got ${args.length}`)
}

/** Throws unless there are `count` arguments or more. */
export function checkAtLeast(args: readonly Value[], count: number): void {
  if (args.length < count) throw new CallError(`expected at least ${count} args, got ${args.length}`)
}

/** The error of a value of the wrong type. */
export function wrongType(value: Value, wanted: TypeName, place: Place): CallError {
  const got = typeName(value)
  return new CallError(`should be ${wanted}, got ${got}`, { ...place, mismatch: { wanted, got } })
}

/** The argument as a string: numbers convert, secrets do not, null is empty, as in Alloy. */
export function toText(args: readonly Value[], argument: number): string {
  return textOf(args[argument]!, { argument, path: [] })
}

/** A value as a string, with Alloy's conversions. */
export function textOf(value: Value, place: Place): string {
  if (typeof value === 'string') return value
  if (value === null) return ''
  if (typeof value === 'bigint' || typeof value === 'number') return toDisplayNumber(value)
  if (value instanceof Secret || (value instanceof OptionalSecret && value.isSecret)) {
    throw new CallError('secrets may not be converted into strings', place)
  }
  if (value instanceof OptionalSecret) return value.value
  if (value instanceof ByteList) return value.text()
  throw wrongType(value, 'string', place)
}

/** The argument as a list. */
export function toArray(args: readonly Value[], argument: number): Value[] {
  const value = args[argument]!
  if (Array.isArray(value)) return value
  throw wrongType(value, 'array', { argument, path: [] })
}

/** The argument as a list of strings. */
export function toTexts(args: readonly Value[], argument: number): string[] {
  if (args[argument] === null) return []
  return toArray(args, argument).map((element, index) => textOf(element, { argument, path: [index] }))
}

/** The argument as a boolean. */
export function toBool(args: readonly Value[], argument: number): boolean {
  const value = args[argument]!
  if (typeof value === 'boolean') return value
  throw wrongType(value, 'bool', { argument, path: [] })
}

/** The argument as a list of objects. */
export function toObjects(args: readonly Value[], argument: number) {
  return toArray(args, argument).map((element, index) => {
    if (isObject(element)) return element
    throw wrongType(element, 'object', { argument, path: [index] })
  })
}
