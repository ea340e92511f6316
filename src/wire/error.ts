/** The only error that leaves a codec. */

/**
 * Bytes that are not what `format` says they are. The message names the format, the place and the problem; `offset` is a byte
 * offset into the input, and `place` says the same for formats with better names for places (`resourceSpans[0].scopeSpans`).
 */
export class WireError extends Error {
  override readonly name = 'WireError'
  readonly format: string
  readonly offset: number

  constructor(format: string, offset: number, problem: string, options: { place?: string; cause?: unknown } = {}) {
    super(`${format}: ${problem} at ${options.place ?? `byte ${offset}`}`, options.cause === undefined ? undefined : { cause: options.cause })
    this.format = format
    this.offset = offset
  }
}
