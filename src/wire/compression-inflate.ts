/** gzip, zlib and raw deflate, with the same words for damage on every platform. */

import { inflateBytes } from '#deflate'
import { Sink, TooLargeError } from './compression-sink.ts'
import type { DeflateFormat } from './deflate-web.ts'
import { WireError } from './error.ts'

/** Deflate cannot do better than this. */
const maxRatio = 1032

/** What gzip (one or more members), zlib (`deflate`) or raw deflate bytes hold. */
export async function inflate(format: DeflateFormat, bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  try {
    return await inflateWhole(format, bytes, limit)
  } catch (error) {
    // workerd refuses what follows the first member, where Node reads on.
    if (format === 'gzip' && error instanceof WireError && nextMember(bytes, 1) > 0) return inflateMembers(bytes, limit, error)
    throw error
  }
}

async function inflateWhole(format: DeflateFormat, bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  checkHeader(format, bytes)
  try {
    return await inflateBytes(format, bytes, limit, expectedSize(format, bytes))
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

/** Where a gzip header begins at or after `from`, or -1. */
function nextMember(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0x1f, from); at >= 0; at = bytes.indexOf(0x1f, at + 1)) {
    if (bytes[at + 1] === 0x8b && bytes[at + 2] === 8 && bytes[at + 3]! < 0x20) return at
  }
  return -1
}

/** Compressed data holds something like a header once in 2^27 bytes by chance; more of them are made to cost us time. */
const maxFalseHeaders = 16

/** Members one by one: each ends where the next one begins, and the first end at which it reads well is the right one. */
async function inflateMembers(bytes: Uint8Array, limit: number, failure: WireError): Promise<Uint8Array> {
  const sink = new Sink(limit)
  let start = 0
  let falseHeaders = 0
  while (start < bytes.length) {
    let end = nextMember(bytes, start + 1)
    for (;;) {
      if (end < 0) end = bytes.length
      try {
        sink.push(await inflateWhole('gzip', bytes.subarray(start, end), limit - sink.length))
        break
      } catch (error) {
        if (error instanceof TooLargeError) throw new TooLargeError(limit)
        if (end === bytes.length || ++falseHeaders > maxFalseHeaders) throw failure
        end = nextMember(bytes, end + 1)
      }
    }
    start = end
  }
  return sink.finish()
}
