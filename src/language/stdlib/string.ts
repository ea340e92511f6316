/** `string`: text functions, with the behaviour of Go's. */
import type { GoValue } from '../../lib/go-sprintf.ts'
import { sprintf } from '../../lib/go-sprintf.ts'
import type { ObjectValue, Value } from '../value.ts'
import { Capsule, FunctionValue, objectValue, OptionalSecret, Secret } from '../value.ts'
import { checkAtLeast, checkCount, toText, toTexts } from './_arguments.ts'

/** A function of texts only. */
function ofTexts(name: string, count: number, apply: (...texts: string[]) => Value): FunctionValue {
  return new FunctionValue(name, args => {
    checkCount(args, count)
    return apply(...args.map((_arg, index) => toText(args, index)))
  })
}

/** What Go's formatter sees of a value. */
function toGo(value: Value): GoValue {
  if (value instanceof Secret) return value.reveal()
  if (value instanceof OptionalSecret) return value.value
  if (value instanceof FunctionValue) return `function(${value.name})`
  if (value instanceof Capsule) return `capsule(${value.type})`
  if (Array.isArray(value)) return value.map(toGo)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value as ObjectValue).map(([key, inner]) => [key, toGo(inner)]))
}

/** Go trims and cuts by character, not by UTF-16 unit. */
const characters = (text: string) => new Set(text)

function trim(text: string, cutset: string): string {
  const cut = characters(cutset)
  const chars = [...text]
  let start = 0
  let end = chars.length
  while (start < end && cut.has(chars[start]!)) start++
  while (end > start && cut.has(chars[end - 1]!)) end--
  return chars.slice(start, end).join('')
}

/** What Unicode calls white space, which is not quite what JavaScript trims. */
const space = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const leadingSpace = new RegExp(`^${space}+`)
const spaceCharacter = new RegExp(`^${space}$`)

function trimSpace(text: string): string {
  const rest = text.replace(leadingSpace, '')
  let end = rest.length
  while (end > 0 && spaceCharacter.test(rest[end - 1]!)) end--
  return rest.slice(0, end)
}

/** An empty search text is found before every character and at the end. */
function replace(text: string, search: string, by: string): string {
  return search === '' ? by + [...text].map(char => char + by).join('') : text.replaceAll(search, () => by)
}

/** Go maps character by character, so no character becomes several (`ß` stays, `İ` loses its dot). */
const toUpper = (text: string) => Array.from(text, char => {
  const mapped = char.toUpperCase()
  return [...mapped].length === 1 ? mapped : char
}).join('')
const toLower = (text: string) => Array.from(text, char => String.fromCodePoint(char.toLowerCase().codePointAt(0)!)).join('')

export const members = objectValue({
  format: new FunctionValue('format', args => {
    checkAtLeast(args, 1)
    return sprintf(toText(args, 0), args.slice(1).map(toGo))
  }),
  join: new FunctionValue('join', args => {
    checkCount(args, 2)
    return toTexts(args, 0).join(toText(args, 1))
  }),
  replace: ofTexts('replace', 3, (text, search, by) => replace(text, search, by)),
  split: ofTexts('split', 2, (text, separator) => separator === '' ? [...text] : text.split(separator)),
  to_lower: ofTexts('to_lower', 1, toLower),
  to_upper: ofTexts('to_upper', 1, toUpper),
  trim: ofTexts('trim', 2, (text, cutset) => trim(text, cutset)),
  trim_prefix: ofTexts('trim_prefix', 2, (text, prefix) => text.startsWith(prefix) ? text.slice(prefix.length) : text),
  trim_suffix: ofTexts('trim_suffix', 2, (text, suffix) =>
    suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text),
  trim_space: ofTexts('trim_space', 1, text => trimSpace(text)),
})
