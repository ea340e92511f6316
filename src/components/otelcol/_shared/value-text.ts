/** Values, times and numbers as the collector writes them for people. */

import { hex } from '../../../lib/bytes.ts'
import { rfc3339 } from '../../../lib/time.ts'
import { isMap, type AttributeValue } from '../../../telemetry/otlp.ts'

export { valueText } from '../../../telemetry/convert/value-text.ts'

/** The collector's name of a value's type. */
export function valueType(value: AttributeValue): 'Empty' | 'Str' | 'Bool' | 'Int' | 'Double' | 'Bytes' | 'Map' | 'Slice' {
  switch (typeof value) {
    case 'string': return 'Str'
    case 'boolean': return 'Bool'
    case 'bigint': return 'Int'
    case 'number': return 'Double'
    default:
  }
  if (value === null) return 'Empty'
  if (value instanceof Uint8Array) return 'Bytes'
  return isMap(value) ? 'Map' : 'Slice'
}

/** An id in hexadecimal; one of zeros only counts as none. */
export const idText = (id: Uint8Array): string => (id.every(byte => byte === 0) ? '' : hex(id))

/** Nanoseconds since the epoch as Go prints a time: `2020-02-11 20:26:12.000000321 +0000 UTC`. */
export function timeText(nanoseconds: bigint): string {
  // A time is an int64 there, so the upper half of the protocol's range lies before 1970.
  const signed = BigInt.asIntN(64, nanoseconds)
  const fraction = ((signed % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const seconds = (signed - fraction) / 1_000_000_000n
  const [date, time] = rfc3339(Number(seconds) * 1000).slice(0, 19).split('T')
  const digits = fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`
  return `${date} ${time}${digits} +0000 UTC`
}

/** `%f`: six digits behind the point, ties to even. */
export function sixDigits(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  if (magnitude >= 1e21) return `${sign}${BigInt(magnitude)}.000000`
  // Only odd multiples of 2^-7 lie half way between two numbers of six digits, and toFixed always goes up there.
  const halves = magnitude * 128
  if (!Number.isInteger(halves) || halves % 2 === 0 || !Number.isSafeInteger(halves)) return `${sign}${magnitude.toFixed(6)}`
  const below = (BigInt(halves) * 15_625n - 1n) / 2n
  const digits = String(below + (below % 2n)).padStart(7, '0')
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}`
}
