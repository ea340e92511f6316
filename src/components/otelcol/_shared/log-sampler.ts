/** Thinning out equal log messages, as the collector's logger does. */

import { utf8 } from '../../../lib/bytes.ts'

const buckets = 4096
const secondMs = 1000

/**
 * Whether to write a message at a time: the first `initial` equal ones of each second, then every `thereafter`-th (0: none). What
 * counts as equal is a hash of 12 bits, so that memory stays bounded.
 */
export function sampler(initial: number, thereafter: number): (message: string, nowMs: number) => boolean {
  // Every following message passes: nothing is to be counted.
  if (thereafter === 1) return () => true
  const counts = new Uint32Array(buckets)
  const endsMs = new Float64Array(buckets)
  return (message, nowMs) => {
    const bucket = hash(message) % buckets
    if (endsMs[bucket]! <= nowMs) {
      endsMs[bucket] = nowMs + secondMs
      counts[bucket] = 0
    }
    const count = counts[bucket] = counts[bucket]! + 1
    return count <= initial || (thereafter > 0 && (count - initial) % thereafter === 0)
  }
}

/** FNV-1a in 32 bits. */
function hash(message: string): number {
  let value = 0x811c_9dc5
  for (const byte of utf8(message)) value = Math.imul(value ^ byte, 0x0100_0193)
  return value >>> 0
}
