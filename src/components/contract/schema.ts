/**
 * What a component takes. Each field says how an Alloy value becomes what `build` reads, and what JSON Schema cannot say: whether
 * it is an attribute or a block, which capsule it wants, whether it is inert without a host. Built on zod/mini, without code from
 * strings (`jitless`).
 *
 * At build time a value can be unknown (`sys.env`, another component's exports). A field then decodes to a blank of its type, so
 * that everything else is still checked; `decode.ts` says whether that happened.
 */

import * as z from 'zod/mini'
import { parseByteSize } from '../../lib/byte-size.ts'
import { parseDuration } from '../../lib/duration.ts'
import { Capsule, OptionalSecret, Secret, Unknown, isObject, typeName, type Value } from '../../language/value.ts'
import { blankCapsules, type Capsules, type CapsuleType, type OtlpOutput } from './consume.ts'

z.config({ jitless: true })

/** Alloy's stability levels, the most stable first. */
export const stabilities = ['generally-available', 'public-preview', 'experimental'] as const
export type Stability = (typeof stabilities)[number]

/** One argument of a component or block; `T` is what `build` gets. */
export interface Field<T> {
  readonly form: 'attribute' | 'block' | 'blocks'
  /** As Alloy names the type: `string`, `list(string)`, `capsule("otelcol.Consumer")`; for blocks `block`. */
  readonly type: string
  readonly required: boolean
  /** What the field is when it is not written; for a block, whether its own defaults then apply. */
  readonly fallback?: T | undefined
  /** The default as a user would write it, for the reference page. */
  readonly written?: unknown
  /** The field is accepted for compatibility; this sentence says what happens to it. */
  readonly inert?: string
  /** Which values of an attribute the sentence is for, where not for all. */
  readonly inertWhen?: (value: unknown) => boolean
  /** The stability level below which the field may not be set. */
  readonly gate?: Stability
  /** Which values the gate is for, where not for all; a block is asked with its decoded fields. */
  readonly gateWhen?: (value: unknown) => boolean
  /** The value names a file whose content the component reads, which may be a secret (also by what stands beside it). */
  readonly reads?: Reads
  /** What the value is beyond its type, for what is said of it when the configuration is compiled. */
  readonly means?: Meaning
  /** Attributes only: from an Alloy value to `T`. */
  readonly schema?: z.ZodMiniType<T>
  /** Blocks only. */
  readonly fields?: Fields
}

export type Fields = Readonly<Record<string, Field<unknown>>>
/** What `build` gets for a set of fields. */
export type Decoded<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

type Reads = 'text' | 'secret' | ((siblings: Readonly<Record<string, unknown>>) => 'text' | 'secret')

/**
 * What an argument is about: an address that data is sent to; the most bytes of a request that comes in; how long an answer to one
 * may wait for it; names and values of labels.
 */
export type Meaning = 'destination' | 'request-size' | 'answer-time' | 'labels'

interface Notes {
  inert?: string
  inertWhen?: (value: unknown) => boolean
  gate?: Stability
  gateWhen?: (value: unknown) => boolean
  reads?: Reads
  means?: Meaning
}
/**
 * How an attribute may be absent: not at all, with a default, or as `undefined`; `implied` is a default that the documentation
 * names, and that `build` tells apart from one that the user wrote.
 */
type Presence<W> =
  | { required: true; default?: never; implied?: never }
  | { default: W; required?: never; implied?: never }
  | { implied: W; default?: never; required?: never }
  | { required?: never; default?: never; implied?: never }
type Options<W, X = unknown> = Presence<W> & Notes & X
type Attribute<T, O> = Field<O extends { required: true } | { default: unknown } ? T : T | undefined>

/** The arguments of a component. */
export const args = <F extends Fields>(fields: F): F => fields

// --- leaves -------------------------------------------------------------------------------------------------------------------

interface Leaf<T> {
  readonly type: string
  /** What stands in for a value that is not known yet. */
  readonly blank: T
  /** The value as a `T`; undefined where its type does not fit; a string-carrying Complaint where its content does not. */
  readonly convert: (value: Value) => T | undefined | Complaint
  readonly check?: z.ZodMiniType<T> | undefined
}

class Complaint {
  readonly message: string
  constructor(message: string) { this.message = message }
}

function leafSchema<T>({ type, blank, convert, check }: Leaf<T>): z.ZodMiniType<T> {
  const mismatch = (value: Value) => (type === 'string' && isSecret(value) ? exposed : `should be ${type}, got ${typeName(value)}`)
  return z.transform((value: unknown, context): T => {
    const given = value as Value
    if (given instanceof Unknown) {
      if (given.type === undefined || compatible(given.type, type)) return blank
      context.issues.push({ code: 'custom', message: type === 'string' && given.type === 'secret' ? exposed : `should be ${type}, got ${given.type}`, input: undefined })
      return blank
    }
    const converted: unknown = convert(given)
    if (converted === undefined || converted instanceof Complaint) {
      context.issues.push({ code: 'custom', message: converted?.message ?? mismatch(given), input: undefined })
      return blank
    }
    const checked = check?.safeParse(converted)
    if (checked?.success === false) {
      for (const issue of checked.error.issues) context.issues.push({ code: 'custom', message: issue.message, input: undefined })
    }
    return converted as T
  })
}

/** Alloy's words for a secret where text is wanted. */
export const exposed = 'secrets may not be converted into strings'
const isSecret = (value: Value): boolean => value instanceof Secret || (value instanceof OptionalSecret && value.isSecret)

/** Types that Alloy converts into one another when a value is assigned; a capsule only fits its own kind. */
const texts = new Set(['string', 'number', 'secret', 'optional_secret', 'duration', 'size'])
function compatible(from: string, to: string): boolean {
  if (from === to || from === 'any' || to === 'any') return true
  if (from === 'secret' && to !== 'optional_secret') return false
  return texts.has(from) && texts.has(to)
}

function attribute<T, W>(leaf: Leaf<T>, options: Options<W>): Field<T> {
  return describe(leafSchema(leaf), leaf.type, options, written => read(leaf, written))
}

function read<T>(leaf: Leaf<T>, written: unknown): T {
  const converted = leaf.convert(written as Value)
  if (converted === undefined || converted instanceof Complaint) throw new Error(`a default of type ${leaf.type} is wrong: ${String(written)}`)
  return converted
}

function describe<T, W>(schema: z.ZodMiniType<T>, type: string, options: Options<W>, fromWritten: (written: W) => T): Field<T> {
  const { required, default: standing, implied, inert, inertWhen, gate, gateWhen, reads, means } = options as { required?: true; default?: W; implied?: W } & Notes
  const written = standing ?? implied
  return {
    form: 'attribute',
    type,
    schema,
    required: required === true,
    ...(standing !== undefined && { fallback: fromWritten(standing) }),
    ...(written !== undefined && { written }),
    ...(inert !== undefined && { inert }),
    ...(inertWhen !== undefined && { inertWhen }),
    ...(gate !== undefined && { gate }),
    ...(gateWhen !== undefined && { gateWhen }),
    ...(reads !== undefined && { reads }),
    ...(means !== undefined && { means }),
  }
}

const asText = (value: Value): string | undefined => {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint' || typeof value === 'number') return String(value)
  if (value instanceof OptionalSecret && !value.isSecret) return value.value
  return undefined
}

const textLeaf: Leaf<string> = { type: 'string', blank: '', convert: asText }

/** Text. `oneOf` lists the only words allowed; `check` is any zod/mini schema for strings. */
export function string<const O extends Options<string, { check?: z.ZodMiniType<string>; oneOf?: readonly string[] }>>(options?: O) {
  const { check, oneOf } = options ?? {}
  const convert = (value: Value) => {
    const given = asText(value)
    if (given === undefined || oneOf === undefined || oneOf.includes(given)) return given
    return new Complaint(`${JSON.stringify(given)} is not one of ${oneOf.map(word => JSON.stringify(word)).join(', ')}`)
  }
  type T = O extends { oneOf: readonly (infer W)[] } ? W : string
  return attribute({ ...textLeaf, convert, check }, (options ?? {}) as Options<string>) as Attribute<T, O>
}

const asNumber = (value: Value): number | undefined => {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'string' && /^[-+]?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value)) return Number(value)
  return undefined
}

interface Bounds { min?: number; max?: number }
const within = ({ min = -Infinity, max = Infinity }: Bounds, value: number) =>
  value < min ? new Complaint(`must be at least ${min}`) : value > max ? new Complaint(`must be at most ${max}`) : value

/** A number, with a fraction or without. */
export function number<const O extends Options<number, Bounds>>(options?: O) {
  const convert = (value: Value) => {
    const given = asNumber(value)
    return given === undefined ? undefined : within(options ?? {}, given)
  }
  return attribute({ type: 'number', blank: 0, convert }, (options ?? {}) as Options<number>) as Attribute<number, O>
}

/** A whole number within what a double holds exactly. */
export function integer<const O extends Options<number, Bounds>>(options?: O) {
  const convert = (value: Value) => {
    const given = asNumber(value)
    if (given === undefined) return undefined
    return Number.isSafeInteger(given) ? within(options ?? {}, given) : new Complaint('must be a whole number')
  }
  return attribute({ type: 'number', blank: options?.min ?? 0, convert }, (options ?? {}) as Options<number>) as Attribute<number, O>
}

/** True or false. */
export function boolean<const O extends Options<boolean>>(options?: O) {
  const convert = (value: Value) => (typeof value === 'boolean' ? value : undefined)
  return attribute({ type: 'bool', blank: false, convert }, (options ?? {})) as Attribute<boolean, O>
}

/** A length of time as Go writes it (`1m30s`), decoded to milliseconds; a bare number counts nanoseconds, as in Alloy. */
export function duration<const O extends Options<string, Bounds>>(options?: O) {
  const convert = (value: Value) => {
    if (typeof value === 'bigint') return within(options ?? {}, Number(value) / 1e6)
    if (typeof value !== 'string') return undefined
    try {
      return within(options ?? {}, parseDuration(value))
    } catch (error) {
      // Go's words: `time: invalid duration "soon"`.
      return new Complaint(`is no duration such as "30s" or "1m30s": ${(error as Error).message}`)
    }
  }
  return attribute({ type: 'duration', blank: options?.min ?? 0, convert }, (options ?? {}) as Options<string>) as Attribute<number, O>
}

/** A number of bytes as Alloy writes it (`20MiB`, `512KiB`, or a plain number), decoded to bytes. */
export function byteSize<const O extends Options<string, Bounds>>(options?: O) {
  const convert = (value: Value) => {
    if (typeof value === 'bigint' || typeof value === 'number') return within(options ?? {}, Number(value))
    if (typeof value !== 'string') return undefined
    const bytes = parseByteSize(value)
    return bytes === undefined ? new Complaint(`${JSON.stringify(value)} is not a size such as "20MiB"`) : within(options ?? {}, bytes)
  }
  return attribute({ type: 'size', blank: 0, convert }, (options ?? {}) as Options<string>) as Attribute<number, O>
}

/** Text that must not be shown; plain strings become secrets, never the other way round. */
export function secret<const O extends Options<string>>(options?: O) {
  const convert = (value: Value) => {
    if (value instanceof Secret) return value
    if (value instanceof OptionalSecret) return new Secret(value.value)
    const given = asText(value)
    return given === undefined ? undefined : new Secret(given)
  }
  return attribute<Secret, string>({ type: 'secret', blank: new Secret(''), convert }, (options ?? {})) as Attribute<Secret, O>
}

/** Any value, as the language has it. */
export function anything<const O extends Options<Value>>(options?: O) {
  // Null is a value here, so it may not pass for "does not fit".
  const leaf: Leaf<Value> = { type: 'any', blank: null, convert: value => value }
  return attribute<Value, Value>(leaf, (options ?? {})) as Attribute<Value, O>
}

/** What another component exports, by its capsule's name. */
export function capsule<C extends CapsuleType, const O extends Options<never>>(type: C, options?: O) {
  const convert = (value: Value) => (value instanceof Capsule && value.type === type ? (value.payload as Capsules[C]) : undefined)
  const leaf: Leaf<Capsules[C]> = { type: `capsule(${JSON.stringify(type)})`, blank: blankCapsules[type], convert }
  return attribute<Capsules[C], never>(leaf, (options ?? {})) as Attribute<Capsules[C], O>
}

// --- composites ---------------------------------------------------------------------------------------------------------------

/** A list of what `element` describes. */
export function list<T, const O extends Options<readonly T[]>>(element: Field<T>, options?: O) {
  const items = z.array(element.schema!)
  const type = `list(${element.type})`
  const schema = z.pipe(z.transform((value: unknown, context) => {
    if (value instanceof Unknown) return []
    if (Array.isArray(value)) return value as unknown[]
    context.issues.push({ code: 'custom', message: `should be ${type}, got ${typeName(value as Value)}`, input: undefined })
    return z.NEVER
  }), items) as unknown as z.ZodMiniType<T[]>
  return describe(schema, type, (options ?? {}) as Options<T[]>, written => written) as unknown as Attribute<T[], O>
}

/** An object whose values are what `element` describes. */
export function map<T, const O extends Options<Readonly<Record<string, T>>>>(element: Field<T>, options?: O) {
  const values = z.record(z.string(), element.schema!)
  const type = `map(${element.type})`
  const schema = z.pipe(z.transform((value: unknown, context) => {
    if (value instanceof Unknown) return {}
    if (isObject(value as Value)) return { ...(value as Record<string, unknown>) }
    context.issues.push({ code: 'custom', message: `should be ${type}, got ${typeName(value as Value)}`, input: undefined })
    return z.NEVER
  }), values) as unknown as z.ZodMiniType<Record<string, T>>
  return describe(schema, type, (options ?? {}) as Options<Record<string, T>>, written => written) as unknown as Attribute<Record<string, T>, O>
}

type BlockPresence = { required: true; defaults?: never } | { defaults: true; required?: never } | { required?: never; defaults?: never }

/** A block that may stand once. With `defaults`, leaving it out is the same as writing it empty. */
export function block<F extends Fields, const O extends BlockPresence & Notes>(fields: F, options?: O) {
  const { required, defaults, inert, gate, gateWhen } = (options ?? {}) as { required?: true; defaults?: true } & Notes
  const field: Field<unknown> = {
    form: 'block',
    type: 'block',
    fields,
    required: required === true,
    ...(defaults === true && { fallback: blanks(fields) }),
    ...(inert !== undefined && { inert }),
    ...(gate !== undefined && { gate }),
    ...(gateWhen !== undefined && { gateWhen }),
  }
  return field as Field<O extends { required: true } | { defaults: true } ? Decoded<F> : Decoded<F> | undefined>
}

/** A block that may stand any number of times, in the order written. */
export function blocks<F extends Fields>(fields: F, options: { required?: true } & Notes = {}): Field<Decoded<F>[]> {
  const { required, ...notes } = options
  return { form: 'blocks', type: 'block', fields, required: required === true, fallback: [], ...notes }
}

/** What a block of these fields is when nothing is written in it. */
export function blanks(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.fallback]))
}

// --- what most components share -------------------------------------------------------------------------------------------------

/** Labels that a configuration gives to what passes, by name. */
export const labels = () => map(string({ required: true }), { default: {}, means: 'labels' })

/** The consumers that a `forward_to` lists. */
export const receivers = <C extends 'storage.Appendable' | 'loki.LogsReceiver'>(type: C) => list(capsule(type, { required: true }), { required: true })

const consumers = () => list(capsule('otelcol.Consumer', { required: true }), { default: [] })

/** The `output` block of otelcol components: where each signal goes. */
export const otlpOutput = (): Field<OtlpOutput> =>
  block({ traces: consumers(), metrics: consumers(), logs: consumers() }, { required: true })
