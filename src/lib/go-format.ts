/** Numbers as Go's `strconv` and `fmt` write them, where that shows. */

/** Shortest decimal digits that give `value` back, and the power of ten of the first one; for finite, non-zero values. */
function digitsOf(value: number): { digits: string; exponent: number } {
  const [mantissa, exponent] = Math.abs(value).toExponential().split('e')
  return { digits: mantissa!.replace('.', ''), exponent: Number(exponent) }
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? undefined : value > 0 ? '+Inf' : '-Inf'
}

const sign = (value: number) => value < 0 || Object.is(value, -0) ? '-' : ''

/** `strconv.FormatFloat(value, 'f', -1, 64)`: no exponent, as few digits as give the same float back. */
export function formatFixed(value: number): string {
  const odd = special(value)
  if (odd !== undefined) return odd
  if (value === 0) return `${sign(value)}0`
  const { digits, exponent } = digitsOf(value)
  if (exponent < 0) return `${sign(value)}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = digits.slice(exponent + 1)
  return `${sign(value)}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** `strconv.FormatFloat(value, 'e', -1, 64)`: as few digits as give the same float back, an exponent of two digits or more. */
export function formatExponential(value: number): string {
  const odd = special(value)
  if (odd !== undefined) return odd
  if (value === 0) return `${sign(value)}0e+00`
  const { digits, exponent } = digitsOf(value)
  return `${sign(value)}${digits[0]!}${digits.length > 1 ? `.${digits.slice(1)}` : ''}${exponentText(exponent)}`
}

/** An exponent with sign and at least two digits: `e-07`. */
export function exponentText(exponent: number): string {
  return `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** `%v` and `strconv.FormatFloat(value, 'g', -1, 64)`: with an exponent below 1e-4 and from 1e6 on. */
export function formatFloat(value: number): string {
  const odd = special(value)
  if (odd !== undefined) return odd
  const { exponent } = digitsOf(value)
  return value !== 0 && (exponent < -4 || exponent >= 6) ? formatExponential(value) : formatFixed(value)
}

/** Go's `encoding/json`: with an exponent below 1e-6 and from 1e21 on, of no more digits than it needs. */
export function formatJsonNumber(value: number): string {
  const magnitude = Math.abs(value)
  if (magnitude === 0 || (magnitude >= 1e-6 && magnitude < 1e21)) return formatFixed(value)
  return formatExponential(value).replace(/e-0(\d)$/, 'e-$1')
}

/** A number where Alloy turns it into a string: integers in full, floats without exponent. */
export function toDisplayNumber(value: bigint | number): string {
  return typeof value === 'bigint' ? String(value) : formatFixed(value)
}
