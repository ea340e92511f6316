/** Evaluation against recorded runs and the upstream tests' own cases; durations and floats as Go writes them. */
import { isDeepStrictEqual } from 'node:util'
import { formatFixed, formatFloat, formatJsonNumber } from '../../../src/lib/go-format.ts'
import { formatDurationNanos, parseDurationNanos } from '../../../src/lib/duration.ts'
import type { Span } from '../../../src/language/ast.ts'
import { toNumber, toSecret, toText, wrongType } from '../../../src/language/convert.ts'
import { descend, evaluate } from '../../../src/language/evaluate.ts'
import { parseExpression, parseFile } from '../../../src/language/parse.ts'
import { printExpression } from '../../../src/language/print.ts'
import { lineMap } from '../../../src/language/source.ts'
import { stdlib } from '../../../src/language/stdlib/index.ts'
import type { ObjectValue, Value } from '../../../src/language/value.ts'
import { ByteList, CallError, FunctionValue, isObject, objectValue, OptionalSecret, Secret, typeName } from '../../../src/language/value.ts'
import type { CaseResult, ConformanceSet } from '../set.ts'
import { caseSet, compare, guarded, readFacts } from '../set.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** A value of the facts: whole numbers are integers, `$secret` and `$optional_secret` mark capsules. */
function fromFacts(json: Json): Value {
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : json
  if (Array.isArray(json)) return json.map(fromFacts)
  if (typeof json !== 'object' || json === null) return json
  if (typeof json.$secret === 'string') return new Secret(json.$secret)
  if (typeof json.$optional_secret === 'string') return new OptionalSecret(json.$optional_secret, json.is_secret === true)
  return objectValue(Object.entries(json).map(([key, value]) => [key, fromFacts(value)] as const))
}

function toFacts(value: Value): Json {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Secret) return { $secret: value.reveal() }
  if (value instanceof OptionalSecret) return { $optional_secret: value.value, is_secret: value.isSecret }
  if (value instanceof FunctionValue) return { $function: true }
  if (Array.isArray(value)) return value.map(toFacts)
  if (!isObject(value)) return Object.is(value, -0) ? 0 : value as Json
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toFacts(inner)]))
}

interface ExpressionCase {
  name: string
  input: string
  env?: Record<string, string>
  scope?: Record<string, Json>
  value?: Json
  type?: string
  eval_error?: string
  parse_error?: { line: number; col: number; message: string }[]
  error_contains?: string
  error_equals?: string
  decode_into?: string
  kind?: string
  into?: string
  unordered?: boolean
}

const variablesOf = (scope: Record<string, Json> = {}): ObjectValue => fromFacts(scope) as ObjectValue

function run(one: ExpressionCase, scope: Record<string, Json> | undefined, env: Record<string, string> | undefined) {
  const { expression, diagnostics } = parseExpression(one.input)
  const lines = lineMap(one.input)
  const errors: { place: string; message: string }[] = []
  const place = (node: Span) => {
    const { line, column } = lines.position(node.start)
    return `${line}:${column}`
  }
  const library = { variables: stdlib(name => env?.[name]) }
  const value = diagnostics.length > 0 ? null : evaluate(expression, { parent: library, variables: variablesOf(scope) },
    ({ severity, message }, node) => { if (severity === 'error') errors.push({ place: place(node), message }) })
  return { expression, diagnostics, errors, value, place }
}

function oracleCase(one: ExpressionCase, scope: Record<string, Json>, env: Record<string, string>): CaseResult {
  const { diagnostics, errors, value } = run(one, scope, env)
  if (one.parse_error !== undefined) {
    const text = (list: { line: number; col: number; message: string }[]) => list.map(e => `${e.line}:${e.col} ${e.message}`).join('\n')
    const got = diagnostics.map(({ start, message }) => ({ line: start.line, col: start.column, message }))
    return compare(`${one.name} ${one.input}`, text(got), text(one.parse_error))
  }
  const label = `${one.name} ${one.input}`
  if (one.eval_error !== undefined) {
    const [first] = errors
    const got = first === undefined ? '(no error)' : `${first.place}: ${first.message}`
    // Of null Alloy does not know where it stands, and of a literal only what is wrong with it.
    const loose = one.eval_error.replace(/^-: */, '')
    return got === one.eval_error || (!/^\d+:\d+: /.test(one.eval_error) && got.endsWith(loose)) ? { name: label }
      : { name: label, problem: `got ${got}, wanted ${one.eval_error}` }
  }
  if (errors.length > 0) return { name: label, problem: `got the error ${errors[0]!.message}` }
  const kind = typeof value === 'bigint' ? (value > 2n ** 63n - 1n ? 'number/uint' : 'number/int')
    : typeof value === 'number' ? 'number/float' : typeName(value)
  const got = { type: kind, value: toFacts(value) }
  const wanted = { type: one.type, value: one.value }
  return isDeepStrictEqual(got, wanted) ? { name: label } : { name: label, problem: `got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}` }
}

function upstreamCase(one: ExpressionCase): CaseResult {
  if (one.kind === 'body') return bodyCase(one)
  const label = `${one.name} ${one.input}`
  const { expression, errors, value, place, diagnostics } = run(one, one.scope, one.env)
  const wantedError = one.error_contains ?? one.error_equals
  let got: Value = value
  try {
    got = diagnostics.length > 0 || errors.length > 0 ? null : decodeLike(value, wantedError === undefined ? one.value! : '')
  } catch (error) {
    if (!(error instanceof CallError)) throw error
    errors.push({ place: place(expression), message: `${printExpression(expression)} ${error.message}` })
  }
  const message = diagnostics[0]?.message ?? errors[0]?.message
  if (wantedError !== undefined) {
    return message?.includes(wantedError) === true ? { name: label } : { name: label, problem: `got ${message ?? '(no error)'}, wanted ${wantedError}` }
  }
  if (message !== undefined) return { name: label, problem: `got the error ${message}` }
  const same = isDeepStrictEqual(sorted(toFacts(got), one.unordered), sorted(one.value!, one.unordered))
  return same ? { name: label } : { name: label, problem: `got ${JSON.stringify(toFacts(got))}, wanted ${JSON.stringify(one.value)}` }
}

const sorted = (json: Json, unordered = false): Json =>
  unordered && Array.isArray(json) ? [...json].sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1) : json

/** The upstream tests decode into what they compare with. */
function decodeLike(value: Value, wanted: Json): Value {
  if (typeof wanted === 'string') return toText(value)
  if (typeof wanted === 'number') return toNumber(value)
  if (value instanceof ByteList || typeof wanted !== 'object' || wanted === null) return value
  if ('$secret' in wanted) return toSecret(value)
  if (Array.isArray(wanted) && Array.isArray(value)) return value.map((element, index) => decodeLike(element, wanted[index] ?? null))
  if (!Array.isArray(wanted) && isObject(value)) {
    // Go's fields of structs are capitalised, the names in the language are not.
    const keys = new Map(Object.keys(wanted).map(key => [key.toLowerCase(), key]))
    return objectValue(Object.entries(value).map(([key, inner]) => {
      const name = Object.hasOwn(wanted, key) ? key : keys.get(key) ?? key
      return [name, decodeLike(inner, wanted[name] ?? null)] as const
    }))
  }
  return value
}

/** `attr NAME: TYPE`, where a type is a name, `array of TYPE` or `object{NAME: TYPE, ...}`. */
function bodyCase(one: ExpressionCase): CaseResult {
  const parsed = parseFile('test', one.input)
  const lines = lineMap(one.input)
  const types = new Map([...(one.into ?? '').matchAll(/attr (\w+): (.*?)(?=; |$)/g)].map(([, name, type]) => [name!, type!]))
  for (const statement of parsed.body) {
    if (statement.kind !== 'attribute') continue
    const value = evaluate(statement.value, { variables: variablesOf(one.scope) }, () => {})
    const found = mismatch(value, types.get(statement.name) ?? 'any', [])
    if (found === undefined) continue
    const [node, rest] = descend(statement.value, found.path)
    const { line, column } = lines.position(node.start)
    const subject = printExpression(node) + rest.map(step => typeof step === 'number' ? `[${step}]` : `.${step}`).join('')
    return compare(one.name, `test:${line}:${column}: ${subject} ${found.message}`, one.error_equals ?? '')
  }
  return one.error_equals === undefined ? { name: one.name } : { name: one.name, problem: `no error, wanted ${one.error_equals}` }
}

function mismatch(value: Value, type: string, path: (string | number)[]): CallError | undefined {
  const list = /^array of (.*)$/.exec(type)
  const record = /^object\{(.*)\}$/.exec(type)
  try {
    if (type === 'number') toNumber(value, { path })
    else if (type === 'string') toText(value, { path })
    else if (list !== null && !Array.isArray(value)) throw wrongType(value, 'array', { path })
    else if (record !== null && !isObject(value)) throw wrongType(value, 'object', { path })
    else if (type === 'bool' && typeof value !== 'boolean') throw wrongType(value, 'bool', { path })
  } catch (error) {
    return error as CallError
  }
  if (list !== null) return (value as Value[]).map((element, index) => mismatch(element, list[1]!, [...path, index])).find(found => found !== undefined)
  const [, name, inner] = /^(\w+): (.*)$/.exec(record?.[1] ?? '') ?? []
  const field = name === undefined ? undefined : (value as ObjectValue)[name]
  return field === undefined ? undefined : mismatch(field, inner!, [...path, name!])
}

interface DurationCase { name: string; input: string; ns?: string; string?: string; error?: string }

function durationCase({ name, input, ns, string, error }: DurationCase): CaseResult {
  try {
    const nanos = parseDurationNanos(input)
    return compare(`${name} ${input}`, `${nanos} ${formatDurationNanos(nanos)}`, `${ns ?? error!} ${string!}`)
  } catch (thrown) {
    return compare(`${name} ${input}`, (thrown as Error).message, error ?? ns!)
  }
}

interface FloatCase { name: string; input: string; g?: string; f?: string; v?: string; json?: string; error?: string }

function floatCase({ name, input, g, f, v, json, error }: FloatCase): CaseResult {
  if (error !== undefined) return { name }
  const special: Record<string, number> = { nan: NaN, inf: Infinity, infinity: Infinity }
  const word = special[input.toLowerCase().replace(/^[+-]/, '')]
  const hex = /^0x1p(-?\d+)$/.exec(input)
  const value = hex !== null ? 2 ** Number(hex[1]) : word === undefined ? Number(input) : input.startsWith('-') ? -word : word
  const got = [formatFloat(value), formatFixed(value), formatFloat(value), ...(json === undefined ? [] : [formatJsonNumber(value)])]
  return compare(`${name} ${input}`, got.join(' '), [g, f, v, ...(json === undefined ? [] : [json])].join(' '))
}

export const sets: ConformanceSet[] = [
  caseSet('alloy-expressions-oracle', ['facts/alloy-expressions-oracle.json'], function* (root) {
    const { cases, scope, env } = readFacts<{ cases: ExpressionCase[]; scope: Record<string, Json>; env: Record<string, string> }>(root, 'alloy-expressions-oracle')
    for (const one of cases) yield guarded(one.name, () => oracleCase(one, scope, env))
  }),
  caseSet('alloy-expressions-upstream', ['facts/alloy-expressions-upstream.json'], function* (root) {
    for (const one of readFacts<{ cases: ExpressionCase[] }>(root, 'alloy-expressions-upstream').cases) yield guarded(one.name, () => upstreamCase(one))
  }),
  caseSet('go-duration', ['facts/go-duration.json'], function* (root) {
    for (const one of readFacts<{ cases: DurationCase[] }>(root, 'go-duration').cases) yield guarded(one.name, () => durationCase(one))
  }),
  caseSet('go-float-format', ['facts/go-float-format.json'], function* (root) {
    for (const one of readFacts<{ cases: FloatCase[] }>(root, 'go-float-format').cases) yield guarded(one.name, () => floatCase(one))
  }),
]
