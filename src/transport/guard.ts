/** Credentials of those who come in. */

import { fromBase64, text, utf8 } from '../lib/bytes.ts'

/** Whether both texts are the same; the time it takes depends on `given` alone, so it tells nothing of `expected`. */
export function sameSecret(given: string, expected: string): boolean {
  const a = utf8(given)
  const b = utf8(expected)
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i % Math.max(1, b.length)] ?? 0)
  return difference === 0
}

/** User name and password of an Authorization header of type Basic; undefined when it is none. */
export function readBasic(header: string | null): { username: string; password: string } | undefined {
  const encoded = /^basic (.*)$/is.exec(header ?? '')?.[1]
  const bytes = encoded === undefined ? undefined : fromBase64(encoded.trim())
  if (bytes === undefined) return undefined
  const both = text(bytes)
  const colon = both.indexOf(':')
  return colon < 0 ? undefined : { username: both.slice(0, colon), password: both.slice(colon + 1) }
}
