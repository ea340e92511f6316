/** A writer that rewriters take turns with: its buffer stays, and what they made is copied out once, at its exact size. */

import { Writer } from '../wire/writer.ts'

/** A larger buffer is not worth keeping. */
const maxKept = 4 * 1024 * 1024

let spare: Writer | undefined

/** An empty writer with room for what becomes of `length` bytes. Nobody has to give it back: then the next one is new. */
export function borrowWriter(length: number): Writer {
  const w = spare ?? new Writer(0)
  spare = undefined
  w.reset().reserve(length + (length >> 3) + 64)
  return w
}

/** Takes the writer back and answers what it holds. */
export function returnWriter(w: Writer): Uint8Array {
  if (w.buffer.length > maxKept) return w.finish()
  const bytes = w.buffer.slice(0, w.pos)
  spare = w
  return bytes
}
