/** SHA-1 and SHA-256 without waiting: Web Crypto only answers promises, and items of a batch are rewritten in one synchronous walk. */

/** The first 32 bits behind the point of the `power`-th roots of the first `count` primes (FIPS 180-4). */
function fractions(count: number, power: number): Int32Array {
  const found: number[] = []
  for (let candidate = 2; found.length < count; candidate++) {
    let prime = true
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) prime = false
    // A double has 52 bits behind the point's first: enough for 32 of a root below 8.
    if (prime) found.push(((candidate ** (1 / power)) % 1) * 0x1_0000_0000 | 0)
  }
  return Int32Array.from(found)
}

const rounds = fractions(64, 3)
const initial = fractions(8, 2)

/** Scratch for the words of a block: both functions run to their end before anybody else does. */
const words = new Int32Array(80)

/** The message with its length behind it, in whole blocks of 64 bytes. */
function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6)
  whole.set(bytes)
  whole[bytes.length] = 0x80
  for (let at = whole.length - 1, bits = bytes.length * 8; bits > 0; at--, bits = Math.floor(bits / 256)) whole[at] = bits % 256
  return whole
}

/** The 16 big-endian words of the block at `at`. */
function load(message: Uint8Array, at: number): void {
  for (let i = 0, from = at; i < 16; i++, from += 4) {
    words[i] = (message[from]! << 24) | (message[from + 1]! << 16) | (message[from + 2]! << 8) | message[from + 3]!
  }
}

function digest(state: Int32Array): Uint8Array {
  const bytes = new Uint8Array(4 * state.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = state[i >> 2]! >>> (24 - 8 * (i & 3))
  return bytes
}

const left = (word: number, by: number) => (word << by) | (word >>> (32 - by))
const right = (word: number, by: number) => (word >>> by) | (word << (32 - by))

/** The 32 bytes of the SHA-256 digest of `bytes`. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const message = padded(bytes)
  const state = initial.slice()
  for (let at = 0; at < message.length; at += 64) {
    load(message, at)
    for (let i = 16; i < 64; i++) {
      const x = words[i - 15]!
      const y = words[i - 2]!
      words[i] = words[i - 16]! + (right(x, 7) ^ right(x, 18) ^ (x >>> 3)) + words[i - 7]! + (right(y, 17) ^ right(y, 19) ^ (y >>> 10))
    }
    mix256(state)
  }
  return digest(state)
}

function mix256(state: Int32Array): void {
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let i = 0; i < 64; i++) {
    const first = (h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + ((e & f) ^ (~e & g)) + rounds[i]! + words[i]!) | 0
    const second = ((right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  state[0] = state[0]! + a
  state[1] = state[1]! + b
  state[2] = state[2]! + c
  state[3] = state[3]! + d
  state[4] = state[4]! + e
  state[5] = state[5]! + f
  state[6] = state[6]! + g
  state[7] = state[7]! + h
}

/** The 20 bytes of the SHA-1 digest of `bytes`; only for formats that are defined with it. */
export function sha1(bytes: Uint8Array): Uint8Array {
  const message = padded(bytes)
  const state = Int32Array.of(0x6745_2301, 0xefcd_ab89 | 0, 0x98ba_dcfe | 0, 0x1032_5476, 0xc3d2_e1f0 | 0)
  for (let at = 0; at < message.length; at += 64) {
    load(message, at)
    for (let i = 16; i < 80; i++) words[i] = left(words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!, 1)
    mix1(state)
  }
  return digest(state)
}

function mix1(state: Int32Array): void {
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  for (let i = 0; i < 80; i++) {
    const mixed = i < 20 ? ((b & c) | (~b & d)) + 0x5a82_7999
      : i < 40 ? (b ^ c ^ d) + 0x6ed9_eba1
        : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1b_bcdc
          : (b ^ c ^ d) + 0xca62_c1d6
    const next = (left(a, 5) + mixed + e + words[i]!) | 0
    e = d
    d = c
    c = left(b, 30)
    b = a
    a = next
  }
  state[0] = state[0]! + a
  state[1] = state[1]! + b
  state[2] = state[2]! + c
  state[3] = state[3]! + d
  state[4] = state[4]! + e
}
