/** Where decompressed bytes go: one array that never grows past the limit. */

/** More bytes than the limit allows; not damage, so receivers answer 413 and not 400. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError'
  /** Bytes that would have been allowed. */
  readonly limit: number

  constructor(limit: number) {
    super(`the body exceeds the limit of ${limit} bytes after decompression`)
    this.limit = limit
  }
}

/** Up to here a loop beats the call that copies, measured on V8. */
const small = 48

/** Collects at most `limit` bytes and throws TooLargeError at the first one beyond. */
export class Sink {
  /** At least `length` bytes long; earlier output stays readable for back references. */
  bytes: Uint8Array
  length = 0
  readonly limit: number

  /** `expected` is a guess that the input backs: it is allocated at once. */
  constructor(limit: number, expected = 0) {
    this.limit = limit
    this.bytes = new Uint8Array(Math.min(limit, expected))
  }

  /** Makes room for `more` bytes behind `length`. */
  reserve(more: number): void {
    const needed = this.length + more
    if (needed > this.limit) throw new TooLargeError(this.limit)
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.min(this.limit, Math.max(needed, 2 * this.bytes.length, 1024)))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }

  push(chunk: Uint8Array): void {
    this.reserve(chunk.length)
    this.bytes.set(chunk, this.length)
    this.length += chunk.length
  }

  /** Appends `source[from, from + count)`, a few bytes at a time as decoders do. */
  copy(source: Uint8Array, from: number, count: number): void {
    if (count > small) return this.push(source.subarray(from, from + count))
    this.reserve(count)
    const { bytes, length } = this
    for (let i = 0; i < count; i++) bytes[length + i] = source[from + i]!
    this.length = length + count
  }

  /** Repeats `count` bytes that begin `distance` bytes before the end, which may overlap what it writes; the caller has checked both. */
  repeat(distance: number, count: number): void {
    this.reserve(count)
    const { bytes } = this
    let at = this.length
    const end = at + count
    if (distance >= count && count > small) bytes.copyWithin(at, at - distance, at - distance + count)
    else for (; at < end; at++) bytes[at] = bytes[at - distance]!
    this.length = end
  }

  /** What was collected; the array is copied only where most of it would be waste. */
  finish(): Uint8Array {
    const { bytes, length } = this
    return bytes.length - length <= length ? bytes.subarray(0, length) : bytes.slice(0, length)
  }
}
