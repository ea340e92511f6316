/** Bytes that went wrong: what tests (and scripts/fuzz-wire.ts) feed to codecs. */
import fc from 'fast-check'

/** One mutation of `bytes` at `at` (0 to 1): a flipped bit, a telling value, a cut, a repeated, a removed or a moved range. */
export function mutate(bytes: Uint8Array, kind: number, at: number, value: number): Uint8Array {
  const pos = Math.min(bytes.length - 1, Math.floor(at * bytes.length))
  const length = 1 + value % 16
  const copy = bytes.slice()
  switch (kind % 7) {
    case 0: copy[pos] = copy[pos]! ^ (1 << (value & 7)); return copy
    case 1: copy[pos] = telling[value % telling.length]!; return copy
    case 2: return copy.subarray(0, pos)
    case 3: return splice(bytes, pos, pos, bytes.subarray(pos, pos + length))
    case 4: return splice(bytes, pos, pos + length, new Uint8Array(0))
    case 5: return splice(bytes, pos, pos, new Uint8Array(length).fill(telling[value % telling.length]!))
    default: copy.copyWithin(pos, value * 31 % bytes.length, value * 31 % bytes.length + length); return copy
  }
}

/** Bytes on which varints, lengths, tags and depths turn. */
const telling = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x0b, 0x0c, 0x08, 0x09, 0x0d, 0x2a, 0x32, 0x7b, 0x22]

const splice = (bytes: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array =>
  Uint8Array.from([...bytes.subarray(0, from), ...by, ...bytes.subarray(to)])

/** Up to four mutations of `bytes` in a row. */
export const hostileMutation = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc.array(fc.tuple(fc.nat(6), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { minLength: 1, maxLength: 4 })
    .map(steps => steps.reduce((mutated, [kind, at, value]) => (mutated.length === 0 ? mutated : mutate(mutated, kind, at, value)), bytes))
