/** The `action` blocks of otelcol.processor.attributes: what to do to the attributes of an item. */

import { hex, utf8 } from '../../../lib/bytes.ts'
import { compileRegex, type Regex } from '../../../lib/regex.ts'
import type { AttributeValue, View } from '../../../telemetry/otlp.ts'
import type { Client } from '../../contract/call.ts'
import { ArgumentError } from '../../contract/errors.ts'
import { anything, string, type Decoded } from '../../contract/schema.ts'
import { attributeValue } from './attribute-value.ts'
import { sha256 } from '../../../lib/sha.ts'
import { valueText } from './value-text.ts'

/** The fields of an `action` block. */
export const actionFields = {
  /** The attribute to act on; `delete` and `hash` can do with `pattern` instead. */
  key: string({ default: '' }),
  /** What to do: `insert`, `update`, `upsert`, `delete`, `hash`, `extract` or `convert`, in any case of letters. */
  action: string({ required: true }),
  /** The value to set. */
  value: anything({ default: null }),
  /** For `extract`, what to find in the value, each named group becoming an attribute; for `delete` and `hash`, which names to act on. */
  pattern: string({ default: '' }),
  /** The attribute whose value to set. */
  from_attribute: string({ default: '' }),
  /** What of the sender to set: `metadata.NAME` (a header), `auth.NAME` or `client.address`. */
  from_context: string({ default: '' }),
  /** For `convert`, the type to convert to: `int`, `double` or `string`. */
  converted_type: string({ default: '' }),
}
/** One such block, decoded. */
export type ActionArgs = Decoded<typeof actionFields>

/** One change to the attributes of an item. */
export type Step = (view: View) => void
/** An action once it is known who sent the data; undefined when it then does nothing. */
export type Action = (client: Client) => Step | undefined

type Name = 'insert' | 'update' | 'upsert' | 'delete' | 'hash' | 'extract' | 'convert'
/** The arguments that each action takes besides `key`. */
const takes: Readonly<Record<Name, readonly (keyof ActionArgs)[]>> = {
  insert: ['value', 'from_attribute', 'from_context'],
  update: ['value', 'from_attribute', 'from_context'],
  upsert: ['value', 'from_attribute', 'from_context'],
  delete: ['pattern', 'from_context'],
  hash: ['pattern', 'from_context'],
  extract: ['pattern'],
  convert: ['converted_type'],
}

/** One action made ready; `index` is its place in the list. Throws ArgumentError. */
export function compileAction(args: ActionArgs, index: number): Action {
  const name = args.action.toLowerCase() as Name
  const refuse = (argument: keyof ActionArgs, message: string): never => { throw new ArgumentError(['action', index, argument], message) }
  if (!Object.hasOwn(takes, name)) {
    refuse('action', `unsupported action ${JSON.stringify(args.action)}; known are ${Object.keys(takes).join(', ')}`)
  }
  for (const argument of ['value', 'from_attribute', 'from_context', 'pattern', 'converted_type'] as const) {
    if (isSet(args[argument]) && !takes[name].includes(argument)) refuse(argument, `the action ${name} does not use ${argument}`)
  }
  const byPattern = name === 'delete' || name === 'hash'
  if (args.key === '' && !byPattern) refuse('key', `the action ${args.action} requires the key argument to be set`)
  if (args.key === '' && args.pattern === '') {
    refuse('key', `the action ${args.action} requires at least the key argument or the pattern argument to be set`)
  }
  switch (name) {
    case 'insert':
    case 'update':
    case 'upsert': return setter(name, args, index)
    case 'delete': return always(onKeys(args, index, (view, key) => void view.delete(key)))
    case 'hash': return always(onKeys(args, index, hash))
    case 'extract': return always(extractor(args, index))
    case 'convert': return always(converter(args, index))
  }
}

const always = (step: Step): Action => () => step
const isSet = (argument: unknown) => argument !== '' && argument !== null

function setter(name: 'insert' | 'update' | 'upsert', { key, value, from_attribute, from_context }: ActionArgs, index: number): Action {
  const sources = [value, from_attribute, from_context].filter(isSet).length
  if (sources === 0) {
    throw new ArgumentError(['action', index], `the action ${name} requires one of value, from_attribute and from_context`)
  }
  if (sources > 1) {
    throw new ArgumentError(['action', index], `the action ${name} takes only one of value, from_attribute and from_context`)
  }
  const put: (view: View, value: AttributeValue) => void =
    name === 'insert' ? (view, to) => void view.insert(key, to)
      : name === 'update' ? (view, to) => void view.update(key, to)
        : (view, to) => void view.set(key, to)
  if (value !== null) {
    const fixed = attributeValue(value, ['action', index, 'value'])
    return always(view => put(view, fixed))
  }
  if (from_attribute !== '') {
    return always(view => {
      const found = view.get(from_attribute)
      if (found !== undefined) put(view, found)
    })
  }
  return client => {
    const found = fromContext(client, from_context)
    return found === undefined ? undefined : view => put(view, found)
  }
}

/** What is known of the sender under a name; a name without prefix is a header's, as in older collectors. */
function fromContext({ metadata, auth, address }: Client, name: string): string | undefined {
  if (name === 'client.address') return address ?? ''
  if (name.startsWith('auth.')) return auth[name.slice('auth.'.length)]
  const header = name.startsWith('metadata.') ? name.slice('metadata.'.length) : name
  const values = metadata[header.toLowerCase()] ?? []
  return values.length === 0 ? undefined : values.join(';')
}

/** Acts on `key`, and then on every attribute whose name the pattern is found in. */
function onKeys({ key, pattern }: ActionArgs, index: number, act: (view: View, key: string) => void): Step {
  const regex = pattern === '' ? undefined : compile(pattern, index)
  return view => {
    act(view, key)
    if (regex !== undefined) for (const name of view.keys()) if (regex.test(name)) act(view, name)
  }
}

/** SHA-256 in hexadecimal of the value's bytes; what has none (lists, maps, bytes, nothing) becomes empty. */
function hash(view: View, key: string): void {
  const value = view.get(key)
  if (value === undefined) return
  const bytes = hashedBytes(value)
  view.set(key, bytes === undefined ? '' : hex(sha256(bytes)))
}

function hashedBytes(value: AttributeValue): Uint8Array | undefined {
  const number = new DataView(new ArrayBuffer(8))
  switch (typeof value) {
    case 'string': return utf8(value)
    case 'boolean': return Uint8Array.of(value ? 1 : 0)
    case 'bigint': number.setBigInt64(0, value, true); return new Uint8Array(number.buffer)
    case 'number': number.setFloat64(0, value, true); return new Uint8Array(number.buffer)
    default: return undefined
  }
}

/** Every named group of the pattern becomes an attribute, if the pattern is found in the text. */
function extractor({ key, pattern }: ActionArgs, index: number): Step {
  const refuse = (message: string): never => { throw new ArgumentError(['action', index, 'pattern'], message) }
  if (pattern === '') refuse('the action extract requires the pattern argument to be set')
  const regex = compile(pattern, index)
  const groups = regex.names.slice(1)
  if (groups.length === 0) refuse('the pattern contains no named matcher groups')
  if (groups.includes('')) refuse('the pattern contains at least one unnamed matcher group')
  return view => {
    const value = view.get(key)
    const match = typeof value === 'string' ? regex.exec(value) : undefined
    if (match !== undefined) groups.forEach((name, at) => view.set(name, match.groups[at + 1] ?? ''))
  }
}

function compile(pattern: string, index: number): Regex {
  try {
    return compileRegex(pattern)
  } catch (error) {
    throw new ArgumentError(['action', index, 'pattern'], error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** The value in another type; undefined where it cannot be converted and stays. */
const conversions: Readonly<Record<string, (value: AttributeValue) => AttributeValue | undefined>> = {
  string: valueText,
  int(value) {
    if (typeof value === 'boolean') return value ? 1n : 0n
    if (typeof value === 'number') return truncated(value)
    if (typeof value !== 'string' || !/^[+-]?\d+$/.test(value)) return undefined
    const parsed = BigInt(value.replace('+', ''))
    return BigInt.asIntN(64, parsed) === parsed ? parsed : undefined
  },
  double(value) {
    if (typeof value === 'boolean') return value ? 1 : 0
    if (typeof value === 'bigint') return Number(value)
    return typeof value === 'string' ? parseDouble(value) : undefined
  },
}

/** Cut off behind the point; what an int64 cannot hold becomes its lowest value, as on the processors that Alloy runs on. */
function truncated(value: number): bigint {
  const lowest = -(2n ** 63n)
  if (!Number.isFinite(value)) return lowest
  const whole = BigInt(Math.trunc(value))
  return BigInt.asIntN(64, whole) === whole ? whole : lowest
}

function parseDouble(text: string): number | undefined {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (special !== null) return special[2]!.toLowerCase() === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

function converter({ key, converted_type }: ActionArgs, index: number): Step {
  const convert = Object.hasOwn(conversions, converted_type) ? conversions[converted_type]! : undefined
  if (convert === undefined) {
    const message = converted_type === ''
      ? 'the action convert requires the converted_type argument to be set'
      : `${JSON.stringify(converted_type)} is none of ${Object.keys(conversions).join(', ')}`
    throw new ArgumentError(['action', index, 'converted_type'], message)
  }
  return view => {
    const value = view.get(key)
    const converted = value === undefined ? undefined : convert(value)
    if (converted !== undefined && converted !== value) view.set(key, converted)
  }
}
