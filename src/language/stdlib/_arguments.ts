/** How functions of the standard library take their arguments: counts, Alloy's implicit conversions, and errors that name the argument. */
import { toText as convertToText, wrongType } from '../convert.ts'
import type { ObjectValue, Value } from '../value.ts'
import { CallError, isObject } from '../value.ts'

/** Throws unless there are exactly `count` arguments. */
export function checkCount(args: readonly Value[], count: number): void {
  if (args.length !== count) throw new CallError(`expected ${count} args, got ${args.length}`)
}

/** Throws unless there are `count` arguments or more. */
export function checkAtLeast(args: readonly Value[], count: number): void {
  if (args.length < count) throw new CallError(`expected at least ${count} args, got ${args.length}`)
}

/** The argument as a string. */
export function toText(args: readonly Value[], argument: number): string {
  return convertToText(args[argument]!, { argument, path: [] })
}

/** The argument as a list. */
export function toArray(args: readonly Value[], argument: number): Value[] {
  const value = args[argument]!
  if (Array.isArray(value)) return value
  throw wrongType(value, 'array', { argument, path: [] })
}

/** The argument as a list of strings; null is an empty one. */
export function toTexts(args: readonly Value[], argument: number): string[] {
  if (args[argument] === null) return []
  return toArray(args, argument).map((element, index) => convertToText(element, { argument, path: [index] }))
}

/** The argument as a boolean. */
export function toBool(args: readonly Value[], argument: number): boolean {
  const value = args[argument]!
  if (typeof value === 'boolean') return value
  throw wrongType(value, 'bool', { argument, path: [] })
}

/** The argument as a list of objects. */
export function toObjects(args: readonly Value[], argument: number): ObjectValue[] {
  return toArray(args, argument).map((element, index) => {
    if (isObject(element)) return element
    throw wrongType(element, 'object', { argument, path: [index] })
  })
}
