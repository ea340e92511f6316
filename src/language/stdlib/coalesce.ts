/** `coalesce`: the first argument that is not empty. */
import type { Value } from '../value.ts'
import { FunctionValue, isObject, objectValue, OptionalSecret, Secret } from '../value.ts'

/** Null, zero, false, the empty string (secret or not), the empty list and the empty object are empty. */
function isEmpty(value: Value): boolean {
  if (value instanceof Secret) return value.reveal() === ''
  if (value instanceof OptionalSecret) return value.value === '' && !value.isSecret
  if (Array.isArray(value)) return value.length === 0
  if (isObject(value)) return Object.keys(value).length === 0
  return value === null || value === false || value === '' || value === 0n || value === 0
}

/** `coalesce(...)`; without any, the last argument. */
export const members = objectValue({
  coalesce: new FunctionValue('coalesce', args => args.find(arg => !isEmpty(arg)) ?? args.at(-1) ?? null),
})
