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
  /** What stands here instead, in Go's words. */
  const fail = (where: string): never => {
    const rest = text.slice(at).replace(/^[ \t\n\r]+/, '')
    if (rest === '' || unfinished.test(rest)) throw new SyntaxError('unexpected end of JSON input')
    throw new SyntaxError(`invalid character ${quoteChar(offender(rest))} ${explain(rest, where)}`)
  }
  /** The next character after white space. */
  const peek = () => {
    while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at++
    return text[at]
  }

  const value = (): Value => {
    const match = read()
    if (match === null) return fail('looking for beginning of value')
    const [, punctuation, string, number, fraction, exponent, word] = match
    if (string !== undefined) return unescape(string)
    if (number !== undefined) return integers && fraction === undefined && exponent === undefined ? BigInt(number) : Number(number)
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
      if (key === null) return fail('in string literal')
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

/** Starts of tokens that only want more text. */
const unfinished = /^(?:"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*(?:\\(?:u[0-9a-fA-F]{0,3})?)?|-|t|tr|tru|f|fa|fal|fals|n|nu|nul)$/

/** The character that cannot follow what comes before it. */
function offender(rest: string): string {
  const good = /^(?:"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*(?:\\(?:u[0-9a-fA-F]{0,3})?)?|-|tr?u?|fa?l?s?|nu?l?)/.exec(rest)?.[0] ?? ''
  return [...rest.slice(good.length)][0] ?? ''
}

function explain(rest: string, where: string): string {
  if (rest.startsWith('"')) return /\\u?[0-9a-fA-F]*$/.test(rest.split(offender(rest))[0] ?? '') ? 'in string escape code' : 'in string literal'
  if (rest.startsWith('-')) return 'in numeric literal'
  const word = ['true', 'false', 'null'].find(name => name[0] === rest[0])
  if (word === undefined || where !== 'looking for beginning of value') return where
  const expected = [...word].find((char, index) => rest[index] !== char) ?? ''
  return `in literal ${word} (expecting ${quoteChar(expected)})`
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
