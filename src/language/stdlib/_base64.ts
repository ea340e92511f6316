/** Base64, with Go's strictness and errors. */
import { ByteList, CallError } from '../value.ts'

const encoder = new TextEncoder()

/** The digits of base64. */
export const standardAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
/** The digits of base64 where it stands in URLs. */
export const urlAlphabet = `${standardAlphabet.slice(0, 62)}-_`

/** The UTF-8 bytes of `text` in base64, padded. */
export function toBase64(text: string, alphabet: string): string {
  const bytes = encoder.encode(text)
  let out = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const count = Math.min(4, bytes.length - i + 1)
    for (let n = 0; n < 4; n++) out += n < count ? alphabet[(group >> (18 - 6 * n)) & 63] : '='
  }
  return out
}

/** Decodes base64: line breaks are skipped, padding is required; throws a `CallError` that names the byte, as Go's does. */
export function fromBase64(text: string, alphabet: string): ByteList {
  const source = encoder.encode(text)
  const fail = (at: number) => { throw new CallError(`illegal base64 data at input byte ${at}`) }
  const out: number[] = []
  let group: number[] = []
  const isBreak = (at: number) => source[at] === 0x0a || source[at] === 0x0d
  for (let at = 0; at < source.length; at++) {
    if (isBreak(at)) continue
    const char = String.fromCharCode(source[at]!)
    const digit = alphabet.indexOf(char)
    if (digit !== -1) {
      group.push(digit)
      if (group.length === 4) {
        out.push(...bytesOf(group))
        group = []
      }
      continue
    }
    if (char !== '=' || group.length < 2) fail(at)
    let end = at + 1
    if (group.length === 2) {
      while (isBreak(end)) end++
      if (source[end] !== 0x3d) fail(end < source.length ? end - 1 : end)
      end++
    }
    while (isBreak(end)) end++
    if (end < source.length) fail(end)
    out.push(...bytesOf(group))
    return ByteList.fromBytes(Uint8Array.from(out))
  }
  if (group.length > 0) fail(source.length - group.length)
  return ByteList.fromBytes(Uint8Array.from(out))
}

/** The one, two or three bytes of two, three or four digits. */
function bytesOf(digits: readonly number[]): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = digits
  return [(a << 2) | (b >> 4), ((b & 15) << 4) | (c >> 2), ((c & 3) << 6) | d].slice(0, digits.length - 1)
}
