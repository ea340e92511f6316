/**
 * LZ4's frame format (lz4_Frame_format.md 1.6), decoding only.
 *
 *     magic  FLG BD [content size 8] [dictionary 4] HC  { size data [checksum] }  0  [checksum]
 *
 * Own code: the libraries there are write past a lying length or have not been touched in years, and it is this short.
 */

import { Sink, TooLargeError } from './compression-sink.ts'
import { WireError } from './error.ts'
import { xxh32 } from './compression-xxh.ts'

const magic = 0x184d_2204
/** Sixteen magic numbers mark frames that are to be skipped. */
const isSkippable = (word: number) => word >>> 4 === 0x184_d2a5
/** Bytes of a block by the code in BD. */
const blockSizes: Readonly<Record<number, number>> = { 4: 64 * 1024, 5: 256 * 1024, 6: 1024 * 1024, 7: 4 * 1024 * 1024 }

const damaged = (offset: number, problem: string) => new WireError('lz4', offset, problem)

/** What one or several frames hold; checksums are verified. */
export function decodeLz4(bytes: Uint8Array, limit: number): Uint8Array {
  const sink = new Sink(limit, Math.min(64 * 1024, 4 * bytes.length))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  do {
    const word = word32(view, at, 'the magic number')
    if (isSkippable(word)) {
      at += 8 + word32(view, at + 4, 'the length of a skippable frame')
      if (at > bytes.length) throw damaged(bytes.length, 'a skippable frame is cut off')
    } else if (word === magic) at = decodeFrame(bytes, view, at + 4, sink)
    else throw damaged(at, 'no LZ4 frame begins here')
  } while (at < bytes.length)
  return sink.finish()
}

function word32(view: DataView, at: number, what: string): number {
  if (view.byteLength - at < 4) throw damaged(at, `${what} is cut off`)
  return view.getUint32(at, true)
}

function decodeFrame(bytes: Uint8Array, view: DataView, start: number, sink: Sink): number {
  const flags = bytes[start] ?? 0
  const blockSize = blockSizes[((bytes[start + 1] ?? 0) >>> 4) & 7]
  const descriptorEnd = start + 2 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0)
  if (descriptorEnd >= bytes.length) throw damaged(start, 'the frame descriptor is cut off')
  if (flags >>> 6 !== 1) throw damaged(start, `version ${flags >>> 6} is not known`)
  if (blockSize === undefined) throw damaged(start + 1, 'the block size is not valid')
  if (flags & 1) throw damaged(start, 'dictionaries are not supported')
  if (((xxh32(bytes.subarray(start, descriptorEnd)) >>> 8) & 0xff) !== bytes[descriptorEnd]) {
    throw damaged(descriptorEnd, 'the checksum of the frame descriptor does not match')
  }
  const declared = flags & 8 ? view.getUint32(start + 2, true) + view.getUint32(start + 6, true) * 2 ** 32 : undefined
  if (declared !== undefined && declared > sink.limit - sink.length) throw new TooLargeError(sink.limit)

  const begin = sink.length
  const independent = (flags & 0x20) !== 0
  let at = descriptorEnd + 1
  for (;;) {
    const word = word32(view, at, 'a block size')
    at += 4
    if (word === 0) break
    const length = word & 0x7fff_ffff
    if (length > blockSize) throw damaged(at - 4, `a block of ${length} bytes, where ${blockSize} are the most`)
    if (length > bytes.length - at) throw damaged(at - 4, `a block of ${length} bytes exceeds the ${bytes.length - at} left`)
    if (word >>> 31) sink.push(bytes.subarray(at, at + length))
    else decodeBlock(bytes, at, at + length, sink, independent ? sink.length : begin, sink.length + blockSize)
    if (flags & 0x10) {
      if (word32(view, at + length, 'a block checksum') !== xxh32(bytes.subarray(at, at + length))) throw damaged(at, 'the checksum of a block does not match')
      at += 4
    }
    at += length
  }
  if (flags & 4) {
    if (word32(view, at, 'the content checksum') !== xxh32(sink.bytes.subarray(begin, sink.length))) throw damaged(at, 'the content checksum does not match')
    at += 4
  }
  if (declared !== undefined && declared !== sink.length - begin) {
    throw damaged(start + 2, `${sink.length - begin} bytes come out where ${declared} are declared`)
  }
  return at
}

/** Sequences of literals and matches; matches reach back to `oldest`, and output stays below `most`. */
function decodeBlock(bytes: Uint8Array, from: number, end: number, sink: Sink, oldest: number, most: number): void {
  let at = from
  const more = (length: number): number => {
    // 15 in a nibble says that bytes follow, each adding up to 255, the first below 255 being the last.
    if (length !== 15) return length
    let byte: number
    do {
      if (at >= end) throw damaged(at, 'a length is cut off')
      byte = bytes[at++]!
      length += byte
    } while (byte === 255)
    return length
  }
  while (at < end) {
    const start = at
    const token = bytes[at++]!
    const literals = more(token >>> 4)
    if (literals > end - at) throw damaged(start, `${literals} literal bytes exceed the ${end - at} left in the block`)
    sink.copy(bytes, at, literals)
    at += literals
    // The last sequence has no match.
    if (at === end) return
    if (end - at < 2) throw damaged(at, 'an offset is cut off')
    const distance = bytes[at]! | (bytes[at + 1]! << 8)
    at += 2
    const length = more(token & 15) + 4
    if (distance === 0 || distance > sink.length - oldest) throw damaged(start, `a match from ${distance} bytes back, where ${sink.length - oldest} have come out`)
    if (sink.length + length > most) throw damaged(start, 'a block holds more than the block size')
    sink.repeat(distance, length)
  }
}
