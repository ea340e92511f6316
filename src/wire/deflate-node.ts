/** gzip, zlib and raw deflate by Node's zlib: a fraction of what its streams cost (`#deflate`, see package.json). */

import { constants, deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { TooLargeError } from './compression-sink.ts'
import type { DeflateFormat } from './deflate-web.ts'

const inflaters = { 'gzip': gunzipSync, 'deflate': inflateSync, 'deflate-raw': inflateRawSync }
const deflaters = { 'gzip': gzipSync, 'deflate': deflateSync, 'deflate-raw': deflateRawSync }

/** With `info`, zlib tells how much of its input it used; Node's types do not know. */
interface Inflated { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } }

/** As in deflate-web.ts. */
export async function inflateBytes(format: DeflateFormat, bytes: Uint8Array, limit: number, expected: number): Promise<Uint8Array> {
  // zlib grows by pieces of chunkSize, so a good guess saves copying.
  const chunkSize = Math.max(constants.Z_MIN_CHUNK, Math.min(expected, limit) + 1)
  try {
    const { buffer, engine } = inflaters[format](bytes, { maxOutputLength: Math.max(1, limit), chunkSize, info: true }) as unknown as Inflated
    if (engine.bytesWritten < bytes.length) throw new Error('data goes on behind its end')
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw new TooLargeError(limit)
    throw error
  }
}

/** As in deflate-web.ts, at the fastest level: CPU is what a function is billed for, and a third more bytes are not. */
export async function deflateBytes(format: DeflateFormat, bytes: Uint8Array): Promise<Uint8Array> {
  return deflaters[format](bytes, { level: constants.Z_BEST_SPEED })
}
