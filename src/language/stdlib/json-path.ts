/** `json_path`: JSONPath (RFC 9535) by the json-p3 package. Paths may leave out the `$`, as Alloy's users write them. */
import { FunctionExpressionType, JSONPathEnvironment } from 'json-p3'
import { compileRegex } from '../../lib/regex.ts'
import type { ObjectValue, Value } from '../value.ts'
import { CallError, FunctionValue, isObject, objectValue } from '../value.ts'
import { checkCount, toText } from './_arguments.ts'
import { parseJson } from './_json.ts'

const plainName = /^[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*$/

/** Adds the `$`, and puts names that RFC 9535 wants quoted (`.a-b`, `.0`) in brackets. */
function normalize(path: string): string {
  const text = path.trim()
  const rooted = text.startsWith('$') ? text : text.startsWith('@') ? `$${text.slice(1)}` : /^[.[]/.test(text) ? `$${text}` : `$.${text}`
  let out = '$'
  let at = 1
  while (at < rooted.length) {
    if (rooted[at] === '[') {
      const end = closingBracket(rooted, at)
      out += rooted.slice(at, end)
      at = end
      continue
    }
    const [all, dots, name] = /^(\.{0,2})([^.[]*)/.exec(rooted.slice(at))!
    if (all === '') break
    at += all.length
    if (name === '' || name === '*' || plainName.test(name!)) out += all
    else out += `${dots === '..' ? '..' : ''}[${JSON.stringify(name)}]`
  }
  return out
}

/** The offset after the bracket that closes the one at `open`; brackets in strings do not count. */
function closingBracket(text: string, open: number): number {
  let depth = 0
  let quote = ''
  for (let at = open; at < text.length; at++) {
    const char = text[at]!
    if (quote !== '') {
      if (char === '\\') at++
      else if (char === quote) quote = ''
    } else if (char === '"' || char === '\'') quote = char
    else if (char === '[') depth++
    else if (char === ']' && --depth === 0) return at + 1
  }
  return text.length
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** The document as the library wants it; integers are compared as floats there. */
function toJson(value: Value): Json {
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'bigint') return Number(value)
  if (!isObject(value)) return value as Json
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]))
}

function environment(): JSONPathEnvironment {
  const made = new JSONPathEnvironment({ maxRecursionDepth: 1000 })
  const { ValueType, LogicalType } = FunctionExpressionType
  // The library's own use regular expressions that a pattern can make slow.
  const withPattern = (anchored: boolean) => ({
    argTypes: [ValueType, ValueType],
    returnType: LogicalType,
    call(text: unknown, pattern: unknown) {
      if (typeof text !== 'string' || typeof pattern !== 'string') return false
      return compileRegex(anchored ? `^(?:${pattern})$` : pattern).test(text)
    },
  })
  made.functionRegister.set('match', withPattern(true))
  made.functionRegister.set('search', withPattern(false))
  return made
}

function jsonPath(text: string, path: string): Value[] {
  const document = parseJson(text, { integers: true })
  return environment().query(normalize(path), toJson(document)).nodes.map(node =>
    node.location.reduce<Value>((value, step) => (value as Value[] & ObjectValue)[step as number]!, document))
}

export const members = objectValue({
  json_path: new FunctionValue('json_path', args => {
    checkCount(args, 2)
    const [text, path] = [toText(args, 0), toText(args, 1)]
    try {
      return jsonPath(text, path)
    } catch (error) {
      throw new CallError((error as Error).message)
    }
  }),
})
