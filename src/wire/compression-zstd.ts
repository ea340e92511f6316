/**
 * Zstandard (RFC 8878), decoding only, without dictionaries; content checksums are stepped over.
 *
 *     magic  descriptor [window] [dictionary] [content size]  { block header, block }  [checksum]
 *
 * Own code: fzstd, the one library without WebAssembly, believes what it reads. It allocates windows of up to 2 GiB by a header, and
 * a block of 200 kB can keep it busy for minutes. Here each block is held to the format's 128 KiB and all of them to the limit.
 */

import { BackwardBits, damaged, decodeHuffman, fseConstant, fseTable, readFseTable, readHuffmanTable, type FseTable, type HuffmanTable } from './compression-entropy.ts'
import { Sink, TooLargeError } from './compression-sink.ts'

const magic = 0xfd2f_b528
const isSkippable = (word: number) => word >>> 4 === 0x184_d2a5
/** The most that a block may hold. */
const maxBlock = 128 * 1024

/** What one kind of code in a sequence means: its predefined table, and how its numbers are made of a base and further bits. */
interface Kind {
  readonly preset: FseTable
  readonly maxAccuracy: number
  readonly base: readonly number[]
  readonly bits: readonly number[]
}

const upTo = (count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i)
const powers = (from: number, to: number, plus = 0) => Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i) + plus)

const literalLengths: Kind = {
  preset: fseTable([4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1], 6),
  maxAccuracy: 9,
  base: [...upTo(16), 16, 18, 20, 22, 24, 28, 32, 40, 48, ...powers(6, 16)],
  bits: [...Array.from({ length: 16 }, () => 0), 1, 1, 1, 1, 2, 2, 3, 3, 4, ...upTo(11, 6)],
}
const matchLengths: Kind = {
  preset: fseTable([1, 4, 3, 2, 2, 2, 2, 2, 2, ...Array.from({ length: 37 }, () => 1), -1, -1, -1, -1, -1, -1, -1], 6),
  maxAccuracy: 9,
  base: [...upTo(32, 3), 35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, ...powers(7, 16, 3)],
  bits: [...Array.from({ length: 32 }, () => 0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, ...upTo(10, 7)],
}
const offsets: Kind = {
  preset: fseTable([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1], 5),
  maxAccuracy: 8,
  base: powers(0, 31),
  bits: upTo(32),
}

/** What a frame carries from block to block. */
interface Frame {
  /** Where its content begins in the sink: no match reaches further back. */
  readonly begin: number
  readonly blockSize: number
  /** The last three offsets. */
  readonly recent: [number, number, number]
  huffman?: HuffmanTable
  literalLengths?: FseTable
  offsets?: FseTable
  matchLengths?: FseTable
}

/** What one or several frames hold. */
export function decodeZstd(input: Uint8Array, limit: number): Uint8Array {
  // The readers of bits look at whole words, up to seven bytes past the end.
  const bytes = new Uint8Array(input.length + 8)
  bytes.set(input)
  const end = input.length
  const sink = new Sink(limit, Math.min(maxBlock, 4 * end))
  let at = 0
  do {
    if (end - at < 4) throw damaged(at, 'the magic number is cut off')
    const word = littleEndian(bytes, at, 4)
    if (word === magic) at = decodeFrame(bytes, at + 4, end, sink)
    else if (isSkippable(word) && end - at >= 8) {
      at += 8 + littleEndian(bytes, at + 4, 4)
      if (at > end) throw damaged(end, 'a skippable frame is cut off')
    } else throw damaged(at, 'no zstd frame begins here')
  } while (at < end)
  return sink.finish()
}

function littleEndian(bytes: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let i = width - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!
  return value
}

function decodeFrame(bytes: Uint8Array, start: number, end: number, sink: Sink): number {
  const descriptor = bytes[start]!
  const single = (descriptor & 0x20) !== 0
  const dictionarySize = [0, 1, 2, 4][descriptor & 3]!
  const sizeWidth = descriptor >>> 6 === 0 ? (single ? 1 : 0) : 1 << (descriptor >>> 6)
  let at = start + 1 + (single ? 0 : 1)
  if (end - at < dictionarySize + sizeWidth) throw damaged(start, 'the frame header is cut off')
  if (descriptor & 8) throw damaged(start, 'a reserved bit is set')
  if (littleEndian(bytes, at, dictionarySize) !== 0) throw damaged(at, 'dictionaries are not supported')
  at += dictionarySize
  const declared = sizeWidth === 0 ? undefined : littleEndian(bytes, at, sizeWidth) + (sizeWidth === 2 ? 256 : 0)
  at += sizeWidth
  if (declared !== undefined && declared > sink.limit - sink.length) throw new TooLargeError(sink.limit)
  const window = single ? declared! : 2 ** (10 + (bytes[start + 1]! >>> 3)) * (1 + (bytes[start + 1]! & 7) / 8)
  const frame: Frame = { begin: sink.length, blockSize: Math.min(maxBlock, window), recent: [1, 4, 8] }

  for (let last = false; !last;) {
    if (end - at < 3) throw damaged(at, 'a block header is cut off')
    const header = littleEndian(bytes, at, 3)
    const size = header >>> 3
    last = (header & 1) !== 0
    at = decodeBlock(bytes, at + 3, end, (header >>> 1) & 3, size, sink, frame)
  }
  if (declared !== undefined && declared !== sink.length - frame.begin) {
    throw damaged(start, `${sink.length - frame.begin} bytes come out where ${declared} are declared`)
  }
  if (descriptor & 4) {
    at += 4
    if (at > end) throw damaged(end, 'the checksum is cut off')
  }
  return at
}

/** Decodes one block and answers where it ends. */
function decodeBlock(bytes: Uint8Array, at: number, end: number, type: number, size: number, sink: Sink, frame: Frame): number {
  if (type === 3) throw damaged(at - 3, 'a block of a reserved type')
  if (size > frame.blockSize) throw damaged(at - 3, `a block of ${size} bytes, where ${frame.blockSize} are the most`)
  const length = type === 1 ? 1 : size
  if (length > end - at) throw damaged(at - 3, `a block of ${length} bytes exceeds the ${end - at} left`)
  if (type === 0) sink.push(bytes.subarray(at, at + size))
  else if (type === 1) {
    sink.reserve(size)
    sink.bytes.fill(bytes[at]!, sink.length, (sink.length += size))
  } else {
    const { literals, end: from } = readLiterals(bytes, at, at + size, frame)
    readSequences(bytes, from, at + size, literals, sink, frame)
  }
  return at + length
}

function readLiterals(bytes: Uint8Array, start: number, end: number, frame: Frame): { literals: Uint8Array; end: number } {
  if (end - start < 2) throw damaged(start, 'a block is cut off')
  const type = bytes[start]! & 3
  const format = (bytes[start]! >>> 2) & 3
  if (type < 2) {
    const width = format === 3 ? 3 : format === 1 ? 2 : 1
    const size = littleEndian(bytes, start, width) >>> (width === 1 ? 3 : 4)
    const from = start + width
    const length = type === 1 ? 1 : size
    if (size > frame.blockSize || length > end - from) throw damaged(start, `${size} literals do not fit their block`)
    const literals = type === 1 ? new Uint8Array(size).fill(bytes[from]!) : bytes.subarray(from, from + size)
    return { literals, end: from + length }
  }
  // Two sizes of 10, 14 or 18 bits behind four bits of header.
  const bits = format < 2 ? 10 : format === 2 ? 14 : 18
  const width = format < 2 ? 3 : format + 2
  const header = littleEndian(bytes, start, width) / 16
  const size = Math.floor(header) % 2 ** bits
  const compressed = Math.floor(header / 2 ** bits) % 2 ** bits
  const from = start + width
  if (size > frame.blockSize || compressed > end - from) throw damaged(start, `${size} literals do not fit their block`)
  let streams = from
  if (type === 2) {
    const read = readHuffmanTable(bytes, from, from + compressed)
    frame.huffman = read.table
    streams = read.end
  }
  if (frame.huffman === undefined) throw damaged(start, 'literals refer to a Huffman code that was never given')
  const literals = new Uint8Array(size)
  decodeStreams(frame.huffman, bytes, streams, from + compressed, literals, format === 0 ? 1 : 4)
  return { literals, end: from + compressed }
}

/** One stream, or four behind a table of the lengths of three. */
function decodeStreams(table: HuffmanTable, bytes: Uint8Array, start: number, end: number, out: Uint8Array, count: number): void {
  if (count === 1) return decodeHuffman(table, bytes, start, end, out)
  if (end - start < 10 || out.length < 6) throw damaged(start, 'four streams are cut off')
  const part = (out.length + 3) >> 2
  let from = start + 6
  for (let i = 0; i < 4; i++) {
    const to = i === 3 ? end : from + littleEndian(bytes, start + 2 * i, 2)
    if (to > end || 3 * part > out.length) throw damaged(start, 'four streams do not fit their block')
    decodeHuffman(table, bytes, from, to, out.subarray(i * part, i === 3 ? out.length : (i + 1) * part))
    from = to
  }
}

/** Reads how often and from where to copy, and does it. */
function readSequences(bytes: Uint8Array, start: number, end: number, literals: Uint8Array, sink: Sink, frame: Frame): void {
  if (start >= end) throw damaged(start, 'a block is cut off')
  const most = sink.length + frame.blockSize
  const first = bytes[start]!
  const count = first < 128 ? first : first < 255 ? ((first - 128) << 8) + bytes[start + 1]! : littleEndian(bytes, start + 1, 2) + 0x7f00
  let at = start + (first < 128 ? 1 : first < 255 ? 2 : 3)
  if (count === 0) {
    if (at !== end) throw damaged(at, 'a block holds more than it should')
    return sink.push(literals)
  }
  const modes = bytes[at++]!
  if (modes & 3) throw damaged(at - 1, 'a reserved bit is set')
  const tableOf = (kind: Kind, mode: number, before: FseTable | undefined): FseTable => {
    if (mode === 0) return kind.preset
    if (mode === 3) {
      if (before === undefined) throw damaged(start, 'a block refers to a table that was never given')
      return before
    }
    if (at >= end) throw damaged(at, 'a block is cut off')
    if (mode === 1) {
      if (bytes[at]! >= kind.base.length) throw damaged(at, 'a code that is not known')
      return fseConstant(bytes[at++]!)
    }
    const read = readFseTable(bytes, at, end, kind.maxAccuracy, kind.base.length - 1)
    at = read.end
    return read.table
  }
  frame.literalLengths = tableOf(literalLengths, modes >>> 6, frame.literalLengths)
  frame.offsets = tableOf(offsets, (modes >>> 4) & 3, frame.offsets)
  frame.matchLengths = tableOf(matchLengths, (modes >>> 2) & 3, frame.matchLengths)
  copySequences(new BackwardBits(bytes, at, end), count, literals, sink, frame, most, at)
}

function copySequences(bits: BackwardBits, count: number, literals: Uint8Array, sink: Sink, frame: Frame, most: number, offset: number): void {
  const lengths = frame.literalLengths!
  const distances = frame.offsets!
  const matches = frame.matchLengths!
  let lengthState = bits.read(lengths.accuracy)
  let distanceState = bits.read(distances.accuracy)
  let matchState = bits.read(matches.accuracy)
  let used = 0
  for (let left = count; left > 0; left--) {
    const distanceCode = distances.symbols[distanceState]!
    const matchCode = matches.symbols[matchState]!
    const lengthCode = lengths.symbols[lengthState]!
    const value = offsets.base[distanceCode]! + bits.read(distanceCode)
    const match = matchLengths.base[matchCode]! + bits.read(matchLengths.bits[matchCode]!)
    const length = literalLengths.base[lengthCode]! + bits.read(literalLengths.bits[lengthCode]!)
    if (left > 1) {
      lengthState = lengths.base[lengthState]! + bits.read(lengths.bits[lengthState]!)
      matchState = matches.base[matchState]! + bits.read(matches.bits[matchState]!)
      distanceState = distances.base[distanceState]! + bits.read(distances.bits[distanceState]!)
    }
    if (bits.left < 0) throw damaged(offset, 'the sequences are cut off')
    if (length > literals.length - used) throw damaged(offset, `${length} literals are asked for where ${literals.length - used} are left`)
    const distance = distanceOf(frame.recent, value, length)
    if (sink.length + length + match > most) throw damaged(offset, 'a block holds more than its size allows')
    sink.copy(literals, used, length)
    used += length
    if (distance <= 0 || distance > sink.length - frame.begin) {
      throw damaged(offset, `a match from ${distance} bytes back, where ${sink.length - frame.begin} have come out`)
    }
    sink.repeat(distance, match)
  }
  if (bits.left !== 0) throw damaged(offset, 'the sequences do not come out even')
  if (sink.length + literals.length - used > most) throw damaged(offset, 'a block holds more than its size allows')
  sink.push(literals.subarray(used))
}

/** Values up to 3 mean an offset used before (shifted by one where no literals precede), others a new one. */
function distanceOf(recent: [number, number, number], value: number, literals: number): number {
  const index = value > 3 ? 3 : value - 1 + (literals === 0 ? 1 : 0)
  const distance = value > 3 ? value - 3 : index === 3 ? recent[0] - 1 : recent[index]!
  if (index > 0) {
    if (index > 1) recent[2] = recent[1]
    recent[1] = recent[0]
    recent[0] = distance
  }
  return distance
}
