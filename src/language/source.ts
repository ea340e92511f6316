/**
 * Source text and places in it. Offsets in nodes are UTF-16 (what JavaScript strings count); positions shown to people count bytes,
 * as Alloy's do, so that both print the same line and column for the same file.
 */

/** A place in a file: `line` and `column` start at 1; `column` and `offset` count UTF-8 bytes. */
export interface Position {
  offset: number
  line: number
  column: number
}

/** Half-open range of UTF-16 offsets. */
export interface Span {
  start: number
  end: number
}

/** Turns UTF-16 offsets of one text into positions; asking in ascending order costs linear time in all. */
export interface LineMap {
  position(offset: number): Position
  /** The line (from 1) that holds `offset`. */
  line(offset: number): number
}

/** First lone surrogate that stands for a byte that is not UTF-8: U+DC80 is byte 0x80, as in Python's `surrogateescape`. */
const escapedByte = 0xdc00

/** UTF-8 length of `text[start, end)`; a lone surrogate made by `decodeSource` counts as the one byte that it stands for. */
function byteLength(text: string, start: number, end: number): number {
  let bytes = end - start
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) bytes += 1
    else if (isHigh(unit) && i + 1 < end && isLow(text.charCodeAt(i + 1))) {
      bytes += 2
      i++
    } else if (unit < escapedByte + 0x80 || unit > escapedByte + 0xff) bytes += 2
  }
  return bytes
}

/** Indexes the lines of `text`. */
export function lineMap(text: string): LineMap {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)

  let lineBytes: number[] | undefined
  /** The byte offset of each line, counted when first asked for. */
  const byteStarts = (): number[] => {
    if (lineBytes !== undefined) return lineBytes
    let bytes = 0
    lineBytes = starts.map((start, index) => {
      if (index > 0) bytes += byteLength(text, starts[index - 1]!, start)
      return bytes
    })
    return lineBytes
  }

  const lineIndex = (offset: number): number => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  // Counting goes on from the last place asked for, forwards or back, so that a long line is not scanned anew for each of its problems.
  let known = { index: 0, offset: 0, bytes: 0 }
  return {
    line: offset => lineIndex(offset) + 1,
    position(at) {
      // Between the halves of a character is at its start.
      const offset = at > 0 && isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at)) ? at - 1 : at
      const index = lineIndex(offset)
      const start = byteStarts()[index]!
      if (known.index !== index) known = { index, offset: starts[index]!, bytes: start }
      const distance = offset < known.offset ? -byteLength(text, offset, known.offset) : byteLength(text, known.offset, offset)
      known = { index, offset, bytes: known.bytes + distance }
      return { offset: known.bytes, line: index + 1, column: known.bytes - start + 1 }
    },
  }
}

const isHigh = (unit: number) => unit >= 0xd800 && unit < 0xdc00
const isLow = (unit: number) => unit >= 0xdc00 && unit < 0xe000

/** The position of one UTF-16 `offset` in `source`; for many, keep a `lineMap`. */
export function positionAt(source: string, offset: number): Position {
  return lineMap(source).position(offset)
}

/**
 * Decodes a file. Bytes that are not UTF-8 become lone surrogates (U+DC80 to U+DCFF), which the scanner reports at their place;
 * a byte order mark stays, because it counts in columns.
 */
export function decodeSource(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return decodeLossless(bytes)
  }
}

function decodeLossless(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const parts: string[] = []
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes[at]!)
    let part: string | undefined
    try {
      part = decoder.decode(bytes.subarray(at, at + length))
    } catch {
      part = undefined
    }
    parts.push(part ?? String.fromCharCode(escapedByte + bytes[at]!))
    at += part === undefined ? 1 : length
  }
  return parts.join('')
}

function sequenceLength(lead: number): number {
  if (lead < 0xc0) return 1
  if (lead < 0xe0) return 2
  return lead < 0xf0 ? 3 : 4
}
