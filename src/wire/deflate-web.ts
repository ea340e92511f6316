/** gzip, zlib and raw deflate through the web's streams, where there is nothing better (`#deflate`, see package.json). */

import { Sink } from './compression-sink.ts'

export type DeflateFormat = 'gzip' | 'deflate' | 'deflate-raw'

/** What the data holds, at most `limit` bytes (else TooLargeError); `expected` is a guess at its size. Rejects with the platform's error for damage. */
export async function inflateBytes(format: DeflateFormat, bytes: Uint8Array, limit: number, expected: number): Promise<Uint8Array> {
  const stream = new DecompressionStream(format)
  const sink = new Sink(limit, expected)
  const writer = stream.writable.getWriter()
  // A failure of the writing side comes out at the reading side too.
  const ignore = () => undefined
  void writer.write(bytes as Uint8Array<ArrayBuffer>).catch(ignore)
  void writer.close().catch(ignore)
  const reader = stream.readable.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return sink.finish()
      sink.push(value)
    }
  } catch (error) {
    void reader.cancel(error).catch(ignore)
    throw error
  }
}

/** The compressed form of `bytes`, at the level that the platform takes by default: its streams let nobody choose. */
export async function deflateBytes(format: DeflateFormat, bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new CompressionStream(format)
  const writer = stream.writable.getWriter()
  const written = Promise.all([writer.write(bytes as Uint8Array<ArrayBuffer>), writer.close()])
  const sink = new Sink(Infinity, 1024 + (bytes.length >> 3))
  const reader = stream.readable.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    sink.push(value)
  }
  await written
  return sink.finish()
}
