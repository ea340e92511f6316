/**
 * Snappy, as blocks (what remote-write and Loki send) and in its framing format (what some senders send all the same).
 *
 * snappyjs compresses. Decoding is our own: snappyjs' decoder goes round for ever on a literal whose length is 2^31 or more, reads
 * past the end of a cut-off copy, and does not notice when less comes out than was declared.
 */

import { SnappyCompressor } from 'snappyjs/snappy_compressor.js'
import { crc32c } from '../lib/crc32c.ts'
import { Sink, TooLargeError } from './compression-sink.ts'
import { WireError } from './error.ts'

/** No element of a block says more with less: three bytes copy 64. */
const maxRatio = 22

/** The bytes of one snappy block. */
export function encodeSnappy(bytes: Uint8Array): Uint8Array {
  const compressor = new SnappyCompressor(bytes)
  const out = new Uint8Array(compressor.maxCompressedLength())
  return out.slice(0, compressor.compressToBuffer(out))
}

/** What a block holds; TooLargeError when it declares more than `limit` bytes, WireError when it is damaged. */
export function decodeSnappyBlock(block: Uint8Array, limit: number): Uint8Array {
  const { length, from } = declaredLength(block)
  if (length > limit) throw new TooLargeError(limit)
  if (length > maxRatio * block.length) throw damaged(0, `a length of ${length} is declared, more than ${block.length} bytes can hold`)
  const out = new Uint8Array(length)
  decodeElements(block, from, out)
  return out
}

/** What a body holds, be it a block or framed: the stream identifier tells. */
export function decodeSnappy(bytes: Uint8Array, limit: number): Uint8Array {
  return isFramed(bytes) ? decodeFramed(bytes, limit) : decodeSnappyBlock(bytes, limit)
}

const damaged = (offset: number, problem: string) => new WireError('snappy', offset, problem)

function declaredLength(block: Uint8Array): { length: number; from: number } {
  let length = 0
  for (let at = 0; at < 5; at++) {
    const byte = block[at]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * at)
    if (byte < 0x80) {
      if (length > 0xffff_ffff) break
      return { length, from: at + 1 }
    }
  }
  throw damaged(0, 'the length is cut off or too large')
}

/** Literals and copies, until the block ends; they have to fill `out` exactly. */
function decodeElements(block: Uint8Array, from: number, out: Uint8Array): void {
  const end = block.length
  let at = from
  let to = 0
  while (at < end) {
    const start = at
    const element = block[at++]!
    let length: number
    let distance = 0
    switch (element & 3) {
      case 0: {
        length = (element >>> 2) + 1
        if (length > 60) {
          const extra = length - 60
          if (end - at < extra) throw damaged(start, 'a literal is cut off')
          length = littleEndian(block, at, extra) + 1
          at += extra
        }
        break
      }
      case 1:
        if (end - at < 1) throw damaged(start, 'a copy is cut off')
        length = ((element >>> 2) & 7) + 4
        distance = ((element >>> 5) << 8) | block[at++]!
        break
      default: {
        const extra = (element & 3) === 2 ? 2 : 4
        if (end - at < extra) throw damaged(start, 'a copy is cut off')
        length = (element >>> 2) + 1
        distance = littleEndian(block, at, extra)
        at += extra
      }
    }
    if (length > out.length - to) throw damaged(start, `more comes out than the ${out.length} bytes declared`)
    if ((element & 3) === 0) {
      if (length > end - at) throw damaged(start, `a literal of ${length} bytes exceeds the ${end - at} left`)
      if (length < 32) for (let i = 0; i < length; i++) out[to + i] = block[at + i]!
      else out.set(block.subarray(at, at + length), to)
      at += length
    } else {
      if (distance === 0 || distance > to) throw damaged(start, `a copy from ${distance} bytes back, where ${to} have come out`)
      const source = to - distance
      for (let i = 0; i < length; i++) out[to + i] = out[source + i]!
    }
    to += length
  }
  if (to !== out.length) throw damaged(end, `${to} bytes come out where ${out.length} are declared`)
}

function littleEndian(bytes: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let i = width - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!
  return value
}

/** Chunk type 0xff, six bytes long, and the name. */
const identifier = Uint8Array.of(0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59)
/** The most that one chunk may hold when uncompressed. */
const maxChunk = 65_536

/** Whether these are framed bytes. A block cannot begin like this: it would declare 2^35 bytes. */
export const isFramed = (bytes: Uint8Array): boolean => identifier.every((byte, i) => bytes[i] === byte)

/** The checksum of a chunk, rotated and shifted as the format asks. */
function maskedChecksum(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0
}

/** What a framed stream holds; its checksums are verified. */
function decodeFramed(bytes: Uint8Array, limit: number): Uint8Array {
  const sink = new Sink(limit, Math.min(maxChunk, 4 * bytes.length))
  let at = identifier.length
  while (at < bytes.length) {
    if (bytes.length - at < 4) throw damaged(at, 'a chunk header is cut off')
    const type = bytes[at]!
    const length = littleEndian(bytes, at + 1, 3)
    const body = at + 4
    if (length > bytes.length - body) throw damaged(at, `a chunk of ${length} bytes exceeds the ${bytes.length - body} left`)
    const chunk = bytes.subarray(body, body + length)
    if (type <= 1) sink.push(chunkContent(chunk, type === 0, at))
    else if (type < 0x80) throw damaged(at, `chunk type ${type} is not known and must not be skipped`)
    at = body + length
  }
  return sink.finish()
}

function chunkContent(chunk: Uint8Array, compressed: boolean, at: number): Uint8Array {
  if (chunk.length < 4) throw damaged(at, 'a chunk has no room for its checksum')
  const content = compressed ? inChunk(chunk.subarray(4), at + 8) : chunk.subarray(4)
  if (content.length > maxChunk) throw damaged(at, `a chunk holds ${content.length} bytes, more than ${maxChunk}`)
  const expected = littleEndian(chunk, 0, 4)
  if (maskedChecksum(content) !== expected) throw damaged(at, 'the checksum of a chunk does not match')
  return content
}

/** A block within a chunk: a problem in it is reported where it lies in the whole. */
function inChunk(block: Uint8Array, offset: number): Uint8Array {
  try {
    return decodeSnappyBlock(block, maxChunk)
  } catch (error) {
    throw new WireError('snappy', offset, `a chunk is damaged (${(error as Error).message})`, { cause: error })
  }
}

/** The bytes in snappy's framing format, a chunk for each 64 KiB. */
export function encodeSnappyFramed(bytes: Uint8Array): Uint8Array {
  const sink = new Sink(Infinity, bytes.length + 64)
  sink.push(identifier)
  for (let at = 0; at < bytes.length; at += maxChunk) {
    const content = bytes.subarray(at, at + maxChunk)
    const block = encodeSnappy(content)
    const stored = block.length >= content.length
    const body = stored ? content : block
    const length = body.length + 4
    const checksum = maskedChecksum(content)
    sink.push(Uint8Array.of(stored ? 1 : 0, length, length >>> 8, length >>> 16, checksum, checksum >>> 8, checksum >>> 16, checksum >>> 24))
    sink.push(body)
  }
  return sink.finish()
}
