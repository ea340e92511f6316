/** Comparing what a stranger sent with what only we should know. */

import { utf8 } from './bytes.ts'
import { sha256 } from './sha.ts'

/** Whether two texts are equal, in a time that does not tell where they differ (nor how long the expected one is). */
export function sameSecret(given: string, expected: string): boolean {
  const a = sha256(utf8(given))
  const b = sha256(utf8(expected))
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!
  return difference === 0
}
