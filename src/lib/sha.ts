/** SHA-1 and SHA-256 without waiting: Web Crypto only answers promises, and items of a batch are rewritten in one synchronous walk. */

/** The first 32 bits behind the point of the `power`-th roots of the first `count` primes (FIPS 180-4). */
function fractions(count: number, power: number): Int32Array {
  const words: number[] = []
  for (let candidate = 2; words.length < count; candidate++) {
    let prime = true
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) prime = false
    // A double has 52 bits behind the point's first: enough for 32 of a root below 8.
    if (prime) words.push(((candidate ** (1 / power)) % 1) * 0x1_0000_0000 | 0)
  }
  return Int32Array.from(words)
}

const rounds = fractions(64, 3)
const initial = fractions(8, 2)

/** The message with its length behind it, in whole blocks of 64 bytes. */
function padded(bytes: Uint8Array): DataView {
  const whole = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6)
  whole.set(bytes)
  whole[bytes.length] = 0x80
  const view = new DataView(whole.buffer)
  view.setUint32(whole.length - 8, bytes.length / 0x2000_0000)
  view.setUint32(whole.length - 4, bytes.length << 3)
  return view
}

function digest(state: Int32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * state.length))
  state.forEach((word, i) => view.setInt32(4 * i, word))
  return new Uint8Array(view.buffer)
}

const left = (word: number, by: number) => (word << by) | (word >>> (32 - by))
const right = (word: number, by: number) => (word >>> by) | (word << (32 - by))

/** The 32 bytes of the SHA-256 digest of `bytes`. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const message = padded(bytes)
  const state = initial.slice()
  const w = new Int32Array(64)
  for (let at = 0; at < message.byteLength; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = message.getInt32(at + 4 * i)
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!
      const y = w[i - 2]!
      w[i] = w[i - 16]! + (right(x, 7) ^ right(x, 18) ^ (x >>> 3)) + w[i - 7]! + (right(y, 17) ^ right(y, 19) ^ (y >>> 10))
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const first = (h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + ((e & f) ^ (~e & g)) + rounds[i]! + w[i]!) | 0
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
    for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = state[i]! + word
  }
  return digest(state)
}

/** The 20 bytes of the SHA-1 digest of `bytes`; only for formats that are defined with it. */
export function sha1(bytes: Uint8Array): Uint8Array {
  const message = padded(bytes)
  const state = Int32Array.of(0x6745_2301, 0xefcd_ab89 | 0, 0x98ba_dcfe | 0, 0x1032_5476, 0xc3d2_e1f0 | 0)
  const w = new Int32Array(80)
  for (let at = 0; at < message.byteLength; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = message.getInt32(at + 4 * i)
    for (let i = 16; i < 80; i++) w[i] = left(w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!, 1)
    let [a, b, c, d, e] = state as unknown as [number, number, number, number, number]
    for (let i = 0; i < 80; i++) {
      const mixed = i < 20 ? ((b & c) | (~b & d)) + 0x5a82_7999
        : i < 40 ? (b ^ c ^ d) + 0x6ed9_eba1
          : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1b_bcdc
            : (b ^ c ^ d) + 0xca62_c1d6
      const next = (left(a, 5) + mixed + e + w[i]!) | 0
      e = d
      d = c
      c = left(b, 30)
      b = a
      a = next
    }
    for (const [i, word] of [a, b, c, d, e].entries()) state[i] = state[i]! + word
  }
  return digest(state)
}
