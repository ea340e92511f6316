/** OTLP values as the text and the JSON that the collector makes of them. */

import { base64 } from '../../lib/bytes.ts'
import { formatJsonNumber } from '../../lib/go-format.ts'
import { compareNames } from '../../lib/label-text.ts'
import { isMap, type AttributeValue } from '../../wire/otlp-value.ts'

/** A value as a string converts from it: text as it is, bytes in base64, maps (keys in order) and lists as JSON. */
export function valueText(value: AttributeValue): string {
  switch (typeof value) {
    case 'string': return value
    case 'boolean':
    case 'bigint': return String(value)
    case 'number': return Number.isFinite(value) ? formatJsonNumber(value) : String(value)
    default:
  }
  if (value === null) return ''
  if (value instanceof Uint8Array) return base64(value)
  // JSON has no word for these numbers, and then the collector writes nothing at all.
  return valueJson(value) ?? ''
}

/**
 * A value as Go's JSON writes it: keys in the order of their bytes, integers in full, bytes in base64. Undefined where it holds an
 * infinite number or none, unless `oddNumber` says what to write for such.
 */
export function valueJson(value: AttributeValue, oddNumber?: (value: number) => string): string | undefined {
  if (value === null) return 'null'
  if (typeof value === 'number') return Number.isFinite(value) ? formatJsonNumber(value) : oddNumber?.(value)
  if (typeof value === 'string' || value instanceof Uint8Array) return quotedJson(valueText(value))
  if (typeof value !== 'object') return String(value)
  if (!isMap(value)) return joined(value.map(item => valueJson(item, oddNumber)), '[', ']')
  return joined([...value.keys()].sort(compareNames).map(key => {
    const inner = valueJson(value.get(key)!, oddNumber)
    return inner === undefined ? undefined : `${quotedJson(key)}:${inner}`
  }), '{', '}')
}

const joined = (parts: readonly (string | undefined)[], open: string, close: string): string | undefined =>
  parts.includes(undefined) ? undefined : `${open}${parts.join(',')}${close}`

/** Text as a JSON string. Go's JSON escapes the two line separators that JavaScript's leaves. */
export const quotedJson = (text: string) => JSON.stringify(text).replace(/[\u2028\u2029]/g, character => (character === '\u2028' ? '\\u2028' : '\\u2029'))
