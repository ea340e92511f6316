/** The letters of JSON: escapes, digits, numbers, and where in a text one is. */

import type { Writer } from './writer.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** What the letter behind a backslash stands for, both as characters. */
export const escapes = new Map([...'"\\/bfnrt'].map((letter, i) => [letter.charCodeAt(0), '"\\/\b\f\n\r\t'.charCodeAt(i)]))

/** The values of hexadecimal digits by character; -1 for any other. */
export const hexDigits = new Int8Array(256).fill(-1)
for (let i = 0; i < 16; i++) for (const digit of [i.toString(16), i.toString(16).toUpperCase()]) hexDigits[digit.charCodeAt(0)] = i

/** A code point in UTF-8; its room is reserved. */
export function writeCodePoint(w: Writer, point: number): void {
  const { buffer } = w
  if (point < 0x80) buffer[w.pos++] = point
  else if (point < 0x800) {
    buffer[w.pos++] = 0xc0 | (point >> 6)
    buffer[w.pos++] = 0x80 | (point & 0x3f)
  } else if (point < 0x1_0000) {
    buffer[w.pos++] = 0xe0 | (point >> 12)
    buffer[w.pos++] = 0x80 | ((point >> 6) & 0x3f)
    buffer[w.pos++] = 0x80 | (point & 0x3f)
  } else {
    buffer[w.pos++] = 0xf0 | (point >> 18)
    buffer[w.pos++] = 0x80 | ((point >> 12) & 0x3f)
    buffer[w.pos++] = 0x80 | ((point >> 6) & 0x3f)
    buffer[w.pos++] = 0x80 | (point & 0x3f)
  }
}

/** Whether `text` is a number as JSON writes it. */
export const isNumber = (text: string): boolean => /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)

/** The path of keys and indexes that leads to `offset`, by reading the text before it once more. */
export function pathTo(bytes: Uint8Array, offset: number): string {
  const path: (string | number)[] = []
  let key = ''
  let inString = -1
  let last = ''
  for (let pos = 0; pos < offset && pos < bytes.length; pos++) {
    const byte = bytes[pos]!
    if (inString >= 0) {
      if (byte === BACKSLASH) pos++
      else if (byte === QUOTE) {
        last = new TextDecoder().decode(bytes.subarray(inString, pos))
        inString = -1
      }
    } else if (byte === QUOTE) inString = pos + 1
    else if (byte === 0x3a) {
      key = last
      if (path.length > 0) path[path.length - 1] = key
    } else if (byte === 0x7b) path.push('')
    else if (byte === 0x5b) path.push(0)
    else if (byte === 0x7d || byte === 0x5d) path.pop()
    else if (byte === 0x2c) {
      const top = path.at(-1)
      if (typeof top === 'number') path[path.length - 1] = top + 1
      else if (top !== undefined) path[path.length - 1] = ''
    }
  }
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : step === '' ? '' : i === 0 ? step : `.${step}`)).join('').slice(0, 300)
}
