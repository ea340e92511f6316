/**
 * gzip, zlib and raw deflate by zlib, which Workers have behind the flag `nodejs_compat`: their streams cost four times the CPU, and
 * compress at a level that nobody can choose.
 */

import { constants, deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { TooLargeError } from './compression-sink.ts'

export type DeflateFormat = 'gzip' | 'deflate' | 'deflate-raw'

const inflaters = { 'gzip': gunzipSync, 'deflate': inflateSync, 'deflate-raw': inflateRawSync }
const deflaters = { 'gzip': gzipSync, 'deflate': deflateSync, 'deflate-raw': deflateRawSync }

/** With `info`, zlib tells how much of its input it used; Node's types do not know. */
interface Inflated { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } }

/** What the data holds (all members of a gzip), at most `limit` bytes, else TooLargeError; `expected` is a guess at its size. Throws zlib's error for damage. */
export function inflateBytes(format: DeflateFormat, bytes: Uint8Array, limit: number, expected: number): Uint8Array {
  // zlib grows by pieces of chunkSize, so a good guess saves copying.
  const chunkSize = Math.max(constants.Z_MIN_CHUNK, Math.min(expected, limit) + 1)
  try {
    const { buffer, engine } = inflaters[format](bytes, { maxOutputLength: Math.max(1, limit), chunkSize, info: true }) as unknown as Inflated
    if (engine.bytesWritten < bytes.length) throw new Error('data goes on behind its end')
    return plain(buffer)
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw new TooLargeError(limit)
    throw error
  }
}

/** The compressed form of `bytes` at the fastest level: CPU is what a function is billed for, and a third more bytes are not. */
export const deflateBytes = (format: DeflateFormat, bytes: Uint8Array): Uint8Array => plain(deflaters[format](bytes, { level: constants.Z_BEST_SPEED }))

/** A Buffer slices and prints in ways of its own. */
const plain = ({ buffer, byteOffset, length }: Uint8Array): Uint8Array => new Uint8Array(buffer, byteOffset, length)
