/** `encoding.from_yaml`: YAML by the `yaml` package, scalars resolved as Go's yaml.v3 resolves them. */
import type { Document, Scalar } from 'yaml'
import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import { toDisplayNumber } from '../../lib/go-format.ts'
import type { Value } from '../value.ts'
import { CallError, FunctionValue, isObject, objectValue } from '../value.ts'
import { checkCount, toText } from './_arguments.ts'
import { fromBase64, standardAlphabet } from './_base64.ts'

/** Nodes that a document may expand to: aliases can make a small text a huge value. */
const maximumNodes = 1_000_000
const maximumDepth = 500

const booleans: Record<string, boolean> = { __proto__: null as never, true: true, True: true, TRUE: true, false: false, False: false, FALSE: false }
const nulls = new Set(['', '~', 'null', 'Null', 'NULL'])
const integer = /^[-+]?(?:0b[01]+|0o[0-7]+|0x[0-9a-fA-F]+|\d+)$/
const float = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/

/** A scalar written without quotes: null, boolean, integer, float or text, in the mixture of YAML 1.1 and 1.2 that Go reads. */
function resolvePlain(text: string): Value {
  if (nulls.has(text)) return null
  if (text in booleans) return booleans[text]!
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^\.(?:nan|NaN|NAN)$/.test(text)) return NaN
  const digits = text.startsWith('_') ? text : text.replaceAll('_', '')
  if (integer.test(digits)) {
    const value = parseInteger(digits)
    if (value !== undefined && value < 1n << 64n && value >= -(1n << 63n)) return value
  }
  return float.test(digits) ? Number(digits) : timestamp(text) ?? text
}

const time = /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d?):(\d\d?)(\.\d+)?(Z|[-+]\d\d:\d\d)?)?$/

/** A point in time as text in RFC 3339, which is what Alloy makes of the type that YAML has for it. */
function timestamp(text: string): string | undefined {
  const match = time.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match
  const [m, d, h, min, sec] = [month!, day!, hour, minute, second].map(Number) as [number, number, number, number, number]
  if (m < 1 || m > 12 || d < 1 || d > daysIn(Number(year), m) || h > 23 || min > 59 || sec > 59) return undefined
  const two = (value: number) => String(value).padStart(2, '0')
  return `${year!}-${two(m)}-${two(d)}T${two(h)}:${two(min)}:${two(sec)}${fraction.replace(/\.?0*$/, '')}${zone}`
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function parseInteger(text: string): bigint | undefined {
  const negative = text.startsWith('-')
  const digits = text.replace(/^[-+]/, '')
  if (/^0\d+$/.test(digits)) {
    if (/[89]/.test(digits)) return undefined
    return negative ? -BigInt(`0o${digits.slice(1)}`) : BigInt(`0o${digits.slice(1)}`)
  }
  return negative ? -BigInt(digits) : BigInt(digits)
}

function resolveScalar(node: Scalar): Value {
  const text = typeof node.source === 'string' ? node.source : typeof node.value === 'string' ? node.value : ''
  const tag = node.tag?.replace('tag:yaml.org,2002:', '')
  if (tag === undefined || tag === '') return node.type === 'PLAIN' || node.type === undefined ? resolvePlain(text) : text
  if (tag === 'str' || tag === '!') return text
  const value = resolvePlain(text)
  if (tag === 'float' && typeof value === 'bigint') return Number(value)
  if (tag === 'binary') return fromBase64(text, standardAlphabet).text()
  const wanted = tagged[tag]
  if (wanted === undefined || wanted(value)) return wanted === undefined ? text : value
  throw new CallError(`yaml: cannot decode !!str \`${text}\` as a !!${tag}`)
}

/** Whether a value is what its tag says. */
const tagged: Partial<Record<string, (value: Value) => boolean>> = {
  int: value => typeof value === 'bigint',
  float: value => typeof value === 'number',
  bool: value => typeof value === 'boolean',
  null: value => value === null,
}

/** Parses the first document of a YAML text; throws with the place and the reason. */
export function parseYaml(source: string): Value {
  const document = parseDocument(source, { version: '1.2', schema: 'failsafe', merge: true, logLevel: 'silent', uniqueKeys: true })
  const error = document.errors[0]
  if (error !== undefined) {
    const line = error.linePos?.[0].line ?? 1
    if (error.code === 'DUPLICATE_KEY') throw new CallError(`yaml: unmarshal errors:\n  line ${line}: mapping key already defined`)
    throw new CallError(`yaml: ${line > 1 ? `line ${line}: ` : ''}${reasonOf(`${error.code} ${error.message}`) ?? firstLine(error.message)}`)
  }
  return createConverter(document)(document.contents, 0)
}

/** Go's words for the mistakes that users make; the first pattern that the library's code and message match counts. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/^(?:BLOCK_AS|MULTILINE)_IMPLICIT_KEY/, 'mapping values are not allowed in this context'],
  [/^TAB_AS_INDENT|^BAD_SCALAR_START/, 'found character that cannot start any token'],
  [/^MISSING_CHAR Missing closing/, 'found unexpected end of stream'],
  [/^BAD_INDENT Flow sequence|^MISSING_CHAR Expected flow sequence/, 'did not find expected \',\' or \']\''],
  [/^BAD_INDENT Flow map|^MISSING_CHAR Expected flow map/, 'did not find expected \',\' or \'}\''],
  [/^BAD_INDENT/, 'did not find expected key'],
  [/^MISSING_CHAR/, 'could not find expected \':\''],
  [/^BAD_DQ_ESCAPE/, 'found unknown escape character'],
  [/^UNEXPECTED_TOKEN Unexpected block-seq-ind/, 'block sequence entries are not allowed in this context'],
  [/^UNEXPECTED_TOKEN Block scalar header/, 'did not find expected comment or line break'],
  [/^UNEXPECTED_TOKEN Unexpected (?:flow|,)/, 'did not find expected node content'],
]

const reasonOf = (text: string) => reasons.find(([pattern]) => pattern.test(text))?.[1]
const firstLine = (message: string) => message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')

function createConverter(document: Document): (node: unknown, depth: number) => Value {
  let nodes = 0

  function convert(node: unknown, depth: number): Value {
    if (++nodes > maximumNodes || depth > maximumDepth) throw new CallError('yaml: document contains excessive aliasing')
    if (isAlias(node)) {
      const target = node.resolve(document)
      if (target === undefined) throw new CallError(`yaml: unknown anchor '${node.source}' referenced`)
      return convert(target, depth + 1)
    }
    if (isScalar(node)) return resolveScalar(node)
    if (isSeq(node)) return node.items.map(item => convert(item, depth + 1))
    if (!isMap(node)) return null
    const merged: [string, Value][] = []
    const own: [string, Value][] = []
    for (const { key, value } of node.items) {
      if (isScalar(key) && key.source === '<<' && key.type === 'PLAIN') merged.push(...merge(value, depth))
      else own.push([keyText(convert(key, depth + 1)), convert(value, depth + 1)])
    }
    return objectValue([...merged, ...own])
  }

  /** The entries of a merged mapping, or of a list of them, of which the first wins. */
  function merge(node: unknown, depth: number): [string, Value][] {
    const value = convert(node, depth + 1)
    const sources = Array.isArray(value) ? [...value].reverse() : [value]
    return sources.flatMap(source => {
      if (isObject(source)) return Object.entries(source)
      throw new CallError('yaml: map merge requires map or sequence of maps as the value')
    })
  }

  return convert
}

function keyText(key: Value): string {
  if (typeof key === 'string') return key
  if (typeof key === 'bigint' || typeof key === 'number') return toDisplayNumber(key)
  if (typeof key === 'boolean' || key === null) return String(key)
  throw new CallError('yaml: invalid map key')
}

export const members = objectValue({
  from_yaml: new FunctionValue('from_yaml', args => {
    checkCount(args, 1)
    return parseYaml(toText(args, 0))
  }),
})
