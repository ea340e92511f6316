/** JSON as Go reads and writes it: its errors, its escapes, and whether a number is an integer. */
import { formatJsonNumber } from '../../lib/go-format.ts'
import { quote } from '../../lib/go-text.ts'
import type { Value } from '../value.ts'
import { Capsule, FunctionValue, objectValue, OptionalSecret, Secret } from '../value.ts'

/** How deep documents may nest. */
const maximumDepth = 1000

const token = /[ \t\n\r]*(?:([{}[\]:,])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)|(true|false|null))/y

/** Parses a JSON document; throws a `SyntaxError` with Go's words. With `integers`, numbers without fraction are integers. */
export function parseJson(text: string, { integers = false } = {}): Value {
  let at = 0
  let depth = 0

  const read = () => {
    token.lastIndex = at
    const match = token.exec(text)
    if (match !== null) at = token.lastIndex
    return match
  }
  /** What stands here instead, in Go's words, to which the end of the text is a blank; `inside` where a value or a key begins. */
  const fail = (where: string, inside = false): never => {
    peek()
    const rest = text.slice(at)
    if (rest === '' || (inside && openString.test(rest))) throw new SyntaxError('unexpected end of JSON input')
    const { char, place } = inside ? explain(`${rest} `, where) : { char: [...rest][0]!, place: where }
    throw new SyntaxError(`invalid character ${quoteChar(char)} ${place}`)
  }
  /** The next character after white space. */
  const peek = () => {
    while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at++
    return text[at]
  }

  const value = (): Value => {
    const match = read()
    if (match === null) return fail('looking for beginning of value', true)
    const [, punctuation, string, number, fraction, exponent, word] = match
    if (string !== undefined) return unescape(string)
    if (number !== undefined) {
      const next = `${text[at] ?? ''}${text[at + 1] ?? ''}`
      if (/^[.eE]/.test(next)) at -= number.length
      if (next.startsWith('.')) return fail('after decimal point in numeric literal', true)
      if (next !== '' && /^[eE]/.test(next)) return fail('in exponent of numeric literal', true)
      if (integers && fraction === undefined && exponent === undefined) return BigInt(number)
      const float = Number(number)
      if (!Number.isFinite(float)) throw new RangeError(`json: cannot unmarshal number ${number} into Go value of type float64`)
      return float
    }
    if (word !== undefined) return word === 'null' ? null : word === 'true'
    if (punctuation !== '{' && punctuation !== '[') {
      at -= 1
      return fail('looking for beginning of value')
    }
    if (++depth > maximumDepth) throw new SyntaxError('exceeded max depth')
    const result = punctuation === '[' ? array() : object()
    depth--
    return result
  }

  const array = (): Value => {
    const elements: Value[] = []
    if (peek() === ']') {
      read()
      return elements
    }
    for (;;) {
      elements.push(value())
      const next = peek()
      if (next !== ',' && next !== ']') return fail('after array element')
      read()
      if (next === ']') return elements
    }
  }

  const object = (): Value => {
    const fields: [string, Value][] = []
    if (peek() === '}') {
      read()
      return objectValue()
    }
    for (;;) {
      if (peek() !== '"') return fail('looking for beginning of object key string')
      const key = read()
      if (key === null) return fail('in string literal', true)
      if (peek() !== ':') return fail('after object key')
      read()
      fields.push([unescape(key[2]!), value()])
      const next = peek()
      if (next !== ',' && next !== '}') return fail('after object key:value pair')
      read()
      if (next === '}') return objectValue(fields)
    }
  }

  const result = value()
  if (peek() !== undefined) fail('after top-level value')
  return result
}

/** A string that only wants its closing quote. */
const openString = /^"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*$/

/** The good starts of tokens that break off, with Go's words for the place after them. */
const beginnings: readonly (readonly [RegExp, string | undefined])[] = [
  [/^"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*\\u[0-9a-fA-F]{0,3}/, 'in \\u hexadecimal character escape'],
  [/^"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*\\/, 'in string escape code'],
  [/^"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/, 'in string literal'],
  [/^-?\d+(?:\.(?:\d+[eE][+-]?)?|[eE][+-]?)/, undefined],
  [/^-/, 'in numeric literal'],
]

/** The character that cannot follow what comes before it, and where that is. */
function explain(rest: string, where: string): { char: string; place: string } {
  for (const [beginning, place] of beginnings) {
    const good = beginning.exec(rest)?.[0]
    if (good !== undefined) return { char: [...rest.slice(good.length)][0] ?? ' ', place: place ?? where }
  }
  const word = ['true', 'false', 'null'].find(name => name[0] === rest[0])
  if (word === undefined) return { char: [...rest][0]!, place: where }
  const at = [...word].findIndex((char, index) => rest[index] !== char)
  return { char: [...rest.slice(at)][0]!, place: `in literal ${word} (expecting ${quoteChar(word[at]!)})` }
}

function quoteChar(char: string): string {
  return char === '\'' ? `'\\''` : char === '"' ? `'"'` : `'${quote(char).slice(1, -1)}'`
}

function unescape(literal: string): string {
  return literal.includes('\\') ? JSON.parse(literal) as string : literal.slice(1, -1)
}

/** Writes a value as Go's `encoding/json` does: keys in order, `<`, `>` and `&` escaped; throws for what has no JSON. */
export function writeJson(value: Value): string {
  switch (typeof value) {
    case 'string': return writeString(value)
    case 'bigint':
    case 'boolean': return String(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`)
      return formatJsonNumber(value)
    default:
  }
  if (value === null) return 'null'
  if (value instanceof Secret) return writeString(value.reveal())
  if (value instanceof OptionalSecret) return writeString(value.value)
  if (value instanceof FunctionValue) throw new TypeError('json: unsupported type: function')
  if (value instanceof Capsule) throw new TypeError(`json: unsupported type: ${value.type}`)
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1)
  return `{${entries.map(([key, inner]) => `${writeString(key)}:${writeJson(inner as Value)}`).join(',')}}`
}

function writeString(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/\\ud[89a-f][0-9a-f]{2}/g, '\\ufffd')
}
