/** gzip, zlib and raw deflate, with the same words for damage on every platform. */

import { TooLargeError } from './compression-sink.ts'
import { inflateBytes, type DeflateFormat } from './deflate.ts'
import { WireError } from './error.ts'

/** Deflate cannot do better than this. */
const maxRatio = 1032

/** What gzip (one or more members), zlib (`deflate`) or raw deflate bytes hold. Throws TooLargeError, WireError for damage. */
export function inflate(format: DeflateFormat, bytes: Uint8Array, limit: number): Uint8Array {
  checkHeader(format, bytes)
  try {
    return inflateBytes(format, bytes, limit, expectedSize(format, bytes))
  } catch (error) {
    if (error instanceof TooLargeError) throw error
    // What the platform itself says is different on each, and never where.
    throw new WireError(nameOf(format), headerBytes[format], 'the data is damaged or cut off somewhere after its header', { cause: error })
  }
}

const headerBytes: Readonly<Record<DeflateFormat, number>> = { 'gzip': 10, 'deflate': 2, 'deflate-raw': 0 }
const nameOf = (format: DeflateFormat) => (format === 'gzip' ? 'gzip' : 'deflate')

/** Tells what is no such data at all from what was damaged on the way. */
function checkHeader(format: DeflateFormat, bytes: Uint8Array): void {
  const [first = 0, second = 0] = bytes
  const is = format === 'gzip' ? first === 0x1f && second === 0x8b : format === 'deflate' ? (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0 : true
  if (!is) throw new WireError(nameOf(format), 0, `no ${format === 'gzip' ? 'gzip' : 'zlib'} header`)
}

/** gzip says at its end how much it holds (modulo 2^32); it is a guess only, and believed as far as the input backs it. */
function expectedSize(format: DeflateFormat, bytes: Uint8Array): number {
  const { length } = bytes
  if (format !== 'gzip' || length < 18) return Math.min(4 * length, 65_536)
  const claimed = (bytes[length - 4]! | (bytes[length - 3]! << 8) | (bytes[length - 2]! << 16) | (bytes[length - 1]! << 24)) >>> 0
  return claimed <= maxRatio * length ? claimed : 0
}
