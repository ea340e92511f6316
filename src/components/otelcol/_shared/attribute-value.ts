/** Values of the configuration as values of attributes. */

import { equal } from '../../../lib/bytes.ts'
import { isMap, type AttributeValue } from '../../../telemetry/otlp.ts'
import { ArgumentError } from '../../contract/errors.ts'

/** An attribute's value as a user writes it; null stays null. Throws ArgumentError for what is no data (secrets, capsules, functions). */
export function attributeValue(value: unknown, at: readonly (string | number)[]): AttributeValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
    case 'number': return value
    default:
  }
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return value.map((element, index) => attributeValue(element, [...at, index]))
  // Objects of the language have no prototype; everything else is an instance of something.
  if (typeof value === 'object' && [null, Object.prototype].includes(Object.getPrototypeOf(value) as object | null)) {
    return new Map(Object.entries(value).map(([key, inner]) => [key, attributeValue(inner, [...at, key])]))
  }
  throw new ArgumentError(at, 'this is no value for an attribute', {
    hint: 'write a string, a number, a bool, a list or an object; for a secret use convert.nonsensitive(...)',
  })
}

/** Whether two values have the same type and content; maps in any order. */
export function sameValue(a: AttributeValue, b: AttributeValue): boolean {
  if (a === b) return true
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false
  if (a instanceof Uint8Array || b instanceof Uint8Array) return a instanceof Uint8Array && b instanceof Uint8Array && equal(a, b)
  if (isMap(a) || isMap(b)) {
    return isMap(a) && isMap(b) && a.size === b.size && [...a].every(([key, value]) => b.has(key) && sameValue(value, b.get(key)!))
  }
  return a.length === b.length && a.every((value, index) => sameValue(value, b[index]!))
}
