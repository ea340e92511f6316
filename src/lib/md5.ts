/** MD5, for Prometheus' hashmod and nothing that has to be secure: no platform here offers it synchronously. */

/** Rotations per round and step. */
const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
/** RFC 1321's table T: the integer parts of 2^32 |sin(i + 1)|. */
const table = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 0x1_0000_0000) | 0)
/** Which word of the block each round begins with, and how far it steps. */
const order = [[0, 1], [1, 5], [5, 3], [0, 7]] as const

/** The 16 bytes of the MD5 digest of `bytes`. */
export function md5(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, bytes.length << 3, true)
  view.setUint32(padded.length - 4, bytes.length / 0x2000_0000, true)

  const state = Int32Array.of(0x6745_2301, 0xefcd_ab89 | 0, 0x98ba_dcfe | 0, 0x1032_5476)
  const block = new Int32Array(16)
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) block[i] = view.getInt32(at + 4 * i, true)
    mix(state, block)
  }
  const digest = new DataView(new ArrayBuffer(16))
  state.forEach((word, i) => digest.setInt32(4 * i, word, true))
  return new Uint8Array(digest.buffer)
}

function mix(state: Int32Array, block: Int32Array): void {
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  for (let i = 0; i < 64; i++) {
    const round = i >> 4
    const mixed = round === 0 ? (b & c) | (~b & d) : round === 1 ? (d & b) | (~d & c) : round === 2 ? b ^ c ^ d : c ^ (b | ~d)
    const [first, step] = order[round]!
    const sum = (a + mixed + table[i]! + block[(first + step * (i & 15)) & 15]!) | 0
    const shift = shifts[4 * round + (i & 3)]!
    a = d
    d = c
    c = b
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0
  }
  state[0] = state[0]! + a
  state[1] = state[1]! + b
  state[2] = state[2]! + c
  state[3] = state[3]! + d
}
