/** Byte arrays: joining, comparing, and the text encodings that protocols use. */

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** UTF-8 bytes of `text`; lone surrogates become U+FFFD. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text)

/** Text of UTF-8 `bytes`; invalid sequences become U+FFFD. */
export const text = (bytes: Uint8Array): string => decoder.decode(bytes)

/** One array holding `parts` in order; a single part is returned as it is, not copied. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Whether both hold the same bytes. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Order of unsigned bytes, then of length, as Go's bytes.Compare: negative, zero or positive. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Lower-case hexadecimal of `bytes`. */
export function hex(bytes: Uint8Array): string {
  let out = ''
  for (const byte of bytes) out += (byte < 16 ? '0' : '') + byte.toString(16)
  return out
}

/** Bytes of hexadecimal `digits` (either case), or undefined when they are not whole pairs of digits. */
export function fromHex(digits: string): Uint8Array | undefined {
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) return undefined
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** Standard base64 with padding. */
export function base64(bytes: Uint8Array): string {
  let binary = ''
  // In slices, because a call takes a bounded number of arguments.
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(binary)
}

/** Bytes of base64 in the standard or URL alphabet, padded or not; undefined when it is neither. */
export function fromBase64(encoded: string): Uint8Array | undefined {
  const standard = encoded.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  if (standard.length % 4 === 1 || !/^[A-Za-z0-9+/]*$/.test(standard)) return undefined
  const binary = atob(standard)
  return Uint8Array.from(binary, character => character.charCodeAt(0))
}
