/** Literals' text to values and back. */
import type { Literal } from './ast.ts'
import { quote } from '../lib/go-text.ts'
import { decodeSource } from './source.ts'

const maximumUint64 = 2n ** 64n - 1n

/** The value of a literal; throws a `RangeError` with Go's words for a number above the largest float. */
export function literalValue({ type, text }: Pick<Literal, 'type' | 'text'>): null | boolean | bigint | number | string {
  switch (type) {
    case 'null': return null
    case 'bool': return text === 'true'
    case 'string': return unquote(text)
    case 'number': return parseInteger(text) ?? parseFloat64(text)
    case 'float': return parseFloat64(text)
  }
}

/** Digits as an integer of 64 bits, octal after a leading zero; undefined where they do not fit (or are no octal digits). */
function parseInteger(text: string): bigint | undefined {
  const octal = text.length > 1 && text.startsWith('0')
  if (octal && /[89]/.test(text)) return undefined
  if (text.length > 30 && !octal) return undefined
  const value = BigInt(octal ? `0o${text.slice(1)}` : text)
  return value > maximumUint64 ? undefined : value
}

function parseFloat64(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value)) throw new RangeError(`strconv.ParseFloat: parsing ${quote(text)}: value out of range`)
  return value
}

const escapes: Record<string, string> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"',
}
const escape = /\\(?:([abfnrtv\\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g

/** The text of a string literal that the scanner accepted: escapes become characters; between backticks only carriage returns go. */
export function unquote(literal: string): string {
  const inner = literal.slice(1, -1)
  if (literal.startsWith('`')) return inner.replaceAll('\r', '')
  if (!inner.includes('\\')) return inner
  let bytes = false
  const text = inner.replace(escape, (_all, short?: string, octal?: string, byte?: string, small?: string, large?: string) => {
    if (short !== undefined) return escapes[short]!
    const character = small ?? large
    if (character !== undefined) return String.fromCodePoint(parseInt(character, 16))
    const value = octal !== undefined ? parseInt(octal, 8) : parseInt(byte!, 16)
    if (value < 0x80) return String.fromCharCode(value)
    bytes = true
    return String.fromCharCode(0xdc00 + value)
  })
  return bytes ? joinBytes(text) : text
}

/** Single bytes (as lone surrogates) that together are UTF-8 become characters; the others stay. */
function joinBytes(text: string): string {
  return text.replace(/(?<![\ud800-\udbff])[\udc80-\udcff]+/g, run =>
    decodeSource(Uint8Array.from(run, char => char.charCodeAt(0) & 0xff)))
}
