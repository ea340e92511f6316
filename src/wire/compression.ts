/** Content-Encoding, both ways. */

import { inflate } from './compression-inflate.ts'
import { decodeLz4 } from './compression-lz4.ts'
import { TooLargeError } from './compression-sink.ts'
import { decodeZstd } from './compression-zstd.ts'
import { deflateBytes } from './deflate.ts'
import { decodeSnappy, encodeSnappy, encodeSnappyFramed } from './snappy.ts'

export { TooLargeError } from './compression-sink.ts'

type Decode = (bytes: Uint8Array, limit: number) => Uint8Array | Promise<Uint8Array>
type Encode = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>

const whole: Decode = (bytes, limit) => {
  if (bytes.length > limit) throw new TooLargeError(limit)
  return bytes
}

/** `deflate` means zlib by the standard and raw deflate to some senders; a zlib header passes a check that raw data hardly does. */
const inflateEither: Decode = (bytes, limit) => {
  const [cmf = 0, flags = 0] = bytes
  const zlib = (cmf & 0x0f) === 8 && cmf >>> 4 <= 7 && (cmf * 256 + flags) % 31 === 0
  return inflate(zlib ? 'deflate' : 'deflate-raw', bytes, limit)
}

const decoders: Readonly<Record<string, Decode>> = {
  '': whole,
  identity: whole,
  none: whole,
  gzip: (bytes, limit) => inflate('gzip', bytes, limit),
  deflate: inflateEither,
  zlib: (bytes, limit) => inflate('deflate', bytes, limit),
  snappy: decodeSnappy,
  'x-snappy-framed': decodeSnappy,
  zstd: decodeZstd,
  lz4: decodeLz4,
}

const encoders: Readonly<Record<string, Encode>> = {
  '': bytes => bytes,
  identity: bytes => bytes,
  none: bytes => bytes,
  gzip: bytes => deflateBytes('gzip', bytes),
  deflate: bytes => deflateBytes('deflate', bytes),
  zlib: bytes => deflateBytes('deflate', bytes),
  snappy: encodeSnappy,
  'x-snappy-framed': encodeSnappyFramed,
}

/** The encodings that `decompress` reads. */
export const readableEncodings: readonly string[] = Object.keys(decoders)

/** The encodings that `compress` writes: no encoder for zstd or lz4 exists that is small, kept well, and runs everywhere. */
export const writableEncodings: readonly string[] = Object.keys(encoders)

/** An encoding that is none of ours; receivers answer 415 (or 400 where Alloy does). */
export class UnknownEncodingError extends Error {
  override readonly name = 'UnknownEncodingError'
  readonly encoding: string

  constructor(encoding: string, known: readonly string[]) {
    super(`unsupported encoding ${JSON.stringify(encoding)}; supported are ${known.filter(name => name !== '').join(', ')}`)
    this.encoding = encoding
  }
}

/**
 * Undoes a Content-Encoding (one of `readableEncodings`, in any case of letters) and stops as soon as more than `limit` bytes come
 * out. Throws TooLargeError then, WireError for damage, UnknownEncodingError for other encodings.
 */
export async function decompress(encoding: string, bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const decode = lookUp(decoders, encoding)
  return decode(bytes, limit)
}

/** Applies a Content-Encoding (one of `writableEncodings`); throws UnknownEncodingError for others. */
export async function compress(encoding: string, bytes: Uint8Array): Promise<Uint8Array> {
  return lookUp(encoders, encoding)(bytes)
}

function lookUp<T>(table: Readonly<Record<string, T>>, encoding: string): T {
  const name = encoding.trim().toLowerCase()
  if (!Object.hasOwn(table, name)) throw new UnknownEncodingError(encoding, Object.keys(table))
  return table[name]!
}
