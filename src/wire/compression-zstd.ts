/** Zstandard frames, decoding only, by fzstd. */

import { Decompress } from 'fzstd'
import { Sink, TooLargeError } from './compression-sink.ts'
import { WireError } from './error.ts'

export function decodeZstd(bytes: Uint8Array, limit: number): Uint8Array {
  const sink = new Sink(limit)
  try {
    new Decompress(chunk => sink.push(chunk)).push(bytes, true)
  } catch (error) {
    if (error instanceof TooLargeError) throw error
    throw new WireError('zstd', 0, 'the stream is damaged', { cause: error })
  }
  return sink.finish()
}
