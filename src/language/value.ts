/**
 * What expressions evaluate to. Components see configuration as these, so this module imports nothing. Integers are `bigint` (Alloy's
 * int64, and uint64 above it), floats are `number`; the two never turn into each other silently.
 */

/** Any value of the language; `Unknown` stands in where the value is only known at run time. */
export type Value =
  | null | boolean | bigint | number | string | Value[] | ObjectValue | FunctionValue | Capsule | Secret | OptionalSecret | Unknown

/** An object of the language: a record without prototype. */
export interface ObjectValue {
  [key: string]: Value
}

/** A function: `call` gets evaluated arguments, and throws a `CallError` for those it does not accept. */
export class FunctionValue {
  readonly name: string
  readonly call: (args: readonly Value[]) => Value
  /** Whether giving a secret to it and getting a plain value back is what it is for. */
  readonly reveals: boolean

  constructor(name: string, call: (args: readonly Value[]) => Value, options: { reveals?: boolean } = {}) {
    this.name = name
    this.call = call
    this.reveals = options.reveals === true
  }
}

/** Why a function did not accept its arguments; with `argument`, which one, and `path`, where in it. */
export class CallError extends Error {
  readonly argument: number | undefined
  readonly path: readonly (string | number)[]
  /** Set where the argument has the wrong type. */
  readonly mismatch: { wanted: string; got: string } | undefined

  constructor(
    message: string,
    at: { argument?: number; path?: readonly (string | number)[]; mismatch?: { wanted: string; got: string } } = {},
  ) {
    super(message)
    this.argument = at.argument
    this.path = at.path ?? []
    this.mismatch = at.mismatch
  }
}

/** Something that components hand to each other and no expression looks into, like `otelcol.Consumer`. */
export class Capsule {
  readonly type: string
  readonly payload: unknown

  constructor(type: string, payload: unknown) {
    this.type = type
    this.payload = payload
  }
}

const inspect = Symbol.for('nodejs.util.inspect.custom')

/** A text that must not be shown: every way of printing it gives `(secret)`. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself, for the one place that sends it. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return '(secret)'
  }

  toJSON(): string {
    return '(secret)'
  }

  [inspect](): string {
    return '(secret)'
  }
}

/** A text that is a secret or not; as a secret it is never shown, otherwise it may become a plain string. */
export class OptionalSecret {
  readonly isSecret: boolean
  readonly #text: string

  constructor(value: string, isSecret: boolean) {
    this.#text = value
    this.isSecret = isSecret
  }

  /** The text itself, secret or not. */
  get value(): string {
    return this.#text
  }

  toString(): string {
    return this.isSecret ? '(secret)' : this.#text
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect](): string {
    return this.toString()
  }
}

/** A value that exists at run time only. What is computed from it is unknown as well, and nothing is reported about it. */
export class Unknown {
  /** What it will be, where that is known: a type's name, or a capsule's. */
  readonly type?: string

  constructor(type?: string) {
    if (type !== undefined) this.type = type
  }
}

/**
 * A list of bytes, as `encoding.from_base64` gives it: to expressions an array of integers, but where a string is wanted it is the text
 * that the bytes encode.
 */
export class ByteList extends Array<Value> {
  static override get [Symbol.species]() {
    return Array
  }

  /** A list of these bytes. */
  static fromBytes(bytes: Uint8Array): ByteList {
    const list = new ByteList(bytes.length)
    bytes.forEach((byte, index) => { list[index] = BigInt(byte) })
    return list
  }

  /** The bytes as UTF-8 text; what is none becomes the replacement character. */
  text(): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(this, Number))
  }
}

/** Alloy's name of a value's type. */
export type TypeName = 'null' | 'number' | 'string' | 'bool' | 'array' | 'object' | 'function' | 'capsule'

/** Alloy's name of a value's type; an `Unknown` without one counts as null. */
export function typeName(value: Value): TypeName {
  switch (typeof value) {
    case 'bigint':
    case 'number': return 'number'
    case 'string': return 'string'
    case 'boolean': return 'bool'
    default:
  }
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (value instanceof FunctionValue) return 'function'
  if (value instanceof Capsule || value instanceof Secret || value instanceof OptionalSecret) return 'capsule'
  if (value instanceof Unknown) return unknownType(value)
  return 'object'
}

const typeNames: readonly string[] = ['number', 'string', 'bool', 'array', 'object', 'function', 'null']

function unknownType({ type }: Unknown): TypeName {
  if (type === undefined) return 'null'
  return typeNames.includes(type) ? type as TypeName : 'capsule'
}

/** Whether a value is an object of the language (and not an array, capsule, function, secret or unknown). */
export function isObject(value: Value): value is ObjectValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    && !(value instanceof FunctionValue) && !(value instanceof Capsule) && !(value instanceof Secret)
    && !(value instanceof OptionalSecret) && !(value instanceof Unknown)
}

/** An object of the language with these fields. */
export function objectValue(fields: Record<string, Value> | Iterable<readonly [string, Value]> = {}): ObjectValue {
  const object = Object.create(null) as ObjectValue
  const entries = Symbol.iterator in fields ? fields : Object.entries(fields)
  for (const [key, value] of entries) object[key] = value
  return object
}

/** Whether a value is unknown, or holds one at any depth. */
export function hasUnknown(value: Value): boolean {
  if (value instanceof Unknown) return true
  if (Array.isArray(value)) return value.some(hasUnknown)
  return isObject(value) && Object.values(value).some(hasUnknown)
}

/** Whether a value is a secret, or holds one at any depth. */
export function hasSecret(value: Value): boolean {
  if (value instanceof Secret) return true
  if (value instanceof OptionalSecret) return value.isSecret
  if (Array.isArray(value)) return value.some(hasSecret)
  return isObject(value) && Object.values(value).some(hasSecret)
}

const maximumInt64 = 2n ** 63n - 1n

/** An integer that both are compared or computed as: uint64 only where both are above int64, else int64. */
export function commonInteger(left: bigint, right: bigint): [bigint, bigint, wrap: (value: bigint) => bigint] {
  if (left > maximumInt64 && right > maximumInt64) return [left, right, value => BigInt.asUintN(64, value)]
  return [BigInt.asIntN(64, left), BigInt.asIntN(64, right), value => BigInt.asIntN(64, value)]
}

/** Alloy's `==`: types must match; an integer equals a float of the same value; a secret equals the string that it hides. */
export function equal(left: Value, right: Value): boolean {
  if (left instanceof Secret || left instanceof OptionalSecret || right instanceof Secret || right instanceof OptionalSecret) {
    const [a, b] = alike(left, right)
    if (a instanceof Secret && b instanceof Secret) return a.reveal() === b.reveal()
    if (a instanceof OptionalSecret && b instanceof OptionalSecret) return a.value === b.value && a.isSecret === b.isSecret
    return typeof a === 'string' && a === b
  }
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    const [a, b] = commonInteger(left, right)
    return a === b
  }
  const type = typeName(left)
  if (type !== typeName(right)) return false
  switch (type) {
    case 'number': return Number(left) === Number(right)
    case 'array': return equalArrays(left as Value[], right as Value[])
    case 'object': return isObject(left) && isObject(right) && equalObjects(left, right)
    case 'function': return false
    case 'capsule': return left === right || (left instanceof Capsule && right instanceof Capsule && left.payload === right.payload)
    default: return left === right
  }
}

function equalArrays(left: Value[], right: Value[]): boolean {
  return left.length === right.length && left.every((element, index) => equal(element, right[index]!))
}

function equalObjects(left: ObjectValue, right: ObjectValue): boolean {
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every(key => key in right && equal(left[key]!, right[key]!))
}

/**
 * Brings two operands of which one is a secret to one kind: a secret makes both secret, an optional one makes a string as secret as
 * itself, and one that is no secret turns into a string beside a string. Other pairs stay.
 */
export function alike(left: Value, right: Value): [Value, Value] {
  if (typeof left === 'string' && typeof right !== 'string') {
    const [second, first] = alike(right, left)
    return [first, second]
  }
  if (left instanceof Secret) {
    if (right instanceof OptionalSecret) return [left, new Secret(right.value)]
    return typeof right === 'string' ? [left, new Secret(right)] : [left, right]
  }
  if (left instanceof OptionalSecret) {
    if (right instanceof Secret) return [new Secret(left.value), right]
    if (typeof right === 'string') return left.isSecret ? [left, new OptionalSecret(right, true)] : [left.value, right]
  }
  return [left, right]
}

/** Orders strings as Alloy does, by code point (which is the order of their UTF-8 bytes). */
export function compareStrings(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let i = 0; i < length; i++) {
    const a = left.charCodeAt(i)
    const b = right.charCodeAt(i)
    if (a === b) continue
    // Surrogates stand for characters above every single unit.
    const aHigh = a >= 0xd800 && a < 0xe000
    const bHigh = b >= 0xd800 && b < 0xe000
    return aHigh === bHigh ? a - b : aHigh ? 1 : -1
  }
  return left.length - right.length
}
