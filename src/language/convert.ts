/** Alloy's implicit conversions: what happens to a value where another type is wanted. */
import { toDisplayNumber } from '../lib/go-format.ts'
import type { Value } from './value.ts'
import { ByteList, CallError, OptionalSecret, Secret, typeName } from './value.ts'

/** Where a value stands in a call: which argument, and the path into it. */
export interface Place {
  argument?: number
  path: readonly (string | number)[]
}

const nowhere: Place = { path: [] }

/** The error of a value of the wrong type. */
export function wrongType(value: Value, wanted: string, place: Place = nowhere): CallError {
  const got = typeName(value)
  return new CallError(`should be ${wanted}, got ${got}`, { ...place, mismatch: { wanted, got } })
}

const exposed = (place: Place) => new CallError('secrets may not be converted into strings', place)

/** A value as a string: numbers convert, null is empty, bytes are UTF-8, secrets do not convert. Throws a `CallError`. */
export function toText(value: Value, place: Place = nowhere): string {
  if (typeof value === 'string') return value
  if (value === null) return ''
  if (typeof value === 'bigint' || typeof value === 'number') return toDisplayNumber(value)
  if (value instanceof Secret || (value instanceof OptionalSecret && value.isSecret)) throw exposed(place)
  if (value instanceof OptionalSecret) return value.value
  if (value instanceof ByteList) return value.text()
  throw wrongType(value, 'string', place)
}

/** A value as a number: decimal strings convert (those with `.`, `e` or `E` to floats), null is zero. Throws a `CallError`. */
export function toNumber(value: Value, place: Place = nowhere): bigint | number {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  if (value === null) return 0n
  if (value instanceof OptionalSecret && !value.isSecret) return toNumber(value.value, place)
  if (value instanceof Secret || value instanceof OptionalSecret) throw exposed(place)
  const parsed = typeof value === 'string' ? parseNumber(value) : undefined
  if (parsed === undefined) throw wrongType(value, 'number', place)
  return parsed
}

/** Signs and exponents as Alloy takes them: after a minus only an integer, no plus. */
function parseNumber(text: string): bigint | number | undefined {
  if (/^-?\d+$/.test(text)) {
    const value = BigInt(text)
    return text.startsWith('-') ? (value >= -(2n ** 63n) ? value : undefined) : value < 2n ** 64n ? value : undefined
  }
  if (!/^\+?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) || !/[.eE]/.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

/** A value as a secret: strings and optional secrets become one. Throws a `CallError`. */
export function toSecret(value: Value, place: Place = nowhere): Secret {
  if (value instanceof Secret) return value
  if (value instanceof OptionalSecret) return new Secret(value.value)
  if (typeof value === 'string') return new Secret(value)
  if (value === null) return new Secret('')
  throw wrongType(value, 'capsule', place)
}

/** A value as an optional secret: as secret as it was. Throws a `CallError`. */
export function toOptionalSecret(value: Value, place: Place = nowhere): OptionalSecret {
  if (value instanceof OptionalSecret) return value
  if (value instanceof Secret) return new OptionalSecret(value.reveal(), true)
  if (typeof value === 'string') return new OptionalSecret(value, false)
  if (value === null) return new OptionalSecret('', false)
  throw wrongType(value, 'capsule', place)
}
