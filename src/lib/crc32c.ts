/** CRC-32C (Castagnoli, RFC 3720 appendix B.4), as snappy's framing, S3 and our own records use it. */

/** The polynomial 0x1EDC6F41 with its bits reversed. */
const polynomial = 0x82f63b78

/** Four tables of 256: entry [t * 256 + b] is byte `b` followed by `t` zero bytes, so that four bytes go in one step. */
const tables = buildTables()

function buildTables(): Int32Array {
  const built = new Int32Array(4 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    built[byte] = crc
  }
  for (let at = 256; at < built.length; at++) {
    const before = built[at - 256]!
    built[at] = (before >>> 8) ^ built[before & 0xff]!
  }
  return built
}

/** Checksum of `bytes` as an unsigned 32-bit number; `before` is the checksum of what precedes them (0 at the start). */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let crc = ~before
  const even = bytes.length - (bytes.length % 4)
  let at = 0
  for (; at < even; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc = tables[768 + (crc & 0xff)]! ^ tables[512 + ((crc >>> 8) & 0xff)]! ^ tables[256 + ((crc >>> 16) & 0xff)]! ^ tables[crc >>> 24]!
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 0xff]!
  return ~crc >>> 0
}
