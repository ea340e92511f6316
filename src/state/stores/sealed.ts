/** A value with its write id behind it, as files and S3 objects hold it (FORMAT.md). */

import { concat, fromHex, hex } from '../../lib/bytes.ts'

/** Bytes of a write id. */
export const sealBytes = 16

/** `value` followed by the 16 bytes of write id `id`. */
export const seal = (value: Uint8Array, id: string): Uint8Array => concat([value, fromHex(id)!])

/** The value and the write id of sealed bytes; of bytes too short to be sealed, whatever is there counts as the id. */
export function unseal(bytes: Uint8Array): { value: Uint8Array; id: string } {
  const cut = Math.max(0, bytes.length - sealBytes)
  return { value: bytes.subarray(0, cut), id: hex(bytes.subarray(cut)) }
}
