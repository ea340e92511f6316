/** XXH64 with seed 0, which Alloy names targets by. JavaScript has no 64-bit integers but slow ones, so a word is a pair of halves. */

/** 64 bits, as two unsigned halves. */
export interface Hash64 {
  readonly high: number
  readonly low: number
}

/**
 * Words under way: register `r` is `state[2 * r]` (high) and `state[2 * r + 1]` (low). Hashing is synchronous, so one set of them
 * serves all callers, and nothing is allocated.
 */
const state = new Int32Array(12)
/** The four lanes are registers 0 to 3. */
const hash = 4
const scratch = 5

interface Constant { readonly high: number; readonly low: number }
const prime1: Constant = { high: 0x9e37_79b1, low: 0x85eb_ca87 }
const prime2: Constant = { high: 0xc2b2_ae3d, low: 0x27d4_eb4f }
const prime3: Constant = { high: 0x1656_67b1, low: 0x9e37_79f9 }
const prime4: Constant = { high: 0x85eb_ca77, low: 0xc2b2_ae63 }
const prime5: Constant = { high: 0x27d4_eb2f, low: 0x1656_67c5 }

function set(r: number, high: number, low: number): void {
  state[2 * r] = high
  state[2 * r + 1] = low
}

function add(r: number, high: number, low: number): void {
  const sum = (state[2 * r + 1]! >>> 0) + (low >>> 0)
  state[2 * r + 1] = sum
  state[2 * r] = state[2 * r]! + high + (sum > 0xffff_ffff ? 1 : 0)
}

function multiply(r: number, { high, low }: Constant): void {
  const ownLow = state[2 * r + 1]!
  const a0 = ownLow & 0xffff
  const a1 = ownLow >>> 16
  const b0 = low & 0xffff
  const b1 = low >>> 16
  // Products of 16 bits are exact; `middle` carries what crosses from the low half to the high one.
  const lowHigh = a0 * b1
  const highLow = a1 * b0
  const middle = ((a0 * b0) >>> 16) + (lowHigh & 0xffff) + (highLow & 0xffff)
  const carried = a1 * b1 + (lowHigh >>> 16) + (highLow >>> 16) + (middle >>> 16)
  state[2 * r] = carried + Math.imul(state[2 * r]!, low) + Math.imul(ownLow, high)
  state[2 * r + 1] = Math.imul(ownLow, low)
}

/** Rotates left by fewer than 32 bits. */
function rotate(r: number, by: number): void {
  const high = state[2 * r]!
  const low = state[2 * r + 1]!
  set(r, (high << by) | (low >>> (32 - by)), (low << by) | (high >>> (32 - by)))
}

const xor = (r: number, other: number) => { set(r, state[2 * r]! ^ state[2 * other]!, state[2 * r + 1]! ^ state[2 * other + 1]!) }

/** One word into a lane. */
function round(lane: number, high: number, low: number): void {
  set(scratch, high, low)
  multiply(scratch, prime2)
  add(lane, state[2 * scratch]!, state[2 * scratch + 1]!)
  rotate(lane, 31)
  multiply(lane, prime1)
}

function mergeLane(lane: number): void {
  const high = state[2 * lane]!
  const low = state[2 * lane + 1]!
  set(lane, 0, 0)
  round(lane, high, low)
  xor(hash, lane)
  multiply(hash, prime1)
  add(hash, prime4.high, prime4.low)
}

/** The lanes over all whole stripes of 32 bytes, joined into the hash; where the stripes end. */
function stripes(view: DataView, length: number): number {
  set(0, prime1.high, prime1.low)
  add(0, prime2.high, prime2.low)
  set(1, prime2.high, prime2.low)
  set(2, 0, 0)
  set(3, ~prime1.high, -prime1.low)
  let at = 0
  for (; at <= length - 32; at += 32) {
    for (let lane = 0; lane < 4; lane++) round(lane, view.getInt32(at + 8 * lane + 4, true), view.getInt32(at + 8 * lane, true))
  }
  set(hash, 0, 0)
  for (let lane = 0; lane < 4; lane++) {
    set(scratch, state[2 * lane]!, state[2 * lane + 1]!)
    rotate(scratch, [1, 7, 12, 18][lane]!)
    add(hash, state[2 * scratch]!, state[2 * scratch + 1]!)
  }
  for (let lane = 0; lane < 4; lane++) mergeLane(lane)
  return at
}

/** XXH64 of the first `length` bytes. */
export function xxhash64(bytes: Uint8Array, length: number = bytes.length): Hash64 {
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  let at = 0
  if (length >= 32) at = stripes(view, length)
  else set(hash, prime5.high, prime5.low)
  add(hash, 0, length)
  for (; at <= length - 8; at += 8) {
    set(0, 0, 0)
    round(0, view.getInt32(at + 4, true), view.getInt32(at, true))
    xor(hash, 0)
    rotate(hash, 27)
    multiply(hash, prime1)
    add(hash, prime4.high, prime4.low)
  }
  if (at <= length - 4) {
    mix(view.getInt32(at, true), prime1)
    rotate(hash, 23)
    multiply(hash, prime2)
    add(hash, prime3.high, prime3.low)
    at += 4
  }
  for (; at < length; at++) {
    mix(view.getUint8(at), prime5)
    rotate(hash, 11)
    multiply(hash, prime1)
  }
  return avalanche()
}

/** A few bytes of the end into the hash. */
function mix(low: number, by: Constant): void {
  set(0, 0, low)
  multiply(0, by)
  xor(hash, 0)
}

function avalanche(): Hash64 {
  set(0, 0, state[2 * hash]! >>> 1)
  xor(hash, 0)
  multiply(hash, prime2)
  set(0, state[2 * hash]! >>> 29, (state[2 * hash + 1]! >>> 29) | (state[2 * hash]! << 3))
  xor(hash, 0)
  multiply(hash, prime3)
  const high = state[2 * hash]!
  return { high: high >>> 0, low: (state[2 * hash + 1]! ^ high) >>> 0 }
}

/** Sixteen hexadecimal digits. */
export const hash64Text = ({ high, low }: Hash64): string => high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
